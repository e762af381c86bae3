"""Identifiers that exist on a server, learned from its own lists; where it has no list, from a record made for it."""

from __future__ import annotations

import re
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
NEEDED = {"remote_config": "is_remote_configuration"}
"""What must be true of the records that a path is asked of, by the path's last word."""
ASKED_FOR = {"person_id": ("/api/projects/{project_id}/persons", "uuid")}
"""Required parameters of queries that name a record: where it is, and what of it they hold."""

MADE_OF = {"query": {"query": {"kind": "HogQLQuery", "query": "select 1"}, "refresh": "force_async"}}
"""What to make where the contract's example would not leave something that has an id, by the path's last word."""

REFERENCES = {
    "user_uuid": ("/api/users/@me", "uuid"),
    "person_ids": ("/api/projects/{project_id}/persons", "uuid"),
    "person_id": ("/api/projects/{project_id}/cohorts/{id}/persons", "uuid"),
    "role_id": ("/api/organizations/{organization_id}/roles", "id"),
    "plugin": ("/api/projects/{project_id}/pipeline_destination_configs", "plugin"),
}
"""Fields of bodies that name a record of another collection: where it is, and what of it the field holds."""

Ask = Callable[[str, str, Any], Answer]
"""Sends a method, a path and a JSON body."""


class Finder:
    """Looks identifiers up, each collection once."""

    def __init__(self, contract: Contract, tenants: Mapping[str, Any], ask: Ask, *, may_create: bool) -> None:
        self._contract = contract
        self._tenants = tenants
        self._ask = ask
        self._may_create = may_create
        self._found: dict[str, Sequence[Any]] = {}
        self._held: dict[tuple[str, str], bool] = {}

    def identifiers(self, operations: Iterable[Operation]) -> dict[str, dict[str, Sequence[Any]]]:
        """Return what stands for the path parameters and references of each operation, by its label."""
        found: dict[str, dict[str, Sequence[Any]]] = {}
        for operation in operations:
            values = self._of_path(operation.path)
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
        return {name: self._referred(*ASKED_FOR[name], {}) for name in asked if name in ASKED_FOR}

    def _referred(self, collection: str, field: str, path: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
        first = {name: known[0] for name, known in path.items() if known}
        rows = self._rows(fill(collection, {**first, **self._tenants}))
        return list(dict.fromkeys(row[field] for row in rows if row.get(field) is not None))[:MOST_PER_PARAMETER]

    def _of_path(self, path: str) -> dict[str, Sequence[Any]]:
        values: dict[str, Sequence[Any]] = {}
        filled = fill(path, self._tenants)
        for name in PARAMETER.findall(path):
            if name in TENANTS:
                continue
            collection = filled.partition(f"/{{{name}}}")[0]
            needed = NEEDED.get(filled.rpartition("/")[2])
            known = (
                self._listed(collection, needed)
                if needed
                else self._of_collection(collection, path.partition(f"/{{{name}}}")[0])
            )
            if not known:
                return values
            if PARAMETER.search(filled.partition(f"{{{name}}}")[2]):
                known = self._parents(collection, known, path, name)
            values[name] = known
            filled = filled.replace(f"{{{name}}}", quote(str(known[0]), safe=""), 1)
        return values

    def _parents(self, collection: str, known: Sequence[Any], path: str, name: str) -> Sequence[Any]:
        """Return the one identifier whose own collection, further along the path, holds something."""
        rest = path.partition(f"{{{name}}}")[2].partition("/{")[0]
        holding = (value for value in known if self._of_collection(f"{collection}/{value}{rest}", ""))
        return [next(holding, known[0])]

    def _of_collection(self, collection: str, template: str) -> Sequence[Any]:
        if collection not in self._found:
            self._found[collection] = self._listed(collection) or self._created(collection, template)
        return self._found[collection]

    def _listed(self, collection: str, needed: str | None = None) -> Sequence[Any]:
        """Return identifiers of a collection's records; `needed` is a field that must be true of them."""
        head, _, last = collection.rpartition("/")
        if last in LISTED_ELSEWHERE:
            collection = f"{head.replace('/environments/', '/projects/')}/{LISTED_ELSEWHERE[last]}"
        if last in ONESELF:
            return [ONESELF[last]]
        place = NAMED_BY.get(last, ("id",))
        rows = [row for row in self._rows(collection) if _name_of(row, place) is not None]
        rows = [row for row in rows if needed is None or row.get(needed)]
        if any(row.get("is_static") for row in rows):  # what adds persons to a cohort needs a static one
            rows = [row for row in rows if row.get("is_static")]
        own = str(self._tenants.get("project_id")) if last in ("projects", "environments") else ""
        rows.sort(key=lambda row: str(row.get("id")) != own)  # the project that is worked in before its siblings
        return [_name_of(row, place) for row in rows[:MOST_PER_PARAMETER]]

    def _rows(self, collection: str) -> list[Mapping[str, Any]]:
        answer = self._ask("GET", f"{collection}/", None)
        body = answer.json if answer.status == 200 else None
        rows = body.get("results", [body]) if isinstance(body, Mapping) else body
        return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []

    def _created(self, collection: str, template: str) -> Sequence[Any]:
        create = next((o for o in self._contract.operations if o.path == template and o.method == "post"), None)
        if create is None or not self._may_create:
            return []
        body = MADE_OF.get(collection.rpartition("/")[2]) or example_body(create)
        try:
            answer = self._ask("POST", f"{collection}/", body)
        except Refused:  # it lies outside what may be written to
            return []
        for place in ID_PLACES:
            value = answer.json if answer.status < 300 else None
            for name in place:
                value = value.get(name) if isinstance(value, Mapping) else None
            if value is not None:
                return [value]
        return []


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
