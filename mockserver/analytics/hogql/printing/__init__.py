"""A resolved query spelled: as SQL of ClickHouse, or as HogQL again."""
