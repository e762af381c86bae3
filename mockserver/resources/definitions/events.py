"""Event definitions: the events that a project has received, and what its people say of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from mockserver.contract import ByProfile, Contract
from mockserver.errors import BareError, ValidationError
from mockserver.listing.tuplesort import first_rows
from mockserver.queries.runs import TABLE as RUNS
from mockserver.request.call import Call
from mockserver.resources.definitions import EXTENDED, WRITTEN, Definitions, is_later
from mockserver.resources.definitions.parameters import judged, mentions, read_list
from mockserver.resources.resource import Record
from mockserver.resources.tagged import normalized
from mockserver.resources.taxonomy import NAMED_EVENTS
from mockserver.store import View
from mockserver.validation.fields import Boolean, Choice, Integer, Items, Reference, Text, Uuid
from mockserver.validation.schemas import Schema, build_schema
from mockserver.world import entropy

TYPES = ("event", "event_custom", "event_posthog", "all", "action_event")
SORTED_BY = ("name", "last_seen_at", "last_seen_at::date")
LATER_SORTED_BY = (*SORTED_BY, "created_at", "created_at::date")
LATEST = [("last_seen_at::date", True), ("name", False)]
STALE, LATELY = timedelta(days=30), timedelta(days=30)
SLACK = "post_to_slack"
MOST_AT_ONCE = 500
NOT_FOUND = "Not found"

Test = Callable[[Record], bool]


class EventDefinitions(Definitions):
    """The events of a project."""

    family = "event_definitions"
    table = "event_definitions"
    component = "EventDefinition"
    writes = "EventDefinitionChange"
    title = "Event Definition"
    noun = "An event"
    activity_scope = "EventDefinition"
    logged_fields = ("description", "owner", "tags", "verified", "hidden", "default_columns", "primary_property")
    relations = {**Definitions.relations, "owner": "users"}
    field_overrides = {
        "owner": Reference("users", allow_none=True, load_default=None), "default_columns": Items(Text(min_length=1)),
    }  # fmt: skip

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._new = ByProfile(partial(build_schema, contract, "NewEventDefinition", self.field_overrides))

    # Reading

    def list(self, call: Call) -> Any:
        """Return a page of the definitions; later servers refuse a page of nothing."""
        if is_later(call):
            for name, least in (("limit", 1), ("offset", 0)):
                if call.query.get(name):
                    judged(Integer(minimum=least), call.query[name], name)
        return super().list(call)

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        tests = list(_tests(call))
        found = [record for record in records if all(test(record) for test in tests)]
        return _sorted(call, found)

    def by_name(self, call: Call) -> Any:
        """Return the definition of a name."""
        name = call.query.get("name")
        if not name:
            raise BareError({"detail": "Query parameter 'name' is required"})
        record = call.table(self.table).first(name=name, project_id=call.tenant.project_id)
        if record is None:
            raise BareError({"detail": f"Event definition with name '{name}' not found"}, 404)
        return self.retrieve(call, record)

    def primary_properties(self, call: Call) -> Any:
        """Return the property that stands for each event, where one was chosen."""
        names = {name for name in call.query.getlist("names") if name}
        return {
            "primary_properties": {
                record["name"]: record["primary_property"]
                for record in self.get_records(call)
                if record.get("primary_property") and (not names or record["name"] in names)
            }
        }

    def metrics(self, call: Call, record: Record) -> Any:
        """Return how often queries asked for an event lately."""
        since = entropy.timestamp(entropy.now(call.state) - LATELY)
        return {"query_usage_30_day": _asked_for(call.state, call.tenant.project_id, record["name"], since)}

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {
            **super().represent(record, call), "is_action": False, SLACK: False,
            "default_columns": record.get("default_columns") or [], "enforcement_mode": "allow",
            "media_preview_urls": [],
        }  # fmt: skip

    # Writing

    def create(self, call: Call) -> Any:
        """Define an event that is yet to come. Raises: ValidationError where there is one of that name."""
        data = self._new[call.profile].judge(call.body, self.lookup(call), is_form=call.is_form)
        data = {name: value for name, value in data.items() if name in call.body}
        if "tags" in data:
            data["tags"] = normalized(data["tags"])
        if call.table(self.table).first(name=data["name"], project_id=call.tenant.project_id) is not None:
            raise ValidationError(f"Event definition with name '{data['name']}' already exists", attr="name")
        if data.get("hidden") and data.get("verified"):
            raise ValidationError(f"{self.noun} cannot be both hidden and verified")
        data.pop(SLACK, None)
        said = {**self.extension(call), **self.settled(call, {}, data), "updated_by": call.user["id"]}
        return self.perform_create(call, {**said, "created_at": None, "last_seen_at": None})

    def update(self, call: Call, record: Record) -> Any:
        """Say something of an event; whether it is posted to Slack is answered and not kept."""
        return self._changed(call, record, self.load(call, record, replacing=True), {SLACK: False})

    def partial_update(self, call: Call, record: Record) -> Any:
        """Say something of an event; whether it is posted to Slack is answered where it is said."""
        return self._changed(call, record, self.load(call, record, partial=True), {})

    def _changed(self, call: Call, record: Record, data: dict[str, Any], otherwise: Mapping[str, bool]) -> Any:
        slack = {SLACK: data.pop(SLACK)} if SLACK in data else otherwise
        shown = self.show(self.perform_update(call, record, data), call)
        return {name: slack.get(name, value) for name, value in shown.items() if name != SLACK or name in slack}

    def bulk_update_tags(self, call: Call) -> Any:
        """Put tags on many events, take them off, or leave them no others."""
        data = self._judged(call, {"action": Choice(("add", "remove", "set")), "tags": Items(Text())})
        tags = set(normalized(data["tags"]))
        found, skipped = self._found(call, data["ids"])
        updated = []
        for record in found:
            before = set(record.get("tags") or ())
            after = sorted(
                tags if data["action"] == "set" else before | tags if data["action"] == "add" else before - tags
            )
            changed = call.table(self.table).update(record, {"tags": after})
            if set(after) != before:
                self.log(call, changed, "changed", self.changes(record, changed), name=record["name"])
            updated.append({"id": record["id"], "tags": after})
        return {"updated": updated, "skipped": skipped}

    def bulk_update_verified(self, call: Call) -> Any:
        """Verify many events, or take it back; those that are so already are passed over in silence."""
        data = self._judged(call, {"verified": Boolean()})
        found, skipped = self._found(call, data["ids"])
        updated = []
        for record in found:
            if bool(record.get("verified")) != data["verified"]:
                base = {} if record.get(EXTENDED) else self.extension(call)
                said = self.settled(call, record, {"verified": data["verified"]})
                changed = call.table(self.table).update(record, {**base, **said, "updated_at": call.now()})
                self.log(call, changed, "changed", self.changes({**base, **record}, changed), name=record["name"])
                updated.append({"id": record["id"], "verified": data["verified"]})
        return {"updated": updated, "skipped": skipped}

    def _judged(self, call: Call, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a body says of many. Raises: ValidationError."""
        members = {"ids": Items(Uuid(), required=True)}
        for name, field in asked.items():
            field.required = True
            members[name] = field
        made: type[Schema] = type("Many", (Schema,), members)
        data = made().judge(call.body, self.lookup(call), is_form=call.is_form)
        if not data["ids"]:
            raise ValidationError("This list may not be empty.", code="empty", attr="ids")
        if len(data["ids"]) > MOST_AT_ONCE:
            message = f"Ensure this field has no more than {MOST_AT_ONCE} elements."
            raise ValidationError(message, code="max_length", attr="ids")
        return data

    def _found(self, call: Call, ids: Sequence[str]) -> tuple[Sequence[Record], Sequence[dict[str, str]]]:
        """Return the project's definitions of some ids, and which there are none of."""
        table, project = call.table(self.table), call.tenant.project_id
        found = {key: table.first(id=key, project_id=project) for key in dict.fromkeys(ids)}
        return (
            [record for record in found.values() if record is not None],
            [{"id": key, "reason": NOT_FOUND} for key, record in found.items() if record is None],
        )


# What a list asks for


def _tests(call: Call) -> Iterator[Test]:
    """Yield what the parameters ask of a definition. Raises: ValidationError."""
    query = call.query
    if words := query.get("search", "").lower().split():
        yield lambda record: mentions(record["name"], words)
    kind = query.get("event_type", "event")
    if kind not in TYPES:
        known = ", ".join(TYPES[:3])
        raise ValidationError(f"Not a valid event type. Use one of: {known}.", attr="event_type")
    if kind in ("event_custom", "event_posthog"):
        yield lambda record: record["name"].startswith("$") == (kind == "event_posthog")
    if _says_true(query.get("exclude_hidden")):
        yield lambda record: not record.get("hidden")
    if _says_true(query.get("exclude_stale")):
        since = entropy.timestamp(entropy.now(call.state) - STALE)
        yield lambda record: record.get("last_seen_at") is None or record["last_seen_at"] > since
    if "verified" in query:
        wanted = _says_true(query["verified"])
        yield lambda record: bool(record.get("verified") or record["name"] in NAMED_EVENTS) == wanted
    if query.get("excluded_properties"):
        left_out = read_list(query["excluded_properties"], "excluded_properties")
        yield lambda record: record["name"] not in left_out
    if names := {name for text in query.getlist("names") for name in text.split(",") if name}:
        yield lambda record: record["name"] in names
    if tags := _tags(query.get("tags")):
        yield lambda record: not tags.isdisjoint(record.get("tags") or ())


def _says_true(text: str | None) -> bool:
    return (text or "").lower() == "true"


def _tags(text: str | None) -> set[str]:
    """Return the tags that a list asks for; none where the text is no list of them."""
    try:
        given = json.loads(text or "null")
    except ValueError:
        return set()
    return {tag for tag in given if isinstance(tag, str)} if isinstance(given, list) else set()


def _ordering(call: Call) -> list[tuple[str, bool]]:
    """Return what a list is sorted by, and whether the other way round; what is not known is passed over."""
    given = call.query.getlist("ordering")
    known = LATER_SORTED_BY if is_later(call) else SORTED_BY
    if is_later(call):
        given = [name for text in given for name in text.split(",")]
    found = [(name.replace("-", ""), "-" in name) for name in given if name.replace("-", "") in known]
    if not found and is_later(call) and call.query.get("search", "").strip():
        return [("length", False), *LATEST]
    is_total = not call.is_observed or is_later(call)
    return [*found, ("name", False)] if found and is_total else found or LATEST


def _sorted(call: Call, records: list[Record]) -> Sequence[Record]:
    """Return a list in its order. Where it is not total, servers of 2025 leave ties as PostgreSQL lets them fall."""
    orders = _ordering(call)
    if call.is_observed and not is_later(call) and all(name != "name" for name, _ in orders):
        records.sort(key=lambda record: record.get(WRITTEN) or 0)
        if len(orders) == 1:
            [(name, descending)] = orders
            return first_rows(records, _sort_key(name), len(records), ascending=not descending)
    for name, descending in reversed(orders):
        records.sort(key=_sort_key(name), reverse=descending)
    return records


def _sort_key(name: str) -> Callable[[Record], Any]:
    """Return what a definition is sorted by: nothing stands before everything."""
    if name == "length":
        return lambda record: len(record["name"])
    field, _, day = name.partition("::")
    length = 10 if day else None
    return lambda record: (record.get(field) is not None, (record.get(field) or "")[:length])


# How often it is asked for


def _asked_for(view: View, project_id: int, event: str, since: str) -> int:
    """Return how many queries since a moment had a series of an event."""
    runs = (run for run in view.table(RUNS) if run["project_id"] == project_id and run["event_time"] >= since)
    return sum(1 for run in runs if event in run["query"] and event in _events(_parsed(run["query"])))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # HogQL names no series
        return None


def _events(node: Any) -> Iterator[str]:
    """Yield the events that the series of a query name."""
    if isinstance(node, Mapping):
        if node.get("kind") == "EventsNode" and isinstance(node.get("event"), str):
            yield node["event"]
        for part in node.values():
            yield from _events(part)
    elif isinstance(node, list):
        for part in node:
            yield from _events(part)
