"""Lists: filtered, searched, sorted and paged, as Django and PostgreSQL do it."""
