"""Property definitions: what events, persons and groups have, and of which type it is.

Queries read values as of the type that stands here (`analytics/inquiries`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.errors import ValidationError
from mockserver.listing.pagination import positive
from mockserver.request.call import Call
from mockserver.resources.definitions import Definitions
from mockserver.resources.definitions.parameters import judged, mentions, read_list
from mockserver.resources.resource import Page, Record
from mockserver.resources.taxonomy import ALWAYS_LEFT_OUT, PLAIN_PROPERTIES, VIRTUAL_PERSON_PROPERTIES, label
from mockserver.validation.fields import Boolean, Choice, Field, Integer, Text

NULLS = ("null", "Null", "NULL")
NOT_NUMBERS = ("distinct_id", "timestamp")
FLAG = "$feature/"
GROUPS = 5
SEEN = "is_seen_on_filtered_events"
PARAMETERS: Mapping[str, Field] = {
    "search": Text(), "type": Choice(("event", "person", "group", "session")), "group_type_index": Integer(),
    "properties": Text(), "is_numerical": Boolean(allow_none=True), "is_feature_flag": Boolean(allow_none=True),
    "event_names": Text(), "filter_by_event_names": Boolean(allow_none=True), "excluded_properties": Text(),
    "exclude_core_properties": Boolean(), "exclude_hidden": Boolean(),
}  # fmt: skip
"""The parameters of a list in the order in which servers judge them; an empty one counts as not given."""


class PropertyDefinitions(Definitions):
    """The properties of a project."""

    family = "property_definitions"
    table = "property_definitions"
    component = "PropertyDefinition"
    writes = "PropertyDefinitionChange"
    title = "Property Definition"
    noun = "A property"
    activity_scope = "PropertyDefinition"
    logged_fields = ("description", "tags", "property_type", "is_numerical", "verified", "hidden")

    # Reading

    def list(self, call: Call) -> Any:
        """Return a page of the definitions; the last one of persons' goes on with what PostHog works out."""
        asked = Asked.of(call)
        page, seen = super().list(call), asked.seen(call)
        rows: list[Any] = list(page.rows)
        if asked.events:
            rows = [{**self.show(row, call), SEEN: row["name"] in seen} for row in rows]
        count, virtual = page.envelope["count"], list(asked.virtual())
        if positive(call.query.get("offset"), 0) + len(rows) >= count:
            rows += virtual
        return Page(rows, {**page.envelope, "count": count + len(virtual)})

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        asked = Asked.of(call)
        seen = asked.seen(call)
        found = [record for record in records if asked.has(record, seen)]
        found.sort(key=lambda record: record["name"])
        found.sort(key=lambda record: (record.get("verified") is not None, bool(record.get("verified"))), reverse=True)
        if asked.events:
            found.sort(key=lambda record: record["name"] in seen, reverse=True)
        return found

    def show(self, record: Record, call: Call, component: str | None = None) -> Any:
        return super().show(record, call, self.component)  # a list shows the same, and others beside it

    def seen_together(self, call: Call) -> Any:
        """Return of each event whether it ever had a property. Raises: ValidationError."""
        names = call.query.getlist("event_names")
        for name, values in (("event_names", names), ("property_name", call.query.getlist("property_name")[-1:])):
            if not values:
                raise ValidationError("This field is required.", code="required", attr=name)
            for number, value in enumerate(values):
                if not value.strip():
                    attr = f"{name}__{number}" if name == "event_names" else name
                    raise ValidationError("This field may not be blank.", code="blank", attr=attr)
        had = _events_with(call, call.query.getlist("property_name")[-1].strip())
        return {name: name in had for name in (given.strip() for given in names)}

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {
            **super().represent(record, call), "is_numerical": bool(record.get("is_numerical")),
            SEEN: None,
        }  # fmt: skip

    # Writing

    def settled(self, call: Call, record: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a body says, and what follows of it: only what is of the type of numbers is numerical."""
        said = super().settled(call, record, data)
        if "property_type" in said:
            said["is_numerical"] = said["property_type"] == "Numeric"
        return said

    def kind_of(self, record: Record) -> str | None:
        return record.get("type") or "event"


@dataclass(frozen=True)
class Asked:
    """What a list asks for, judged."""

    words: list[str]
    type: str
    index: int | None
    names: frozenset[str]
    numerical: bool | None
    flags: bool | None
    events: frozenset[str]
    of_events: bool
    left_out: frozenset[str]
    no_core: bool
    no_hidden: bool

    @classmethod
    def of(cls, call: Call) -> Asked:
        """Return what the parameters say. Raises: ValidationError for the first that is wrong."""
        said = {name: _judged(call, name, field) for name, field in PARAMETERS.items()}
        kind, index = said["type"] or "event", said["group_type_index"]
        if kind == "group" and index is None:
            raise ValidationError("`group_type_index` must be set for `group` type")
        if kind != "group" and index is not None:
            raise ValidationError("`group_type_index` can only set for `group` type")
        if index and not 0 <= index < GROUPS:
            raise ValidationError("Invalid value for `group_type_index`")
        if kind != "event" and said["event_names"]:
            raise ValidationError("`event_names` can only be set for `event` type")
        events = read_list(said["event_names"], "event_names") if said["event_names"] else ()
        excluded = said["excluded_properties"]
        left_out = read_list(excluded, "excluded_properties") if excluded else ()
        names = frozenset((said["properties"] or "").split(",")) - {""}
        return cls(
            (said["search"] or "").lower().split(), kind, index, names,
            said["is_numerical"], said["is_feature_flag"], frozenset(map(str, events)),
            kind == "event" and bool(said["filter_by_event_names"]), frozenset(map(str, left_out)),
            bool(said["exclude_core_properties"]), bool(said["exclude_hidden"]),
        )  # fmt: skip

    def seen(self, call: Call) -> frozenset[str]:
        """Return the properties that the events asked for had, or any event where none is asked for."""
        if not self.events and not self.of_events:
            return frozenset()
        pairs = call.table("event_properties").find(project_id=call.tenant.project_id)
        return frozenset(pair["property"] for pair in pairs if not self.events or pair["event"] in self.events)

    def has(self, record: Record, seen: frozenset[str]) -> bool:
        """Return whether a definition is one of those."""
        name = record["name"]
        return (
            (record.get("type") or "event") == self.type
            and record.get("group_type_index") == self.index
            and (not self.names or name in self.names)
            and (not self.numerical or (bool(record.get("is_numerical")) and name not in NOT_NUMBERS))
            and (self.flags is None or name.startswith(FLAG) == self.flags)
            and (not self.of_events or name in seen)
            and name not in self.left_out
            and not self._is_core(name)
            and not (self.no_hidden and record.get("hidden"))
            and self._is_called(name)
        )

    def virtual(self) -> Iterator[dict[str, Any]]:
        """Yield the properties of persons that PostHog works out, among those."""
        if self.type != "person":
            return
        for name, kind in VIRTUAL_PERSON_PROPERTIES.items():
            is_number = kind == "Numeric"
            if (
                (not self.names or name in self.names)
                and self.numerical in (None, is_number)
                and name not in self.left_out
                and not self.flags
                and mentions(name, self.words)
            ):
                yield {
                    "id": f"$builtin_{name}", "name": name, "is_numerical": is_number, "property_type": kind,
                    "tags": [], "virtual": True,
                }  # fmt: skip

    def _is_core(self, name: str) -> bool:
        """Return whether a property of events is left out for what it is."""
        if self.type != "event":
            return False
        return (name.startswith("$") or name in PLAIN_PROPERTIES) if self.no_core else name in ALWAYS_LEFT_OUT

    def _is_called(self, name: str) -> bool:
        """Return whether the search finds a property: by its name, or by what PostHog calls it.

        Of persons' properties the latest are all that are not the initial ones.
        """
        if not self.words or mentions(name, self.words):
            return True
        if mentions(label(name), self.words):
            return True
        latest = self.type == "person" and any(word in "latest" for word in self.words)
        return latest and "initial" not in name.lower()


def _judged(call: Call, name: str, field: Field) -> Any:
    """Return a parameter's value; nothing where it is not given. Raises: ValidationError."""
    text = call.query.get(name, "")
    if not text or (field.allow_none and text in NULLS):
        return None
    return judged(field, text, name)


def _events_with(call: Call, name: str) -> set[str]:
    """Return the events that ever had a property."""
    pairs = call.table("event_properties").find(property=name, project_id=call.tenant.project_id)
    return {pair["event"] for pair in pairs}
