"""Values that fit a schema, drawn by the seed of a world, the name of a field and its format.

The same seed and place give the same value in any process, whatever was drawn before.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mockserver.inferred import naming
from mockserver.inferred.drawing.chance import Chance, Spot
from mockserver.inferred.drawing.numbers import number
from mockserver.inferred.drawing.texts import Texts
from mockserver.inferred.fitting import Fitter
from mockserver.inferred.shapes import ANYTHING, Shape, Shapes, kind_of

DEEP, DEEPEST = 3, 24
"""From this depth on only what must be there is drawn; beyond that one, what has no end is cut."""
TRIES = 8
NOTHING = object()
"""Stands for a value that a client did not send."""
EMPTY: dict[str | None, Any] = {"array": [], "object": {}, "string": "", "integer": 0, "number": 0}
"""What a field is when nobody said what it is to be; a text of a kind of its own, as a time, is never empty."""


class Drawer:
    """Draws values for the schemas of one document, at one moment of one world."""

    def __init__(self, shapes: Shapes, seed: int, now: datetime) -> None:
        self._shapes = shapes
        self._fitter = Fitter(shapes)
        self._chance = Chance(seed, now)

    def draw(
        self, schema: Any, name: str, *, sent: Any = None, place: str = "", for_request: bool = False
    ) -> Any:  # fmt: skip
        """Return a value that fits a schema.

        `name` is the field's, or what the record is one of; `place` tells apart what has the same name. Of what was
        `sent`, all that fits is kept: then the value is a record that is new, what a client might have sent and did
        not is its default, null or empty, and the rest is drawn. Nothing sent: all of it is drawn, as of a record
        that has been there for a while. `for_request` draws what a client may send.
        """
        drawing = _Drawing(self._shapes, self._fitter, self._chance, for_request=for_request)
        spot = Spot(name, f"{place}/{name}", is_new=sent is not None)
        return drawing.value(schema, spot, NOTHING if sent is None else sent)

    def fits(self, schema: Any, value: Any) -> bool:
        """Return whether a value fits a schema."""
        return self._fitter.fits(schema, value)


class _Drawing:
    """One value being drawn, with all that is in it."""

    def __init__(self, shapes: Shapes, fitter: Fitter, chance: Chance, *, for_request: bool) -> None:
        self._shapes, self._fitter, self._chance = shapes, fitter, chance
        self._texts = Texts(chance)
        self._for_request = for_request

    def value(self, schema: Any, spot: Spot, sent: Any = NOTHING) -> Any:
        """Return a value for a schema; several times drawn, where the first does not fit."""
        shape = self._shapes.of(schema)
        if sent is not NOTHING and not isinstance(sent, (Mapping, list)) and self._fitter.fits(schema, sent):
            return sent
        drawn: Any = None
        for attempt in range(TRIES):
            kind = shape.types[attempt % len(shape.types)] if shape.types else shape.kind
            drawn = self._attempt(schema, shape, kind, spot.again(attempt), sent if attempt < TRIES / 2 else NOTHING)
            # Leaves are made to fit; what is made of parts fits unless there are words about the whole.
            if not (shape.options or "not" in shape.words) or self._fitter.fits(schema, drawn):
                return drawn
            if spot.depth > DEEP:
                break
        return None if shape.nullable else drawn

    def _attempt(self, schema: Any, shape: Shape, kind: str | None, spot: Spot, sent: Any) -> Any:
        is_null = spot.depth >= DEEP or naming.is_not_yet(spot.name) or (kind is None and not self._for_request)
        if is_null and sent is NOTHING and shape.nullable:
            return None
        if shape.options:
            return self._option(schema, shape, spot, sent)
        if "enum" in shape.words:
            return self._choice(shape, spot)
        if sent is not NOTHING and (not shape.types or kind_of(sent) in shape.types):
            kind = kind_of(sent)
        match kind:
            case "object":
                return self._object(schema, shape, spot, sent)
            case "array":
                return self._list(shape, spot, sent)
            case "string":
                return self._texts.text(shape.words, spot)
            case "integer" | "number":
                return number(self._chance, shape.words, kind, spot)
            case "boolean":
                return naming.is_affirmed(spot.name)
        return self._anything(shape, spot, sent)

    def _option(self, schema: Any, shape: Shape, spot: Spot, sent: Any) -> Any:
        """Return a value for one option of a union: one that fits what was sent, else the first that can be drawn."""
        options: Sequence[Any] = shape.options
        if sent is not NOTHING:
            if self._fitter.fits(schema, sent):
                return sent
            options = sorted(options, key=lambda option: self._shapes.of(option).kind != kind_of(sent))
        elif spot.depth >= DEEP:
            options = sorted(options, key=lambda option: self._shapes.of(option).kind in ("object", "array", None))
        drawn = None
        for place, option in enumerate(options):
            at = replace(spot, place=f"{spot.place}|{place}", depth=spot.depth + 1)
            drawn = self._tagged(shape, option, self.value(option, at, sent))
            if self._fitter.fits(schema, drawn) or spot.depth > DEEPEST:
                break
        return drawn

    def _tagged(self, shape: Shape, option: Any, drawn: Any) -> Any:
        """Return an object with the value by which a union tells its option from the others."""
        discriminator = shape.words.get("discriminator")
        if not isinstance(discriminator, Mapping) or not isinstance(drawn, dict):
            return drawn
        field = discriminator.get("propertyName")
        target = option.get("$ref") if isinstance(option, Mapping) else None
        mapping = discriminator.get("mapping") or {}
        named = next((key for key, value in mapping.items() if value == target), None)
        tag = str(target or "").rpartition("/")[2] if named is None else named
        return {**drawn, field: tag} if field and tag else drawn

    def _choice(self, shape: Shape, spot: Spot) -> Any:
        values = [value for value in shape.words["enum"] if value not in (None, "")] or shape.words["enum"]
        default = shape.words.get("default")
        if default in values:
            return default
        if not values:
            return None
        return values[0] if spot.is_new and not spot.is_again else self._chance.pick(values, spot.place)

    # Objects and lists

    def _object(self, schema: Any, shape: Shape, spot: Spot, sent: Any) -> Any:
        if spot.depth > DEEPEST:
            return {}
        given: Mapping[str, Any] | None = sent if isinstance(sent, Mapping) else None
        if spot.is_new and given is None and spot.depth > 0:
            spot = replace(spot, is_new=False)
        drawn = {}
        for key, inner in shape.properties.items():
            if not self._is_left_out(shape, key, inner, given, spot.depth):
                drawn[key] = self._property(inner, spot.inside(key), (given or {}).get(key, NOTHING))
        self._add_others(schema, shape, spot, drawn, given)
        return drawn

    def _add_others(
        self, schema: Any, shape: Shape, spot: Spot, drawn: dict[str, Any], given: Mapping[str, Any] | None
    ) -> None:  # fmt: skip
        """Add the keys that are not listed: those that must be there, those sent, and as many as are asked for."""
        sent = given or {}
        for key in [*sorted(shape.required), *sent]:
            if key not in drawn and key not in shape.properties and shape.others is not False:
                drawn[key] = self.value(shape.others, spot.inside(key), sent.get(key, NOTHING))
        example = shape.words.get("example")
        if not drawn and not shape.properties and given is None and isinstance(example, Mapping):
            drawn.update(example if self._fitter.fits(schema, example) else {})
        for count in range(len(drawn), shape.words.get("minProperties", 0)):
            drawn[f"key_{count}"] = self.value(shape.others, spot.inside(spot.name, count))

    def _is_left_out(
        self, shape: Shape, key: str, inner: Any, given: Mapping[str, Any] | None, depth: int
    ) -> bool:  # fmt: skip
        """Return whether a property is no part of an object: of the other direction, not asked for, or too deep."""
        if self._for_request:
            return self._shapes.is_read_only(inner) or (depth > 0 and key not in shape.required)
        if self._shapes.is_write_only(inner):
            return True
        if key in (given or ()) or key in shape.required:
            return False
        # Inside of what a client sent, the server adds only what is its own.
        return depth >= DEEP or (given is not None and depth > 0 and not self._shapes.is_read_only(inner))

    def _property(self, schema: Any, spot: Spot, sent: Any) -> Any:
        """Return a property: as sent, else, where a client might have sent it, what is there without."""
        shape = self._shapes.of(schema)
        if sent is NOTHING and not self._for_request:
            default = shape.words.get("default", NOTHING)
            if default is not NOTHING and self._fitter.fits(schema, default):
                return default
            if spot.is_new and not shape.words.get("readOnly"):
                if shape.nullable:
                    return None
                if shape.kind in EMPTY and self._is_empty(schema, shape, EMPTY[shape.kind]):
                    return copy.copy(EMPTY[shape.kind])
            if spot.is_new and shape.kind == "array" and self._fitter.fits(schema, []):
                return []  # a new record has no members
        return self.value(schema, spot, sent)

    def _is_empty(self, schema: Any, shape: Shape, empty: Any) -> bool:
        """Return whether an empty value stands for a field."""
        if isinstance(empty, str) and ("format" in shape.words or "enum" in shape.words):
            return False
        if isinstance(empty, dict) and shape.properties:
            return False
        return self._fitter.fits(schema, empty)

    def _list(self, shape: Shape, spot: Spot, sent: Any) -> list[Any]:
        words = shape.words
        given = sent if isinstance(sent, list) else []
        count = len(given) if isinstance(sent, list) else 0 if spot.depth >= DEEP else 1
        count = int(min(max(count, words.get("minItems", 0)), words.get("maxItems", math.inf)))
        first = words.get("prefixItems") or []
        items: list[Any] = []
        for place in range(count):
            schema = first[place] if place < len(first) else words.get("items", ANYTHING)
            at = spot.inside(spot.name.removesuffix("s"), place)
            item = given[place] if place < len(given) else NOTHING
            for attempt in range(TRIES):
                drawn = self.value(schema, at.again(attempt), NOTHING if attempt else item)
                if not (words.get("uniqueItems") and drawn in items):
                    items.append(drawn)
                    break
        return items

    def _anything(self, shape: Shape, spot: Spot, sent: Any) -> Any:
        """Return a value where a schema names no type."""
        if sent is not NOTHING:
            return sent
        example = shape.words.get("example")
        if example is not None:
            return example
        if self._for_request and spot.depth:  # null is the one value that many take for nothing
            return self._chance.faked("word", spot.place) if spot.is_listed else {}
        return None if shape.nullable else {}
