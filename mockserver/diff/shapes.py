"""One form for the many ways of writing the same schema.

Null is said by `nullable`, by a list of types, by an option of `anyOf` and by an enum; an enum may be cut in three
(drf-spectacular writes blank and null apart); `allOf` of one thing is that thing. `Shapes` follows references, however
deep, and ends where they come back to themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.diff.rules import BOUNDS

Node = Mapping[str, Any]
NOTHING: Node = {}
ABSENT = object()
DEEPEST = 60
EVERY_TYPE = frozenset({"array", "boolean", "number", "object", "string"})
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True)
class Shape:
    """What a schema allows."""

    types: frozenset[str] = frozenset()
    """JSON types without null; any where empty."""
    nullable: bool = False
    enum: tuple[str, ...] | None = None
    """The values it is restricted to, each as JSON."""
    format: str | None = None
    pattern: str | None = None
    default: Any = ABSENT
    bounds: Mapping[str, float] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Any = None
    values: Any = None
    """Schema of the values under keys that are not named."""
    options: tuple[Any, ...] = ()
    """Schemas of which it is one, where they are objects or lists."""
    read_only: bool = False
    write_only: bool = False
    page_type: str | None = None
    """The type that documentation gives it, which is not the true one."""

    @property
    def kind(self) -> str:
        """The types and the format, as people write them."""
        types = "/".join(sorted(self.types)) or "any"
        return f"{types} ({self.format})" if self.format else types


class Shapes:
    """The schemas of one document."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._known: dict[int, Shape] = {}
        self._kept: list[Any] = []
        self.unfollowed: dict[str, None] = {}
        """References that lead nowhere, or out of the document."""

    def resolve(self, node: Any) -> Node:
        """Return what a node is, its references followed; nothing where they lead nowhere."""
        seen: set[str] = set()
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in seen:
                return NOTHING
            seen.add(reference)
            node = self._follow(reference)
        return node if isinstance(node, Mapping) else NOTHING

    def of(self, node: Any) -> Shape:
        """Return the shape of a schema."""
        resolved = self.resolve(node)
        known = self._known.get(id(resolved))
        if known is None:
            known = self._known[id(resolved)] = self._shape(resolved, frozenset())
            self._kept.append(resolved)  # so that no other object gets its identity
        return known

    def _follow(self, reference: str) -> Any:
        node: Any = self._document
        if not reference.startswith("#"):
            self.unfollowed[reference] = None
            return None
        for part in reference[1:].strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, Mapping) or key not in node:
                self.unfollowed[reference] = None
                return None
            node = node[key]
        return node

    def _shape(self, node: Node, above: frozenset[int]) -> Shape:
        if id(node) in above or len(above) > DEEPEST:
            return Shape()
        above |= {id(node)}
        shape = _own(node)
        for part in _list(node.get("allOf")):
            shape = _both(shape, self._shape(self.resolve(part), above))
        for word in ("anyOf", "oneOf"):
            options = [option for option in _list(node.get(word)) if isinstance(option, Mapping)]
            if options:
                shape = self._with_options(shape, options, above)
        return shape

    def _with_options(self, shape: Shape, options: list[Any], above: frozenset[int]) -> Shape:
        """Return a shape that is also one of some options; scalars are joined into one, the rest kept apart."""
        shapes = [self._shape(self.resolve(option), above) for option in options]
        nullable = any(_is_null(each) or each.nullable for each in shapes)
        left = [(option, each) for option, each in zip(options, shapes, strict=True) if not _is_null(each)]
        if len(left) == 1:
            return _both(shape, _nullable(left[0][1], nullable))
        simple = [each for _, each in left if not _is_compound(each)]
        if len(simple) == len(left):
            return _both(shape, _nullable(_either(simple), nullable)) if simple else _nullable(shape, nullable)
        kinds = (
            frozenset(kind for _, each in left for kind in each.types) if all(s.types for _, s in left) else frozenset()
        )
        return _both(shape, Shape(types=kinds, nullable=nullable, options=tuple(option for option, _ in left)))


def _own(node: Node) -> Shape:
    """Return the shape that a schema's own keywords say."""
    written = node.get("type")
    types = [written] if isinstance(written, str) else [each for each in _list(written) if isinstance(each, str)]
    values = [node["const"]] if "const" in node else node.get("enum")
    enum = values if isinstance(values, list) else None
    nullable = node.get("nullable") is True or "null" in types or (enum is not None and None in enum)
    named = frozenset(kind for kind in types if kind != "null")
    named = frozenset() if named >= EVERY_TYPE else named
    properties = {str(k): v for k, v in _map(node.get("properties")).items() if v is not False}
    only_null = types == ["null"] or (enum is not None and enum == [None])
    return Shape(
        types=frozenset({"null"}) if only_null else named or _guessed(node, enum, properties),
        nullable=nullable,
        enum=None if enum is None else tuple(dict.fromkeys(_spelt(value) for value in enum if value is not None)),
        format=_text(node.get("format")),
        pattern=_text(node.get("pattern")),
        default=node.get("default", ABSENT),
        bounds=_bounds(node),
        properties=properties,
        required=frozenset(str(name) for name in _list(node.get("required")) if properties.get(str(name)) is not False),
        items=node.get("items"),
        values=node.get("additionalProperties") if isinstance(node.get("additionalProperties"), Mapping) else None,
        read_only=node.get("readOnly") is True,
        write_only=node.get("writeOnly") is True,
        page_type=_text(node.get("x-page-type")),
    )


def _guessed(node: Node, enum: list[Any] | None, properties: Mapping[str, Any]) -> frozenset[str]:
    """Return the types that a schema has without saying so."""
    if properties or "additionalProperties" in node:
        return frozenset({"object"})
    if "items" in node:
        return frozenset({"array"})
    return frozenset(JSON_TYPES[type(v)] for v in enum or () if type(v) in JSON_TYPES)


def _bounds(node: Node) -> dict[str, float]:
    bounds = {word: node[word] for word in BOUNDS if _is_number(node.get(word))}
    for exclusive, plain in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        if node.get(exclusive) is True and plain in bounds:  # as OpenAPI 3.0 writes it
            bounds[exclusive] = bounds.pop(plain)
    return bounds


def _both(left: Shape, right: Shape) -> Shape:
    """Return what two shapes allow that must both hold."""
    enum = right.enum if left.enum is None else left.enum
    if left.enum is not None and right.enum is not None:
        enum = tuple(value for value in left.enum if value in right.enum)
    return Shape(
        types=left.types & right.types or left.types or right.types,
        nullable=left.nullable or right.nullable,
        enum=enum,
        format=left.format or right.format,
        pattern=left.pattern or right.pattern,
        default=right.default if left.default is ABSENT else left.default,
        bounds={**right.bounds, **left.bounds},
        properties={**right.properties, **left.properties},
        required=left.required | right.required,
        items=right.items if left.items is None else left.items,
        values=right.values if left.values is None else left.values,
        options=left.options or right.options,
        read_only=left.read_only or right.read_only,
        write_only=left.write_only or right.write_only,
        page_type=left.page_type or right.page_type,
    )


def _either(shapes: list[Shape]) -> Shape:
    """Return what scalars allow of which one must hold."""
    enums = [shape.enum for shape in shapes if shape.enum is not None]
    is_enum = len(enums) == len(shapes)
    formats = {shape.format for shape in shapes}
    return Shape(
        types=_types(shapes),
        enum=tuple(dict.fromkeys(value for enum in enums for value in enum)) if is_enum else None,
        format=next(iter(formats)) if len(formats) == 1 else None,
    )


def _types(shapes: list[Shape]) -> frozenset[str]:
    """Return the types of all shapes; any where one of them has any."""
    every = frozenset(kind for shape in shapes for kind in shape.types)
    return every if all(shape.types for shape in shapes) and not every >= EVERY_TYPE else frozenset()


def _nullable(shape: Shape, nullable: bool) -> Shape:
    return _both(shape, Shape(nullable=True)) if nullable else shape


def _is_null(shape: Shape) -> bool:
    return shape.types == {"null"}


def _is_compound(shape: Shape) -> bool:
    return bool(shape.properties or shape.options or shape.items is not None or shape.types & {"object", "array"})


def _spelt(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: Any) -> Node:
    return value if isinstance(value, Mapping) else NOTHING


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the items of what should be a mapping, keys as text."""
    for key, item in _map(value).items():
        yield str(key), item
