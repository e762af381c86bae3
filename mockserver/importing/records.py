"""Rows as a server shows them, made the records of a world's tables: users taken out of them, references kept whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract import Contract
from mockserver.importing.reading import RULES, Reading
from mockserver.importing.sources import Source
from mockserver.seeding.kinds import Kind, LoadError
from mockserver.seeding.loading import Loader
from mockserver.world.tables import TABLES, Identity, Owner, Table
from mockserver.world.worlds import World

Tables = dict[str, list[dict[str, Any]]]
OWNER = 15
MOST_FAULTS = 200
"""After so many records that do not fit, it is not they that are wrong."""


class ImportFailure(Exception):
    """What was read makes no world; the message says why, in a line."""


@dataclass
class Records:
    """The records of a project, by table, and what of it was left."""

    tables: Tables = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    """Fields that the contract does not know, and how many records had them; of a later server, or of one's own."""
    project_id: int = 0
    organization_id: str = ""
    is_whole: bool = True
    """Whether nothing was left for being too much."""

    def count(self) -> dict[str, int]:
        """Return how many records there are of each table that has any."""
        return {name: len(records) for name, records in self.tables.items() if records}


def records_of(contract: Contract, reading: Reading) -> Records:
    """Return what was read as the records of a world. Raises: ImportFailure for a project that could not be read."""
    return _Builder(contract, reading).build()


ACCESS = "access_controls"
WHOM = {"organization_member": "organization_memberships", "role": "roles"}
"""Whom a rule of access is about: a record of one of these tables; where none is named, everybody."""
NOTHING_WHERE_EMPTY = frozenset({("organizations", "available_product_features")})
"""Fields whose empty list is shown of what has none, too: an organization without a plan is not bound by one."""


class _Builder:
    """Makes the records of one project."""

    def __init__(self, contract: Contract, reading: Reading) -> None:
        self._contract = contract
        self._reading = reading
        self._records = Records(left=dict(reading.left), is_whole=not reading.cut)
        self._by_key: dict[str, dict[Any, dict[str, Any]]] = {name: {} for name in TABLES if TABLES[name].loadable}
        self._kinds: dict[str, dict[str, Kind]] = {}

    def build(self) -> Records:
        """Return the records."""
        world = World.new("import")
        with world.store.transaction() as transaction:
            loader = Loader(self._contract, world, transaction)
            self._kinds = {name: loader.completer(name).kinds for name in self._by_key}
        self._take_tenants()
        for source, parents, row in self._reading.rows:
            self._take(source, parents, row)
        self._take_siblings()
        self._take_asker()
        self._take_members()
        self._take_rules()
        self._take_groups()
        self._take_events()
        self._settle_references()
        self._records.tables = {name: list(found.values()) for name, found in self._by_key.items() if found}
        self._drop_what_does_not_fit()
        return self._records

    # Tenants

    def _take_tenants(self) -> None:
        """Take the project and its organization."""
        shown = {source.table.name: row for source, _, row in self._reading.rows if source.table.name in TENANTS}
        project = shown.get("projects")
        if project is None:
            reason = self._reading.left.get("projects", "nothing was shown")
            advice = "; give a key with project:read" if reason.startswith("403") else ""
            raise ImportFailure(f"the project could not be read: {reason}{advice}")
        self._records.project_id, self._records.organization_id = project["id"], str(project.get("organization"))
        self._put("organizations", {"id": self._records.organization_id})

    def _take_asker(self) -> None:
        """Give the one who asked a place in the organization, and the project as the one last used.

        Servers of 2025 did not tell a user's own id: it is that of a user with the same UUID, or one that is free.
        """
        shown = {source.table.name: row for source, _, row in self._reading.rows if source.table.name in TENANTS}
        me, users = shown.get("users") or {}, self._by_key["users"]
        known = next((id for id, user in users.items() if me.get("uuid") and user.get("uuid") == me.get("uuid")), None)
        identifier = me["id"] if isinstance(me.get("id"), int) else known or max(users, default=0) + 1
        email = me.get("email") or f"owner-{identifier}@mockserver.invalid"
        self._user({**me, "id": identifier, "email": email})
        own, organization = me.get("organization") or {}, shown.get("organizations") or {}
        users[identifier].update(
            current_organization_id=self._records.organization_id, current_project_id=self._records.project_id
        )
        level = organization.get("membership_level") or own.get("membership_level") or OWNER
        self._join(identifier, level, {"joined_at": me.get("date_joined")})
        for name, found in self._by_key.items():
            if "user_id" in TABLES[name].required and TABLES[name].owner is Owner.PROJECT:  # shown to their owner alone
                for record in found.values():
                    record.setdefault("user_id", identifier)

    # Rows

    def _take(self, source: Source, parents: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        table = source.table
        if table.name == "users" or _is_on_every_server(table, row):
            return  # taken with the tenants, or there anyway
        record = self._record(source, row)
        named = {source.named_in_path.get(name, name): value for name, value in parents.items()}
        record.update({name: value for name, value in named.items() if name in self._kinds[table.name]})
        if _key_of(table, record) is None:
            return
        self._put(table.name, record)
        if table.name == "projects":
            self._take_group_types(row.get("group_types"))
        for name, value in self._described(table, record, row):
            self._put(name, {**BY_FAMILY.get(source.family, {}), **value}, only_new=True)

    def _record(self, source: Source, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of a row a table keeps, users by their ids."""
        kinds = self._kinds[source.table.name]
        record: dict[str, Any] = {}
        for name, value in row.items():
            if name in COMPUTED.get(source.table.name, ()) or name in OF_READING:
                continue
            if isinstance(value, Mapping) and "user" in value and "level" in value:
                self._join(self._user(value["user"]), value.get("level"), value)
            elif name in source.relations or (f"{name}_id" in kinds and _is_user(value)):
                field_name, user = name if name in source.relations else f"{name}_id", self._user(value)
                if field_name in kinds:
                    record[field_name] = user
            elif isinstance(value, Mapping) and {name, f"{name}_id"} & source.table.references.keys():  # shown whole
                record[name if name in source.table.references else f"{name}_id"] = value.get("id")
            elif name in kinds and not (name == "id" and value == row.get("uuid")):  # lists of persons show it twice
                self._read(source.table.name, record, name, value)
            elif not self._is_known(source, name):
                label = f"{source.family}.{name}"
                self._records.unknown[label] = self._records.unknown.get(label, 0) + 1
        return record

    def _read(self, table: str, record: dict[str, Any], name: str, value: Any) -> None:
        """Keep a value that the table takes; another one is completed when the records are loaded."""
        if value == [] and (table, name) in NOTHING_WHERE_EMPTY:
            return
        try:
            record[name] = self._kinds[table][name](value)
        except LoadError as error:
            if value is not None:
                self._records.left.setdefault(f"{table}.{name}", f"not a value of it: {error.message}"[:200])

    def _is_known(self, source: Source, name: str) -> bool:
        shapes = (self._contract.components.get(shape or "", {}) for shape in (source.shape, source.table.component))
        return any(name in shape.get("properties", {}) for shape in shapes)

    def _put(self, table: str, record: dict[str, Any], *, only_new: bool = False) -> None:
        """Keep a record under the tenant that it belongs to."""
        owner = TABLES[table].owner
        if owner is Owner.PROJECT:
            record = {"project_id": self._records.project_id, **record}
        elif owner is Owner.ORGANIZATION:
            record = {"organization_id": self._records.organization_id, **record}
        known = self._by_key[table].setdefault(_key_of(TABLES[table], record), {})
        known.update({
            name: value for name, value in record.items() if known.get(name) is None or not (only_new or value is None)
        })  # fmt: skip

    # People

    def _user(self, shown: Any) -> int | None:
        """Return the id of a user that a record shows whole, and keep the user."""
        if not _is_user(shown):
            return None
        record: dict[str, Any] = {}
        for name in self._kinds["users"]:
            self._read("users", record, name, shown.get(name))
        self._put("users", record, only_new=True)
        return int(shown["id"])

    def _join(self, user: int | None, level: Any, shown: Mapping[str, Any]) -> None:
        """Make a user a member of the organization, at the level that the server tells."""
        taken = {m["user_id"] for m in self._by_key["organization_memberships"].values()}
        if user is None or user in taken:
            return
        record: dict[str, Any] = {"user_id": user}
        for name, value in (("level", level), ("id", shown.get("id")), ("joined_at", shown.get("joined_at"))):
            self._read("organization_memberships", record, name, value)
        key = record.get("id", f"of user {user}")
        self._by_key["organization_memberships"][key] = {"organization_id": self._records.organization_id, **record}

    # What is read otherwise

    def _take_members(self) -> None:
        persons = {person.get("uuid") for person in self._by_key["persons"].values()}
        for cohort, members in self._reading.members.items():
            known = [member for member in members if member in persons]
            if cohort in self._by_key["cohorts"]:
                self._by_key["cohorts"][cohort]["members"] = known
            if len(known) < len(members):
                self._records.left["cohort members"] = "persons beyond those that were read"

    def _take_rules(self) -> None:
        """Take the rules of access: one about a member or a role that was not read would be one about everybody."""
        kinds = self._kinds[ACCESS]
        for row in self._reading.rules:
            record: dict[str, Any] = {"project_id": self._records.project_id}
            for name, value in row.items():
                if name in kinds:
                    self._read(ACCESS, record, name, self._user(value) if _is_user(value) else value)
            whom = {name: record.get(name) for name in WHOM if row.get(name) is not None}
            if all(identifier in self._by_key[WHOM[name]] for name, identifier in whom.items()):
                self._by_key[ACCESS][record.get("resource"), record.get("resource_id"), *whom.items()] = record
            else:
                self._records.left[RULES] = "of members and roles that were not read"

    def _take_siblings(self) -> None:
        """Take the organization's other projects, which are there and hold nothing."""
        for row in self._reading.siblings:
            record: dict[str, Any] = {}
            for name in self._kinds["projects"]:
                self._read("projects", record, name, None if name in COMPUTED["projects"] else row.get(name))
            if "id" in record:
                self._put("projects", record)

    def _take_group_types(self, shown: Any) -> None:
        for row in shown if isinstance(shown, list) else ():
            index = row.get("group_type_index") if isinstance(row, Mapping) else None
            if isinstance(index, int) and isinstance(row.get("group_type"), str):
                self._by_key["group_types"][index] = {
                    "project_id": self._records.project_id, "group_type": row["group_type"], "group_type_index": index,
                }  # fmt: skip

    def _take_groups(self) -> None:
        types = self._by_key["group_types"]
        for row in self._reading.groups:
            index, key = row.get("group_type_index"), row.get("group_key")
            if index in types and isinstance(key, str) and key:
                record = {"project_id": self._records.project_id, "group_type_index": index, "group_key": key}
                for name, value in (("group_properties", _object(row.get("group_properties"))),
                                    ("created_at", row.get("created_at"))):  # fmt: skip
                    self._read("groups", record, name, value)
                self._by_key["groups"][index, key] = record

    def _take_events(self) -> None:
        """Take events as they are, the earliest first: their persons have been read and stay what they are.

        Those of one moment stand as the list of events has them, where it was read: a query gives them in any order.
        """
        listed = [row.get("id") for source, _, row in self._reading.rows if source.table.name == "events"]
        places = {identifier: -place for place, identifier in enumerate(listed)}
        for row in sorted(self._reading.events, key=lambda row: (str(row["timestamp"]), places.get(row["uuid"], 0))):
            record: dict[str, Any] = {"project_id": self._records.project_id, "person_properties": None}
            for name, value in row.items():
                self._read("events", record, name, _object(value) if name == "properties" else value)
            if {"uuid", "event", "distinct_id"} <= record.keys():
                self._by_key["events"][record["uuid"]] = record

    # References

    def _described(
        self, table: Table, record: Mapping[str, Any], row: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what a row tells of the records that it refers to: whole, or as `insight_name` or `plugin_info`."""
        for name, target in table.references.items():
            if TABLES[target].identity is not Identity.INTEGER or target in TENANTS or record.get(name) is None:
                continue
            beside = {field: row.get(f"{target.removesuffix('s')}_{field}") for field in self._kinds[target]}
            whole = row.get(name) if isinstance(row.get(name), Mapping) else row.get(f"{name}_info")
            told: dict[str, Any] = {}
            for field_name, value in {**beside, **(whole if isinstance(whole, Mapping) else {})}.items():
                if field_name in self._kinds[target]:
                    self._read(target, told, field_name, self._user(value) if _is_user(value) else value)
            yield target, {**told, TABLES[target].key: record[name]}

    def _settle_references(self) -> None:
        """Let every reference name a record: what was not read stands there with nothing but its id, or not at all."""
        for name, found in self._by_key.items():
            for record in found.values():
                for reference, target in TABLES[name].references.items():
                    value = record.get(reference)
                    if value is None or value in self._by_key[target]:
                        continue
                    if TABLES[target].required or TABLES[target].identity is not Identity.INTEGER:
                        del record[reference]
                    else:
                        self._put(target, {TABLES[target].key: value})

    # What does not fit

    def _drop_what_does_not_fit(self) -> None:
        """Leave out the records that no world takes, each with the reason. Raises: ImportFailure where it is no end."""
        for _ in range(MOST_FAULTS):
            world = World.new("import")
            try:
                with world.store.transaction() as transaction:
                    Loader(self._contract, world, transaction).load(self._records.tables)
            except LoadError as error:
                table, number = error.place[0], error.place[1] if len(error.place) > 1 else None
                if not isinstance(number, int):
                    raise ImportFailure(f"{'/'.join(map(str, error.place))}: {error.message}") from None
                dropped = self._records.tables[str(table)].pop(number)
                key = dropped.get(TABLES[str(table)].key)
                self._records.left[f"{table} {key}"] = f"{'/'.join(map(str, error.place[2:]))}: {error.message}"[:200]
            else:
                return
        raise ImportFailure(f"more than {MOST_FAULTS} records do not fit; the last: {error_of(self._records.left)}")


def error_of(left: Mapping[str, str]) -> str:
    """Return the last of what was left, in words."""
    name, reason = list(left.items())[-1]
    return f"{name}: {reason}"


ON_EVERY_SERVER = {"data_color_themes": ("is_global", True), "dashboard_templates": ("scope", "global")}
"""By what is told that a record shown in a project comes with every server, and is no project's own."""
BY_FAMILY = {"pipeline_destinations": {"capabilities": {"methods": ["onEvent"]}}}
"""What a family's records tell of those that they refer to, by being listed there: its plugins are sent events."""
TENANTS = ("projects", "organizations", "users")
COMPUTED = {
    "organizations": frozenset({"teams", "projects", "metadata", "membership_level", "member_count"}),
    "projects": frozenset({"group_types", "has_group_types", "default_modifiers", "effective_membership_level"}),
    "persons": frozenset({"name"}),
    "roles": frozenset({"members"}),
    "annotations": frozenset({"insight_short_id", "insight_name", "insight_derived_name", "dashboard_name"}),
}
"""What a server works out when it shows a record, from others that are read for themselves or from who asks."""
OF_READING = frozenset({"last_accessed_at", "last_viewed_at", "user_access_level"})
"""What reading itself changes, or who reads."""


def _key_of(table: Table, record: Mapping[str, Any]) -> Any:
    """Return what a record is told apart by; of a person, lists show the UUID and no number."""
    return record.get(table.key, record.get("uuid"))


def _is_on_every_server(table: Table, row: Mapping[str, Any]) -> bool:
    name, mark = ON_EVERY_SERVER.get(table.name, ("", None))
    return bool(name) and row.get(name) == mark


def _is_user(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("id"), int) and bool(value.get("email"))


def _object(value: Any) -> Any:
    """Return an object that may be written as JSON text, as ClickHouse holds it."""
    import json

    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return {}
    return value
