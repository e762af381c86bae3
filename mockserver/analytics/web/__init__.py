"""Web analytics: visitors, sessions and pages."""
