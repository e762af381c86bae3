"""Values of a record that no client sent: its key, what the server sets, and what is drawn for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.inferred.answering.tools import Tools
from mockserver.inferred.drawing import Drawer
from mockserver.inferred.keeping import Shelf
from mockserver.inferred.outlines import Collection
from mockserver.request.call import Call
from mockserver.resources.resource import user_fields
from mockserver.store import Record
from mockserver.world import entropy

MOST_KEYS = 20
"""How many keys are drawn by a schema that few fit."""


class Values:
    """Completes the records of one collection."""

    def __init__(self, tools: Tools, collection: Collection) -> None:
        self._tools = tools
        self._shapes = tools.shapes
        self._collection = collection

    @property
    def properties(self) -> Mapping[str, Any]:
        """The schemas of a record's fields."""
        return self._shapes.of(self._collection.record).properties

    def whole(self, drawer: Drawer, sent: Mapping[str, Any], key: Any) -> dict[str, Any]:
        """Return a record with everything that any answer shows of it; what was sent is kept where it fits."""
        record, table = dict(sent), self._collection.table
        for number, schema in enumerate((self._collection.record, *self._collection.shapes)):
            drawn = drawer.draw(schema, table, sent=record, place=f"{table}/{key}")
            if isinstance(drawn, Mapping):
                record = {**record, **drawn} if number == 0 else {**drawn, **record}
        return record

    def sown(self, drawer: Drawer, belonging: Mapping[str, Any], key: Any, name: str) -> dict[str, Any]:
        """Return the record that is there from the start under a key; `name` tells it from all others."""
        found, properties = self._collection, self.properties
        record: dict[str, Any] = {}
        for schema in (found.record, *found.shapes):
            drawn = drawer.draw(schema, found.table, place=name)
            record = {**(drawn if isinstance(drawn, Mapping) else {}), **record}
        record.update({n: value for n, value in belonging.items() if drawer.fits(properties[n], value)})
        if found.deleted:
            record[found.deleted] = False
        if found.key:
            record[found.key] = key
        return record

    def set_on_create(self, call: Call) -> dict[str, Any]:
        """Return the fields that say when a new record was made and written, and by whom."""
        found = self._collection
        return self._written(call, (*found.created_at, *found.updated_at), (*found.created_by, *found.updated_by))

    def set_on_update(self, call: Call) -> dict[str, Any]:
        """Return the fields that say when a record was last written, and by whom."""
        return self._written(call, self._collection.updated_at, self._collection.updated_by)

    def _written(self, call: Call, times: Iterable[str], users: Iterable[str]) -> dict[str, Any]:
        properties, now = self.properties, entropy.now(call.state)
        fields: dict[str, Any] = {}
        for name in times:
            shape = self._shapes.of(properties[name])
            if shape.kind in ("integer", "number"):
                fields[name] = int(now.timestamp())
            else:
                told = entropy.timestamp(now)
                fields[name] = told[:10] if shape.words.get("format") == "date" else told
        if call.user.get("uuid"):
            fields.update({name: self._person(call.user, properties[name]) for name in users})
        return fields

    def _person(self, user: Record, schema: Any) -> Any:
        """Return a user as a field shows one."""
        shape = self._shapes.of(schema)
        if shape.kind in ("integer", "number"):
            return user["id"]
        if shape.kind == "string":
            return user["uuid" if shape.words.get("format") == "uuid" else "email"]
        return user_fields(user)

    def new_key(self, drawer: Drawer, shelf: Shelf) -> Any:
        """Return a key that no record has: of the record's own pattern, where its schema has one."""
        found = self._collection
        schema = self.properties.get(found.key)
        key = shelf.new_key(self._shapes.of(schema).words.get("example") if schema is not None else None)
        if schema is None or drawer.fits(schema, key):
            return key
        for attempt in range(MOST_KEYS):
            drawn = drawer.draw(schema, found.key, place=f"{found.table}/{key}/{attempt}")
            if isinstance(drawn, (str, int)) and shelf.is_free(drawn):
                return drawn
        return key
