"""Identifiers that exist on a server, learned from its own lists; where it has no list, from a record made for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mockserver.contract import Contract, Operation
from mockserver.replay.cases import TENANTS
from mockserver.replay.script import Answer
from mockserver.replay.wire import Refused

MOST_PER_PARAMETER = 4
PARAMETER = re.compile(r"{(\w+)}")
ID_PLACES = (("id",), ("query_status", "id"))
LISTED_ELSEWHERE = {"plugin_configs": "pipeline_destination_configs"}
"""A collection without a list of its own, by the last word of its path, and the one that lists the same records."""
NAMED_BY = {"groups_types": ("group_type_index",), "members": ("user", "uuid")}
"""By what paths name the records of a collection where that is not their id: where in a record it stands."""
ONESELF = {"users": "@me"}
"""How paths name the one record that there is for who asks."""
NEEDED = {
    "remote_config": "is_remote_configuration", "add_persons_to_static_cohort": "is_static",
    "remove_person_from_static_cohort": "is_static",
}  # fmt: skip
"""What must be true of the records that a path is asked of, by the path's last word."""
ASKED_FOR = {
    "person_id": ("/api/projects/{project_id}/persons", "uuid"),
    "group_key": ("/api/projects/{project_id}/groups/?group_type_index=0", "group_key"),
}
"""Required parameters of queries that name a record: where it is, and what of it they hold."""

MADE_OF = {"query": {"query": {"kind": "HogQLQuery", "query": "select 1"}, "refresh": "force_async"}}
"""What to make where the contract's example would not leave something that has an id, by the path's last word."""
NAMES = {"name": "{} {}", "key": "{}-{}"}
"""Fields of which no two records may have the same, and how several are told apart."""
TO_CHANGE, TO_REMOVE = 1, 2
"""So many records of its own something needs that changes one, and so many that removes another."""
PAGES = 2
"""So many records make a list that has a second page."""

REFERENCES = {
    "user_uuid": ("/api/users/@me", "uuid"),
    "person_ids": ("/api/projects/{project_id}/persons", "uuid"),
    "person_id": ("/api/projects/{project_id}/cohorts/{id}/persons", "uuid"),
    "insight": ("/api/projects/{project_id}/insights/?insight=TRENDS", "id"),
    "role_id": ("/api/organizations/{organization_id}/roles", "id"),
    "plugin": ("/api/projects/{project_id}/pipeline_destination_configs", "plugin"),
    "_create_static_person_ids": ("/api/projects/{project_id}/persons", "uuid"),
}
"""Fields of bodies that name a record of another collection: where it is, and what of it the field holds."""

Ask = Callable[[str, str, Any], Answer]
"""Sends a method, a path and a JSON body."""
Permits = Callable[[str, str], bool]
"""Says whether a method may be sent to a path."""


class Finder:
    """Looks identifiers up, each collection once; where it may, makes records where there are too few to ask about."""

    def __init__(
        self, contract: Contract, tenants: Mapping[str, Any], ask: Ask, *, may_create: bool,
        permits: Permits | None = None,
    ) -> None:  # fmt: skip
        self._contract = contract
        self._tenants = tenants
        self._ask = ask
        self._may_create = may_create
        self._permits = permits
        """Which writes are allowed; all where nobody says."""
        creating = [o for o in contract.operations if o.method == "post" and o.action == "create"]
        self._creating = {o.path.rstrip("/"): o for o in creating}
        self._listing = {o.path.rstrip("/") for o in contract.operations if o.method == "get" and o.action == "list"}
        self._keys: dict[str, str] = {}
        """By what paths name the records of a collection, where the operation says so: `x-keys`."""
        self._found: dict[tuple[str, str | None], list[Any]] = {}
        self._number = 0
        """How many records were to be made."""
        self._refusing: set[str] = set()
        """Collections, by their paths in the contract, in which the server makes nothing."""
        self._held: dict[tuple[str, str], bool] = {}

    def identifiers(self, operations: Iterable[Operation]) -> dict[str, dict[str, Sequence[Any]]]:
        """Return what stands for the path parameters and references of each operation, by its label."""
        found: dict[str, dict[str, Sequence[Any]]] = {}
        for operation in operations:
            values = self._of_path(operation)
            values.update(self._of_body(operation, values))
            values.update(self._of_query(operation))
            if values:
                found[f"{operation.method.upper()} {operation.path}"] = values
        return found

    def holds(self, collection: str, identifier: str) -> bool:
        """Return whether a collection has a record: by its list, and where that does not show it, by asking for it."""
        if (collection, identifier) not in self._held:
            names = {str(row.get(name)) for row in self._rows(collection) for name in ("id", "uuid", "short_id")}
            self._held[collection, identifier] = (
                identifier in names or self._ask("GET", f"{collection}/{identifier}/", None).status < 300
            )
        return self._held[collection, identifier]

    # Fields and queries

    def _of_body(self, operation: Operation, path: dict[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        schema = self._contract.resolve(operation.body_schema or {})
        values: dict[str, Sequence[Any]] = {}
        for name in schema.get("properties", {}):
            if name in REFERENCES and name not in path:
                collection, field = REFERENCES[name]
                if PARAMETER.search(fill(collection, self._tenants)):  # what it names belongs to one record of the path
                    path.update({key: known[:1] for key, known in path.items()})
                values[name] = self._referred(collection, field, path)
        return values

    def _of_query(self, operation: Operation) -> dict[str, Sequence[Any]]:
        asked = [p["name"] for p in operation.spec["parameters"] if p["in"] == "query" and p.get("required")]
        values = {name: self._referred(*ASKED_FOR[name], {}) for name in asked if name in ASKED_FOR}
        collection, _, last = operation.path.rpartition("/")
        if last == "values" and not operation.is_item:  # of properties that somebody has, the most telling first
            told = self._properties(fill(collection, self._tenants))
            values |= {"key": told} if told else {}
        return values

    def _properties(self, collection: str) -> Sequence[str]:
        """Return the names of properties that records have, the most telling first.

        Values are ranked by how often they occur: the more often one occurs than another, the more an order says.
        """
        values: dict[str, Counter[str]] = {}
        for row in self._rows(collection):
            properties = row.get("properties")
            for name, value in properties.items() if isinstance(properties, Mapping) else ():
                values.setdefault(name, Counter())[repr(value)] += 1
        telling = {name: (len(set(found.values())), len(found)) for name, found in values.items()}
        return sorted(values, key=lambda name: (*(-number for number in telling[name]), name))[:MOST_PER_PARAMETER]

    def _referred(self, collection: str, field: str, path: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
        first = {name: known[0] for name, known in path.items() if known}
        rows = self._rows(fill(collection, {**first, **self._tenants}))
        return list(dict.fromkeys(row[field] for row in rows if row.get(field) is not None))[:MOST_PER_PARAMETER]

    # Paths

    def _of_path(self, operation: Operation) -> dict[str, Sequence[Any]]:
        values: dict[str, Sequence[Any]] = {}
        path, filled = operation.path, fill(operation.path, self._tenants)
        for name in PARAMETER.findall(path):
            if name in TENANTS:
                continue
            collection, template = (each.partition(f"/{{{name}}}")[0] for each in (filled, path))
            needed = NEEDED.get(filled.rpartition("/")[2])
            if name in operation.spec.get("x-keys", {}):
                self._keys[collection] = operation.spec["x-keys"][name]
            known: Sequence[Any] = self._of_collection(collection, template, needed)
            if operation.writes and self._permits is not None:
                known = self._own(operation, filled, name, known, needed) or known
            if not known:
                return values
            beyond = path.partition(f"{{{name}}}")[2]
            if PARAMETER.search(beyond):  # what is named further along the path belongs to one record
                known = self._fullest(collection, known, beyond.partition("/{")[0])[:1]
            elif beyond and _is_paged(operation):
                known = self._fullest(collection, known, beyond)
            values[name] = known
            filled = filled.replace(f"{{{name}}}", quote(str(known[0]), safe=""), 1)
        return values

    def _fullest(self, collection: str, known: Sequence[Any], rest: str) -> Sequence[Any]:
        """Return identifiers with that one first whose own collection, further along the path, holds the most."""
        held = {value: len(self._rows(f"{collection}/{value}{rest}")) for value in known}
        return sorted(known, key=lambda value: -held[value])

    def _own(
        self, operation: Operation, filled: str, name: str, known: Sequence[Any], needed: str | None
    ) -> Sequence[Any]:
        """Return identifiers of records that an operation may change; some are made where there are few."""
        assert self._permits is not None
        collection = filled.partition(f"/{{{name}}}")[0]
        method = operation.method.upper()

        def allowed(value: Any) -> bool:
            return self._permits is None or self._permits(method, filled.replace(f"{{{name}}}", str(value), 1))

        own = [value for value in known if allowed(value)]
        template = operation.path.partition(f"/{{{name}}}")[0]
        wanted = TO_REMOVE if method == "DELETE" else TO_CHANGE
        if len(own) < wanted:
            made = self._make(collection, template, wanted - len(own), needed)
            self._found[collection, needed] += made
            own += [value for value in made if allowed(value)]
        return own

    def _of_collection(self, collection: str, template: str, needed: str | None = None) -> list[Any]:
        """Return identifiers of a collection's records; on somebody else's server enough of them for two pages."""
        if (collection, needed) not in self._found:
            found = self._listed(collection, needed)
            pages = self._permits is not None and template in self._listing  # a mock's world has them
            wanted = PAGES if pages else 1
            if len(found) < wanted:
                found += self._make(collection, template, wanted - len(found), needed)
            self._found[collection, needed] = found
        return self._found[collection, needed]

    def _listed(self, collection: str, needed: str | None = None) -> list[Any]:
        """Return identifiers of a collection's records; `needed` is a field that must be true of them."""
        head, _, last = collection.rpartition("/")
        if last in LISTED_ELSEWHERE:
            collection = f"{head.replace('/environments/', '/projects/')}/{LISTED_ELSEWHERE[last]}"
        if last in ONESELF:
            return [ONESELF[last]]
        place = (self._keys[collection],) if collection in self._keys else NAMED_BY.get(last, ("id",))
        rows = [row for row in self._rows(collection) if _name_of(row, place) is not None]
        rows = [row for row in rows if needed is None or row.get(needed)]
        own = str(self._tenants.get("project_id")) if last in ("projects", "environments") else ""
        rows.sort(key=lambda row: str(row.get("id")) != own)  # the project that is worked in before its siblings
        return [_name_of(row, place) for row in rows[:MOST_PER_PARAMETER]]

    def _rows(self, collection: str) -> list[Mapping[str, Any]]:
        answer = self._ask("GET", collection if "?" in collection else f"{collection}/", None)
        body = answer.json if answer.status == 200 else None
        rows = body.get("results", [body]) if isinstance(body, Mapping) else body
        return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []

    # What is made

    def _make(self, collection: str, template: str, number: int, needed: str | None) -> list[Any]:
        """Make so many records and return their identifiers; fewer where the server makes no more."""
        create = self._creating.get(template)
        made: list[Any] = []
        while create is not None and self._may_create and len(made) < number and template not in self._refusing:
            self._number += 1
            identifier = self._created(create, collection, needed)
            if identifier is None:
                self._refusing.add(template)
            else:
                made.append(identifier)
        return made

    def _created(self, create: Operation, collection: str, needed: str | None) -> Any:
        body = MADE_OF.get(collection.rpartition("/")[2]) or self._body(create, needed)
        try:
            answer = self._ask("POST", f"{collection}/", body)
        except Refused:  # it lies outside what may be written to
            return None
        for place in ((self._keys[collection],), *ID_PLACES) if collection in self._keys else ID_PLACES:
            value = answer.json if answer.status < 300 else None
            for name in place:
                value = value.get(name) if isinstance(value, Mapping) else None
            if value is not None:
                return value
        return None

    def _body(self, create: Operation, needed: str | None) -> Any:
        """Return the contract's example with what it names taken from what there is, and a name of its own."""
        body = example_body(create)
        if not isinstance(body, Mapping):
            return body
        fields = self._contract.resolve(create.body_schema or {}).get("properties", {})
        more: dict[str, Any] = {needed: True} if needed else {}
        for name, (collection, field) in REFERENCES.items():
            if name in (fields if needed else body) and not PARAMETER.search(fill(collection, self._tenants)):
                known = self._referred(collection, field, {})
                if known:
                    wants = self._contract.resolve(fields.get(name, {}))
                    more[name] = list(known) if "items" in wants else known[self._number % len(known)]
        own = {
            name: form.format(body[name], self._number)
            for name, form in NAMES.items()
            if isinstance(body.get(name), str)
        }
        return {**body, **more, **own}


def _is_paged(operation: Operation) -> bool:
    """Return whether an operation lists something by the page."""
    return operation.method == "get" and any(p["name"] == "limit" for p in operation.spec["parameters"])


def _name_of(row: Mapping[str, Any], place: Sequence[str]) -> Any:
    value: Any = row
    for name in place:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def fill(path: str, values: Mapping[str, Any]) -> str:
    """Return a path with those of its parameters filled in whose values are known."""
    return PARAMETER.sub(lambda found: quote(str(values[found[1]]), safe="") if found[1] in values else found[0], path)


def example_body(operation: Operation) -> Any:
    """Return the body that the contract gives as an example of an operation's."""
    content = operation.spec.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in content:
        return content["example"]
    return next((named.get("value") for named in content.get("examples", {}).values()), {})
