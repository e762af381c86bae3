"""Scheduled changes: what is to become of a flag, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.listing.jsonb import as_shown
from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource
from mockserver.world.schedules import TABLE


class ScheduledChanges(Resource):
    """Planned changes; the world's clock carries them out (`world/schedules`)."""

    family = "scheduled_changes"
    table = TABLE
    component = "ScheduledChange"
    title = "Scheduled Change"
    narrowing = ("model_name", "record_id")
    relations = {"created_by": "users"}

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        wanted = {name: call.query[name] for name in self.narrowing if call.query.get(name)}
        return [record for record in records if all(str(record[name]) == text for name, text in wanted.items())]

    def server_fields(self, call: Call) -> dict[str, Any]:
        now = call.now()
        return {
            "created_by": call.user["id"], "created_at": now, "updated_at": now, "executed_at": None,
            "failure_reason": None,
        }  # fmt: skip

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        return super().perform_update(call, record, {**data, "updated_at": call.now()})

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"team_id": record["project_id"], **as_shown(record, ("payload",), call.body)}
