"""Schemas brought to one form: without prose, and without words that say nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.inferred.reading import COMPONENT, Components, Node
from mockserver.inferred.tidying.oddities import Oddities

PROSE = frozenset({"description", "summary", "externalDocs", "tags", "x-codeSamples", "xml"})
TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
KEPT_EXAMPLE = (str, int, float, bool)
SCHEMA_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMAS = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")


class Schemas:
    """Tidies the schemas of one document."""

    def __init__(self, components: Components, oddities: Oddities) -> None:
        self._components = components
        self._tell = oddities.tell
        self._unfollowed: set[str] = set()

    def tidied(self, node: Any, place: str) -> Any:
        """Return a schema without its prose; what in it means nothing is left out, and told."""
        if isinstance(node, bool):
            return {} if node else {"enum": []}
        if not isinstance(node, Mapping):
            self._tell(place, f"a schema is an object, not {type(node).__name__}; anything fits", "no schema")
            return {}
        if "$ref" in node:
            return self._reference(node, place)
        kept = {key: value for key, value in node.items() if key not in PROSE and not self._is_useless(key, value)}
        for word in SCHEMA_MAPS:
            if word in kept:
                kept[word] = {
                    str(name): self.tidied(part, f"{place}.{word}.{name}") for name, part in as_map(kept[word]).items()
                }
        for word in SCHEMA_LISTS:
            if word in kept:
                kept[word] = [self.tidied(p, f"{place}.{word}.{n}") for n, p in enumerate(as_list(kept[word]))]
                if not kept[word]:
                    del kept[word]
        for word in SCHEMAS:
            if isinstance(kept.get(word), Mapping):
                kept[word] = self.tidied(kept[word], f"{place}.{word}")
        self._examine(kept, place)
        return kept

    def _is_useless(self, key: str, value: Any) -> bool:
        return key in ("example", "examples") and not isinstance(value, KEPT_EXAMPLE)

    def _reference(self, node: Node, place: str) -> dict[str, Any]:
        beside = {key: value for key, value in node.items() if key != "$ref" and key not in PROSE}
        reference = node["$ref"]
        if isinstance(reference, str) and isinstance(self._components.follow(reference), (Mapping, bool)):
            if reference.startswith(COMPONENT):
                return {"$ref": reference, **beside}
            return {**self._elsewhere(reference, place), **beside}
        if str(reference) not in self._unfollowed:
            self._unfollowed.add(str(reference))
            self._tell(place, f"{reference} leads nowhere in the document; anything fits", str(reference))
        return beside

    def _elsewhere(self, reference: str, place: str) -> dict[str, Any]:
        """Return a schema that a reference finds outside the components; one that leads back to itself allows all."""
        if len(place) > 2000 or place.count(reference) > 1:
            return {}
        found: dict[str, Any] = self.tidied(self._components.follow(reference), f"{place}.{reference}")
        return found

    def _examine(self, schema: dict[str, Any], place: str) -> None:
        types = schema.get("type")
        listed = types if isinstance(types, list) else [] if types is None else [types]
        kinds = [kind for kind in listed if isinstance(kind, str) and kind in TYPES]
        unknown = [kind for kind in listed if kind not in kinds]
        if unknown:
            if unknown == ["file"]:
                schema["type"] = "string"
            elif kinds:
                schema["type"] = kinds
            else:
                del schema["type"]
            self._tell(f"{place}.type", f"{unknown[0]!r} is no type of JSON Schema; it is not held to it", "no type")
        pattern = schema.get("pattern")
        if pattern is not None and not _compiles(pattern):
            del schema["pattern"]
            self._tell(f"{place}.pattern", f"{pattern!r} cannot be read; it is not held to it", "no pattern")
        for word in ("enum", "required"):
            if word in schema and not isinstance(schema[word], list):
                if not (word == "required" and isinstance(schema[word], bool)):
                    self._tell(f"{place}.{word}", "a list is expected; it is left out")
                del schema[word]
        for word, fits in EXPECTED.items():
            if word in schema and not fits(schema[word]):
                self._tell(f"{place}.{word}", f"{schema[word]!r} says nothing here; it is left out", f"odd {word}")
                del schema[word]
        if any(not isinstance(name, str) for name in schema.get("required", ())):
            schema["required"] = [name for name in schema["required"] if isinstance(name, str)]
            self._tell(f"{place}.required", "names are text; what is none is left out")
        names, properties = schema.get("required", ()), schema.get("properties")
        if properties and not any(word in schema for word in SCHEMA_LISTS):
            missing = [name for name in names if name not in properties]
            if missing and schema.get("additionalProperties") is False:
                schema["required"] = [name for name in names if name in properties]
                text = (
                    f"{', '.join(map(str, missing))} is required and not among its properties; nobody is asked for it"
                )
                self._tell(f"{place}.required", text, "required and not there")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_bound(value: Any) -> bool:
    """Return whether a value bounds numbers: one itself, or OpenAPI 3.0's flag beside one."""
    return isinstance(value, bool) or _is_number(value)


def _is_size(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_step(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_schema(value: Any) -> bool:
    return isinstance(value, (Mapping, bool))


def _is_discriminator(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("propertyName"), str):
        return False
    mapping = value.get("mapping") or {}
    return isinstance(mapping, Mapping) and all(isinstance(each, str) for each in mapping.values())


EXPECTED: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _is_bound),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _is_size
    ),
    "multipleOf": _is_step,
    "items": _is_schema,
    "additionalProperties": _is_schema,
    "not": _is_schema,
    "discriminator": _is_discriminator,
    "pattern": lambda value: isinstance(value, str),
    "format": lambda value: isinstance(value, str),
}  # fmt: skip
"""Words of a schema, and what they must be to say something."""


def _compiles(pattern: Any) -> bool:
    try:
        re.compile(str(pattern))
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def as_map(value: Any) -> Node:
    """Return an object; an empty one for what is none."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list; an empty one for what is none."""
    return value if isinstance(value, list) else []
