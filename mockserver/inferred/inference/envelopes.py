"""Lists in answers: where their rows are, and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.inferred.naming import words_of
from mockserver.inferred.shapes import Shapes

ROWS = ("results", "data", "items", "records", "entries", "rows", "values", "content", "elements", "objects", "list")
"""What the rows of a page are called, the likeliest first."""
BESIDE = frozenset({
    "count", "total", "next", "previous", "prev", "page", "pages", "limit", "offset", "cursor", "has_more", "hasmore",
    "meta", "links", "paging", "pagination", "pageinfo", "page_info", "total_count", "next_page", "next_cursor",
    "object", "_links", "_meta", "per_page", "page_size",
})  # fmt: skip
"""What may stand beside them."""


@dataclass(frozen=True)
class Rows:
    """The rows of a list."""

    key: str
    """The property that they are, or nothing where the list is the whole answer."""
    items: Any
    """Schema of one."""
    is_of_objects: bool
    beside: Mapping[str, Any]
    """The other properties, each a schema."""


def rows_of(shapes: Shapes, schema: Any) -> Rows | None:
    """Return the rows of an answer that is a list; nothing for one that is not."""
    shape = shapes.of(schema)
    if shape.kind == "array":
        items = shape.words.get("items", {})
        return Rows("", items, _is_object(shapes, items), {})
    if shape.kind != "object":
        return None
    lists = {name: part for name, part in shape.properties.items() if shapes.of(part).kind == "array"}
    key = next((name for name in ROWS if name in lists), None)
    others = [name for name in shape.properties if name not in lists]
    if key is None and len(lists) == 1 and others and all(_stands_beside(name) for name in others):
        key = next(iter(lists))
    if key is None or "id" in shape.properties:
        return None
    items = shapes.of(lists[key]).words.get("items", {})
    beside = {name: part for name, part in shape.properties.items() if name != key}
    return Rows(key, items, _is_object(shapes, items), beside)


def _stands_beside(name: str) -> bool:
    return name.lower() in BESIDE or "_".join(words_of(name)) in BESIDE


def _is_object(shapes: Shapes, schema: Any) -> bool:
    shape = shapes.of(schema)
    return shape.kind in ("object", None) or any(shapes.of(option).kind == "object" for option in shape.options)
