"""Schemas of OpenAPI 3.0 and 3.1, as they are in the wild, each as one flat shape.

References are followed, `allOf` is one schema, null is a flag however it is written, and a union of one is that one.
What was found is kept, so a schema must not be changed while its shapes are in use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract import Document

Resolve = Callable[[Any], Any]
"""Follows the references of a schema until there is none; what leads nowhere is an empty schema."""

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
LARGER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
SMALLER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
ABOUT = frozenset(
    {
        *("title", "description", "default", "example", "examples", "deprecated", "externalDocs", "discriminator"),
        *("readOnly", "writeOnly", "nullable", "xml"),
    }
)
"""Words that say something about a value, and allow or forbid none."""
ANYTHING: Document = {}
"""The schema of any value; one alone, since what is found of a schema is kept."""
MOST_OPTIONS = 64
NULLABLE = "nullable"


@dataclass(frozen=True)
class Shape:
    """What a schema says of a value: its types without null, whether it may be null, the options of a union.

    Each option is a whole schema: what stands beside the union is a part of it. `words` are the rest.
    """

    words: Document
    types: tuple[str, ...] = ()
    nullable: bool = False
    options: tuple[Any, ...] = ()
    is_exclusive: bool = False
    required: frozenset[str] = field(default=frozenset())

    @property
    def kind(self) -> str | None:
        """The type that a value most naturally has; nothing where it may be anything."""
        if self.types:
            return self.types[0]
        words = self.words
        if "enum" in words:
            return next((kind_of(value) for value in words["enum"] if value is not None), "null")
        if words.keys() & {"properties", "additionalProperties", "minProperties"} or self.required:
            return "object"
        if words.keys() & {"items", "minItems", "uniqueItems"}:
            return "array"
        if words.keys() & {"pattern", "format", "minLength", "maxLength"}:
            return "string"
        if words.keys() & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
            return "number"
        return None

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties of an object, each a schema."""
        found: Mapping[str, Any] = self.words.get("properties", {})
        return found

    @property
    def others(self) -> Any:
        """The schema of properties that are not listed; `False` where there must be none."""
        return self.words.get("additionalProperties", ANYTHING)


class Shapes:
    """The shapes of one document's schemas."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._known: dict[int, tuple[Any, Shape]] = {}

    def of(self, schema: Any) -> Shape:
        """Return the shape of a schema."""
        known = self._known.get(id(schema))
        if known is None:
            # Kept with the schema itself, so that nothing else can get its place in memory.
            known = self._known[id(schema)] = (schema, self._read(schema))
        return known[1]

    def is_read_only(self, schema: Any) -> bool:
        """Return whether answers alone have a property."""
        return bool(self.of(schema).words.get("readOnly"))

    def is_write_only(self, schema: Any) -> bool:
        """Return whether requests alone have a property."""
        return bool(self.of(schema).words.get("writeOnly"))

    def _read(self, schema: Any) -> Shape:
        words = dict(self._gathered(schema, frozenset()))
        options: list[Any] = []
        is_exclusive = False
        for _ in range(8):  # a union of one may be a union again
            union = "oneOf" if "oneOf" in words else "anyOf" if "anyOf" in words else None
            if union is None:
                break
            listed = words.pop(union)
            options, real = [], [(option, self._gathered(option, frozenset())) for option in listed]
            if any(_takes_null(each) for _, each in real) and words.get(NULLABLE) is not False:
                words[NULLABLE] = True
            real = [(option, each) for option, each in real if not _is_null(each)]
            chosen = _as_one([each for _, each in real])
            if chosen is not None:
                nullable = words.get(NULLABLE)
                words = _merged(chosen, words)
                words[NULLABLE] = nullable if nullable is not None else bool(chosen.get(NULLABLE))
                continue
            is_exclusive = union == "oneOf"
            beside = {key: value for key, value in words.items() if key not in ABOUT}
            # Where nothing stands beside the union, its options are what the document has: their shapes are kept.
            options = [{"allOf": [beside, option]} if beside else option for option, _ in real[:MOST_OPTIONS]]
            break
        types = tuple(words.pop("type", ()))
        if types and not any(kind_of(value) in types for value in words.get("enum", ()) or ()) and words.get("enum"):
            types = ()  # values that are listed are meant, whatever type stands beside them
        nullable = words.pop(NULLABLE, None)
        if nullable is None:
            nullable = not types and "enum" not in words and not options
        return Shape(words, types, bool(nullable), tuple(options), is_exclusive, frozenset(words.get("required", ())))

    def _gathered(self, schema: Any, seen: frozenset[str]) -> Document:
        """Return a schema without references and `allOf`; one that is part of itself adds nothing to it."""
        if not isinstance(schema, Mapping):
            return {"enum": []} if schema is False else {}
        parts: Document = {}
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            parts = self._gathered(self._resolve({"$ref": reference}), seen | {reference})
        elif isinstance(reference, str):
            return {}
        for part in schema.get("allOf") or ():
            gathered = self._gathered(part, seen)
            nulls = [each[NULLABLE] for each in (parts, gathered) if NULLABLE in each]
            parts = _merged(parts, gathered)
            if nulls:
                parts[NULLABLE] = all(nulls)
        return _merged(parts, _normal(schema))


def kind_of(value: Any) -> str:
    """Return the name that JSON Schema has for the type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _normal(schema: Mapping[str, Any]) -> Document:
    """Return a schema's own words as OpenAPI 3.1 has them, types as a list without null."""
    words = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "type", NULLABLE)}
    types = schema.get("type")
    kinds = [each for each in ([types] if isinstance(types, str) else types or ()) if each in TYPES]
    if "const" in words:
        words["enum"] = [words.pop("const")]
    if kinds:
        words["type"] = [kind for kind in kinds if kind != "null"]
        words[NULLABLE] = "null" in kinds
        if not words["type"]:
            words["enum"] = [None]
    elif isinstance(words.get("enum"), list):
        words[NULLABLE] = None in words["enum"]
    if schema.get(NULLABLE) is True:
        words[NULLABLE] = True
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(words.get(exclusive), bool) and words.pop(exclusive) and bound in words:  # OpenAPI 3.0's
            words[exclusive] = words.pop(bound)
    if not isinstance(words.get("properties", {}), Mapping):
        del words["properties"]
    required = words.get("required")
    if not isinstance(required, list):  # OpenAPI 2 marked each property; some documents still do
        words.pop("required", None)
    return words


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Document:
    """Return what holds where two schemas do; what can be said once is said by the one above."""
    if not below:
        return dict(above)
    merged = {**below, **above}
    for word in below.keys() & above.keys():
        low, high = below[word], above[word]
        if low == high:
            continue
        match word:
            case "properties":
                shared = {name: {"allOf": [low[name], high[name]]} for name in low.keys() & high.keys()}
                merged[word] = {**low, **high, **{n: s for n, s in shared.items() if low[n] != high[n]}}
            case "required":
                merged[word] = [*low, *(name for name in high if name not in low)]
            case "type":
                merged[word] = _common_types(low, high)
            case "enum":
                merged[word] = [value for value in high if value in low]
            case "not":
                merged[word] = {"anyOf": [low, high]}
            case "items":
                merged[word] = {"allOf": [low, high]}
            case "additionalProperties":
                merged[word] = False if low is False else high
            case "anyOf" | "oneOf":
                pairs = [{"allOf": [one, other]} for one in low for other in high]
                merged[word] = pairs[:MOST_OPTIONS]
            case _ if word in LARGER:
                merged[word] = max(low, high)
            case _ if word in SMALLER:
                merged[word] = min(low, high)
    return merged


def _common_types(low: Sequence[str], high: Sequence[str]) -> list[str]:
    common = [kind for kind in high if kind in low or (kind == "integer" and "number" in low)]
    narrowed = ["integer"] if "integer" in low and "number" in high and "integer" not in common else []
    return common + narrowed or list(high)


def _takes_null(words: Mapping[str, Any]) -> bool:
    return words.get(NULLABLE) is True or _is_null(words)


def _is_null(words: Mapping[str, Any]) -> bool:
    return words.get("enum") == [None] or words.get("type") == []


def _as_one(options: Sequence[Document]) -> Document | None:
    """Return a union's options as one schema: the only one, or all the values that several lists have together."""
    if len(options) == 1:
        return options[0]
    if not options or not all("enum" in option and "properties" not in option for option in options):
        return None
    values = list({repr(value): value for option in options for value in option["enum"]}.values())
    types = list({kind: None for option in options for kind in option.get("type", ())})
    return {"enum": values, "type": types} if types else {"enum": values}
