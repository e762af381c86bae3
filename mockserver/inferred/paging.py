"""Lists: narrowed, searched, sorted and cut into pages, as their parameters say, in the envelope that they have."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.errors import NotFound
from mockserver.inferred.naming import words_of
from mockserver.inferred.outlines import Collection, Paging, Role
from mockserver.inferred.shapes import Shapes
from mockserver.listing.pagination import positive, set_query
from mockserver.request.call import Call
from mockserver.resources.resource import search_terms
from mockserver.store import Record
from mockserver.store.orders import sort_key
from mockserver.validation import FALSE, TRUE

MOST_ROWS = 1000
TOTALS = frozenset(
    {"count", "total", "total_count", "total_items", "total_results", "total_records", "size", "totalsize"}
)
MORE = frozenset({"has_more", "has_next", "has_next_page", "more", "truncated"})
LESS = frozenset({"has_previous", "has_prev", "has_previous_page"})
NEXTS = frozenset({"next", "next_url", "next_link", "next_page_url", "next_href"})
BACKS = frozenset({"previous", "prev", "previous_url", "prev_url", "previous_page_url"})
TOKENS = frozenset({"next_cursor", "next_page_token", "next_token", "end_cursor", "after", "cursor", "starting_after"})
SIZES = frozenset({"limit", "per_page", "page_size", "items_per_page"})
PAGES = frozenset({"page", "current_page", "page_number"})
ALL_PAGES = frozenset({"pages", "total_pages", "page_count", "last_page", "num_pages"})
OBJECTS = frozenset({"meta", "_meta", "pagination", "paging", "page_info", "links", "_links", "cursors", "metadata"})


@dataclass(frozen=True)
class Window:
    """The stretch of a list that a page shows."""

    start: int
    size: int
    count: int

    @property
    def end(self) -> int:
        """Where the next page starts."""
        return self.start + self.size

    @property
    def has_more(self) -> bool:
        """Whether anything follows."""
        return self.end < self.count


def chosen(call: Call, role: Role, collection: Collection, records: Sequence[Record], shapes: Shapes) -> list[Record]:
    """Return the records that a query asks for, in the order that it asks for."""
    query = call.query
    found = list(records)
    if collection.deleted and not any(collection.deleted == field for field, _ in _asked(query, role)):
        found = [record for record in found if not record.get(collection.deleted)]
    for name, (field, how) in role.filters.items():
        values = [value for value in query.getlist(name) if value != ""]
        if values:
            wanted = [part for value in values for part in (value.split(",") if how == "in" else (value,))]
            found = [record for record in found if compares(record.get(field), wanted, how)]
    terms = search_terms(" ".join(query.get(name, "") for name in role.search))
    if terms:
        names = collection.search_fields or [
            name for name, prop in shapes.of(collection.record).properties.items() if shapes.of(prop).kind == "string"
        ]
        found = [r for r in found if all(any(t in str(r.get(n) or "").lower() for n in names) for t in terms)]
    return _sorted(call, role, collection, found)


def narrowed(records: Sequence[Record], verb: str) -> list[Record]:
    """Return the records that a word at the end of the path leaves, as `active` does."""
    word = verb.replace("-", "_")
    names = [name for name in (word, f"is_{word}") if word and any(isinstance(r.get(name), bool) for r in records)]
    return [record for record in records if all(record.get(name) for name in names)]


def _asked(query: Mapping[str, str], role: Role) -> list[list[str]]:
    """Return the fields that a query narrows a list by."""
    return [filter for name, filter in role.filters.items() if query.get(name)]


def compares(value: Any, wanted: Sequence[str], how: str) -> bool:
    """Return whether a field's value is what a parameter asks for; of several that it gives, one will do."""
    if how == "isnull":
        return (value is None) is (wanted[-1] in TRUE)
    if how == "unequal":
        return not any(_equals(value, each) for each in wanted)
    if how in ("equal", "in"):
        return any(_equals(value, each) for each in wanted)
    if how == "contains":
        return any(each.lower() in str(value or "").lower() for each in wanted)
    return value is not None and any(_stands(value, each, how) for each in wanted)


def _equals(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted in (TRUE if value else FALSE)
    if isinstance(value, list):
        return any(_equals(item, wanted) for item in value)
    if isinstance(value, Mapping):  # a record that stands in its place: by whatever tells it
        return any(str(value.get(name)) == wanted for name in ("id", "uuid", "key", "slug", "name") if name in value)
    return value is not None and str(value) == wanted


def _stands(value: Any, wanted: str, how: str) -> bool:
    left: Any = value
    right: Any = wanted
    if isinstance(value, (int, float)):
        try:
            right = float(wanted)
        except ValueError:
            return False
    else:
        left, right = sort_key(str(value)), sort_key(wanted)
    return bool({"gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}[how])


def _sorted(call: Call, role: Role, collection: Collection, records: list[Record]) -> list[Record]:
    asked = call.query.get(role.order, "") if role.order else ""
    direction = call.query.get(role.direction, "").lower() if role.direction else ""
    for name in [*_names(collection.ordering), *reversed(_names(asked))]:  # what is sorted last counts most
        field, _, way = name.lstrip("-+").partition(":")
        is_asked = name in _names(asked)
        falling = name.startswith("-") or way.lower().startswith("desc") or (is_asked and direction.startswith("desc"))
        records = _by(records, field, falling=falling)
    return records


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _by(records: list[Record], field: str, *, falling: bool) -> list[Record]:
    if not any(field in record for record in records):
        return records
    placed = sorted(enumerate(records), key=lambda pair: (_rank(pair[1].get(field)), pair[0]), reverse=falling)
    return [record for _, record in placed]


def _rank(value: Any) -> tuple[int, int, Any]:
    """Return what a value is sorted by: numbers, then texts, then what has no order, then nothing."""
    if value is None:
        return (3, 0, "")
    if isinstance(value, (bool, int, float)):
        return (0, 0, value)
    if isinstance(value, str):
        kind, text = sort_key(value)
        return (1, kind, text)
    return (2, 0, str(value))


def window(call: Call, paging: Paging, keys: Sequence[Any]) -> Window:
    """Return the stretch that a query asks for. Raises: NotFound, for a cursor that leads nowhere."""
    count = len(keys)
    if paging.kind == "none":
        return Window(0, max(count, 1), count)
    size = min(positive(call.query.get(paging.size), paging.default) if paging.size else paging.default, MOST_ROWS)
    at = call.query.get(paging.at, "") if paging.at else ""
    if paging.kind == "page":
        return Window((positive(at, 1) - 1) * size, size, count)
    if paging.kind == "offset":
        return Window(positive(at, 0), size, count)
    if at:
        return Window(_place(keys, at) + 1, size, count)
    before = call.query.get(paging.before, "") if paging.before else ""
    if before:
        end = _place(keys, before)
        return Window(max(end - size, 0), min(size, end) or size, count)
    return Window(0, size, count)


def _place(keys: Sequence[Any], wanted: str) -> int:
    for number, key in enumerate(keys):
        if str(key) == wanted:
            return number
    raise NotFound("Invalid cursor")


class Envelope:
    """What stands beside the rows of a page."""

    def __init__(
        self, call: Call, paging: Paging, part: Window, keys: Sequence[Any], shapes: Shapes,
        draw: Callable[[Any, str], Any],
    ) -> None:  # fmt: skip
        self._call, self._paging, self._part, self._keys = call, paging, part, keys
        self._shapes = shapes
        self._draw = draw

    def fill(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for each property, as its name says; what it does not say is drawn."""
        return {name: self._value(name, schema) for name, schema in properties.items()}

    def _value(self, name: str, schema: Any) -> Any:
        shape, part = self._shapes.of(schema), self._part
        plain = "_".join(words_of(name))
        number = part.start // part.size + 1
        is_count, is_text = shape.kind in ("integer", "number"), shape.kind == "string"
        value: Any = None
        if plain in OBJECTS and shape.properties:
            return self.fill(shape.properties)
        if plain in TOTALS and is_count:
            return part.count
        if plain in MORE:
            return part.has_more
        if plain in LESS:
            return part.start > 0
        if plain in SIZES and is_count:
            return part.size
        if plain == "offset" and is_count:
            return part.start
        if plain in PAGES and is_count:
            return number
        if plain in ALL_PAGES and is_count:
            return max(math.ceil(part.count / part.size), 1)
        if plain in ("next_page", "previous_page", "prev_page", *NEXTS, *BACKS) and is_count:
            ahead = plain.startswith("next")
            value = (number + 1 if part.has_more else None) if ahead else (number - 1 if number > 1 else None)
        elif plain in NEXTS or plain in BACKS:
            value = self.link(ahead=plain in NEXTS)
        elif plain in TOKENS or plain == "next_page":
            value = self._token()
        elif plain in ("url", "self", "href") and is_text:
            return self._call.url
        else:
            return self._draw(schema, name)
        if value is None and not shape.nullable and shape.types:
            return "" if is_text else 0
        return value

    def link(self, *, ahead: bool) -> str | None:
        """Return the address of the next page, or of the one before."""
        call, paging, part = self._call, self._paging, self._part
        if not (part.has_more if ahead else part.start > 0) or not paging.at:
            return None
        size = {paging.size: part.size} if paging.size else {}
        if paging.kind == "page":
            number = part.start // part.size + 1
            return set_query(call.url, **{paging.at: number + 1 if ahead else number - 1})
        if paging.kind == "cursor":
            if ahead:
                return set_query(call.url, **{paging.at: self._token()})
            if not paging.before:
                first = part.start - part.size
                return set_query(call.url, **{paging.at: self._keys[first - 1] if first > 0 else None})
            return set_query(call.url, **{paging.at: None, paging.before: self._keys[part.start]})
        start = part.end if ahead else max(part.start - part.size, 0)
        return set_query(call.url, **{paging.at: start or None, **size})

    def _token(self) -> str | None:
        return str(self._keys[self._part.end - 1]) if self._part.has_more else None
