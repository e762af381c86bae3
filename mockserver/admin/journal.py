"""The requests that a world saw: listed, counted against what a test expects, forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mockserver.admin.moments import read_moment
from mockserver.admin.plane import Plane
from mockserver.admin.refusals import refuse_bad_match
from mockserver.admin.verdicts import MOST_NEAR_MISSES, judge
from mockserver.traffic.journal import Entry, Redacted, show
from mockserver.traffic.matching import Match
from mockserver.world import entropy
from mockserver.world.worlds import World


def list_requests(plane: Plane, given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """List the requests that fit the filters, oldest first; `limit` keeps the latest."""
    match = Match.of({name: given.get(name) for name in ("operation", "method", "path", "status")})
    after, since = _since(given)
    found = [
        (number, entry)
        for number, entry in plane.journals.entries(world)
        if number > after and (since is None or entry.at >= since) and match.fits(entry)
    ]
    limit = given.get("limit")
    latest = found if limit is None else found[max(len(found) - limit, 0) :]
    return {"requests": [show(number, entry) for number, entry in latest], "count": len(found)}


def _since(given: Mapping[str, Any]) -> tuple[int, datetime | None]:
    """Return the entry, or the moment, from which on requests are wanted."""
    text = str(given.get("since", ""))
    if text.isascii() and text.isdigit() and len(text) < 16 and len(text) != 8:  # eight digits are a date
        return int(text), None
    moment = read_moment(given, "since")
    return 0, None if moment is None else entropy.read_timestamp(moment)


def clear_requests(plane: Plane, given: Any, world: World) -> None:
    """Forget the requests that a world saw."""
    plane.journals.clear(world)


def verify_requests(plane: Plane, given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Say whether requests were made as often as expected, and if not, which others came close."""
    refuse_bad_match(plane, given["match"])
    match = Match.of(given["match"])
    matched, ok = judge(world, given, lambda: sum(1 for _, entry in plane.journals.entries(world) if match.fits(entry)))
    if ok:
        return {"matched": matched, "ok": ok, "near_misses": []}
    entries: list[tuple[int, Entry]] = plane.journals.entries(world)
    others = [(number, entry) for number, entry in entries if not match.fits(entry)]
    return {"matched": matched, "ok": ok, "near_misses": _near_misses(match, others)}


def _near_misses(match: Match, others: list[tuple[int, Entry]]) -> list[dict[str, Any]]:
    """Return the requests that differ in the least, the latest of them first."""
    judged = [(list(match.differences(Redacted(entry))), -number, entry) for number, entry in others]
    judged.sort(key=lambda miss: (len(miss[0]), miss[1]))
    return [
        {"request": show(-number, entry), "differences": differences}
        for differences, number, entry in judged[:MOST_NEAR_MISSES]
    ]
