"""ClickHouse, embedded: the engine, the tables that mirror a world, and its values as JSON."""
