"""The capture endpoints, under every name they have had: what they take, and what they answer.

Errors are plain text, as the service's are. An unknown token is told in PostHog's envelope in profile `documented`; the
servers of profile `observed` answer as if all were well, and drop the events.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

from mockserver import capture
from mockserver.capture.decoding import Payload, read_payload
from mockserver.capture.normalizing import Event, normalize, read_moment, refuse_large
from mockserver.capture.refusals import CaptureError, NothingLeft
from mockserver.capture.unpacking import unpack
from mockserver.flags.quotas import EVENTS, RECORDINGS, is_limited
from mockserver.flags.rules import is_of_2025
from mockserver.road.rendering import encode
from mockserver.sdk.paths import BATCHES, RECORDING, SINGLES
from mockserver.sdk.tokens import UnknownToken, named_by
from mockserver.store import Record
from mockserver.traffic.interception import enter
from mockserver.world import entropy
from mockserver.world.worlds import World, Worlds

MEBIBYTE = 1024 * 1024
MOST_BODY_BYTES = {
    **dict.fromkeys(BATCHES, 20 * MEBIBYTE), **dict.fromkeys(SINGLES, 2 * MEBIBYTE), RECORDING: 25 * MEBIBYTE,
}  # fmt: skip
"""The paths, and how large a body may be as it is sent."""

BODY_TOO_LARGE = "Failed to buffer the request body: length limit exceeded"
BAD_QUERY = "Failed to deserialize query string: invalid digit found in string"
FIRST_YEAR_SENT = 2021  # seconds, which old SDKs sent in the place of milliseconds, are of 1970
HALF_A_MESSAGE = 400_000
"""A text shorter than this holds no event that is too large, however it is written out."""


def take_events(worlds: Worlds, request: Request) -> Response:
    """Store the events of a request, all of them or, when one cannot be taken, none."""
    sent_at = _sent_at_of(request)
    try:
        payload, text = _read(request)
    except NothingLeft:
        return _respond({"status": "Ok"})
    found = _project_of(worlds, payload)
    world = found[0] if found else worlds.default
    project = found[1] if found else None
    if found:
        enter(request, world)
    with world.store.transaction() as transaction:
        now = entropy.now(transaction)
        told = None if payload.is_historical else read_moment(payload.sent_at) or sent_at
        events = _events(payload, text, request, world, project, now, told)
        if project is not None and not is_limited(project, EVENTS):
            capture.ingest(world, transaction, project["id"], events, from_clients=True)
    if project is None and not world.profile.is_observed:
        raise UnknownToken
    return accepted(request)


def _events(
    payload: Payload, text: bytes, request: Request, world: World, project: Record | None, now: datetime,
    sent_at: datetime | None,
) -> Sequence[Event]:  # fmt: skip
    ip = None if project and project.get("anonymize_ips") else request.remote_addr
    takes_blank = is_of_2025(world.profile)
    events = [normalize(event, now, sent_at=sent_at, ip=ip, takes_blank_ids=takes_blank) for event in payload.events]
    if len(text) > HALF_A_MESSAGE:
        for event in payload.events:
            refuse_large(event)
    return events


def take_recording(worlds: Worlds, request: Request) -> Response:
    """Accept a session recording, which is not kept."""
    try:
        payload, _ = _read(request)
    except NothingLeft:
        return _respond({"status": "Ok"})
    for event in payload.events:
        _refuse_snapshot(event.get("properties") or {}, is_first=event is payload.events[0])
    found = _project_of(worlds, payload)
    if found is None:
        if not worlds.default.profile.is_observed:
            raise UnknownToken
        return accepted(request)
    enter(request, found[0])
    if is_limited(found[1], RECORDINGS):
        return _respond({"status": "Ok", "quota_limited": [RECORDINGS]})
    return accepted(request)


def _refuse_snapshot(properties: dict[str, Any], *, is_first: bool) -> None:
    """Refuse a snapshot of no session, or of nothing; the first one names the session of all. Raises: CaptureError."""
    session = properties.get("$session_id")
    if is_first and session is None:
        raise CaptureError("replay event submitted without session id")
    if is_first and not (isinstance(session, str) and len(session) <= 70 and _is_plain(session)):
        raise CaptureError("replay event has invalid session id")
    if not isinstance(properties.get("$snapshot_data"), (list, dict)):
        raise CaptureError("replay event submitted without snapshot data")


def _is_plain(text: str) -> bool:
    return text.isascii() and (not text or text.replace("-", "0").isalnum())


def accepted(request: Request) -> Response:
    """Return the answer to events taken: nothing at all for a beacon, which nobody waits for."""
    if request.args.get("beacon") == "1":
        response = Response(status=204)
        response.headers.remove("Content-Type")
        return response
    return _respond({"status": "Ok"})


def _project_of(worlds: Worlds, payload: Payload) -> tuple[World, Record] | None:
    """Return whose token it is; white space around it is overlooked, but not by the servers of 2025."""
    token = payload.token or ""
    found = named_by(worlds, token)
    if found is None and token != token.strip():
        found = named_by(worlds, token.strip())
        return None if found and is_of_2025(found[0].profile) else found
    return found


def _read(request: Request) -> tuple[Payload, bytes]:
    """Return what a capture request carries, and the text that spelled it. Raises: CaptureError, NothingLeft."""
    path = request.path
    try:
        request.max_content_length = MOST_BODY_BYTES[path.strip("/")]
        body = body_of(request)
    except RequestEntityTooLarge:
        raise CaptureError(BODY_TOO_LARGE, 413) from None
    text = unpack(
        body, request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", ""), request.args, path
    )
    return read_payload(text, path), text


def body_of(request: Request) -> bytes:
    """Return the body as it was sent; a form that was read already is written out again."""
    return request.get_data() or urlencode(list(request.form.items(multi=True))).encode()


def _sent_at_of(request: Request) -> datetime | None:
    """Return when a browser says it sent a request: milliseconds, in the parameter `_`.

    Raises: CaptureError where that, or `beacon`, is no number.
    """
    numbers = {name: request.args[name] for name in ("_", "beacon") if name in request.args}
    if not all(_is_integer(text) for text in numbers.values()):
        raise CaptureError(BAD_QUERY)
    moment = read_moment(numbers.get("_", "").zfill(13))
    return moment if moment is not None and moment.year >= FIRST_YEAR_SENT else None


def _is_integer(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 20


def _respond(value: Any) -> Response:
    return Response(encode(value), content_type="application/json")
