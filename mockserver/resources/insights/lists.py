"""Lists of insights: which ones are asked for, and in what order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mockserver.analytics.dates import parse_date
from mockserver.errors import ValidationError
from mockserver.listing.tuplesort import first_rows
from mockserver.queries.bodies import WRAPPERS
from mockserver.request.call import Call
from mockserver.resources.insights import views
from mockserver.resources.tiles import tiles_with
from mockserver.store import Record
from mockserver.store.orders import sort_key
from mockserver.world import entropy

KINDS: Mapping[str, str] = {
    "TRENDS": "TrendsQuery", "FUNNELS": "FunnelsQuery", "RETENTION": "RetentionQuery", "PATHS": "PathsQuery",
    "STICKINESS": "StickinessQuery", "LIFECYCLE": "LifecycleQuery",
}  # fmt: skip
TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
SORTED_BY = frozenset({
    "id", "short_id", "name", "derived_name", "description", "order", "deleted", "saved", "favorited", "created_at",
    "created_by", "updated_at", "last_modified_at", "last_modified_by", "is_sample",
})  # fmt: skip
VIEWED = "last_viewed_at"
MOST_SORTED = 1000
"""Longer lists keep ties as they were made, in either profile: sorting them at each read would cost too much."""
LONGEST_SEARCH = 200

Test = Callable[[Record], bool]


def is_true(text: str | None) -> bool:
    """Return what a parameter means that is true or false."""
    return (text or "").lower() in TRUE


def wanted(call: Call, records: Sequence[Record]) -> list[Record]:
    """Return the records that the parameters ask for. Raises: ValidationError."""
    tests = [test for name, make in TESTS.items() if call.query.get(name) not in (None, "") and (test := make(call))]
    return [record for record in records if all(test(record) for test in tests)]


def in_order(call: Call, records: Sequence[Record], count: int) -> Sequence[Record]:
    """Return the first records of a list, in the order that is asked for. Raises: ValidationError."""
    order = call.query.get("order") or "order"
    name, descending = order.removeprefix("-"), order.startswith("-")
    if name == VIEWED:
        seen = views.latest(call)
        keys: Callable[[Record], Any] = lambda record: sort_key(seen.get(record["id"]))  # noqa: E731
    elif name in SORTED_BY:
        keys = lambda record: sort_key(record.get(name))  # noqa: E731
    else:
        raise ValidationError(f"Cannot order by {name!r}.", attr="order")
    if call.is_observed and len(records) <= MOST_SORTED:
        return first_rows(records, keys, count, ascending=not descending)
    return sorted(records, key=keys, reverse=descending)


def _one_of(field: str, parameter: str) -> Callable[[Call], Test]:
    return lambda call: lambda record: record.get(field) == call.query[parameter]


def _by_creator(call: Call) -> Test:
    """Return a test of who made a record: one user, or one of a JSON list of them."""
    text = call.query["created_by"]
    numbers = _json_list(call, "created_by") if text.startswith("[") else [text]
    ids = []
    for number in numbers:
        id = int(number) if str(number).isdecimal() and len(str(number)) < 16 else None
        if id is None or call.table("users").get(id) is None:
            raise ValidationError(
                "Select a valid choice. That choice is not one of the available choices.", code="invalid_choice",
                attr="created_by",
            )  # fmt: skip
        ids.append(id)
    return lambda record: record["created_by"] in ids


def _mine(call: Call) -> Test:
    return lambda record: record["created_by"] == call.user["id"]


def _saved(call: Call) -> Test:
    if is_true(call.query["saved"]):
        return lambda record: record["saved"] or bool(tiles_with(call.state, record["id"]))
    return lambda record: not record["saved"]


def _searched(call: Call) -> Test:
    text = call.query["search"].lower()
    if len(text) > LONGEST_SEARCH and not call.is_observed:
        raise ValidationError(
            f"Ensure this field has no more than {LONGEST_SEARCH} characters.", code="max_length", attr="search"
        )

    def test(record: Record) -> bool:
        texts = [record["name"], record["derived_name"], record["description"], *record["tags"]]
        return any(text in part.lower() for part in texts if isinstance(part, str))

    return test


def _of_kind(call: Call) -> Test | None:
    """Return a test of what an insight computes: `SQL` for HogQL in a wrapper, `JSON` for every other query.

    Source: recorded lists.
    """
    name = call.query["insight"]

    def test(record: Record) -> bool:
        query = record["query"] or {}
        source = query.get("source") if query.get("kind") in WRAPPERS else None
        kind = source.get("kind") if isinstance(source, Mapping) else None
        match name:
            case "JSON":
                return bool(query) and kind != "HogQLQuery"
            case "SQL":
                return kind == "HogQLQuery"
            case "HOG":
                return "HogQuery" in (query.get("kind"), kind)
        return (name in KINDS and kind == KINDS[name]) or (not query and record["filters"].get("insight") == name)

    return test


def _moment(call: Call, parameter: str) -> datetime:
    text = call.query[parameter]
    found = parse_date(text, entropy.now(call.state), (call.tenant.project or {}).get("timezone") or "UTC")
    if found is None:
        raise ValidationError(f"Cannot read the date {text!r}.", attr=parameter)
    return found


def _dated(field: str, parameter: str, *, is_start: bool) -> Callable[[Call], Test]:
    """Return what makes a test of when something of a record was."""

    def make(call: Call) -> Test:
        edge = _moment(call, parameter)
        seen = views.latest(call) if field == VIEWED else {}

        def test(record: Record) -> bool:
            text = seen.get(record["id"]) if field == VIEWED else record[field]
            if text is None:
                return False
            moment = entropy.read_timestamp(text)
            return moment > edge if is_start else moment < edge

        return test

    return make


def _on_dashboards(call: Call) -> Test:
    ids = _json_list(call, "dashboards")

    def test(record: Record) -> bool:
        on = {tile["dashboard"] for tile in tiles_with(call.state, record["id"])}
        return all(id in on for id in ids)

    return test


def _tagged(call: Call) -> Test:
    tags = {str(tag).lower() for tag in _json_list(call, "tags")}
    return lambda record: bool(tags.intersection(record["tags"])) or not tags


def _about_events(call: Call) -> Test:
    wanted_events = {str(name) for name in _json_list(call, "events")}
    return lambda record: (
        wanted_events <= set(_events_of(record["query"])) | set(_events_of(record["filters"].get("events")))
    )


def _events_of(node: Any) -> list[str]:
    """Return the events that a query names, wherever in it."""
    if isinstance(node, list):
        return [name for item in node for name in _events_of(item)]
    if not isinstance(node, Mapping):
        return []
    own = [str(node["event"])] if node.get("event") else []
    legacy = [str(node["id"])] if isinstance(node.get("id"), str) and "kind" not in node else []
    return [*own, *legacy, *(name for value in node.values() for name in _events_of(value))]


def _of_flag(call: Call) -> Test:
    key = call.query["feature_flag"]

    def test(record: Record) -> bool:
        filters = record["filters"]
        broken_down = filters.get("breakdown") == f"$feature/{key}"
        return broken_down or key in json.dumps(filters.get("properties") or [])

    return test


def _unlike_flags(call: Call) -> Test | None:
    if not is_true(call.query["hide_feature_flag_insights"]):
        return None
    return lambda record: not str(record["name"] or "").startswith("Feature Flag")


def _json_list(call: Call, parameter: str) -> list[Any]:
    try:
        given = json.loads(call.query[parameter])
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, list):
        raise ValidationError(f"Invalid JSON passed in {parameter} parameter", attr=parameter)
    return given


TESTS: Mapping[str, Callable[[Call], Test | None]] = {
    "short_id": _one_of("short_id", "short_id"),
    "created_by": _by_creator,
    "user": _mine,
    "favorited": lambda _: lambda record: record["favorited"],
    "saved": _saved,
    "search": _searched,
    "insight": _of_kind,
    "date_from": _dated("last_modified_at", "date_from", is_start=True),
    "date_to": _dated("last_modified_at", "date_to", is_start=False),
    "created_date_from": _dated("created_at", "created_date_from", is_start=True),
    "created_date_to": _dated("created_at", "created_date_to", is_start=False),
    "last_viewed_date_from": _dated(VIEWED, "last_viewed_date_from", is_start=True),
    "last_viewed_date_to": _dated(VIEWED, "last_viewed_date_to", is_start=False),
    "dashboards": _on_dashboards,
    "tags": _tagged,
    "events": _about_events,
    "feature_flag": _of_flag,
    "hide_feature_flag_insights": _unlike_flags,
}
"""What each parameter asks of a record."""
