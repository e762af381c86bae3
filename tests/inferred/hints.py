"""What a valid request is where a family is modelled: more than a document says, so our own contract is asked.

A document tells a body's types; a family wants a flag with conditions, an insight that exists, a name of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract import Contract, Operation
from mockserver.inferred.templates import Template
from mockserver.replay.identifiers import Ask, Finder
from mockserver.replay.probes import PREFIX, probes

DOING = [f"{PREFIX}{name}" for name in ("it is done", "what is written is read again", "it answers")]
"""The probes that show an operation's success."""


@dataclass(frozen=True)
class Hint:
    """A request that an operation of our contract answers with its success."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    before: Any = None
    """What the record around has to be changed to first."""


GROUP = {"group_type_index": "$group_type", "group_key": "$group"}
PROTECTED = {"enabled": True, "password_required": True}
NOBODY = "nobody-has-this-id"
EXAMPLES: Mapping[tuple[str, str], Hint] = {
    ("post", "query"): Hint(body={"query": {"kind": "HogQLQuery", "query": "select 1"}}),
    ("post", "insights/cancel"): Hint(body={"client_query_id": "unknown"}),
    ("post", "insights/viewed"): Hint(body={"insight_ids": [1]}),
    ("post", "persons/bulk_delete"): Hint(body={"distinct_ids": [NOBODY]}),
    ("post", "persons/reset_person_distinct_id"): Hint(body={"distinct_id": NOBODY}),
    ("post", "file_system/count_by_path"): Hint(query={"path": "Unfiled"}),
    ("post", "dashboards/create_unlisted_dashboard"): Hint(body={"tag": "llm-analytics"}),
    ("post", "groups/delete_property"): Hint(query=GROUP, body={"$unset": "plan"}),
    ("post", "groups/update_property"): Hint(query=GROUP, body={"key": "seats", "value": 4}),
    ("put", "groups_types/set_default_columns"): Hint(body={"group_type_index": "$group_type", "default_columns": []}),
    ("put", "groups_types/create_detail_dashboard"): Hint(body={"group_type_index": "$group_type"}),
    ("post", "groups"): Hint(body={"group_type_index": "$group_type", "group_key": "$new", "group_properties": {}}),
    ("patch", "groups_types/update_metadata"): Hint(body=[]),
    ("post", "invites/bulk"): Hint(body=[{"target_email": "walk@example.test"}]),
    ("post", "warehouse_saved_queries"): Hint(
        body={"name": "$new", "query": {"kind": "HogQLQuery", "query": "select event from events"}}
    ),
    ("post", "sharing/passwords"): Hint(before=PROTECTED, body={"note": "walk"}),
    ("post", "collaborators"): Hint(before={"restriction_level": 37}, body={"user_uuid": "$member", "level": 37}),
    ("post", "role_memberships"): Hint(body={"user_uuid": "$member"}),
    ("patch", "add_persons_to_static_cohort"): Hint({"id": "$static"}, body={"person_ids": ["$person"]}),
    ("patch", "remove_person_from_static_cohort"): Hint({"id": "$static"}, body={"person_id": "$person"}),
    ("post", "count"): Hint({"id": "$folder"}),
    ("post", "request_email_verification"): Hint(body={"uuid": "$me"}),
    ("put", "/api/users/{}"): Hint({"uuid": "@me"}, body={"email": "walk@hedgebox.test"}),
    ("post", "scene_personalisation"): Hint({"uuid": "@me"}, body={"scene": "Home", "dashboard": "$dashboard"}),
    ("get", "query/draft_sql"): Hint(query={"prompt": "how many events were there"}),
}
"""What single operations ask for beside what the contract's examples have, by the end of their paths.

`$name` stands for what `PLACES` finds, `$new` for a name that nothing has.
"""
PLACES: Mapping[str, tuple[str, tuple[str | int, ...]]] = {
    "$group_type": ("/api/projects/1/groups_types/", (0, "group_type_index")),
    "$member": ("/api/organizations/@current/members/?limit=100", ("results", 0, "user", "uuid")),
    "$person": ("/api/projects/1/persons/", ("results", 0, "uuid")),
    "$me": ("/api/users/@me/", ("uuid",)),
    "$dashboard": ("/api/projects/1/dashboards/", ("results", 0, "id")),
}
"""Where what a hint names is found: an address, and the way into its answer."""
MADE: Mapping[str, tuple[str, Any, str]] = {
    "$static": (
        "/api/projects/1/cohorts/",
        {"name": "Walk", "is_static": True, "_create_static_person_ids": ["$person"]},
        "id",
    ),
    "$folder": ("/api/projects/1/file_system/", {"path": "$new", "type": "folder"}, "id"),
    "$group": (
        "/api/projects/1/groups/",
        {"group_type_index": "$group_type", "group_key": "$new", "group_properties": {"plan": "pro"}},
        "group_key",
    ),
}
"""What a hint names and is made for it: where, of what, and by what it is named then."""


class Hints:
    """Valid requests by our own contract, at identifiers that exist on a server."""

    def __init__(self, ask: Ask, tenants: Mapping[str, Any]) -> None:
        self._contract = Contract.read()
        self._ask, self._tenants = ask, tenants
        self._number = 0
        self._by_shape = {(o.method, Template.of(o.path).shape): o for o in self._contract.operations}

    def of(self, method: str, path: str) -> Hint | None:
        """Return a valid request for an operation of a document; nothing where our contract has none."""
        shape = Template.of(path).shape
        words = shape.rpartition("/{}/")[2]
        for known in (shape, words, words.rpartition("/")[2]):
            if (method, known) in EXAMPLES:
                return self._told(EXAMPLES[method, known])
        operation = self._by_shape.get((method, shape)) or self._by_shape.get((method, _mounted(shape)))
        if operation is None or "parameters" not in operation.spec:
            return None
        return self._hint(operation)

    def _told(self, example: Hint) -> Hint:
        """Return an example with what exists in the place of what it names."""
        return Hint(self._named(example.path), self._named(example.query), self._named(example.body), example.before)

    def _named(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._named(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._named(each) for each in value]
        if value == "$new":
            self._number += 1
            return f"walk_{self._number}"
        if not isinstance(value, str):
            return value
        if value in MADE:
            address, body, name = MADE[value]
            return self._ask("POST", address, self._named(body)).json.get(name)
        address, way = PLACES.get(value, ("", ()))
        found = self._ask("GET", address, None).json if address else value
        try:
            for step in way:
                found = found[step]
        except (LookupError, TypeError):
            return None
        return found

    def _hint(self, operation: Operation) -> Hint | None:
        # Found anew each time: what was there before may have been removed meanwhile.
        finder = Finder(self._contract, self._tenants, self._ask, may_create=True)
        scripts = probes(self._contract, [operation], finder.identifiers([operation]))
        spec = next((script.steps[0].spec for name in DOING for script in scripts if script.name == name), None)
        if spec is None:
            return None
        return Hint(spec.get("path", {}), spec.get("query", {}), spec.get("body"))


def _mounted(shape: str) -> str:
    """Return the path under which our contract describes a family that servers mount twice."""
    return shape.replace("/api/environments/{}/", "/api/projects/{}/")
