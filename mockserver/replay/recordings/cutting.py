"""Long answers, of which a recording kept a part: ours, cut as it was."""

from __future__ import annotations

from typing import Any

from mockserver.replay.recordings.model import RecordedExchange

UUIDS = "uuid of every result"
"""Where the uuids of all results are compared, those that were not kept whole included."""


def cut(exchange: RecordedExchange, recorded: Any, ours: Any) -> tuple[Any, Any]:
    """Return a recorded answer and ours as far as both tell: what was kept, how much there was, and whom of."""
    kept = exchange.kept
    if kept is None or kept.suggestions:
        return recorded, ours
    if kept.characters is not None:
        return recorded, ours[: kept.characters] if isinstance(ours, str) else ours
    rows = ours.get("results") if isinstance(ours, dict) else None
    if not isinstance(rows, list) or not isinstance(recorded, dict):
        return recorded, ours
    if kept.of is not None and len(rows) != kept.of:
        return {**recorded, "results": f"{kept.of} results"}, {**ours, "results": f"{len(rows)} results"}
    ours = {**ours, "results": rows[: kept.first] + (rows[-kept.last :] if kept.last else [])}
    uuids = kept.uuids if kept.uuids is not None else kept.members
    if uuids is None:
        return recorded, ours
    found = [row.get("uuid") if isinstance(row, dict) else row for row in rows]
    if kept.members is not None:
        found.sort(key=str)
    return {**recorded, UUIDS: list(uuids)}, {**ours, UUIDS: found}


def drop(names: tuple[str, ...], node: Any) -> Any:
    """Return an answer without keys: `timings`, or `query_status.end_time` for one inside another."""
    for name in names:
        node = _without(node, name.split("."))
    return node


def _without(node: Any, parts: list[str]) -> Any:
    if not isinstance(node, dict) or parts[0] not in node:
        return node
    if len(parts) > 1:
        return {**node, parts[0]: _without(node[parts[0]], parts[1:])}
    return {name: value for name, value in node.items() if name != parts[0]}
