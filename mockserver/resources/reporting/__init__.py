"""What is made of insights and dashboards for somebody else's eyes: subscriptions, exports, media, colours."""
