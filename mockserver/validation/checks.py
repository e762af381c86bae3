"""Checks put together by hand, for JSON that servers refuse with pydantic's list of errors (`models` makes them of the
contract).

A check yields every error of a value at a place. Source: pydantic's catalogue of errors, version 2.10.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ERROR_URL = "https://errors.pydantic.dev/2.10/v/"
TRUTHS = frozenset({"0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"})
LARGEST = 2**63
MOST_DIGITS = 4000

Place = tuple[str | int, ...]
Error = dict[str, Any]
Check = Callable[[Any, Place], Iterator[Error]]


def error(kind: str, place: Place, message: str, given: Any, **context: Any) -> Error:
    """Return one error as pydantic describes it."""
    told: Error = {"type": kind, "loc": place, "msg": message, "input": given}
    if context:
        told["ctx"] = context
    told["url"] = ERROR_URL + kind
    return told


# Values


def anything(value: Any, place: Place) -> Iterator[Error]:
    """Take any value."""
    return iter(())


def text(value: Any, place: Place) -> Iterator[Error]:
    """Take text."""
    if not isinstance(value, str):
        yield error("string_type", place, "Input should be a valid string", value)


def whole(value: Any, place: Place) -> Iterator[Error]:
    """Take a whole number, or text that spells one."""
    if isinstance(value, str):
        if not re.fullmatch(r"\s*[+-]?\d+(_\d+)*(\.0*)?\s*", value) or len(value) > MOST_DIGITS:
            message = "Input should be a valid integer, unable to parse string as an integer"
            yield error("int_parsing", place, message, value)
    elif isinstance(value, float):
        if abs(value) >= LARGEST:
            message = "Unable to parse input string as an integer, exceeded maximum size"
            yield error("int_parsing_size", place, message, value)
        elif not value.is_integer():
            message = "Input should be a valid integer, got a number with a fractional part"
            yield error("int_from_float", place, message, value)
    elif not isinstance(value, int):
        yield error("int_type", place, "Input should be a valid integer", value)


def truth(value: Any, place: Place) -> Iterator[Error]:
    """Take true or false, or what spells them."""
    if isinstance(value, bool) or (isinstance(value, (int, float)) and value in (0, 1)):
        return
    if isinstance(value, (str, int)) or (isinstance(value, float) and value.is_integer()):
        if not (isinstance(value, str) and value.lower() in TRUTHS):
            yield error("bool_parsing", place, "Input should be a valid boolean, unable to interpret input", value)
    else:
        yield error("bool_type", place, "Input should be a valid boolean", value)


def text_or_whole(value: Any, place: Place) -> Iterator[Error]:
    """Take text or a whole number."""
    problems = [[*text(value, (*place, "str"))], [*whole(value, (*place, "int"))]]
    if all(problems):
        for problem in problems:
            yield from problem


def exactly(*values: str) -> Check:
    """Take one of these texts."""
    *most, last = (repr(value) for value in values)
    expected = f"{', '.join(most)} or {last}" if most else last

    def check(value: Any, place: Place) -> Iterator[Error]:
        if not isinstance(value, str) or value not in values:
            yield error("literal_error", place, f"Input should be {expected}", value, expected=expected)

    return check


def nullable(check: Check) -> Check:
    """Take null too."""
    return lambda value, place: iter(()) if value is None else check(value, place)


def list_of(check: Check) -> Check:
    """Take a list of such values."""

    def check_items(value: Any, place: Place) -> Iterator[Error]:
        if not isinstance(value, list):
            yield error("list_type", place, "Input should be a valid list", value)
            return
        for number, item in enumerate(value):
            yield from check(item, (*place, number))

    return check_items


# Models


@dataclass(frozen=True)
class Model:
    """An object with known keys; `required` ones must be there, others must not."""

    name: str
    required: Mapping[str, Check]
    optional: Mapping[str, Check]

    def check(self, value: Any, place: Place) -> Iterator[Error]:
        """Yield what is wrong: of its own keys in their order, then those that are too many."""
        if not isinstance(value, dict):
            message = f"Input should be a valid dictionary or instance of {self.name}"
            yield error("model_type", place, message, value, class_name=self.name)
            return
        for name, check in {**self.required, **self.optional}.items():
            if name in value:
                yield from check(value[name], (*place, name))
            elif name in self.required:
                yield error("missing", (*place, name), "Field required", value)
        for name, item in value.items():
            if name not in self.required and name not in self.optional:
                yield error("extra_forbidden", (*place, name), "Extra inputs are not permitted", item)
