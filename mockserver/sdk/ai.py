"""Events of language models that do not come in batches: one in parts, and spans of OpenTelemetry's.

Source: the capture service of late 2025, and of 2026 for spans, which SDKs send to `/i/v0/ai/otel`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

from mockserver import capture
from mockserver.capture.decoding import flaw_of_token
from mockserver.capture.encodings import TooLarge, Undecodable, decoded
from mockserver.capture.normalizing import Event, normalize, read_moment
from mockserver.capture.parts import MOST_BYTES, boundary_of, read_event
from mockserver.capture.refusals import CaptureError, too_big, undecodable
from mockserver.capture.spans import SpanEvent, read_spans
from mockserver.flags.quotas import EVENTS, is_limited
from mockserver.road.rendering import encode
from mockserver.sdk.capturing import BODY_TOO_LARGE
from mockserver.sdk.tokens import UnknownToken, named_by
from mockserver.store import Record, Transaction
from mockserver.traffic.interception import enter, key_of
from mockserver.world import entropy
from mockserver.world.worlds import World, Worlds

MOST_BODY_BYTES, MOST_SPANS_BYTES = MOST_BYTES * 11 // 10, 4 * 1024 * 1024
BEARER = "Bearer "

Found = tuple[World, Record] | None


def take_in_parts(worlds: Worlds, request: Request) -> Response:
    """Store an event that comes in parts, and tell which were accepted. Raises: CaptureError, UnknownToken."""
    body = _body(request, MOST_BODY_BYTES)
    boundary = boundary_of(request.headers.get("Content-Type", ""))
    token, found = _named(worlds, request)
    if found is not None and is_limited(found[1], EVENTS):
        raise CaptureError("billing limit reached", 429)
    event, accepted = read_event(body, boundary, token)
    told: dict[str, Any] = {name: event[name] for name in ("event", "distinct_id", "uuid", "properties")}
    told["timestamp"], sent_at = (
        event[name] if isinstance(event.get(name), str) else None for name in ("timestamp", "sent_at")
    )
    with (found[0] if found else worlds.default).store.transaction() as transaction:
        now = entropy.now(transaction)
        _store(found, transaction, [normalize(told, now, sent_at=read_moment(sent_at), ip=_ip(request, found))])
    _refuse_unknown(worlds, found)
    return _respond({"accepted_parts": accepted})


def take_spans(worlds: Worlds, request: Request) -> Response:
    """Store the spans of language models that an export holds, as events. Raises: CaptureError, UnknownToken."""
    body = _body(request, MOST_SPANS_BYTES)
    _, found = _named(worlds, request)
    world = found[0] if found else worlds.default
    with world.store.transaction() as transaction:
        fallback = entropy.uuid7(world.seed, transaction)
        spans = read_spans(body, request.headers.get("Content-Type", ""), fallback)
        if spans and found is not None and is_limited(found[1], EVENTS):
            return _respond({"error": "quota exceeded"}, 400)
        now, ip = entropy.now(transaction), _ip(request, found)
        _store(found, transaction, [_event(span, normalize(_told(span), now, ip=ip)) for span in spans])
    _refuse_unknown(worlds, found)
    return _respond({})


def _told(span: SpanEvent) -> dict[str, Any]:
    return {"event": span.event, "distinct_id": span.distinct_id, "properties": span.properties}


def _event(span: SpanEvent, event: Event) -> Event:
    """Return an event with the time of its span, which is believed whatever it is."""
    return {**event, "timestamp": entropy.timestamp(span.timestamp)} if span.timestamp else event


def _store(found: Found, transaction: Transaction, events: Iterable[Event]) -> None:
    if found is not None:
        capture.ingest(found[0], transaction, found[1]["id"], events)


def _refuse_unknown(worlds: Worlds, found: Found) -> None:
    """Refuse a token that no world knows, which servers do not. Raises: UnknownToken."""
    if found is None and not worlds.default.profile.is_observed:
        raise UnknownToken


def _ip(request: Request, found: Found) -> str | None:
    return None if found and found[1].get("anonymize_ips") else request.remote_addr


def _body(request: Request, most: int) -> bytes:
    """Return what a request carries, unpacked. Raises: CaptureError."""
    try:
        request.max_content_length = most
        body = request.get_data()
    except RequestEntityTooLarge:
        raise CaptureError(BODY_TOO_LARGE, 413) from None
    if not body:
        raise CaptureError("request missing data payload")
    encoding = request.headers.get("Content-Encoding", "").lower()
    if not encoding:
        return body
    if encoding != "gzip":
        raise undecodable(f"Unsupported content-encoding: {encoding}")
    try:
        return decoded("gzip", body, most)
    except TooLarge:
        raise too_big(f"decompressed payload exceeds limit of {most} bytes") from None
    except Undecodable:
        raise undecodable("Failed to decompress gzip body: invalid gzip header") from None


def _named(worlds: Worlds, request: Request) -> tuple[str, Found]:
    """Return the token that a request is sent with, and whose it is. Raises: CaptureError."""
    header = request.headers.get("Authorization", "")
    if not header.startswith(BEARER):
        raise CaptureError("event submitted without an api_key", 401)
    token = header.removeprefix(BEARER)
    flaw = flaw_of_token(token)
    if flaw:
        raise CaptureError(f"API key is not valid: {flaw}", 401)
    found = named_by(worlds, token)
    if found is not None and key_of(request) is None:  # of a key that is plain to see the world is known already
        enter(request, found[0])
    return token, found


def _respond(value: Any, status: int = 200) -> Response:
    return Response(encode(value), status, content_type="application/json")
