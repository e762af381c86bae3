"""What a world's subscriptions have sent, as far as its clock has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.admin.moments import read_moment
from mockserver.admin.plane import Plane
from mockserver.world import clockwork, deliveries, entropy
from mockserver.world.worlds import World

EXACT = ("subscription", "target_type", "trigger", "status")


def list_deliveries(plane: Plane, given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """List what was sent, the oldest first; `limit` keeps the latest."""
    since = read_moment(given, "since")
    earliest = None if since is None else entropy.read_timestamp(since)
    found = [
        delivery
        for delivery in clockwork.settled(world).table(deliveries.TABLE)
        if all(delivery[name] == given[name] for name in EXACT if name in given)
        and ("recipient" not in given or given["recipient"] in delivery["recipients"])
        and (earliest is None or entropy.read_timestamp(delivery["delivered_at"]) >= earliest)
    ]
    limit = given.get("limit")
    latest = found if limit is None else found[max(len(found) - limit, 0) :]
    return {"deliveries": [dict(delivery) for delivery in latest], "count": len(found)}
