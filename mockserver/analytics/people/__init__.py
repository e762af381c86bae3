"""Who is behind an insight, as the older endpoints of persons ask."""
