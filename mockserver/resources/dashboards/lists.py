"""The list of dashboards: pinned ones first, then by name; what later servers narrow it by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.errors import ValidationError
from mockserver.listing.pagination import Fetch
from mockserver.listing.tuplesort import first_rows
from mockserver.request.call import Call
from mockserver.resources.dashboards.placing import is_of_2026
from mockserver.resources.resource import Record, Resource

GENERATED = "Generated Dashboard"
LONGEST_SEARCH = 200
TOO_LONG = f"Search query must be {LONGEST_SEARCH} characters or fewer."


class Listed(Resource):
    """Records in the order in which people look for them; unlisted ones only for who asks for these."""

    def get_records(self, call: Call) -> Sequence[Record]:
        return [record for record in super().get_records(call) if not record["deleted"]]

    def fetcher(self, call: Call) -> Fetch:
        def fetch(offset: int, limit: int) -> tuple[Sequence[Record], int]:
            found = self.narrowed(call, self.get_records(call))
            return _in_order(call, found, offset + limit)[offset : offset + limit], len(found)

        return fetch

    def narrowed(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        """Return the records that a query asks for. Raises: ValidationError."""
        mode = call.query.get("creation_mode")
        if mode or call.profile.date is None or call.profile.date >= "2025-11":
            records = [one for one in records if (one["creation_mode"] == mode if mode else not _is_unlisted(one))]
        if not is_of_2026(call):
            return records
        if call.query.get("exclude_generated") == "true":
            records = [one for one in records if not (one["name"] or "").startswith(GENERATED)]
        wanted = set(call.query.getlist("tags"))
        if wanted:
            records = [one for one in records if not wanted.isdisjoint(one["tags"])]
        text = call.query.get("search", "")
        if len(text) > LONGEST_SEARCH:
            raise ValidationError(TOO_LONG, attr="search")
        return [one for one in records if matches(one, text)] if text else records


def matches(record: Record, text: str) -> bool:
    """Return whether a dashboard's name, description or tags hold a text, in whatever case."""
    held = (record["name"], record["description"], *record["tags"])
    return any(text.lower() in str(value or "").lower() for value in held)


def _is_unlisted(record: Record) -> bool:
    return bool(record["creation_mode"] == "unlisted")


def _in_order(call: Call, records: Sequence[Record], count: int) -> Sequence[Record]:
    """Return the first of some records; those that tie, as many without a name do, as PostgreSQL leaves them."""
    if not call.is_observed:
        return sorted(records, key=_place)[:count]
    places = sorted({_place(record) for record in records})
    rank = {place: -number for number, place in enumerate(places)}
    return first_rows(records, lambda record: rank[_place(record)], count)


def _place(record: Record) -> tuple[Any, ...]:
    name = record["name"]
    return not record["pinned"], name is None, (name or "").encode("utf-8", "replace")
