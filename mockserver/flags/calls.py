"""When a flag was last called: what `$feature_flag_called` events tell, which SDKs send when they are asked for a flag.

Servers bring it together every half hour, of what happened since they last did; here it is known at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver.store import Record, Transaction, View
from mockserver.world import entropy

TABLE = "flag_calls"
CALLED, KEY = "$feature_flag_called", "$feature_flag"
LOOKED_BACK = timedelta(days=1)


class Calls:
    """The calls that a batch of events tells of; `save` stores the last one of each flag."""

    def __init__(self, transaction: Transaction, project_id: int) -> None:
        self.transaction = transaction
        self.project_id = project_id
        self._last: dict[str, str] = {}

    def note(self, event: Mapping[str, Any]) -> None:
        """Note an event, if it is a call."""
        key = event["properties"].get(KEY) if event["event"] == CALLED else None
        if isinstance(key, str) and key:
            self._last[key] = max(self._last.get(key, ""), event["timestamp"])

    def save(self) -> None:
        """Store the calls of flags that there are; what lies in the future or a day back is not looked at."""
        if not self._last:
            return
        flags, table = self.transaction.table("feature_flags"), self.transaction.table(TABLE)
        now = entropy.now(self.transaction)
        earliest, latest = entropy.timestamp(now - LOOKED_BACK), entropy.timestamp(now)
        for key, moment in self._last.items():
            flag = flags.first(project_id=self.project_id, key=key)
            if flag is None or not earliest < moment <= latest:
                continue
            known = table.first(flag_id=flag["id"])
            if known is None:
                number = self.transaction.next(f"ids.{TABLE}")
                table.insert({
                    "id": number, "project_id": self.project_id, "flag_id": flag["id"], "called_at": moment,
                })  # fmt: skip
            elif known["called_at"] < moment:
                table.update(known, {"called_at": moment})


def last_call(view: View, flag: Record) -> str | None:
    """Return when a flag was last called; nothing for one that never was."""
    known = view.table(TABLE).first(flag_id=flag["id"])
    moments = [moment for moment in (known and known["called_at"], flag.get("last_called_at")) if moment]
    return max(moments, key=entropy.read_timestamp) if moments else None
