"""How a filter's operator compares a property's value with the one it asks for.

A comparison makes a test of an operator and a wanted value once, for many records; the test is told whether a record
has the property at all, and its value. Texts are searched by Python's regular expressions, which know what RE2 knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol

import orjson

from mockserver.errors import ValidationError
from mockserver.patterns import Pattern, compiled

Judge = Callable[[bool, Any], bool]
Value = float | str | bool | datetime | None

ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": lambda found, wanted: bool(found > wanted),
    "gte": lambda found, wanted: bool(found >= wanted),
    "min": lambda found, wanted: bool(found >= wanted),
    "lt": lambda found, wanted: bool(found < wanted),
    "lte": lambda found, wanted: bool(found <= wanted),
    "max": lambda found, wanted: bool(found <= wanted),
    "is_date_after": lambda found, wanted: bool(found > wanted),
    "is_date_before": lambda found, wanted: bool(found < wanted),
    "is_date_exact": lambda found, wanted: bool(found == wanted),
}
DATES = frozenset({"is_date_exact", "is_date_before", "is_date_after"})
EQUALITIES = {"exact": False, "in": False, "is_cleaned_path_exact": False, "is_not": True, "not_in": True}
SEARCHES = {"icontains": False, "regex": False, "not_icontains": True, "not_regex": True}
MULTIPLE = {"icontains_multi": "icontains", "not_icontains_multi": "not_icontains"}
RELATIVE = re.compile(r"-?(\d{1,4})([hdwmy])")
HOURS = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}
CENTURIES = datetime(1, 1, 1, tzinfo=UTC)


class Comparison(Protocol):
    """A way of comparing the values of one property."""

    def test(self, operator: str, wanted: Any) -> Judge | None:
        """Return the test of an operator and a value; nothing when it is always met. Raises: ValidationError."""


class CannotCompare(ValidationError):
    """The database cannot compare a property's values with what was given."""

    @classmethod
    def types(cls, wanted: Any, kind: str) -> CannotCompare:
        """Return the error for a value that is not of a property's type."""
        return cls(f"Cannot convert string '{wanted}' to type {kind}. (TYPE_MISMATCH)", code="type_mismatch")

    @classmethod
    def time(cls, wanted: Any) -> CannotCompare:
        """Return the error for a value that is not a time."""
        return cls(
            f"Cannot parse datetime: while converting '{wanted}' to DateTime. (CANNOT_PARSE_DATETIME)",
            code="cannot_parse_datetime",
        )

    @classmethod
    def texts(cls) -> CannotCompare:
        """Return the error for a number asked of a property declared as text."""
        return cls(
            "There is no supertype for types String, Float64 because some of them are String/FixedString/Enum and "
            "some of them are not. (NO_COMMON_TYPE)",
            code="no_common_type",
        )


class TextComparison:
    """Compare as lists of persons do: the text of the stored JSON, quotes at its ends removed."""

    def test(self, operator: str, wanted: Any) -> Judge | None:
        match operator:
            case "is_set":
                return lambda has, value: has
            case "is_not_set":
                return lambda has, value: not has
            case _ if wanted is None:
                return None
            case _ if operator in SEARCHES:
                return self._search(operator, wanted)
            case _ if operator in DATES:
                return self._date(operator, wanted)
            case _ if operator in ORDERS:
                return self._order(operator, wanted)
        return self._equal(wanted, refuses=operator in ("is_not", "not_in"))

    def _search(self, operator: str, wanted: Any) -> Judge:
        pattern, refuses = search_pattern(operator, wanted), SEARCHES[operator]
        if pattern is None:
            return lambda has, value: False
        finds = pattern.finds
        return lambda has, value: finds(stored_text(value) if has else "") is not refuses

    def _date(self, operator: str, wanted: Any) -> Judge:
        moment, compare = read_moment(wanted), ORDERS[operator]
        if moment is None:
            raise CannotCompare.time(wanted)
        limit = moment
        if operator == "is_date_after" and is_day(wanted):
            limit += timedelta(days=1) - timedelta(seconds=1)

        def judge(has: bool, value: Any) -> bool:
            text = stored_text(value) if has else ""
            found = read_moment(text) or read_moment(text[:10])
            return found is not None and compare(found, limit)

        return judge

    def _order(self, operator: str, wanted: Any) -> Judge:
        number, compare = read_number(wanted), ORDERS[operator]
        if number is None:
            raise CannotCompare.types(wanted, "Float64")
        limit = number

        def judge(has: bool, value: Any) -> bool:
            found = read_number(stored_text(value).replace(" ", "")) if has else None
            return found is not None and compare(found, limit)

        return judge

    def _equal(self, wanted: Any, *, refuses: bool) -> Judge:
        if not refuses and isinstance(wanted, str) and reads_as_json(wanted):
            raw = wanted.replace(" ", "")
            return lambda has, value: has and json_text(value).replace(" ", "") == raw
        values = {str(item) for item in (wanted if isinstance(wanted, list) else [wanted])}
        return lambda has, value: ((stored_text(value) if has else "") in values) is not refuses


class TypedComparison:
    """Compare as queries do: the value read as the property's declared type, nothing where it does not read so."""

    def __init__(
        self, declared: str | None, now: datetime, zone: tzinfo = UTC, *, lists_pass_nothing: bool = True
    ) -> None:
        self.declared = declared
        self.lists_pass_nothing = lists_pass_nothing
        self.now = now
        self.zone = zone

    def test(self, operator: str, wanted: Any) -> Judge | None:
        operator, refuses = MULTIPLE.get(operator, operator), operator in ("is_not", "not_in") or "not_" in operator
        if operator in ("is_set", "is_not_set"):
            return lambda has, value: (self.read(value) is not None) is not refuses
        if operator in ("between", "not_between"):
            return self._between(wanted, refuses=refuses)
        if isinstance(wanted, list):
            return self._several(operator, wanted, refuses=refuses)
        if wanted is None:
            return None
        if operator in SEARCHES:
            return self._search(operator, wanted)
        if operator in EQUALITIES:
            target = self.target(wanted)
            return lambda has, value: (self.read(value, target) == target) is not refuses
        if operator in ORDERS:
            return self._order(operator, wanted)
        raise ValidationError(f"Operator '{operator}' is not supported.")

    def _several(self, operator: str, wanted: list[Any], *, refuses: bool) -> Judge | None:
        """Return the test of a list of values: any of them, and of a negative operator all."""
        tests = [judge for item in wanted if (judge := self.test(operator, item)) is not None]
        if not tests:
            return None
        if len(tests) == 1:
            return tests[0]
        together = all if refuses else any
        if operator in EQUALITIES and not self.lists_pass_nothing:
            return lambda has, value: self.read(value) is not None and together(test(has, value) for test in tests)
        return lambda has, value: together(test(has, value) for test in tests)

    def _search(self, operator: str, wanted: Any) -> Judge:
        pattern, refuses = search_pattern(operator, wanted), SEARCHES[operator]
        if pattern is None:
            raise ValidationError(f"Invalid regular expression: {wanted}")
        finds = pattern.finds

        def judge(has: bool, value: Any) -> bool:
            known = self.read(value)
            return (known is not None and finds(shown_text(known, value))) is not refuses

        return judge

    def _order(self, operator: str, wanted: Any) -> Judge:
        target, compare = self.target(wanted, is_date=operator in DATES), ORDERS[operator]

        def judge(has: bool, value: Any) -> bool:
            found = self.read(value, target)
            return found is not None and comparable(found, target) and compare(found, target)

        return judge

    def _between(self, wanted: Any, *, refuses: bool) -> Judge:
        if not isinstance(wanted, list) or len(wanted) != 2:
            raise ValidationError("The value of a between filter must be a list of two.")
        low, high = (read_number(item) for item in wanted)
        if low is None or high is None:
            raise CannotCompare.types(wanted[0] if low is None else wanted[1], "Float64")
        least, most = low, high

        def judge(has: bool, value: Any) -> bool:
            found = read_number(value)
            return found is not None and (least <= found <= most) is not refuses

        return judge

    def read(self, value: Any, target: Value = None) -> Value:
        """Return a stored value as the declared type; where none is declared, as that of the value wanted."""
        if value is None:
            return None
        text = stored_text(value)
        if self.declared == "Numeric":
            return read_number(text)
        if self.declared == "Boolean":
            return {"true": True, "false": False}.get(text)
        if self.declared == "DateTime" or isinstance(target, datetime):
            return read_moment(text, self.zone)
        if isinstance(target, float):
            return read_number(text)
        return text

    def target(self, wanted: Any, *, is_date: bool = False) -> Value:
        """Return the wanted value as the declared type. Raises: CannotCompare."""
        text = {True: "true", False: "false"}[wanted] if isinstance(wanted, bool) else wanted
        if self.declared == "Numeric":
            number = read_number(text)
            if number is None:
                raise CannotCompare.types(text, "Float64")
            return number
        if self.declared == "Boolean" and text in ("true", "false"):
            return bool(text == "true")
        if self.declared == "DateTime" or is_date:
            moment = self._moment(text)
            if moment is None:
                raise CannotCompare.types(text, "DateTime64(6, 'UTC')")
            return moment
        if isinstance(text, (int, float)):
            if self.declared == "String":
                raise CannotCompare.texts()
            return read_number(text)
        return text if isinstance(text, str) else json_text(text)

    def _moment(self, wanted: Any) -> datetime | None:
        """Return the time that a value names, or that lies so long before now."""
        if isinstance(wanted, str) and (found := RELATIVE.fullmatch(wanted)):
            try:
                return self.now - timedelta(hours=int(found[1]) * HOURS[found[2]])
            except OverflowError:
                return CENTURIES
        return read_moment(wanted, self.zone)


def comparable(found: Value, target: Value) -> bool:
    """Return whether two values can be put in order."""
    return isinstance(found, type(target)) or isinstance(target, type(found))


def search_pattern(operator: str, wanted: Any) -> Pattern | None:
    """Return what an operator searches a text for; nothing for a regular expression that is none."""
    text = wanted if isinstance(wanted, str) else json_text(wanted)
    if operator.endswith("regex"):
        return compiled(text, re.DOTALL)
    return compiled(like(text), re.IGNORECASE | re.DOTALL)


def like(text: str) -> str:
    """Return a LIKE pattern as a regular expression that finds it anywhere: `%` is anything, `_` one character."""
    signs = {"%": ".*", "_": "."}
    parts = re.findall(r"\\.|.", text, re.DOTALL)
    return "".join(re.escape(part[1:]) if len(part) == 2 else signs.get(part, re.escape(part)) for part in parts)


def json_text(value: Any) -> str:
    """Return a value as compact JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a whole number too long for it, or half of a character
        return str(value)


def stored_text(value: Any) -> str:
    """Return a value as databases read it out of the stored JSON: escapes stay, quotes at the ends do not."""
    if isinstance(value, str) and value.isprintable() and '"' not in value and "\\" not in value:
        return value  # JSON would escape none of it
    text = json_text(value)
    if isinstance(value, str):
        return text[1:-1] if text.startswith('"') else text
    return text


def shown_text(known: Value, value: Any) -> str:
    """Return a typed value as text: a whole number without its fraction."""
    if isinstance(known, float):
        return str(int(known)) if known.is_integer() and abs(known) < 1e16 else repr(known)
    return stored_text(value)


def reads_as_json(text: str) -> bool:
    """Return whether a text is JSON for anything but a number, which a filter keeps as text."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return read_number(text) is None


def read_number(value: Any) -> float | None:
    """Return the number that a value is or spells, if it is finite."""
    if isinstance(value, bool) or value is None or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,5})?", value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) != float("inf") and number == number else None


def read_moment(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """Return the time that a value spells: ISO 8601 or close to it, or seconds since 1970."""
    text = str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    try:
        if re.fullmatch(r"\d{9,10}(\.\d+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def is_day(value: Any) -> bool:
    """Return whether a time is given as a day alone."""
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None
