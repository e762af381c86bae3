"""The requests that a world saw: listed, told as they come, explained, verified, sent again, forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Response, request

from mockserver.admin.journal.explaining import explain
from mockserver.admin.journal.resending import resend
from mockserver.admin.journal.streaming import latest, stream
from mockserver.admin.moments import read_moment
from mockserver.admin.plane import Plane
from mockserver.admin.refusals import refuse_bad_match
from mockserver.admin.verdicts import MOST_NEAR_MISSES, judge
from mockserver.errors import Conflict, NotFound
from mockserver.traffic.journal import Entry, Redacted, show, show_line
from mockserver.traffic.matching import Match
from mockserver.world import entropy
from mockserver.world.worlds import World

EVERY = Match()


def list_requests(plane: Plane, given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """List the requests that fit the filters, oldest first; `limit` keeps the latest."""
    match = Match.of({name: given.get(name) for name in ("operation", "method", "path", "status")})
    after, since = _since(given)
    found = plane.journals.entries(world, after)
    if since is not None:
        found = [each for each in found if each[1].at >= since]
    if match != EVERY:  # a journal may be long, and the console asks for all of it
        found = [each for each in found if match.fits(each[1])]
    limit = given.get("limit")
    kept = found if limit is None else found[max(len(found) - limit, 0) :]
    form = _form(plane, given)
    return {"requests": [form(number, entry) for number, entry in kept], "count": len(found)}


def stream_requests(plane: Plane, given: Mapping[str, Any], world: World) -> Response:
    """Tell each request as it is answered, until nobody listens; from `since` on, or from where a stream broke off."""
    resumed = request.headers.get("Last-Event-ID", "")
    after: int | None = int(resumed) if resumed.isascii() and resumed.isdigit() and len(resumed) < 16 else None
    if after is None and "since" in given:
        after, since = _since(given)
        if since is not None:
            earlier = [number for number, entry in plane.journals.entries(world) if entry.at < since]
            after = earlier[-1] if earlier else 0
    response = Response(
        stream(plane, world, after, _form(plane, given)), content_type="text/event-stream; charset=utf-8"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold messages back
    return response


def get_request(plane: Plane, given: Any, world: World, entry: str) -> dict[str, Any]:
    """Return a request with what there is to say of it: its operation, whether its answer kept the contract, and why it
    was refused."""
    number, found = _entry(plane, world, entry)
    return {**_shown(plane, number, found), "explanation": explain(plane, world, found)}


def resend_request(plane: Plane, given: Any, world: World, entry: str) -> dict[str, Any]:
    """Send a request again as it was, with the key that it bore, and return its new entry."""
    _, found = _entry(plane, world, entry)
    before = latest(plane, world)
    resend(found)
    asked = (found.method, found.path, found.query_string)
    for number, other in reversed(plane.journals.entries(world, before)):
        if (other.method, other.path, other.query_string) == asked:
            return _shown(plane, number, other)
    raise Conflict("It was answered by another world: the key that it bears has gone there.")


def _entry(plane: Plane, world: World, id: str) -> tuple[int, Entry]:
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 16 else 0
    entries = plane.journals.entries(world, number - 1) if number else []
    found = next((each for each in entries if each[0] == number), None)
    if found is None:
        raise NotFound(f"Request {id!r} not found: it is none of this world's, or was forgotten.")
    return found


def _form(plane: Plane, given: Mapping[str, Any]) -> Callable[[int, Entry], dict[str, Any]]:
    form = show_line if given.get("brief") == "true" else show
    return lambda number, entry: _shown(plane, number, entry, form)


def _shown(
    plane: Plane, number: int, entry: Entry, form: Callable[[int, Entry], dict[str, Any]] = show
) -> dict[str, Any]:  # fmt: skip
    """Return an entry, with what knows its operation."""
    source = None if entry.operation is None else plane.registry.source_of(entry.operation)
    return {**form(number, entry), "source": source}


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
    return {"matched": matched, "ok": ok, "near_misses": _near_misses(plane, match, others)}


def _near_misses(plane: Plane, match: Match, others: list[tuple[int, Entry]]) -> list[dict[str, Any]]:
    """Return the requests that differ in the least, the latest of them first."""
    judged = [(list(match.differences(Redacted(entry))), -number, entry) for number, entry in others]
    judged.sort(key=lambda miss: (len(miss[0]), miss[1]))
    return [
        {"request": _shown(plane, -number, entry), "differences": differences}
        for differences, number, entry in judged[:MOST_NEAR_MISSES]
    ]
