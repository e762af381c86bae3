"""Values inside JSON, read as the types that are declared for them.

PostHog reads a value as text, `null` and the empty string as nothing, and converts that text where the property is
declared to be a number, a truth value or a time. Source: recorded names of columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.analytics.hogql.literals import clickhouse_string

NUMERIC, BOOLEAN, DATETIME = "Numeric", "Boolean", "DateTime"


def extract(json: str, path: Sequence[str | int]) -> str:
    """Return SQL for the text at a path, null where there is none."""
    keys = "".join(f", {clickhouse_string(key) if isinstance(key, str) else key}" for key in path)
    return f"replaceRegexpAll(nullIf(nullIf(JSONExtractRaw({json}{keys}), ''), 'null'), '^\"|\"$', '')"


def convert(text: str, declared: str | None, timezone: str) -> str:
    """Return SQL for text read as its declared type."""
    match declared:
        case "Numeric":
            return f"accurateCastOrNull({text}, 'Float64')"
        case "Boolean":
            return f"toBool(transform(toString({text}), ['true', 'false'], [1, 0], NULL))"
        case "DateTime":
            return f"parseDateTime64BestEffortOrNull({text}, 6, {clickhouse_string(timezone)})"
    return text


def converted_name(name: str, declared: str | None) -> str:
    """Return how HogQL spells that conversion, as it stands in the names of columns."""
    match declared:
        case "Numeric":
            return f"toFloat({name})"
        case "Boolean":
            return f"toBool(transform(toString({name}), ['true', 'false'], [1, 0], NULL))"
        case "DateTime":
            return f"toDateTime({name})"
    return name
