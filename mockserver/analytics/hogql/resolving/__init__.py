"""Names of a query resolved to what they stand for."""
