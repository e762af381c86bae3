"""A PostHog of its own: its clock and dice, its tables, its plans."""
