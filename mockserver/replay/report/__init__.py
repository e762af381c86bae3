"""What a replay found: one model, shown in a terminal, as a page, as JUnit and as JSON."""
