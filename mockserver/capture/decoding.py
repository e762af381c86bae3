"""Bodies of capture requests: plain, gzip, base64 or form data, of one event, a list, or a batch.

Source: the capture service's own errors, which are plain text and not PostHog's envelope.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from mockserver.errors import ParseError
from mockserver.request.parsing import MAX_BODY_BYTES, read_json

GZIP_MAGIC = b"\x1f\x8b"
FORM = "application/x-www-form-urlencoded"


class CaptureError(Exception):
    """A capture request that cannot be taken; answered in plain text."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Payload:
    """What a request carried: its events as they came, and what stands around them."""

    events: list[Mapping[str, Any]]
    token: str
    sent_at: Any = None
    is_historical: bool = False


def read_payload(raw: bytes, content_type: str, encoding: str, query: Mapping[str, str]) -> Payload:
    """Return the events of a request and the project token that they name.

    Raises: CaptureError.
    """
    body = read_value(raw, content_type, encoding, query)
    envelope = body if isinstance(body, Mapping) else {}
    events = envelope["batch"] if "batch" in envelope else body if isinstance(body, list) else [body]
    if not isinstance(events, list):
        raise CaptureError("failed to parse request: invalid type: expected a sequence")
    for event in events:
        if not isinstance(event, Mapping):
            raise CaptureError("failed to parse request: invalid type: expected an event")
    if not events:
        raise CaptureError("request holds no event")
    return Payload(
        events,
        find_token(envelope if "batch" in envelope else {}, events, query),
        envelope.get("sent_at") if "batch" in envelope else events[0].get("sent_at"),
        envelope.get("historical_migration") is True,
    )


def read_value(raw: bytes, content_type: str, encoding: str, query: Mapping[str, str]) -> Any:
    """Return the JSON value that a body holds, however it was wrapped. Raises: CaptureError."""
    compression = query.get("compression", "")
    if content_type.partition(";")[0].strip().lower() == FORM and not raw.startswith(GZIP_MAGIC):
        form = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True)
        if "data" not in form:
            raise CaptureError("request missing data payload")
        compression = form.get("compression", [compression])[0]
        raw = form["data"][0].encode()
        if compression != "gzip-js":
            raw = _from_base64(raw)
    elif not raw and "data" in query:
        raw = _from_base64(query["data"].encode())
    elif compression == "base64":
        raw = _from_base64(unquote_plus(raw.decode("utf-8", "replace").removeprefix("data=")).encode())
    if raw.startswith(GZIP_MAGIC):
        raw = _from_gzip(raw)
    elif compression in ("gzip", "gzip-js") or "gzip" in encoding:
        raise CaptureError("failed to decode request: invalid gzip data")
    if not raw.strip():
        raise CaptureError("request missing data payload")
    try:
        return read_json(raw)
    except ParseError as error:
        raise CaptureError(f"failed to parse request: {error.detail.removeprefix('JSON parse error - ')}") from None


def _from_base64(raw: bytes) -> bytes:
    """Return what base64 spells; JSON that is not encoded at all is taken as it is, as SDKs send both."""
    text = raw.strip().replace(b" ", b"+")
    if text[:1] in (b"{", b"["):
        return raw
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise CaptureError("failed to decode request: invalid base64 data") from None


def _from_gzip(raw: bytes) -> bytes:
    """Return what gzip packed, refusing what unpacks to more than a body may hold."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(raw)) as packed:
            plain = packed.read(MAX_BODY_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise CaptureError("failed to decode request: invalid gzip data") from None
    if len(plain) > MAX_BODY_BYTES:
        raise CaptureError("maximum event size exceeded: request is too big", 413)
    return plain


def find_token(envelope: Mapping[str, Any], events: list[Mapping[str, Any]], query: Mapping[str, str]) -> str:
    """Return the one project token that a request names: around its events, in each of them, or in the query.

    Raises: CaptureError when there is none, more than one, or none that could be a project's.
    """
    outer = envelope.get("api_key") or envelope.get("token")
    candidates = [outer] if outer else [token_of(event) for event in events]
    named = list(dict.fromkeys(str(token) for token in candidates if token is not None))
    if not named and (query.get("token") or query.get("api_key")):
        named = [query.get("token") or query["api_key"]]
    if not named:
        raise CaptureError("event submitted without an api_key", 401)
    if len(named) > 1:
        raise CaptureError("batch submitted with inconsistent api_key values", 401)
    token = named[0].strip()
    problem = (
        "empty" if not token
        else "too_long" if len(token) > 64
        else "not_ascii" if not token.isascii()
        else "personal_api_key" if token.startswith("phx_")
        else "null_byte" if "\x00" in token
        else None
    )  # fmt: skip
    if problem:
        raise CaptureError(f"API key is not valid: {problem}", 401)
    return token


def token_of(event: Mapping[str, Any]) -> Any:
    """Return the token that one event carries, under any of the names that SDKs give it."""
    for name in ("token", "$token", "api_key"):
        if event.get(name):
            return event[name]
    properties = event.get("properties")
    return properties.get("token") if isinstance(properties, Mapping) else None
