"""Filters of properties as Django's engine matches them: given values in memory, stored ones by its database.

Source: recorded answers of `/decide`, and the reading of that engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mockserver.flags.matching import dates
from mockserver.flags.matching.errors import CannotMatch
from mockserver.flags.matching.service import ORDERS, Filter
from mockserver.flags.matching.texts import text_of
from mockserver.patterns import compiled

Judge = Callable[[Any, datetime], bool]
NUMBERS = ("gt", "gte", "lt", "lte")
MISSING = object()


def given(filter: Filter) -> Judge:
    """Return what judges a value that was given with the request. Raises CannotMatch when it asks whether none is."""
    named, value = str(filter.get("operator") or "exact"), filter.get("value")
    base = named.removeprefix("not_")
    if named == "exact":
        return _equal(value)
    if named == "is_not":
        return _negated(_equal(value))
    if named == "is_set":
        return lambda found, now: True
    if named == "is_not_set":
        return _refuse
    if base == "icontains":
        judge = _contains(value)
        return judge if base == named else _negated(judge)
    if base == "regex":
        return _search(value, re.IGNORECASE | re.DOTALL, negated=base != named, text=_python_text)
    if named in NUMBERS:
        return _order(named, value)
    if named in ("is_date_before", "is_date_after"):
        return _date(named, value)
    return _never


def _never(found: Any, now: datetime) -> bool:
    return False


def _refuse(found: Any, now: datetime) -> bool:
    raise CannotMatch("can't match properties with operator is_not_set")


def _negated(judge: Judge) -> Judge:
    return lambda found, now: not judge(found, now)


def _python_text(value: Any) -> str:
    return str(value)


def _truth(value: Any) -> bool | None:
    """Return the truth that a filter's value tells, alone or as the one item of a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _equal(value: Any) -> Judge:
    truth = _truth(value)
    if truth is not None:
        told = str(truth).lower()
        return lambda found, now: str(found).lower() == told
    if isinstance(value, list):
        several = {str(item).lower() for item in value}
        return lambda found, now: str(found).lower() in several
    single = str(value).lower()
    return lambda found, now: str(found).lower() == single


def _contains(value: Any) -> Judge:
    part = str(value).lower()
    return lambda found, now: part in str(found).lower()


def _search(value: Any, flags: int, *, negated: bool, text: Callable[[Any], str]) -> Judge:
    pattern = compiled(str(value), flags)
    if pattern is None:
        return _never
    finds = pattern.finds
    return lambda found, now: finds(text(found)) is not negated


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _order(named: str, value: Any) -> Judge:
    """Compare numbers where the value given is one, else text."""
    test, wanted, text = ORDERS[named], _number(value), str(value)

    def judge(found: Any, now: datetime) -> bool:
        if wanted is None or isinstance(found, str) or not isinstance(found, (int, float)):
            return test(str(found), text)
        return test(found, wanted)

    return judge


def _moment(value: Any, now: datetime) -> datetime | None:
    if isinstance(value, str):
        return dates.relative(value, now) or dates.absolute(value, now, UTC)
    return dates.stored(value, now, UTC)


def _date(named: str, value: Any) -> Judge:
    test = ORDERS[named]

    def judge(found: Any, now: datetime) -> bool:
        wanted, moment = _moment(value, now), _moment(found, now)
        return wanted is not None and moment is not None and test(moment, wanted)

    return judge


# Stored values


def stored(filter: Filter) -> Callable[[Mapping[str, Any], datetime], bool]:
    """Return the test of stored properties, as the database compares them."""
    key, named, value = str(filter.get("key")), str(filter.get("operator") or "exact"), filter.get("value")
    base = named.removeprefix("not_")
    if named == "is_set":
        return lambda properties, now: key in properties
    if named == "is_not_set":
        return lambda properties, now: key not in properties
    if named == "not_in" or (base == "regex" and compiled(str(value)) is None):
        return lambda properties, now: False
    negated = named == "is_not" or base != named
    judge = _stored(base if base != named else "exact" if named == "is_not" else named, value, negated=negated)

    def test(properties: Mapping[str, Any], now: datetime) -> bool:
        found = properties.get(key, MISSING)
        return negated if found is MISSING else judge(found, now)

    return test


def _stored(named: str, value: Any, *, negated: bool) -> Judge:
    if named in ("exact", "in"):
        judge = _same(value)
        return _negated(judge) if negated else judge
    if named == "icontains":
        part = str(value).lower()
        judge = lambda found, now: found is not None and part in text_of(found).lower()  # noqa: E731
        return _negated(judge) if negated else judge
    if named == "regex":
        return _search(value, 0, negated=negated, text=text_of)
    if named in NUMBERS:
        return _order_of_kind(named, value) if _number(value) is not None else _order_as_json(named, value)
    if named in ("is_date_before", "is_date_after"):
        return _date_as_text(named, value)
    return _never


def _same(value: Any) -> Judge:
    """Compare as JSON, case and all; text that spells a number, or truth, stands for both."""
    wanted = [kind for item in (value if isinstance(value, list) else [value]) for kind in _spellings(item)]
    return lambda found, now: any(_kind(found) == kind for kind in wanted)


def _spellings(value: Any) -> list[tuple[str, Any]]:
    truth = _truth(value)
    if truth is not None:
        return [("bool", truth), ("str", str(truth).lower()), *([_kind(value)] if isinstance(value, str) else [])]
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return [_kind(value), _kind(float(value))]
    return [_kind(value)]


def _kind(value: Any) -> tuple[str, Any]:
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, (int, float)):
        return "number", float(value)
    return ("str", value) if isinstance(value, str) else ("json", text_of(value))


def _order_as_json(named: str, value: Any) -> Judge:
    """Compare as PostgreSQL orders JSON: text comes before numbers, and these before truth, lists and objects."""
    test, text = ORDERS[named], str(value)

    def judge(found: Any, now: datetime) -> bool:
        if isinstance(found, str):
            return test(found, text)
        return test(-1 if found is None else 1, 0)

    return judge


def _order_of_kind(named: str, value: Any) -> Judge:
    """Compare stored numbers with the number, stored text with the text."""
    test, wanted, text = ORDERS[named], _number(value), str(value)

    def judge(found: Any, now: datetime) -> bool:
        if isinstance(found, str):
            return test(found, text)
        if isinstance(found, bool) or not isinstance(found, (int, float)) or wanted is None:
            return False
        return test(found, wanted)

    return judge


def _date_as_text(named: str, value: Any) -> Judge:
    test = ORDERS[named]

    def judge(found: Any, now: datetime) -> bool:
        wanted = _moment(value, now)
        return isinstance(found, str) and wanted is not None and test(found, wanted.isoformat())

    return judge
