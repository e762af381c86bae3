"""What PostHog's SDKs ask for beside the API: capture, and what they load when they start."""
