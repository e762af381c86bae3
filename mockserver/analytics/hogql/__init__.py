"""HogQL: read by the parser of PostHog, resolved, and printed as the SQL of ClickHouse."""
