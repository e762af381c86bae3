"""Logs, traces and metrics, which SDKs send by OpenTelemetry's protocol: accepted and not kept.

Source: the service that takes them. Logs of language models become events there; that is not modelled here, as it is
for their traces (`ai`).
"""

from __future__ import annotations

from flask import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

from mockserver.capture.decoding import flaw_of_token
from mockserver.capture.encodings import TooLarge, Undecodable, decoded
from mockserver.errors import NotModelled, ParseError
from mockserver.request.parsing import read_json
from mockserver.road.rendering import encode
from mockserver.sdk.tokens import named_by
from mockserver.traffic.interception import enter, key_of
from mockserver.world.worlds import Worlds

PROTOBUF = "application/x-protobuf"
GZIP_MAGIC = b"\x1f\x8b\x08"
MOST_BYTES = 2 * 1024 * 1024
ABOUT_TOKENS = "Use your project API key, which you can find in your PostHog project settings."


class Unacceptable(Exception):
    """A request that is refused, with its status and why."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem


def take_telemetry(worlds: Worlds, request: Request) -> Response:
    """Accept what an exporter sends, if it is what it says and its token is a project's."""
    try:
        token = _token(request)
        _check(_body(request), request.headers.get("Content-Type", ""))
        found = named_by(worlds, token)
        if found is not None and key_of(request) is None:
            enter(request, found[0])
        if found is None and not worlds.default.profile.is_observed:
            raise Unacceptable(401, f"Invalid project API key (unknown). {ABOUT_TOKENS}")
    except Unacceptable as refusal:
        return Response(encode({"error": refusal.problem}), refusal.status, content_type="application/json")
    return Response(encode({}), content_type="application/json")


def refuse_unmodelled(worlds: Worlds, request: Request) -> Response:
    """Say that a path is not modelled. Raises: NotModelled."""
    raise NotModelled(f"{request.method} {request.path} is not modelled.")


def _token(request: Request) -> str:
    """Return the token of the header, else of the query. Raises: Unacceptable."""
    header = request.headers.get("Authorization")
    token = request.args.get("token", "") if header is None else header.rpartition("Bearer ")[2]
    if not token:
        raise Unacceptable(401, "No token provided")
    flaw = flaw_of_token(token)
    if flaw:
        raise Unacceptable(401, f"Invalid project API key ({flaw}). {ABOUT_TOKENS}")
    return token


def _body(request: Request) -> bytes:
    try:
        request.max_content_length = MOST_BYTES
        body = request.get_data()
        return decoded("gzip", body, MOST_BYTES) if body.startswith(GZIP_MAGIC) else body
    except RequestEntityTooLarge:
        raise Unacceptable(413, "length limit exceeded") from None
    except TooLarge:
        raise Unacceptable(413, f"Decompressed request body exceeds limit ({MOST_BYTES} bytes)") from None
    except Undecodable:
        raise Unacceptable(400, "Failed to decompress gzip request body") from None


def _check(body: bytes, content_type: str) -> None:
    """Refuse what is neither protobuf, by its own telling, nor JSON, nor a JSON object a line. Raises: Unacceptable."""
    if not body or content_type.partition(";")[0].strip().lower() == PROTOBUF:
        return
    try:
        values = [read_json(body)]
    except ParseError as whole:
        try:
            values = [read_json(line) for line in body.splitlines() if line.strip()]
        except ParseError:
            raise Unacceptable(400, f"Failed to decode JSON: {whole.detail}") from None
    if not all(isinstance(value, dict) for value in values):
        raise Unacceptable(400, "Failed to decode JSON: expected an object")
