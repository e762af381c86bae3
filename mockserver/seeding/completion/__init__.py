"""What a record that is given in part becomes: its ids, times, tenant and defaults filled in, what was given kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract import Contract, Document, Profile, for_profile
from mockserver.seeding import kinds
from mockserver.seeding.completion import insights, people, tenants, things
from mockserver.seeding.completion.surroundings import Finish, Surroundings
from mockserver.seeding.kinds import Kind, LoadError, expected
from mockserver.store import Transaction
from mockserver.world import entropy
from mockserver.world.tables import Identity, Owner, Table
from mockserver.world.worlds import World

NOW = ("created_at", "updated_at", "joined_at", "timestamp")
LISTS = ("steps", "distinct_ids", "scoped_projects", "scoped_organizations", "config_schema", "members")
OBJECTS = ("properties", "group_properties", "capabilities", "metrics")
FLAGS = ("deleted", "is_identified", "is_global")
FINISHES: Mapping[str, Finish] = {**tenants.FINISHES, **people.FINISHES, **things.FINISHES, **insights.FINISHES}
EMPTY: Mapping[str, Any] = {"boolean": False, "integer": 0, "number": 0, "array": [], "object": {}, "string": ""}


def template_of(contract: Contract, table: Table) -> dict[str, Document]:
    """Return the properties that a table's component shows at any date, as the servers store them."""
    if table.component is None:
        return {}
    shown = contract.components[table.component].get("properties", {})
    return {name: stored for name, prop in shown.items() if not (stored := _stored(prop)).get("writeOnly")}


def _stored(prop: Document) -> Document:
    """Return a property as the servers store it; as the pages show it where no server has it."""
    seen = prop.get("x-observed")
    stored: Document = for_profile(prop, Profile.DOCUMENTED if seen is False else Profile.OBSERVED)
    return stored


class Completer:
    """Completes the records of one table."""

    def __init__(self, contract: Contract, world: World, transaction: Transaction, table: Table) -> None:
        self.contract = contract
        self.world = world
        self.transaction = transaction
        self.table = table
        self.around = Surroundings(contract, world, transaction)
        self.now, moment = self.around.now, self.around.moment
        template = template_of(contract, table)
        self.shown = frozenset(template)
        beside = [name for name in table.fields if name not in template]
        self.owner = table.owner.value
        self.kinds: dict[str, Kind] = {
            name: kinds.of_property(contract, spec, moment, refers=name in table.references)
            for name, spec in template.items()
        }
        self.kinds.update({name: kinds.of_field(name, moment) for name in beside})
        self.kinds.update({name: kind for name, kind in kinds.FIELDS.items() if name in self.kinds})
        if self.owner:
            self.kinds[self.owner] = kinds.of_field(self.owner, moment)
        self.kinds[table.key] = self._key_kind()
        self.defaults: dict[str, Any] = {name: self._default(name, spec) for name, spec in template.items()}
        self.defaults.update({name: self._default_beside(name) for name in beside})
        self.drawn = [name for name, spec in template.items() if self._is_drawn(name, spec)]
        for name in (table.key, self.owner, *self.drawn):
            self.defaults.pop(name, None)
        self._finish = FINISHES.get(table.name)
        self._first_owner: Any = None

    @property
    def fields(self) -> list[str]:
        """The fields that the table's records may be given with."""
        return sorted(self.kinds)

    def complete(self, given: Any) -> dict[str, Any]:
        """Return a record with everything that was left out. Raises: LoadError."""
        if not isinstance(given, Mapping):
            raise expected("an object", given)
        table = self.table
        read = {name: self.judge(name, value, takes_null=True) for name, value in given.items()}
        for name in table.required:
            if read.get(name) is None:
                raise LoadError(f"{name} is required", name)
        key = read.get(table.key)
        whole: dict[str, Any] = {table.key: self._identify() if key is None else key}
        if self.owner:
            whole[self.owner] = read.get(self.owner) or self._belongs()
        whole.update(self.defaults)
        for name in self.drawn:
            if read.get(name) is None:
                whole[name] = entropy.uuid7(self.world.seed, self.transaction)
        whole.update({name: value for name, value in read.items() if value is not None})
        kinds.storable(whole)
        return self._finish(self.around, whole, given) if self._finish else whole

    def judge(self, name: str, value: Any, *, takes_null: bool = False) -> Any:
        """Return what is stored for a field that is given a value; null may stand for one that is left out.

        Raises: LoadError, naming the field.
        """
        kind = self.kinds.get(name)
        if kind is None:
            raise LoadError(f"there is no field {name!r}; known: {', '.join(self.fields)}", name)
        try:
            return None if value is None and takes_null else kind(value)
        except LoadError as error:
            raise error.within(name) from None

    # What is read from the contract

    def _key_kind(self) -> Kind:
        match self.table.identity:
            case Identity.INTEGER:
                return kinds.id_number
            case Identity.UUID:
                return kinds.uuid
        return kinds.given_text

    def _is_drawn(self, name: str, spec: Document) -> bool:
        """Return whether a property that is left out gets a UUID of its own."""
        types = spec.get("type", ())
        if self.table.name == "persons" or name in self.table.references or name == self.table.key:
            return False
        return spec.get("format") == "uuid" and "null" not in types

    def _default(self, name: str, spec: Document) -> Any:
        spec = self.contract.resolve(spec)
        types = spec.get("type", "null" if "anyOf" in spec else [])
        types = [types] if isinstance(types, str) else types
        if "default" in spec:
            return spec["default"]
        if name in NOW:
            return self.now
        if "enum" in spec and types and "null" not in types:
            return spec["enum"][0]
        return EMPTY[types[0]] if types and "null" not in types else None

    def _default_beside(self, name: str) -> Any:
        if name in NOW:
            return self.now
        if name in LISTS:
            return []
        if name in OBJECTS:
            return {}
        return False if name in FLAGS else name == "is_active" or None

    # What is drawn or looked up

    def _identify(self) -> Any:
        if self.table.identity is Identity.INTEGER:
            return self.transaction.next(f"ids.{self.table.name}")
        if self.table.name == "api_keys":
            return self.world.new_key(self.transaction)
        return entropy.uuid7(self.world.seed, self.transaction)

    def _belongs(self) -> Any:
        """Return the tenant of a record that names none: the world's first."""
        if self._first_owner is None:
            name = "projects" if self.table.owner is Owner.PROJECT else "organizations"
            first = next(iter(self.transaction.table(name)), None)
            if first is None:
                raise LoadError(f"there is no {name[:-1]} for it to belong to", self.owner)
            self._first_owner = first["id"]
        return self._first_owner
