"""Pages: by limit and offset, by cursor, by page number. Links are made from the address as it was asked for.

Source: recorded pages of annotations, cohorts and persons; DRF's `pagination.py` for what is lenient.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from mockserver.errors import NotFound, ValidationError
from mockserver.request.call import Call
from mockserver.store.orders import sort_key

Fetch = Callable[[int, int], tuple[Sequence[Any], int]]
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """One page: its rows under `rows_key`, and what stands around them, in the order the envelope shows."""

    rows: Sequence[Any]
    envelope: Mapping[str, Any] = field(default_factory=dict)
    rows_key: str = "results"


@dataclass(frozen=True)
class LimitOffset:
    """`count`, `next`, `previous`, `results`, as DRF pages. Nonsense in `limit` or `offset` counts as not given."""

    default_limit: int = 100

    def page(self, call: Call, fetch: Fetch) -> Page:
        """Return the page that a call asks for; `fetch(offset, limit)` gives rows and the count of all."""
        limit = positive(call.query.get("limit"), self.default_limit)
        offset = max(positive(call.query.get("offset"), 0), 0)
        rows, count = fetch(offset, limit)
        following = set_query(call.url, limit=limit, offset=offset + limit) if offset + limit < count else None
        previous = None
        if offset > 0:
            drops = offset <= limit
            previous = set_query(call.url, limit=limit, offset=None if drops else offset - limit)
        return Page(rows, {"count": count, "next": following, "previous": previous, "results": ()})


@dataclass(frozen=True)
class FullPageOffset:
    """`results`, `next`, `previous`, as persons are paged: a full page has a next one, even when nothing follows.

    The links are the address with its `offset` replaced or appended. A previous page at offset 0 is the address
    unchanged, pointing at the same page: so the servers answer.
    """

    default_limit: int = 100
    offset_name: str = "offset"
    limit_name: str = "limit"

    def window(self, call: Call) -> tuple[int, int]:
        """Return limit and offset. Raises: ValidationError where the real server fails."""
        return (
            whole_number(call, self.limit_name, self.default_limit) or self.default_limit,
            whole_number(call, self.offset_name, 0),
        )

    def links(self, call: Call, rows: int) -> dict[str, str | None]:
        """Return `next` and `previous` for a page of so many rows."""
        limit, offset = self.window(call)
        following = place_query(call.url, self.offset_name, offset + limit) if rows >= limit else None
        previous = None
        if offset >= limit and offset:
            earlier = offset - limit
            previous = place_query(call.url, self.offset_name, earlier) if earlier else call.url
        return {"next": following, "previous": previous}

    def page(self, call: Call, fetch: Fetch) -> Page:
        """Return the page that a call asks for."""
        limit, offset = self.window(call)
        rows, _ = fetch(offset, limit)
        return Page(rows, {"results": (), **self.links(call, len(rows))})


@dataclass(frozen=True)
class Cursor:
    """`next`, `previous`, `results` by an opaque cursor: newest first, pages of fixed size, `limit` ignored."""

    page_size: int = 100
    by: str = "created_at"

    def page(self, call: Call, fetch: Fetch) -> Page:
        """Return the page that a cursor names. Raises: NotFound for a cursor that cannot be read."""
        position, reverse, offset = self._decode(call.query.get("cursor"))
        rows = self._rows(fetch, position, reverse, offset)
        if reverse:
            end = len(rows) - offset
            start = max(end - self.page_size, 0)
            page = rows[start:end]
            has_next, has_previous = True, start > 0
        else:
            page = rows[offset : offset + self.page_size]
            has_next, has_previous = len(rows) > offset + self.page_size, position is not None or offset > 0
        return Page(
            page,
            {
                "next": self._link(call, rows, page, forward=True) if has_next and page else None,
                "previous": self._link(call, rows, page, forward=False) if has_previous and page else None,
                "results": (),
            },
        )

    def _rows(self, fetch: Fetch, position: str | None, reverse: bool, offset: int) -> Sequence[Any]:
        """Return the rows from a position on, or up to it: no more of them than the page and its links ask for."""
        size = offset + self.page_size + 1
        while True:
            got, _ = fetch(0, size)
            rows = got
            if position is not None:
                edge = sort_key(position)
                rows = [r for r in got if (self._key(r) >= edge if reverse else self._key(r) <= edge)]
            if len(got) < size or self._suffices(got, rows, position, reverse, offset):
                return rows
            size *= 4

    def _suffices(self, got: Sequence[Any], rows: Sequence[Any], position: str | None, reverse: bool, at: int) -> bool:
        """Return whether all rows of the page are there, and all that share the time that a link back counts from."""
        if reverse:
            return self._key(got[-1]) < sort_key(position)
        if len(rows) <= at + self.page_size:
            return False
        return (position is None and not at) or self._key(got[-1]) < self._key(rows[at])

    def _key(self, row: Any) -> tuple[int, Any]:
        return sort_key(row[self.by])

    def _link(self, call: Call, rows: Sequence[Any], page: Sequence[Any], *, forward: bool) -> str:
        edge = page[-1] if forward else page[0]
        position = edge[self.by]
        same = [row for row in rows if row[self.by] == position]
        at = next(index for index, row in enumerate(same) if row is edge)
        offset = at + 1 if forward else len(same) - at
        terms = {"o": offset, "r": None if forward else 1, "p": position}
        text = urlencode({key: value for key, value in terms.items() if value is not None})
        return set_query(call.url, cursor=base64.b64encode(text.encode()).decode())

    def _decode(self, cursor: str | None) -> tuple[str | None, bool, int]:
        if not cursor:
            return None, False, 0
        try:
            terms = parse_qs(base64.b64decode(cursor.encode("ascii"), validate=True).decode("ascii"))
            position = terms["p"][0] if "p" in terms else None
            offset = int(terms.get("o", ["0"])[0])
            reverse = terms.get("r", ["0"])[0] == "1"
        except (ValueError, UnicodeError):
            raise NotFound("Invalid cursor") from None
        if not 0 <= offset <= 1000 or not terms:
            raise NotFound("Invalid cursor")
        return position, reverse, offset


@dataclass(frozen=True)
class PageNumber:
    """`results`, `next`, `previous`, `total_count` by page number, as activity is paged."""

    default_limit: int = 10

    def page(self, call: Call, fetch: Fetch) -> Page:
        """Return the page that a call asks for.

        Raises: ValidationError, as later servers answer nonsense and zero, where those of late 2025 failed; and for a
        page past the end of something.
        """
        limit = self._number(call, "limit", self.default_limit)
        number = self._number(call, "page", 1)
        rows, count = fetch((number - 1) * limit, limit)
        if not rows and number > 1:
            raise ValidationError("Invalid page.")
        following = place_query(call.url, "page", number + 1) if number * limit < count else None
        previous = place_query(call.url, "page", number - 1) if number > 1 else None
        links = [place_query(link, "limit", limit) if link else None for link in (following, previous)]
        return Page(rows, {"results": (), "next": links[0], "previous": links[1], "total_count": count})

    def _number(self, call: Call, name: str, default: int) -> int:
        text = call.query.get(name)
        if not text:
            return default
        import marshmallow  # with the fields, of which lists need no other

        from mockserver.validation.fields import Integer

        try:
            return int(Integer(minimum=1).deserialize(text))
        except marshmallow.ValidationError as error:
            detail = error.messages[0]
            raise ValidationError(str(detail), code=getattr(detail, "code", None), attr=name) from None


@dataclass(frozen=True)
class NumberedPages:
    """`count`, `next`, `previous`, `results` by page number, as DRF pages where a size may be asked for."""

    default_size: int = 100
    largest_size: int = 1000
    takes_size: bool = True

    def page(self, call: Call, fetch: Fetch) -> Page:
        """Return the page that a call asks for; `last` is the last. Raises: NotFound for one that there is not."""
        asked = call.query.get("page_size") if self.takes_size else None
        size = min(positive(asked, self.default_size), self.largest_size)
        _, count = fetch(0, 0)
        last = max(-(-count // size), 1)
        text = call.query.get("page", "1")
        number = last if text == "last" else positive(text, 0)
        if not 1 <= number <= last:
            raise NotFound("Invalid page.")
        rows, count = fetch((number - 1) * size, size)
        following = set_query(call.url, page=number + 1) if number < last else None
        previous = set_query(call.url, page=None if number == 2 else number - 1) if number > 1 else None
        return Page(rows, {"count": count, "next": following, "previous": previous, "results": ()})


def positive(text: str | None, default: int) -> int:
    """Return a strictly positive number, or the default for anything else."""
    if text is None or not re.fullmatch(r"\s*\+?\d{1,18}\s*", text):
        return default
    return int(text) or default


def whole_number(call: Call, name: str, default: int) -> int:
    """Return a number that is not negative. Raises: ValidationError, where the real server fails with a 500."""
    text = call.query.get(name, "")
    if text == "":
        return default
    if not re.fullmatch(r"\d{1,19}", text) or int(text) > LARGEST:
        raise ValidationError(f"Query param {name} must be omitted or an integer!")
    return int(text)


def set_query(url: str, **values: Any) -> str:
    """Return an address with parameters replaced, or removed when None, and all of them sorted by name."""
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    for name, value in values.items():
        query.pop(name, None)
        if value is not None:
            query[name] = [str(value)]
    return urlunsplit(parts._replace(query=urlencode(sorted(query.items()), doseq=True)))


def place_query(url: str, name: str, value: Any) -> str:
    """Return an address with one parameter replaced where it stands, or appended."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if any(key == name for key, _ in pairs):
        pattern = re.compile(rf"(^|&){re.escape(quote(name))}=[^&]*")
        query = pattern.sub(lambda found: f"{found[1]}{name}={value}", parts.query, count=1)
    else:
        query = f"{parts.query}&{name}={value}" if parts.query else f"{name}={value}"
    return urlunsplit(parts._replace(query=query))
