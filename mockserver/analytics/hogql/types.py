"""What is known of an expression's value before it is computed: its kind, and whether it may be null.

It decides two things: which ClickHouse function a conversion becomes, and where a comparison is guarded against null.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of value that make a difference."""

    STRING = "String"
    INTEGER = "Integer"
    FLOAT = "Float"
    DECIMAL = "Decimal"
    BOOLEAN = "Boolean"
    DATE = "Date"
    DATETIME = "DateTime"
    UUID = "UUID"
    ARRAY = "Array"
    TUPLE = "Tuple"
    INTERVAL = "Interval"
    JSON = "StringJSON"
    UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Type:
    """A kind of value; unless something is known of it, it may be null."""

    kind: Kind = Kind.UNKNOWN
    nullable: bool = True


UNKNOWN = Type()


def of_value(value: object) -> Type:
    """Return the type of a literal."""
    match value:
        case None:
            return UNKNOWN
        case bool():
            return Type(Kind.BOOLEAN, nullable=False)
        case int():
            return Type(Kind.INTEGER, nullable=False)
        case float():
            return Type(Kind.FLOAT, nullable=False)
        case str():
            return Type(Kind.STRING, nullable=False)
    return Type(Kind.UNKNOWN, nullable=False)
