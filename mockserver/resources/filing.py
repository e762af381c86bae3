"""What people make is filed in the tree of their project, and its entry follows it."""

from __future__ import annotations

from typing import Any, ClassVar

from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource
from mockserver.world import filing

WHERE = "_create_in_folder"
"""The field of a body that says in which folder a new thing stands; servers read it and do not store it."""


class Filed(Resource):
    """Records with an entry in the tree: filed when made, renamed with it, taken out and put back as it is deleted.

    How a table's records are filed stands in `world/filing`.
    """

    keeps_folder: ClassVar[bool] = False
    """Whether a record tells in which folder it was made."""

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        record = super().perform_create(call, self._stored(data))
        filing.keep(call.world.seed, call.transaction, self.table, record, data.get(WHERE))
        return record

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        updated = super().perform_update(call, record, self._stored(data))
        filing.keep(call.world.seed, call.transaction, self.table, updated, data.get(WHERE))
        return updated

    def perform_destroy(self, call: Call, record: Record) -> None:
        super().perform_destroy(call, record)
        filing.withdraw(call.transaction, self.table, record)

    def _stored(self, data: dict[str, Any]) -> dict[str, Any]:
        return data if self.keeps_folder else {name: value for name, value in data.items() if name != WHERE}
