"""Bodies of capture requests unpacked: forms, base64, gzip and lz-string, in the order in which the service looks.

A packing is looked at where it shows, whatever is said of it; what is said (in the query, else in the form, else in the
header) decides where it does not show. Source: the capture service of late 2025.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import parse_qsl

from mockserver.capture import lz
from mockserver.capture.encodings import TooLarge, Undecodable, decoded
from mockserver.capture.refusals import CaptureError, too_big, undecodable

FORM = "application/x-www-form-urlencoded"
GZIP_MAGIC = b"\x1f\x8b\x08"
MOST_UNPACKED_BYTES = 100 * 1024 * 1024
LOOKED_AT_BYTES = 128

FORM_FIELD = re.compile(rb"(^|&)(data|ver|_|ip|compression)=")
BASE64 = re.compile(rb"[A-Za-z0-9+/=]+")
BASE64_WITH_SPACES = re.compile(rb"[A-Za-z0-9+/= ]+")
LEGACY_PATH = re.compile(r"/(e|capture|engage|track)/?")


class Packing(StrEnum):
    """What a request says of its packing."""

    GZIP = "gzip"
    LZ = "lz64"
    BASE64 = "base64"
    UNKNOWN = ""


PACKINGS = {
    "gzip": Packing.GZIP, "gzip-js": Packing.GZIP, "lz64": Packing.LZ, "lz-string": Packing.LZ,
    "base64": Packing.BASE64, "b64": Packing.BASE64,
}  # fmt: skip


def unpack(
    body: bytes, content_type: str, content_encoding: str, query: Mapping[str, str], path: str = "/batch/"
) -> bytes:  # fmt: skip
    """Return the JSON text, in UTF-8, that a request carries in its parameter `data`, else in its body.

    Raises: CaptureError.
    """
    payload = query["data"].encode() if query.get("data") else body
    if not payload:
        raise CaptureError("request missing data payload")
    if not _looks_like_form(payload) and _looks_like_base64(payload):
        payload = _decoded(payload)
    form: Mapping[str, str] = {}
    if content_type == FORM:
        if not _looks_like_form(payload):
            raise undecodable("expected form data in request payload")
        form = _read_form(payload)
        payload = form["data"].encode() if "data" in form else payload
    said = (query.get("compression", ""), form.get("compression", ""), content_encoding)
    packing = next((PACKINGS[name.lower()] for name in said if name.lower() in PACKINGS), Packing.UNKNOWN)
    text = _opened(payload, packing)
    if LEGACY_PATH.fullmatch(path) and _looks_like_base64(text):
        text = _decoded(text)
    return text


def _looks_like_form(payload: bytes) -> bool:
    return FORM_FIELD.search(payload[:LOOKED_AT_BYTES]) is not None


def _looks_like_base64(payload: bytes, alphabet: re.Pattern[bytes] = BASE64) -> bool:
    return len(payload) % 4 == 0 and alphabet.fullmatch(payload[:LOOKED_AT_BYTES]) is not None


def _decoded(payload: bytes) -> bytes:
    """Return what base64 spells; what is none after all is left as it is."""
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return payload


def _read_form(payload: bytes) -> Mapping[str, str]:
    """Return the fields of a form; the `+` of base64, which forms read as a space, is put back."""
    fields = parse_qsl(payload.decode("utf-8", "replace"), keep_blank_values=True)
    for name in ("data", "compression"):
        if sum(1 for field, _ in fields if field == name) > 1:
            raise undecodable("invalid urlencoded form data")
    form = dict(fields)
    if _looks_like_base64(form.get("data", "").encode(), BASE64_WITH_SPACES):
        form["data"] = form["data"].replace(" ", "+")
    return form


def _opened(payload: bytes, packing: Packing) -> bytes:
    """Return what a packed text is. Raises: CaptureError."""
    if packing is Packing.GZIP and not payload.startswith(GZIP_MAGIC) and _looks_like_base64(payload):
        payload, packing = _decoded(payload), Packing.UNKNOWN  # gzip was announced, and base64 sent
    if packing is Packing.GZIP or payload.startswith(GZIP_MAGIC):
        return _in_utf8(gunzipped(payload), "invalid gzip data")
    if packing is Packing.LZ:
        return _from_lz(payload)
    if len(payload) > MOST_UNPACKED_BYTES:
        raise too_big(f"Uncompressed payload size limit {MOST_UNPACKED_BYTES} exceeded: {len(payload)}")
    return _in_utf8(payload, "invalid UTF8 in request payload")


def gunzipped(packed: bytes) -> bytes:
    """Return what gzip packed. Raises: CaptureError, also for what unpacks to more than a body may hold."""
    try:
        return decoded("gzip", packed, MOST_UNPACKED_BYTES)
    except Undecodable:
        raise undecodable("invalid GZIP data") from None
    except TooLarge:
        raise too_big(f"Event or batch exceeded {MOST_UNPACKED_BYTES} during unzipping") from None


def _from_lz(payload: bytes) -> bytes:
    try:
        text = lz.unpacked(payload, MOST_UNPACKED_BYTES)
    except lz.Damaged:
        raise undecodable("decompress_lz64: failed decompress to UTF16") from None
    except lz.TooLong:
        raise too_big("lz64 request payload size limit exceeded") from None
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16").encode()
    except UnicodeDecodeError:
        raise undecodable("decompress_lz64: failed UTF16 to UTF8 conversion") from None


def _in_utf8(text: bytes, problem: str) -> bytes:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise undecodable(problem) from None
    return text
