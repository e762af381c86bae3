"""The records of a collection, in the records that they lie in: found, made, changed and removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.errors import NotFound, ValidationError
from mockserver.inferred.answering.tools import Tools
from mockserver.inferred.answering.values import Values
from mockserver.inferred.keeping import Place, Shelf
from mockserver.inferred.outlines import Collection
from mockserver.inferred.templates import Template
from mockserver.request.call import Call
from mockserver.resources.resource import Resource
from mockserver.store import Record
from mockserver.world.tables import Owner

ONESELF = "@me"
COPY = " (copy)"
TITLES = ("name", "title")


class Around:
    """A record that others lie in: who finds it, and the parameter that names it."""

    def __init__(self, template: Template, records: Records | None, modelled: Resource | None, names: Sequence[str]):
        self.template = template
        self.parameter = template.parameters[-1]
        self._records = records
        self._modelled = modelled
        self._names = names

    def require(self, call: Call) -> str:
        """Return the key that the path names, as it is written in one way only. Raises: NotFound."""
        text = call.path[self.parameter]
        if self._modelled is not None:
            self.modelled_record(call)
        elif self._records is not None:
            shelf = self._records.shelf(call)
            key = self._records.read_key(call, shelf, text)
            if shelf.get(key) is None:
                raise NotFound
            return str(key)
        return text

    def modelled_record(self, call: Call) -> tuple[Resource, Call, Record]:
        """Return a modelled family's record, and the call as that family knows it. Raises: NotFound."""
        assert self._modelled is not None
        tenant_id = call.path.get("project_id") or call.path.get("organization_id", "")
        values = [call.path.get(name, tenant_id) for name in self.template.parameters]
        path = {**call.path, **dict(zip(self._names, values, strict=True))}
        tenant = self._modelled.locate(path, call.principal, call.state)
        asked = Call(
            call.operation, call.principal, tenant, call.world, call.state, path, call.query, call.body,
            call.is_form, call.files, call.make_url, call.format, call.headers, call.asked,
        )  # fmt: skip
        return self._modelled, asked, self._modelled.get_record(asked, values[-1])


class Records:
    """The records of one collection, wherever a path says that they lie."""

    def __init__(self, tools: Tools, owner: Owner, collection: Collection, around: Sequence[Around]) -> None:
        self._tools = tools
        self._owner = owner
        self._collection = collection
        self._around = around
        self._values = Values(tools, collection)
        self._others: Mapping[str, Records] = {}

    def refer(self, others: Mapping[str, Records]) -> None:
        """Learn which fields name a record of another collection, and the records of that."""
        self._others = others

    # Where they lie

    def shelf(self, call: Call) -> Shelf:
        """Return the records where the path says."""
        tenant = {Owner.PROJECT: "project_id", Owner.ORGANIZATION: "organization_id"}.get(self._owner)
        parents = tuple(self._parent_key(call, name) for name in self._collection.parents)
        tenant_id = getattr(call.tenant, tenant) if tenant else None
        place = Place(self._collection.table, self._owner.value, tenant_id, parents)
        return Shelf(
            call.state, self._collection, place, call.world.seed, lambda key, name: self._sown(call, key, name)
        )

    def _sown(self, call: Call, key: Any, name: str) -> dict[str, Any]:
        return self._values.sown(self._tools.drawer_at_start(call), self._belonging(call), key, name)

    def require_around(self, call: Call) -> None:
        """Refuse a path that lies in records that are not there. Raises: NotFound."""
        for each in self._around:
            if each.parameter in self._collection.parents:
                each.require(call)

    def _parent_key(self, call: Call, parameter: str) -> str:
        """Return the key of a record that the path lies in, as it is written in one way only."""
        found = next((each for each in self._around if each.parameter == parameter), None)
        return str(call.path[parameter]) if found is None else found.require(call)

    def _belonging(self, call: Call) -> dict[str, Any]:
        """Return the fields that say what a record belongs to: its tenant, and the records that it lies in."""
        fields: dict[str, Any] = {}
        for name, owner in self._collection.tenants.items():
            tenant = call.tenant.project if owner == "project_id" else call.tenant.organization
            if tenant is not None:
                fields[name] = tenant["id"]
        properties = self._values.properties
        for name, parameter in self._collection.ancestors.items():
            text = self._parent_key(call, parameter)
            is_number = self._tools.shapes.of(properties[name]).kind in ("integer", "number") and text.isdigit()
            fields[name] = int(text) if is_number else text
        return fields

    # Reading

    def read_key(self, call: Call, shelf: Shelf, text: str) -> Any:
        """Return the key that a part of a path names; oneself by `@me`. Raises: NotFound when it names none."""
        if text == ONESELF and call.user.get("uuid"):
            text = str(call.user["id" if self._collection.identity == "integer" else "uuid"])
        key = shelf.read_key(text)
        if key is None:
            raise NotFound
        return key

    def find(self, call: Call, *, with_deleted: bool = False) -> tuple[Any, Record]:
        """Return the key and the record that the path names. Raises: NotFound."""
        self.require_around(call)
        shelf, found = self.shelf(call), self._collection
        key = "" if found.is_single else self.read_key(call, shelf, call.path[found.parameter])
        record = shelf.get(key)
        if record is None or (record.get(found.deleted) and not with_deleted):
            raise NotFound
        return key, record

    # Writing

    def make(self, call: Call, accepted: Mapping[str, Any], key: Any = None) -> Record:
        """Store a new record of what was accepted. Raises: ValidationError where its key is taken."""
        shelf, found = self.shelf(call), self._collection
        drawer = self._tools.drawer_now(call)
        if key is None:
            given = accepted.get(found.key)
            if given is not None and not isinstance(given, (Mapping, list)):
                if not shelf.is_free(given):
                    detail = f"A record with this {found.key} already exists."
                    raise ValidationError(detail, code="unique", attr=found.key)
                key = given
                shelf.reserve([given])
            else:
                key = self._values.new_key(drawer, shelf)
        own = {**self._references(call), **self._belonging(call), **self._values.set_on_create(call), found.key: key}
        sent = {**own, **accepted}
        if found.deleted:
            sent.setdefault(found.deleted, False)
        return shelf.put(key, self._values.whole(drawer, sent, key))

    def _references(self, call: Call) -> dict[str, Any]:
        """Return the fields that must name a record of another collection, with one that exists, where one does."""
        fields: dict[str, Any] = {}
        for name, other in self._others.items():
            record = other.shelf(call).first()
            if record is not None:
                fields[name] = record.get(other._collection.key)
        return fields

    def change(self, call: Call, key: Any, record: Record, changes: Mapping[str, Any]) -> Record:
        """Store a new version of a record."""
        sent = {**record, **self._values.set_on_update(call), **changes}
        if self._collection.key in record:
            sent[self._collection.key] = record[self._collection.key]
        return self.shelf(call).put(key, self._values.whole(self._tools.drawer_now(call), sent, key))

    def copy(self, call: Call, record: Record, sent: Mapping[str, Any]) -> Record:
        """Store another record like one, under a key of its own and a name that says so."""
        own = {self._collection.key, *self._collection.created_at, *self._collection.updated_at}
        values = {name: value for name, value in record.items() if name not in own}
        for name in TITLES:
            if isinstance(values.get(name), str) and name not in sent:
                values[name] = values[name] + COPY
        properties = self._values.properties
        return self.make(call, {**values, **{n: v for n, v in sent.items() if n in properties}})

    def remove_several(self, call: Call, named: Mapping[str, Any]) -> None:
        """Remove the records whose keys stand in the lists of a body; keys of none are passed over."""
        shelf = self.shelf(call)
        for value in named.values():
            for each in value if isinstance(value, list) else ():
                key = shelf.read_key(str(each))
                if key is not None and shelf.get(key) is not None:
                    shelf.remove(key)
