"""Actions on a modelled family that a document tells of and the family does not: over the family's own records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import NotFound
from mockserver.inferred.answering import Inferred
from mockserver.inferred.answering.answers import success_schema, without_json
from mockserver.inferred.answering.records import Around
from mockserver.request.call import Call
from mockserver.resources.resource import Resource
from mockserver.store import Record
from mockserver.store.contents import Version


class Neighbouring(Inferred):
    """Answers what a document tells of a modelled family beside what that family answers, over the family's records."""

    def __init__(self, *told: Any, item: Around | None, modelled: Resource) -> None:
        super().__init__(*told)
        self._item = item
        self._modelled = modelled

    def find(self, call: Call, *, with_deleted: bool = False) -> tuple[Any, Record]:
        family, asked, record = self._around(call)
        shown = family.show(record, asked)
        return record[family.key], shown if isinstance(shown, Mapping) else {}

    def list(self, call: Call) -> Any:
        """Return the family's own list."""
        return self._fitted(call, self._modelled, call, self._modelled.list(call))

    def create(self, call: Call) -> Any:
        """Let the family make a record."""
        return self._fitted(call, self._modelled, call, self._modelled.create(call))

    def update(self, call: Call) -> Any:  # type: ignore[override]
        """Let the family change a record."""
        family, asked, record = self._around(call)
        return self._fitted(call, family, asked, family.update(asked, record=record))

    def put(self, call: Call) -> Any:
        """Let the family change a record."""
        return self.update(call)

    def partial_update(self, call: Call) -> Any:  # type: ignore[override]
        """Let the family change some fields of a record."""
        family, asked, record = self._around(call)
        return self._fitted(call, family, asked, family.partial_update(asked, record=record))

    def destroy(self, call: Call) -> Any:  # type: ignore[override]
        """Let the family remove a record."""
        family, asked, record = self._around(call)
        family.perform_destroy(asked, record)
        return without_json(call)

    def act(self, call: Call) -> Any:
        """Tell what an action tells; the family's records are the family's to change."""
        role = self.role(call)
        sent = self.bodies.fields(call, partial=True)
        if role.on_item:
            return self.answers.told(call, role.verb, sent, self.find(call)[1])
        self.records.require_around(call)
        return self.answers.told(call, role.verb, sent)

    def _around(self, call: Call) -> tuple[Resource, Call, Record]:
        if self._item is None:
            raise NotFound
        return self._item.modelled_record(call)

    def _fitted(self, call: Call, family: Resource, asked: Call, result: Any) -> Any:
        """Return what a family answered as the document has it."""
        schema = success_schema(call)
        if schema is None:
            return without_json(call)
        value = family.show(result, asked) if isinstance(result, Version) else result
        if isinstance(value, Mapping):
            return self.tools.drawer_now(call).draw(
                schema, self.collection.table, sent=dict(value), place=str(value.get("id"))
            )
        return value
