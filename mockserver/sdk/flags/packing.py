"""How a question for flags is packed: what the flags service unpacks, what Django did, and how they refuse it."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import math
import re
import zlib
from collections.abc import Collection, Mapping
from io import BytesIO
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote_plus

from mockserver.capture.repeating import with_repeated
from mockserver.capture.unpacking import FORM, GZIP_MAGIC
from mockserver.errors import ParseError, ValidationError
from mockserver.request.parsing import MAX_BODY_BYTES, read_json

PLAIN = ("", "application/json", "text/plain")
GZIPS = ("gzip", "gzip-js")
BASE64 = re.compile(rb"[A-Za-z0-9+/=]")
DECODING = "Failed to decode request: {}. Please check your request format and try again."
INVALID_JSON = DECODING.format("invalid JSON")


class Refusal(Exception):
    """A question that the flags service refuses, in plain text."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def refuse(problem: str) -> NoReturn:
    """Refuse a body, saying what is wrong with it. Raises: Refusal."""
    raise Refusal(DECODING.format(problem))


class Malformed(ValidationError):
    """A body that Django cannot read."""

    code = "malformed_data"


def unpack_for_service(
    raw: bytes, content_type: str, encoding: str, query: Mapping[str, str], *, is_of_2025: bool,
    fields: Collection[str] = (),
) -> Any:  # fmt: skip
    """Return the JSON value of a body as the flags service reads it, which tells of `fields` that are named twice.

    Raises: Refusal.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    compression = query.get("compression", "")
    if media_type == FORM:
        return _json(_of_form(raw, compression), fields, strictly=is_of_2025)
    if media_type not in PLAIN:
        refuse(f"unsupported content type: {content_type.strip()}")
    if compression not in ("", "base64", *GZIPS):
        raise Refusal("Failed to decode request: Unsupported compression type. Please check your request format "
                      "and try again.")  # fmt: skip
    if compression in GZIPS or "gzip" in encoding.lower() or raw.startswith(GZIP_MAGIC):
        raw = _gunzipped(raw)
    elif compression == "base64":
        raw = _from_base64(raw)
    if not is_of_2025 and not raw.lstrip().startswith((b"{", b"[", b'"')):
        try:
            raw = _from_base64(raw)
        except Refusal:
            raise Refusal(INVALID_JSON) from None
    return _json(raw, fields, strictly=is_of_2025)


def _of_form(raw: bytes, compression: str) -> bytes:
    if compression in GZIPS:
        refuse("Gzip compression not supported for form-urlencoded data")
    text = raw.decode("utf-8", "replace")
    return _from_base64(unquote_plus(text.removeprefix("data=").partition("&")[0]).replace(" ", "+").encode())


def _from_base64(raw: bytes) -> bytes:
    text = raw.strip()
    for place in range(len(text)):
        if not BASE64.match(text, place):
            refuse(f"Base64 decoding error: Invalid symbol {text[place]}, offset {place}.")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        refuse("Base64 decoding error: Invalid padding")


def _gunzipped(raw: bytes) -> bytes:
    if not raw.startswith(GZIP_MAGIC):
        refuse("gzip decompression failed: invalid gzip header")
    try:
        with gzip.GzipFile(fileobj=BytesIO(raw)) as packed:
            plain = packed.read(MAX_BODY_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        refuse("gzip decompression failed: corrupt deflate stream")
    if len(plain) > MAX_BODY_BYTES:
        raise Refusal("The request is too large.", 413)
    return plain


def _json(raw: bytes, fields: Collection[str], *, strictly: bool) -> Any:
    """Return the value that JSON spells; NaN and infinity are none, and where not `strictly` they are null."""
    if not raw.strip():
        raise Refusal(INVALID_JSON)
    try:
        value = with_repeated(read_json(raw), raw, fields)
    except ParseError:
        raise Refusal(INVALID_JSON) from None
    if strictly and not _is_finite(value):
        raise Refusal(INVALID_JSON)
    return value


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(_is_finite(item) for item in value.values())
    return all(_is_finite(item) for item in value) if isinstance(value, list) else True


def unpack_for_django(raw: bytes, content_type: str, encoding: str, query: Mapping[str, str]) -> Any:
    """Return the JSON value of a body as Django reads it; nothing for an empty one. Raises: Malformed."""
    compression = query.get("compression", "")
    if content_type.partition(";")[0].strip().lower() == FORM:
        form = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True)
        compression = form.get("compression", [compression])[0]
        raw = form.get("data", [""])[0].encode()
    if compression in GZIPS or "gzip" in encoding.lower() or raw.startswith(GZIP_MAGIC):
        try:
            raw = _gunzipped(raw)
        except Refusal:
            raise Malformed("Malformed request data: Failed to decompress data.") from None
    if not raw.strip():
        return None
    if not raw.lstrip().startswith((b"{", b"[", b'"')):
        raw = _maybe_base64(raw)
    try:
        return json.loads(raw.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"Malformed request data: Invalid JSON: {error}") from None


def _maybe_base64(raw: bytes) -> bytes:
    text = raw.strip().removeprefix(b"data=").replace(b" ", b"+")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return raw
