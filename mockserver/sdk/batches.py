"""`POST /i/v1/analytics/events`, where SDKs send batches in the form of 2026, and are answered event by event."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime

from flask import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

from mockserver import capture
from mockserver.capture.batches import BatchError, Sending, read_batch, read_moment
from mockserver.capture.decoding import UUID as UUID_FORM
from mockserver.capture.decoding import flaw_of_token
from mockserver.capture.encodings import DECODERS, MissingPackage, TooLarge, Undecodable, decoded
from mockserver.flags.quotas import EVENTS, is_limited
from mockserver.road.rendering import encode
from mockserver.sdk.tokens import named_by
from mockserver.traffic.interception import WORLD, enter, key_of
from mockserver.world import entropy
from mockserver.world.worlds import World, Worlds

SDK_INFO, ATTEMPT = "PostHog-Sdk-Info", "PostHog-Attempt"
REQUEST_ID, SENT_AT = "PostHog-Request-Id", "PostHog-Request-Timestamp"
REQUIRED = (SDK_INFO, ATTEMPT, REQUEST_ID, SENT_AT, "content-type", "user-agent")
BEARER = re.compile(r"(?i)bearer (.+)")
MOST_ATTEMPTS = 2**32
MOST_BODY_BYTES, MOST_DECODED_BYTES = 10 * 1024 * 1024, 50 * 1024 * 1024
ABOUT_ERRORS = "https://posthog.com/docs/api"
RETRY_AFTER_SECONDS = "1"
INSTALL = "pip install 'posthog-mockserver[compression]' decodes it"
WRONG_TOKEN = "The provided API token is not valid."


def take_batch(worlds: Worlds, request: Request) -> Response:
    """Store the events of a batch that can be taken, and say of each what became of it."""
    try:
        response = Response(encode({"results": _results(worlds, request)}), content_type="application/json")
    except BatchError as error:
        told = {"error": error.tag, "error_description": error.description, "error_uri": ABOUT_ERRORS}
        response = Response(encode(told), error.status, content_type="application/json")
        if error.status == 429:
            response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    given = request.headers.get(REQUEST_ID)
    if given is not None:
        response.headers[REQUEST_ID] = given
    world: World = request.environ[WORLD]
    response.headers["Date"] = format_datetime(entropy.now(world.view()))
    return response


def _results(worlds: Worlds, request: Request) -> dict[str, dict[str, str]]:
    """Return what became of each event, by its UUID. Raises: BatchError."""
    token = _token(request)
    sent_at = _check_headers(request)
    text = _body(request)
    found = named_by(worlds, token)
    world = found[0] if found else worlds.default
    if key_of(request) is None:  # of a key that is plain to see the world is known already
        enter(request, world)
    with world.store.transaction() as transaction:
        ip = request.remote_addr
        if found and found[1].get("anonymize_ips"):
            ip = None
        sending = Sending(entropy.now(transaction), sent_at, request.headers.get(SDK_INFO, ""), ip)
        verdicts = read_batch(text, sending)
        events = [verdict.event for verdict in verdicts if verdict.event is not None]
        if found:
            if events and is_limited(found[1], EVENTS):
                raise BatchError("billing_limit_exceeded", "billing limit exceeded", 429)
            capture.ingest(world, transaction, found[1]["id"], events, from_clients=True)
        elif not world.profile.is_observed:
            raise BatchError("invalid_api_token", WRONG_TOKEN, 401)
    return {verdict.uuid: verdict.told() for verdict in verdicts}


def _token(request: Request) -> str:
    """Return the project token that a request is sent with. Raises: BatchError."""
    given = request.headers.get("Authorization")
    if given is None:
        raise BatchError("missing_authorization", "request is missing the Authorization header", 401)
    _refuse_missing(request)
    found = BEARER.fullmatch(given)
    if not found:
        raise _bad_header("Authorization must use Bearer scheme")
    token = found[1].strip()
    if flaw_of_token(token):
        raise BatchError("invalid_api_token", WRONG_TOKEN, 401)
    return token


def _refuse_missing(request: Request) -> None:
    missing = [name for name in REQUIRED if name not in request.headers]
    if missing:
        quoted = ", ".join(f'"{name}"' for name in missing)
        raise BatchError("missing_required_headers", f"request is missing required headers: [{quoted}]")


def _bad_header(problem: str) -> BatchError:
    return BatchError("invalid_header_value", f"invalid header value: {problem}")


def _check_headers(request: Request) -> datetime:
    """Return when the client sent a request, by its own clock. Raises: BatchError for a header that is not right."""
    headers = request.headers
    content_type, encoding = headers["Content-Type"], headers.get("Content-Encoding")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise BatchError("unsupported_content_type", f"unsupported content type: {content_type}", 415)
    if encoding is not None and encoding.lower() not in DECODERS:
        raise BatchError("unsupported_encoding", f"unsupported content encoding: {encoding}", 415)
    if not UUID_FORM.fullmatch(headers[REQUEST_ID]):
        raise _bad_header(f"{REQUEST_ID} is not a valid UUID: {headers[REQUEST_ID]}")
    attempt = headers[ATTEMPT]
    if not (attempt.isascii() and attempt.isdecimal() and 1 <= int(attempt[:20]) < MOST_ATTEMPTS):
        raise _bad_header(f"{ATTEMPT} must be a positive integer: {attempt}")
    sent_at = read_moment(headers[SENT_AT])
    if sent_at is None:
        raise _bad_header(f"{SENT_AT} is not valid RFC 3339: {headers[SENT_AT]}")
    return sent_at


def _body(request: Request) -> bytes:
    """Return the JSON text that a request carries. Raises: BatchError."""
    try:
        request.max_content_length = MOST_BODY_BYTES
        body = request.get_data()
    except RequestEntityTooLarge:
        raise _too_large(f"Request body exceeds limit of {MOST_BODY_BYTES} bytes") from None
    if not body:
        raise BatchError("empty_body", "request body is empty")
    encoding = request.headers.get("Content-Encoding", "").lower()
    if not encoding:
        return body
    try:
        return decoded(encoding, body, MOST_DECODED_BYTES)
    except Undecodable:
        raise BatchError("request_decoding_error", "Failed to decode request body.") from None
    except TooLarge:
        problem = f"decompressed {encoding} payload exceeds limit of {MOST_DECODED_BYTES} bytes"
        raise _too_large(problem) from None
    except MissingPackage:
        described = f"unsupported content encoding: {encoding} ({INSTALL})"
        raise BatchError("unsupported_encoding", described, 415) from None


def _too_large(problem: str) -> BatchError:
    return BatchError("payload_too_large", f"payload too large: {problem}", 413)
