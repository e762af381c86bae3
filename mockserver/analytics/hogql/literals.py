"""Literals and identifiers, spelled for ClickHouse or for HogQL so that nothing in them can be taken for SQL."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from mockserver.analytics.errors import QueryError

ESCAPES = {
    "\b": "\\b", "\f": "\\f", "\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0", "\a": "\\a", "\v": "\\v",
    "\\": "\\\\", "'": "\\'",
}  # fmt: skip
IDENTIFIER_ESCAPES = {character: escape for character, escape in ESCAPES.items() if character != "'"} | {"`": "\\`"}
PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KEYWORDS = {"true", "false", "null"}


def clickhouse_string(text: str) -> str:
    """Return text as a ClickHouse literal."""
    return "'" + "".join(ESCAPES.get(character, character) for character in text) + "'"


hogql_string = clickhouse_string  # both escape alike


def clickhouse_identifier(name: str) -> str:
    """Return a name for ClickHouse, quoted if need be. Raises: QueryError."""
    _refuse_percent(name)
    return name if PLAIN.fullmatch(name) and name.lower() not in KEYWORDS else _quoted(name)


def hogql_identifier(name: str | int) -> str:
    """Return a name for HogQL, quoted if need be. Raises: QueryError."""
    if isinstance(name, int):
        return str(name)
    if name == "*":
        return name
    _refuse_percent(name)
    return name if PLAIN.fullmatch(name) else _quoted(name)


def typed_identifier(name: str) -> str:
    """Return a name as an editor would type it: with more care than HogQL takes when it is printed again.

    Source: recorded schemas and suggestions, where a dollar sign is reason enough to quote.
    """
    return name if WORD.fullmatch(name) else _quoted(name)


def _refuse_percent(name: str) -> None:
    if "%" in name:
        raise QueryError(f'The HogQL identifier "{name}" is not permitted as it contains the "%" character')


def _quoted(name: str) -> str:
    return "`" + "".join(IDENTIFIER_ESCAPES.get(character, character) for character in name) + "`"


def clickhouse_value(value: Any, timezone: str) -> str:
    """Return a value as a ClickHouse literal."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "1" if value else "0"
        case str():
            return clickhouse_string(value)
        case float():
            return _float(value)
        case datetime():
            return f"toDateTime64({_local(value, timezone)}, 6, {clickhouse_string(timezone)})"
        case date():
            return f"toDate({clickhouse_string(value.isoformat())})"
        case UUID():
            return f"toUUID({clickhouse_string(str(value))})"
        case list():
            return "[" + ", ".join(clickhouse_value(item, timezone) for item in value) + "]"
        case tuple():
            return "(" + ", ".join(clickhouse_value(item, timezone) for item in value) + ")"
    return str(value)


def hogql_value(value: Any, timezone: str) -> str:
    """Return a value as a HogQL literal."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case str():
            return hogql_string(value)
        case float():
            return _float(value)
        case datetime():
            return f"toDateTime({_local(value, timezone)})"
        case date():
            return f"toDate({hogql_string(value.isoformat())})"
        case UUID():
            return f"toUUID({hogql_string(str(value))})"
        case list():
            return "[" + ", ".join(hogql_value(item, timezone) for item in value) + "]"
        case tuple():
            return "(" + ", ".join(hogql_value(item, timezone) for item in value) + ")"
    return str(value)


def _float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return str(value)


def _local(moment: datetime, timezone: str) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return clickhouse_string(aware.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M:%S.%f"))


def quoted_column(table: str, name: str) -> str:
    """Return a column of a table for ClickHouse."""
    return f"{clickhouse_identifier(table)}.{clickhouse_identifier(name)}"
