"""Whether a value fits a schema, as far as an answer must: what JSON Schema says, read without compiling anything."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.inferred.shapes import ANYTHING, Shape, Shapes, kind_of
from mockserver.patterns import compiled

DEEPEST = 64
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
ZONE = r"(?:[Zz]|[+-]\d\d:\d\d)"
FORMATS = {
    "date-time": re.compile(rf"{DATE}[Tt]{TIME}{ZONE}"),
    "date": re.compile(DATE),
    "time": re.compile(f"{TIME}{ZONE}?"),  # DRF writes none
    "duration": re.compile(r"P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "email": re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{HOST}"),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*"),
    "hostname": re.compile(HOST),
    "ipv4": re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}"),
    "ipv6": re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:.]*"),
    "decimal": re.compile(r"[+-]?\d*(?:\.\d*)?"),
}
"""Formats that a value is held to; the others are words about it."""


class Fitter:
    """Tells whether values fit the schemas of one document."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def fits(self, schema: Any, value: Any, depth: int = 0) -> bool:
        """Return whether a value fits. What only requests have is no part of it and not asked for."""
        shape = self._shapes.of(schema)
        if value is None and shape.nullable:
            return True
        if depth > DEEPEST:
            return False
        if shape.options:
            found = sum(1 for option in shape.options if self.fits(option, value, depth + 1))
            return found == 1 if shape.is_exclusive else found > 0
        return self._fits_words(shape, value, depth)

    def _fits_words(self, shape: Shape, value: Any, depth: int) -> bool:
        words = shape.words
        kind = kind_of(value)
        if shape.types and not _is_of(shape.types, kind, value):
            return False
        if "enum" in words and not any(value == each and kind_of(each) == kind for each in words["enum"]):
            return False
        if "not" in words and self.fits(words["not"], value, depth + 1):
            return False
        match kind:
            case "string":
                return fits_text(words, value)
            case "integer" | "number":
                return _fits_number(words, value)
            case "array":
                return self._fits_list(words, value, depth)
            case "object":
                return self._fits_object(shape, value, depth)
        return True

    def _fits_list(self, words: Mapping[str, Any], value: list[Any], depth: int) -> bool:
        if not words.get("minItems", 0) <= len(value) <= words.get("maxItems", math.inf):
            return False
        if words.get("uniqueItems") and len({repr(item) for item in value}) < len(value):
            return False
        first = words.get("prefixItems", [])
        schemas = [*first, *([words.get("items", ANYTHING)] * (len(value) - len(first)))]
        return all(self.fits(schema, item, depth + 1) for schema, item in zip(schemas, value, strict=False))

    def _fits_object(self, shape: Shape, value: Mapping[str, Any], depth: int) -> bool:
        words, properties = shape.words, shape.properties
        if not words.get("minProperties", 0) <= len(value) <= words.get("maxProperties", math.inf):
            return False
        for name in shape.required:
            if name not in value and not (name in properties and self._shapes.is_write_only(properties[name])):
                return False
        for name, item in value.items():
            schema = properties.get(name, shape.others)
            if schema is False or not self.fits(schema, item, depth + 1):
                return False
        return True


def fits_text(words: Mapping[str, Any], value: str) -> bool:
    """Return whether a text is as long, of the pattern and of the format that a schema asks for."""
    if not words.get("minLength", 0) <= len(value) <= words.get("maxLength", math.inf):
        return False
    if "pattern" in words:
        pattern = compiled(str(words["pattern"]))
        if pattern is not None and not pattern.finds(value):
            return False
    shape = FORMATS.get(str(words.get("format")))
    return shape is None or bool(shape.fullmatch(value))


def _fits_number(words: Mapping[str, Any], value: float) -> bool:
    tests: list[tuple[str, Callable[[Any], bool]]] = [
        ("minimum", lambda bound: value >= bound),
        ("maximum", lambda bound: value <= bound),
        ("exclusiveMinimum", lambda bound: value > bound),
        ("exclusiveMaximum", lambda bound: value < bound),
        ("multipleOf", lambda step: not step or math.isclose(value / step, round(value / step), abs_tol=1e-9)),
    ]
    return all(test(words[word]) for word, test in tests if isinstance(words.get(word), (int, float)))


def _is_of(types: tuple[str, ...], kind: str, value: Any) -> bool:
    if kind in types or (kind == "integer" and "number" in types):
        return True
    return kind == "number" and "integer" in types and float(value).is_integer()
