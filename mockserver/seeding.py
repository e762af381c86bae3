"""Fill a world: records given in part are completed, checked, and stored all together or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mockserver import capture, entropy
from mockserver.contract import Contract, Document, Profile, for_profile
from mockserver.fields import Timestamp
from mockserver.store import DuplicateKey, Transaction
from mockserver.tables import TABLES, Identity, Owner, Table
from mockserver.world import World

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
LISTS = {"distinct_ids", "scoped_projects", "scoped_organizations", "config_schema", "members"}


class LoadError(Exception):
    """A record does not fit; `place` is where: table, number of the record, field."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


class Loader:
    """Completes and checks the records of one load."""

    def __init__(self, contract: Contract, world: World, transaction: Transaction) -> None:
        self.contract = contract
        self.world = world
        self.transaction = transaction
        self.now = entropy.timestamp(entropy.now(transaction))
        self._templates: dict[str, dict[str, Document]] = {}

    def load(self, tables: Tables) -> dict[str, int]:
        """Store the records of every table and return how many of each there are.

        Tables are filled in the order in which they depend on one another; events come last, and make and change
        persons as captured events do.

        Raises: LoadError.
        """
        for name, records in tables.items():
            if name not in TABLES or not TABLES[name].loadable:
                known = ", ".join(sorted(table.name for table in TABLES.values() if table.loadable))
                raise LoadError(f"there is no table {name!r}; known: {known}", name)
            if not isinstance(records, (list, tuple)):
                raise LoadError("expected a list of records", name)
        loaded = {}
        for name in (name for name in TABLES if name in tables):
            loaded[name] = self._load_table(TABLES[name], tables[name])
        for name in loaded:
            self._check_references(TABLES[name], tables[name])
        return {name: loaded[name] for name in tables}

    def _load_table(self, table: Table, records: Sequence[Mapping[str, Any]]) -> int:
        given = [self._check_fields(table, number, record) for number, record in enumerate(records)]
        if table.name == "events":
            return self._ingest(given)
        self._reserve_ids(table, given)
        completed = []
        for number, record in enumerate(given):
            try:
                completed.append(self.complete(table, record))
            except LoadError as error:
                raise LoadError(error.message, table.name, number, *error.place) from None
        self._refuse_duplicates(table, completed)
        try:
            return self.transaction.table(table.name).insert_many(completed)
        except DuplicateKey as error:
            number = next(n for n, record in enumerate(completed) if record.get(table.key) == error.value)
            raise LoadError(f"{error.field} {error.value!r} is taken", table.name, number, error.field) from None

    def _refuse_duplicates(self, table: Table, records: Iterable[Mapping[str, Any]]) -> None:
        seen: set[Any] = set()
        for number, record in enumerate(records):
            if record[table.key] in seen:
                raise LoadError(f"{table.key} {record[table.key]!r} is given twice", table.name, number, table.key)
            seen.add(record[table.key])

    def _check_fields(self, table: Table, number: int, record: Any) -> Mapping[str, Any]:
        if not isinstance(record, Mapping):
            raise LoadError("expected an object", table.name, number)
        known = self.fields(table)
        for name in record:
            if name not in known:
                raise LoadError(f"there is no field {name!r}; known: {', '.join(known)}", table.name, number, name)
        for name in table.required:
            if record.get(name) in (None, "", []):
                raise LoadError(f"{name} is required", table.name, number, name)
        return record

    def fields(self, table: Table) -> list[str]:
        """Return the fields that a table's records may be given with."""
        owner = [table.owner.value] if table.owner else []
        if table.name == "projects":
            owner = ["organization_id"]
        return list(dict.fromkeys([table.key, *self._template(table), *table.fields, *owner]))

    def _template(self, table: Table) -> dict[str, Document]:
        if table.name not in self._templates:
            spec = self.contract.components[table.component] if table.component else {}
            seen: Document = for_profile(spec, Profile.OBSERVED)
            documented: Document = for_profile(spec, Profile.DOCUMENTED)
            properties = {**documented.get("properties", {}), **seen.get("properties", {})}
            self._templates[table.name] = {
                name: prop if prop is not False else documented["properties"][name]
                for name, prop in properties.items()
                if not documented["properties"].get(name, {}).get("writeOnly")
            }
        return self._templates[table.name]

    def _reserve_ids(self, table: Table, records: Iterable[Mapping[str, Any]]) -> None:
        """Let the table's sequence go on after the greatest id given."""
        if table.identity is Identity.INTEGER:
            given = [record[table.key] for record in records if table.key in record]
            for number, value in enumerate(given):
                if isinstance(value, bool) or not isinstance(value, int):
                    raise LoadError("expected an integer", table.name, number, table.key)
            if given and max(given) > (self.transaction.value(f"ids.{table.name}") or 0):
                self.transaction.put(f"ids.{table.name}", max(given))

    # Completion

    def complete(self, table: Table, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record with everything that was left out: ids, times, tenant, defaults. What is given is kept."""
        whole: dict[str, Any] = {table.key: record.get(table.key)}
        if whole[table.key] is None:
            whole[table.key] = self._identify(table)
        if table.owner:
            whole[table.owner.value] = record.get(table.owner.value) or self._owner(table)
        for name, prop in self._template(table).items():
            if name not in whole:
                whole[name] = self._time(name, record[name]) if name in record else self._default(name, prop)
        for name in table.fields:
            if name not in whole:
                whole[name] = self._time(name, record[name]) if name in record else self._field_default(name)
        whole.update({name: value for name, value in record.items() if name not in whole})
        finish = getattr(self, f"_finish_{table.name}", None)
        return finish(whole, record) if finish else whole

    def _identify(self, table: Table) -> Any:
        if table.identity is Identity.INTEGER:
            return self.transaction.next(f"ids.{table.name}")
        if table.name == "api_keys":
            return self.world.new_key(self.transaction)
        return entropy.uuid7(self.world.seed, self.transaction)

    def _owner(self, table: Table) -> Any:
        name = "projects" if table.owner is Owner.PROJECT else "organizations"
        first = next(iter(self.transaction.table(name)), None)
        if first is None:
            raise LoadError(f"there is no {name[:-1]} for it to belong to", table.owner.value)
        return first["id"]

    def _time(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return entropy.timestamp(value if value.tzinfo else value.replace(tzinfo=UTC))
        if not isinstance(value, str) or not name.endswith(("_at", "timestamp", "date_marker", "last_calculation")):
            return value
        moment = Timestamp.read(value)
        if moment is None:
            raise LoadError(f"expected a time (ISO 8601), got {value!r}", name)
        return entropy.timestamp(moment)

    def _default(self, name: str, prop: Document) -> Any:
        types = prop.get("type", "null" if "anyOf" in prop else [])
        types = [types] if isinstance(types, str) else types
        if "default" in prop:
            return prop["default"]
        if name in ("created_at", "updated_at", "joined_at", "timestamp"):
            return self.now
        if prop.get("format") == "uuid" and "null" not in types:
            return entropy.uuid7(self.world.seed, self.transaction)
        if not types or "null" in types:
            return None
        if "enum" in prop:
            return prop["enum"][0]
        return {"boolean": False, "integer": 0, "number": 0, "array": [], "object": {}, "string": ""}[types[0]]

    def _field_default(self, name: str) -> Any:
        if name in ("created_at", "updated_at", "joined_at", "timestamp"):
            return self.now
        if name in LISTS:
            return []
        if name in ("properties", "group_properties", "capabilities", "metrics"):
            return {}
        return False if name in ("deleted", "is_identified", "is_global") else None

    # What single tables add

    def _finish_organizations(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        name = given.get("name") or self._fake("company", whole["id"])
        slug = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")
        return {**whole, "name": name, "slug": given.get("slug") or slug}

    def _finish_users(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        whole["distinct_id"] = given.get("distinct_id") or entropy.token(self.world.seed, self.transaction)
        if "first_name" not in given:
            whole["first_name"] = self._fake("first_name", whole["id"])
        return whole

    def _finish_organization_memberships(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {**whole, "level": given.get("level", 1)}

    def _finish_projects(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        if "api_token" not in given:
            whole["api_token"] = self.world.new_project_token(self.transaction)
        whole["name"] = given.get("name", "Default project")
        return whole

    def _finish_api_keys(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        return {**whole, "label": given.get("label") or "API key"}

    def _finish_annotations(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        project = self.transaction.table("projects").get(whole["project_id"])
        return {**whole, "organization_id": project["organization_id"] if project else None}

    def _finish_role_memberships(self, whole: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        uuid = whole.pop("user_uuid", None)
        if whole.get("user_id") is None and uuid:
            user = self.transaction.table("users").first(uuid=uuid)
            if user is None:
                raise LoadError(f"there is no user with uuid {uuid!r}", "user_uuid")
            whole["user_id"] = user["id"]
        return whole

    def _fake(self, what: str, key: Any) -> Any:
        with entropy.faker(self.world.seed, f"{what}:{key}") as fake:
            return getattr(fake, what)()

    # Events

    def _ingest(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Take events in as captured ones are; those that say what they carried for their person change nobody."""
        settled = any("person_properties" in event for event in events)
        projects: dict[int, list[Mapping[str, Any]]] = {}
        seen: set[str] = set()
        for number, event in enumerate(events):
            try:
                ready = self._complete_event(event)
                if ready.get("uuid") in seen or self.transaction.table("events").get(ready.get("uuid")) is not None:
                    raise LoadError(f"uuid {ready['uuid']!r} is given twice or taken", "uuid")
            except LoadError as error:
                raise LoadError(error.message, "events", number, *error.place) from None
            if "uuid" in ready:
                seen.add(ready["uuid"])
            projects.setdefault(ready.pop("project_id"), []).append(ready)
        for project_id, batch in projects.items():
            capture.ingest(self.world, self.transaction, project_id, batch, settled=settled)
        return len(events)

    def _complete_event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        project_id = event.get("project_id") or self._owner(TABLES["events"])
        if isinstance(project_id, bool) or not isinstance(project_id, int):
            raise LoadError("expected an integer", "project_id")
        ready = {name: value for name, value in event.items() if value is not None}
        for name in ("event", "distinct_id"):
            if not isinstance(ready[name], str):
                raise LoadError("expected text", name)
        for name in ("properties", "person_properties"):
            if not isinstance(ready.get(name, {}), Mapping):
                raise LoadError("expected an object", name)
        if "uuid" in ready:
            ready["uuid"] = self._uuid(ready["uuid"])
        timestamp = self._time("timestamp", ready.get("timestamp", self.now))
        if not isinstance(timestamp, str):
            raise LoadError(f"expected a time (ISO 8601), got {timestamp!r}", "timestamp")
        return {**ready, "project_id": project_id, "timestamp": timestamp}

    def _uuid(self, value: Any) -> str:
        try:
            return str(UUID(value))
        except (ValueError, TypeError, AttributeError):
            raise LoadError(f"expected a UUID, got {value!r}", "uuid") from None

    # References

    def _check_references(self, table: Table, records: Sequence[Mapping[str, Any]]) -> None:
        owner = {table.owner.value: "projects" if table.owner is Owner.PROJECT else "organizations"}
        references = {**(owner if table.owner else {}), **table.references}
        for number, record in enumerate(records):
            for name, target in references.items():
                value = record.get(name)
                if value is not None and self.transaction.table(target).get(value) is None:
                    raise LoadError(f"there is no record {value!r} in {target}", table.name, number, name)


def load(contract: Contract, world: World, tables: Tables) -> dict[str, int]:
    """Store records in a world, all or none, and return how many of each table. Raises: LoadError."""
    with world.store.transaction() as transaction:
        return Loader(contract, world, transaction).load(tables)


def build_world(
    contract: Contract, *, scenario: str = "demo", id: str = "default", seed: int = 0,
    profile: Profile = Profile.DOCUMENTED, freeze_time: str | None = None,
) -> World:  # fmt: skip
    """Return a world filled from a scenario, its clock stopped at `freeze_time` if given.

    Raises: ScenarioError for a scenario that is not there or holds a mistake.
    """
    from mockserver.scenarios import fill

    world = World.new(id, seed=seed, profile=profile, scenario=scenario)
    if freeze_time is not None:
        with world.store.transaction() as transaction:
            entropy.freeze(transaction, entropy.read_timestamp(freeze_time))
    fill(contract, world, scenario)
    return world.settle()
