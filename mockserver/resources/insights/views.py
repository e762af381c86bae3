"""Who looked at which insight, and when last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from mockserver.request.call import Call
from mockserver.store import Record
from mockserver.world import entropy

TABLE = "insight_views"
MEMO = "insight views"


def note(call: Call, insight: Record) -> None:
    """Note that the asker looks at an insight now."""
    table, asker, now = call.table(TABLE), call.user["id"], call.now()
    known = table.first(insight=insight["id"], user_id=asker)
    if known is not None:
        table.update(known, {"last_viewed_at": now})
        return
    table.insert({
        "id": call.next_id(TABLE), "project_id": insight["project_id"], "insight": insight["id"], "user_id": asker,
        "last_viewed_at": now,
    })  # fmt: skip


def by(call: Call, user_id: int) -> list[Record]:
    """Return what a user looked at in the project, the latest first."""
    found = call.table(TABLE).find(user_id=user_id, project_id=call.tenant.project_id)
    return sorted(found, key=lambda view: view["last_viewed_at"], reverse=True)


def last_of(call: Call, insight: Record) -> str | None:
    """Return when anybody looked at an insight last."""
    return max((view["last_viewed_at"] for view in call.table(TABLE).find(insight=insight["id"])), default=None)


def latest(call: Call) -> dict[int, str]:
    """Return when anybody looked at each of the project's insights last."""
    found: dict[int, str] = {}
    for view in call.table(TABLE).find(project_id=call.tenant.project_id):
        found[view["insight"]] = max(view["last_viewed_at"], found.get(view["insight"], ""))
    return found


def since(call: Call, moment: datetime) -> dict[int, list[Record]]:
    """Return who looked at which of the project's insights since a moment, those who did last first."""
    found: defaultdict[int, list[Record]] = defaultdict(list)
    views: Iterable[Record] = call.table(TABLE).find(project_id=call.tenant.project_id)
    for view in sorted(views, key=lambda view: view["last_viewed_at"], reverse=True):
        if entropy.read_timestamp(view["last_viewed_at"]) >= moment:
            found[view["insight"]].append(view)
    return found
