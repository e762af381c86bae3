"""What is made of insights and dashboards for somebody else's eyes: subscriptions, exports, media, colours."""

UPLOADED = "uploaded_media"
"""Where images that were uploaded are shown."""
