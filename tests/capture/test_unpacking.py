"""Bodies of capture requests: every packing that SDKs used, and those that are damaged."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from mockserver.capture import lz
from mockserver.capture.refusals import CaptureError
from mockserver.capture.unpacking import FORM, unpack

TEXT = b'[{"event":"seen?>~","token":"phc_x","distinct_id":"u"}] '
BASE64 = base64.b64encode(TEXT).decode()
PACKED = gzip.compress(TEXT, mtime=0)


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


GOOD: dict[str, tuple[bytes, str, str, Mapping[str, str]]] = {
    "plain": (TEXT, "application/json", "", {}),
    "gzip, told": (PACKED, "application/json", "gzip", {}),
    "gzip, not told": (PACKED, "text/plain", "", {}),
    "gzip, told to be base64": (PACKED, "text/plain", "", {"compression": "base64"}),
    "gzip-js": (PACKED, "text/plain", "", {"compression": "GZIP-JS"}),
    "gzip and something after it": (PACKED + b"xx", "text/plain", "", {}),
    "base64": (BASE64.encode(), "text/plain", "", {}),
    "base64 of gzip": (base64.b64encode(PACKED), "text/plain", "", {}),
    "form": (form(data=TEXT.decode()), FORM, "", {}),
    "form of base64": (form(data=BASE64, compression="base64"), FORM, "", {}),
    "form of base64, its plus not escaped": (f"data={BASE64}".encode(), FORM, "", {}),
    "form of base64, told to be gzip": (form(data=BASE64), FORM, "", {"compression": "gzip-js"}),
    "form of base64 of gzip": (form(data=base64.b64encode(PACKED).decode()), FORM, "", {"compression": "gzip-js"}),
    "form, its data later": (form(ip="1", _="17", data=TEXT.decode()), FORM, "", {}),
    "query": (b"", "", "", {"data": TEXT.decode()}),
    "query of base64": (b"", "", "", {"data": BASE64}),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_sdks_pack_is_unpacked(name: str) -> None:
    body, content_type, encoding, query = GOOD[name]
    assert unpack(body, content_type, encoding, query, "/e/") == TEXT


def test_base64_inside_of_gzip_is_read_at_the_older_paths() -> None:
    packed = gzip.compress(BASE64.encode())
    assert unpack(packed, "", "", {}, "/e/") == TEXT
    assert unpack(packed, "", "", {}, "/batch/") == BASE64.encode()


@pytest.mark.parametrize(
    ("body", "content_type", "encoding", "status", "text"),
    [
        (b"", "", "", 400, "request missing data payload"),
        (PACKED[:-9], "", "", 400, "failed to decode request: invalid GZIP data"),
        (TEXT, "", "gzip", 400, "failed to decode request: invalid GZIP data"),
        (gzip.compress(b"\xff", mtime=0), "", "", 400, "failed to decode request: invalid gzip data"),
        (b"\xff\xfe", "", "", 400, "failed to decode request: invalid UTF8 in request payload"),
        (TEXT, FORM, "", 400, "failed to decode request: expected form data in request payload"),
        (b"data=1&data=2", FORM, "", 400, "failed to decode request: invalid urlencoded form data"),
        (b"?", "", "lz64", 400, "failed to decode request: decompress_lz64: failed decompress to UTF16"),
    ],
)  # fmt: skip
def test_what_cannot_be_unpacked_is_refused(
    body: bytes, content_type: str, encoding: str, status: int, text: str
) -> None:
    with pytest.raises(CaptureError) as caught:
        unpack(body, content_type, encoding, {})
    assert (caught.value.status, caught.value.message) == (status, text)


LZ_STRINGS = {
    "Q===": "", "IZA=": "a", "IY18aQ==": "a" * 24,
    "NobwRApgbhB2AuYBcYCXheDcAB7YA0Z4D2A1nMmAA4AWAxrmACYCWAzvI7NfAPqP1kAegocJGix4iSLABfALpA==":
        '[{"event":"é\ud83d\ude00","token":"phc","distinct_id":"' + "x" * 50 + '"}]',
}  # fmt: skip


@pytest.mark.parametrize("packed", LZ_STRINGS)
def test_lz_strings_of_the_javascript_library_are_unpacked(packed: str) -> None:
    assert lz.unpacked(packed.encode(), 1000) == LZ_STRINGS[packed]


def test_a_form_of_an_lz_string_is_unpacked() -> None:
    packed = max(LZ_STRINGS, key=len)
    text = unpack(form(data=packed, compression="lz64"), FORM, "", {}, "/e/").decode()
    assert text == LZ_STRINGS[packed].encode("utf-16", "surrogatepass").decode("utf-16")


def test_an_lz_string_that_grows_too_long_is_refused() -> None:
    with pytest.raises(lz.TooLong):
        lz.unpacked(b"IY18aQ==", 23)
