"""What of a project can be read, and where: derived from the contract's lists and what the tables are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mockserver.contract import Contract, Operation, Profile
from mockserver.resources import RESOURCES
from mockserver.resources.resource import Resource
from mockserver.world.tables import TABLES, Table

PARAMETER = re.compile(r"{(\w+)}")
TENANTS = frozenset({"project_id", "organization_id"})
THEMSELVES = {"projects": "project_id", "organizations": "organization_id", "users": "me"}
"""Tables of which one record is read, since all else belongs to it, and which of the ids it has; in that order."""
SHOWING_RULES = frozenset({"access_controls", "resource_access_controls"})
"""Actions that show rules of access, each rule once."""
PRIVATE = frozenset({"api_keys"})
"""Tables that are never read: nobody is shown a key."""


@dataclass(frozen=True)
class Source:
    """Where the records of a table are listed, or the one of it is shown."""

    table: Table
    family: str
    path: str
    """Of the list; of the record itself for a table of which one is read."""
    relations: Mapping[str, str]
    """Fields that show a user whole."""
    shape: str | None
    """The component that its rows are."""
    one: str | None = None
    """Path of one record, where it can be asked for."""
    shows_less: bool = False
    """Whether the list shows less of a record than there is."""

    def is_part(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row of the list is not all of its record: an order lost, what it refers to not described."""
        several = row.get("distinct_ids")
        undescribed = any(row.get(f"{name}_info", row) is None for name in self.table.references)
        return self.shows_less or undescribed or (isinstance(several, list) and len(several) > 1)

    @property
    def named_in_path(self) -> dict[str, str]:
        """The parameters of the path that name records of other tables, and the fields that refer to those."""
        names = [name for name in PARAMETER.findall(self.path) if name not in TENANTS]
        forms = ((name, form) for name in names for form in (name, name.removesuffix("_id")))
        return {name: form for name, form in forms if form in self.table.references}

    @property
    def parents(self) -> dict[str, str]:
        """The parameters of the path that name records of other tables, and which tables."""
        return {name: self.table.references[form] for name, form in self.named_in_path.items()}


def sources(contract: Contract) -> list[Source]:
    """Return every source, tenants first, what belongs to other records after those."""
    found = [source for resource in RESOURCES.values() for source in _of_resource(contract, resource)]
    order = list(THEMSELVES)
    return sorted(found, key=lambda s: order.index(s.table.name) if s.table.name in order else 9 + len(s.parents))


def member_lists(contract: Contract) -> str | None:
    """Return the path that lists the persons in a cohort, if the contract has one."""
    return _path(contract, "cohorts", "get", "persons")


@dataclass(frozen=True)
class RulesSource:
    """Where rules of access are shown: of a project, of kinds of things, or of each thing of a table."""

    family: str
    path: str
    table: str | None
    """The table of the things; none where the path names no thing."""


def rules(contract: Contract) -> list[RulesSource]:
    """Return every place where rules of access are shown, those about no single thing first."""
    found = [
        RulesSource(o.family, o.path, RESOURCES[o.family].table if o.is_item else None)
        for o in contract.operations
        if o.method == "get" and o.action in SHOWING_RULES
    ]
    return sorted(found, key=lambda source: source.table is not None)


def queries(contract: Contract) -> str | None:
    """Return the path where queries are asked, if the contract has one."""
    return _path(contract, "query", "post", "create")


def _path(contract: Contract, family: str, method: str, action: str) -> str | None:
    wanted = (family, method, action)
    return next((o.path for o in contract.operations if (o.family, o.method, o.action) == wanted), None)


def _of_resource(contract: Contract, resource: type[Resource]) -> Iterator[Source]:
    table = TABLES[resource.table]
    if not table.loadable or table.name in PRIVATE:
        return
    reading = {
        operation.action: operation
        for operation in reversed(contract.operations)  # the first of several stays
        if operation.family == resource.family and operation.method == "get" and not operation.writes
    }
    listing, one = reading.get("list"), reading.get("retrieve")
    relations = dict(resource.relations)
    if table.name in THEMSELVES:
        if one is not None:
            mount = min(contract.families[resource.family].mounts, key=lambda path: path.count("{"))
            yield Source(table, resource.family, f"{mount}/{one.relative}", relations, _shape(one))
    elif listing is not None:
        rows = resource(contract).rows_component(listing.successes[Profile.OBSERVED].schema)
        path = one.path if one is not None else None
        less = one is not None and _shows_less(contract, rows, _shape(one))
        yield Source(table, resource.family, listing.path, relations, rows, path, less)


def _shape(operation: Operation) -> str | None:
    return operation.successes[Profile.OBSERVED].component


def _shows_less(contract: Contract, rows: str | None, whole: str | None) -> bool:
    fields = [set(contract.components.get(name or "", {}).get("properties", {})) for name in (rows, whole)]
    return bool(fields[1] - fields[0])


def fill(path: str, values: Mapping[str, Any]) -> str:
    """Return a path with those of its parameters filled in whose values are known."""
    return PARAMETER.sub(lambda found: quote(str(values[found[1]]), safe="@") if found[1] in values else found[0], path)
