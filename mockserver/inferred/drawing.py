"""Values that fit a schema, drawn by the seed of a world, the name of a field and its format.

The same seed and place give the same value in any process, whatever was drawn before.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mockserver.inferred import naming
from mockserver.inferred.fitting import Fitter, fits_text
from mockserver.inferred.naming import Moment
from mockserver.inferred.shapes import ANYTHING, Shape, Shapes, kind_of
from mockserver.patterns.writing import written
from mockserver.world import entropy

DEEP, DEEPEST = 3, 24
"""From this depth on only what must be there is drawn; beyond that one, what has no end is cut."""
TRIES = 8
USUAL = ("USD", "DE", "1.00", "0.5", "1", "sha256", "Q1", "1.0.0", "2026-01", "a")
"""What patterns often ask for, before one is spelled sign by sign."""
NOTHING = object()
"""Stands for a value that a client did not send."""
BYTES = 16
EMPTY: dict[str | None, Any] = {"array": [], "object": {}, "string": "", "integer": 0, "number": 0}
"""What a field is when nobody said what it is to be; a text of a kind of its own, as a time, is never empty."""


@dataclass(frozen=True)
class Spot:
    """Where a value is drawn: what it is called, all the way to it, how deep that is, and what it is a part of."""

    name: str
    place: str
    depth: int = 0
    owner: str = ""
    is_listed: bool = False

    def inside(self, name: str, step: str | int | None = None) -> Spot:
        """Return the spot of a part."""
        return Spot(
            name, f"{self.place}/{name if step is None else step}", self.depth + 1, self.name, isinstance(step, int)
        )

    @property
    def is_again(self) -> bool:
        """Whether this is not the first attempt."""
        return "#" in self.place

    def again(self, attempt: int) -> Spot:
        """Return the spot of another attempt at the same value."""
        return replace(self, place=f"{self.place}#{attempt}") if attempt else self


class Drawer:
    """Draws values for the schemas of one document, at one moment of one world."""

    def __init__(self, shapes: Shapes, seed: int, now: datetime) -> None:
        self._shapes = shapes
        self._fitter = Fitter(shapes)
        self._seed, self._now = seed, now

    def draw(
        self, schema: Any, name: str, *, sent: Any = None, place: str = "", for_request: bool = False
    ) -> Any:  # fmt: skip
        """Return a value that fits a schema.

        `name` is the field's, or what the record is one of; `place` tells apart what has the same name. Of what was
        `sent`, all that fits is kept: then the value is a record that is new, what a client might have sent and did
        not is its default, null or empty, and the rest is drawn. Nothing sent: all of it is drawn, as of a record
        that has been there for a while. `for_request` draws what a client may send.
        """
        drawing = _Drawing(self._shapes, self._fitter, self._seed, self._now, for_request=for_request)
        drawing.is_new = sent is not None
        return drawing.value(schema, Spot(name, f"{place}/{name}"), NOTHING if sent is None else sent)

    def fits(self, schema: Any, value: Any) -> bool:
        """Return whether a value fits a schema."""
        return self._fitter.fits(schema, value)


class _Drawing:
    """One value being drawn, with all that is in it."""

    def __init__(self, shapes: Shapes, fitter: Fitter, seed: int, now: datetime, *, for_request: bool) -> None:
        self._shapes, self._fitter = shapes, fitter
        self._seed, self._now = seed, now
        self._for_request = for_request
        self.is_new = False
        """Whether what is being drawn is part of a record that is new, rather than one that has been there."""

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
                return self._text(shape.words, spot)
            case "integer" | "number":
                return self._number(shape.words, kind, spot)
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
        for number, option in enumerate(options):
            at = replace(spot, place=f"{spot.place}|{number}", depth=spot.depth + 1)
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
        return values[0] if self.is_new and not spot.is_again else self._pick(values, spot.place)

    # Objects and lists

    def _object(self, schema: Any, shape: Shape, spot: Spot, sent: Any) -> Any:
        if spot.depth > DEEPEST:
            return {}
        given: Mapping[str, Any] | None = sent if isinstance(sent, Mapping) else None
        was_new, self.is_new = self.is_new, self.is_new and (given is not None or spot.depth == 0)
        drawn = {}
        for key, inner in shape.properties.items():
            if not self._is_left_out(shape, key, inner, given, spot.depth):
                drawn[key] = self._property(inner, spot.inside(key), (given or {}).get(key, NOTHING))
        self._add_others(schema, shape, spot, drawn, given)
        self.is_new = was_new
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
        for number in range(len(drawn), shape.words.get("minProperties", 0)):
            drawn[f"key_{number}"] = self.value(shape.others, spot.inside(spot.name, number))

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
            if self.is_new and not shape.words.get("readOnly"):
                if shape.nullable:
                    return None
                if shape.kind in EMPTY and self._is_empty(schema, shape, EMPTY[shape.kind]):
                    return copy.copy(EMPTY[shape.kind])
            if self.is_new and shape.kind == "array" and self._fitter.fits(schema, []):
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
        for number in range(count):
            schema = first[number] if number < len(first) else words.get("items", ANYTHING)
            at = spot.inside(spot.name.removesuffix("s"), number)
            item = given[number] if number < len(given) else NOTHING
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
            return self._faked("word", spot.place) if spot.is_listed else {}
        return None if shape.nullable else {}

    # Texts

    def _text(self, words: Mapping[str, Any], spot: Spot) -> str:
        for text in self._texts(words, spot):
            if text is None:
                continue
            longest = words.get("maxLength", math.inf)
            if len(text) > longest and "format" not in words:
                text = text[: int(longest)].strip(" .-_")
            if fits_text(words, text):
                return text
        return self._stretched(words, spot.place)

    def _texts(self, words: Mapping[str, Any], spot: Spot) -> Iterator[str | None]:
        """Yield texts that may do, the most telling first."""
        yield self._formatted(words.get("format"), spot.name, spot.place)
        if words.get("format") in (None, "password", "slug", "decimal"):
            for candidate in (words.get("example"), words.get("default")):
                if isinstance(candidate, str) and candidate:
                    yield candidate
            yield self._named(spot.name, spot.place, spot.owner)
        if "pattern" in words:
            yield from USUAL
            pick = self._picker(spot.place)
            longest = words.get("maxLength", 10_000)
            yield written(str(words["pattern"]), pick, shortest=words.get("minLength", 0), longest=longest)
        yield self._faked("word", spot.place)

    def _formatted(self, form: Any, name: str, place: str) -> str | None:
        match form:
            case "date-time":
                return entropy.timestamp(self._moment(name, place))
            case "date":
                return self._moment(name, place).date().isoformat()
            case "time":
                return f"{self._below(24, place):02}:{self._below(60, place + ':'):02}:00Z"
            case "duration":
                return f"PT{1 + self._below(59, place)}M"
            case "uuid":
                return str(UUID(bytes=self._bytes(place), version=4))
            case "email" | "idn-email":
                return self._faked("ascii_safe_email", place)
            case "uri" | "url" | "iri" | "uri-reference" | "iri-reference":
                kind = naming.faker_of(name)
                return self._faked(kind if kind in ("image_url", "url") else "url", place)
            case "hostname" | "idn-hostname":
                return self._faked("domain_name", place)
            case "ipv4" | "ipv6":
                return self._faked(form, place)
            case "decimal":
                return f"{self._below(100, place)}.{self._below(100, place + '.'):02}"
            case "byte":
                return "bW9jaw=="
            case "json-pointer":
                return "/" + naming.words_of(name)[-1] if naming.words_of(name) else ""
            case "regex":
                return "^[a-z]+$"
        return None

    def _named(self, name: str, place: str, owner: str) -> str | None:
        """Return a text as its name asks for."""
        if naming.has_word(name, naming.TIMES):
            return entropy.timestamp(self._moment(name, place))
        if naming.has_word(name, frozenset({"uuid", "guid"})):
            return str(UUID(bytes=self._bytes(place), version=4))
        kind = naming.faker_of(name, owner)
        if kind is not None:
            return self._faked(kind, place)
        if naming.has_word(name, naming.IDENTIFIERS):
            return entropy.spell(self._bytes(place), 12)
        if naming.has_word(name, naming.SECRETS):
            return entropy.spell(self._bytes(place), 22)
        if naming.has_word(name, frozenset({"version"})):
            return f"1.{self._below(20, place)}.0"
        return None

    def _stretched(self, words: Mapping[str, Any], place: str) -> str:
        """Return a text of letters as long as must be, where nothing that means something fits."""
        longest = int(min(words.get("maxLength", 10_000), 10_000))
        length = min(max(words.get("minLength", 0), 8), longest)
        return entropy.spell(self._bytes(place), length, "abcdefghijklmnopqrstuvwxyz")

    def _faked(self, kind: str, place: str) -> str:
        with entropy.faker(self._seed, place) as fake:
            match kind:
                case "hex_color":
                    return str(fake.hex_color()).lower()
                case "image_url":
                    return f"https://{fake.domain_name()}/{fake.word()}.png"
                case "sentence":
                    return str(fake.sentence(nb_words=6))
                case "uri_path":
                    return "/" + str(fake.uri_path())
            text: str = getattr(fake, kind)()
            return text

    # Numbers and times

    def _number(self, words: Mapping[str, Any], kind: str, spot: Spot) -> float:
        step = words.get("multipleOf") or (1 if kind == "integer" else 0.01)
        if kind == "integer" and isinstance(step, float):
            step = int(step) if step.is_integer() else _whole_step(step)
        low, high = self._range(words, spot.name)
        lowest, highest = _steps(words, step, low, high)
        if highest < lowest:  # no step of what is usual is within the bounds
            least, most = _bounds(words)
            low, high = low - 2 * step if least is None else least, high + 2 * step if most is None else most
            lowest, highest = _steps(words, step, low, high)
        if highest < lowest:  # nor is any within the bounds, which are closer together than our own steps
            return (low + high) / 2 if kind == "number" else lowest
        number = (lowest + self._below(highest - lowest + 1, spot.place)) * step
        return int(number) if kind == "integer" else round(float(number), 6)

    def _range(self, words: Mapping[str, Any], name: str) -> tuple[float, float]:
        """Return between what a number should lie: its bounds, and what is usual for its name."""
        low, high = self._usual(name)
        least, most = _bounds(words)
        if least is not None and most is not None:
            return (max(low, least), min(high, most)) if max(low, least) <= min(high, most) else (least, most)
        if least is not None and least > low:
            return least, max(high, least + 100)
        if most is not None and most < high:
            return min(low, most - 100), most
        return low, high

    def _usual(self, name: str) -> tuple[float, float]:
        if naming.has_word(name, naming.IDENTIFIERS):
            return (1, 1) if self.is_new else (1, 1000)
        if naming.has_word(name, naming.COUNTS):
            return (0, 0) if self.is_new else (0, 100)
        if naming.has_word(name, naming.MONEY):
            return 100, 10_000
        if naming.has_word(name, frozenset({"year"})):
            return self._now.year, self._now.year
        if naming.has_word(name, naming.TIMES):
            seconds = int(self._moment(name, name).timestamp())
            return seconds, seconds
        if naming.has_word(name, frozenset({"ratio", "rate", "share", "probability"})):
            return 0, 1
        return 0, 100

    def _moment(self, name: str, place: str) -> datetime:
        """Return a time near the world's: past, lately, now or to come, as its name says."""
        match naming.moment_of(name, is_new=self.is_new):
            case Moment.NOW:
                return self._now
            case Moment.FUTURE:
                distance = timedelta(minutes=60 + self._below(30 * 24 * 60, place))
            case Moment.LATELY:
                distance = -timedelta(minutes=self._below(24 * 60, place))
            case _:
                distance = -timedelta(minutes=24 * 60 + self._below(29 * 24 * 60, place))
        try:
            return (self._now + distance).replace(microsecond=0)
        except OverflowError:  # the world is at the end of time
            return self._now

    # Chance

    def _bytes(self, place: str) -> bytes:
        return entropy.draw(self._seed, f"inferred:{place}", 0, BYTES)

    def _below(self, limit: int, place: str) -> int:
        return int.from_bytes(self._bytes(place), "big") % max(limit, 1)

    def _pick(self, values: Sequence[Any], place: str) -> Any:
        return values[self._below(len(values), place)]

    def _picker(self, place: str) -> Any:
        """Return what chooses among several, time after time differently."""
        dice = entropy.dice(self._seed, f"inferred:{place}")
        return lambda values: values[dice.randrange(len(values))]


def _bounds(words: Mapping[str, Any]) -> tuple[float | None, float | None]:
    least, most = words.get("minimum"), words.get("maximum")
    return words.get("exclusiveMinimum") if least is None else least, (
        words.get("exclusiveMaximum") if most is None else most
    )


def _steps(words: Mapping[str, Any], step: float, low: float, high: float) -> tuple[int, int]:
    """Return the first and the last multiple of a step between two numbers, and off the bounds that do not count."""
    lowest, highest = math.ceil(round(low / step, 6)), math.floor(round(high / step, 6))
    if words.get("exclusiveMinimum") is not None and lowest * step <= words["exclusiveMinimum"]:
        lowest += 1
    if words.get("exclusiveMaximum") is not None and highest * step >= words["exclusiveMaximum"]:
        highest -= 1
    return lowest, highest


def _whole_step(step: float) -> int:
    """Return the smallest whole number that is a multiple of a step with decimals."""
    decimals = json.dumps(step).partition(".")[2]
    scale = 10 ** len(decimals) if "e" not in decimals else 1
    numerator = round(step * scale)
    return math.lcm(numerator, scale) // scale if numerator else 1
