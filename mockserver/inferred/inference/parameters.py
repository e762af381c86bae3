"""The query of a list: which parameters page it, search it, sort it, and narrow it by a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.inferred.naming import words_of
from mockserver.inferred.outlines import Paging
from mockserver.inferred.shapes import Shapes

SIZES = ("limit", "page_size", "per_page", "size", "max_results", "count", "first", "take", "top")
OFFSETS = ("offset", "skip", "start", "start_index", "from")
PAGES = ("page", "page_number", "page_index")
CURSORS = ("cursor", "after", "starting_after", "page_token", "next_token", "continuation_token", "marker", "next")
BEFORE = ("before", "ending_before")
SEARCHES = ("search", "q", "query", "keyword", "keywords", "text", "term")
ORDERS = ("order_by", "ordering", "sort_by", "sort", "order", "orderby")
DIRECTIONS = ("direction", "sort_direction", "sort_order", "order_direction", "order", "dir")
COMPARED = {
    "gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte", "in": "in", "contains": "contains", "icontains": "contains",
    "after": "gt", "before": "lt", "since": "gte", "until": "lte", "from": "gte", "to": "lte", "min": "gte",
    "max": "lte", "isnull": "isnull", "exact": "equal", "iexact": "equal", "ne": "unequal", "not": "unequal",
}  # fmt: skip
"""Words after a field's name, and how it is compared then."""
TIMES = {("date", "from"): "gte", ("date", "to"): "lte", ("since",): "gte", ("until",): "lte"}
"""Parameters about when a record was made."""


@dataclass(frozen=True)
class Reading:
    """What a list reads of a query."""

    paging: Paging
    search: list[str] = field(default_factory=list)
    order: str = ""
    direction: str = ""
    filters: dict[str, list[str]] = field(default_factory=dict)


def reading(
    parameters: Sequence[Mapping[str, Any]], properties: Mapping[str, Any], beside: Mapping[str, Any], shapes: Shapes
) -> Reading:
    """Return what a list reads, given the fields of its rows and what stands beside them in an answer."""
    asked = {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}
    plain = {"_".join(words_of(name)): name for name in asked}
    paging = _paging(plain, asked, beside, shapes)
    taken = {paging.size, paging.at, paging.before}
    search = [plain[word] for word in SEARCHES if word in plain and plain[word] not in properties]
    order = next((plain[word] for word in ORDERS if word in plain and plain[word] not in properties), "")
    direction = next((plain[w] for w in DIRECTIONS if w in plain and plain[w] not in (*properties, order)), "")
    taken |= {*search, order, direction}
    filters = {}
    for name in asked:
        found = None if name in taken else _filter(name, properties)
        if found is not None:
            filters[name] = found
    return Reading(paging, search, order, direction, filters)


def _paging(plain: Mapping[str, str], asked: Mapping[str, Any], beside: Mapping[str, Any], shapes: Shapes) -> Paging:
    size = next((plain[word] for word in SIZES if word in plain), "")
    default = shapes.of(asked[size]).words.get("default") if size else None
    most = default if isinstance(default, int) and default > 0 else 100
    names = {"_".join(words_of(name)) for name in beside}
    if plain.keys() & set(OFFSETS) and size:
        return Paging("offset", size, next(plain[word] for word in OFFSETS if word in plain), default=most)
    cursor = next((plain[word] for word in CURSORS if word in plain), "")
    if cursor:
        return Paging("cursor", size, cursor, next((plain[w] for w in BEFORE if w in plain), ""), default=most)
    page = next((plain[word] for word in PAGES if word in plain), "")
    if page:
        return Paging("page", size, page, default=most)
    if {"count", "next", "previous"} <= names:
        return Paging("offset", "limit", "offset", default=most)
    return Paging("offset" if size else "none", size, "", default=most)


def _filter(name: str, properties: Mapping[str, Any]) -> list[str] | None:
    """Return the field that a parameter is about, and how it is compared; nothing where it names none."""
    words = {"_".join(words_of(field)): field for field in properties}
    plain = words_of(name.replace("[]", ""))
    if "_".join(plain) in words:
        return [words["_".join(plain)], "equal"]
    if plain in TIMES:
        created = next((words[word] for word in ("created_at", "created", "timestamp", "date") if word in words), None)
        return [created, TIMES[plain]] if created else None
    for size in (1, 2):  # `created_after`, `created_at__gte`, `name_icontains`
        before, how = plain[:-size], "_".join(plain[-size:])
        if not before or how not in COMPARED:
            continue
        for ending in ("", "_at", "_id"):
            found = words.get("_".join(before) + ending)
            if found:
                return [found, COMPARED[how]]
    if plain[:1] and plain[0] in ("min", "max", "since", "until") and "_".join(plain[1:]) in words:
        return [words["_".join(plain[1:])], COMPARED[plain[0]]]
    for ending in ("_id", "_ids", "s"):  # `tags` for `tag`, `user` for `user_id`
        joined = "_".join(plain)
        if joined + ending in words:
            return [words[joined + ending], "equal"]
        if joined.endswith(ending) and joined.removesuffix(ending) in words:
            return [words[joined.removesuffix(ending)], "in" if ending != "_id" else "equal"]
    return None
