"""Content encodings of bodies (`Content-Encoding`): gzip, deflate, Brotli and Zstandard, each up to a size.

Brotli and Zstandard need packages of their own, the extra `compression`, which are imported on first use.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

GZIP_BITS, ZLIB_BITS, RAW_BITS = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
ZLIB_FIRST_BYTE = b"\x78"
CHUNK_BYTES = 1024 * 1024


class Undecodable(ValueError):
    """Bytes that are not of the encoding that was told."""


class TooLarge(ValueError):
    """Bytes that decode to more than they may."""


class MissingPackage(ImportError):
    """An encoding whose package is not installed."""


def decoded(encoding: str, packed: bytes, limit: int) -> bytes:
    """Return what a body of an encoding is.

    Raises: Undecodable, TooLarge, MissingPackage; KeyError for an encoding that is none of `DECODERS`.
    """
    parts, size = [], 0
    for part in DECODERS[encoding](packed):
        size += len(part)
        if size > limit:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def beginning(packed: bytes, most: int) -> bytes:
    """Return what bytes that show how they are packed begin with, however they go on; others as they are."""
    encoding = next((name for name, shows in SIGNS.items() if shows(packed)), None)
    if encoding is None:
        return packed
    parts, size = [], 0
    try:
        for part in DECODERS[encoding](packed):
            parts.append(part)
            size += len(part)
            if size >= most:
                break
    except (Undecodable, MissingPackage):
        pass
    return b"".join(parts)[:most] or packed


def inflated(packed: bytes, bits: int) -> Iterator[bytes]:
    """Yield what zlib packed, a piece at a time. Raises: Undecodable, also where the end is missing."""
    stream, left = zlib.decompressobj(wbits=bits), packed
    try:
        while not stream.eof:
            part = stream.decompress(left, CHUNK_BYTES)
            left = stream.unconsumed_tail
            if not part and not left:
                raise Undecodable
            yield part
    except zlib.error as error:
        raise Undecodable from error


def _gzip(packed: bytes) -> Iterator[bytes]:
    return inflated(packed, GZIP_BITS)


def _deflate(packed: bytes) -> Iterator[bytes]:
    """Deflate is zlib's format by its standard, and without zlib's header as some send it."""
    return inflated(packed, ZLIB_BITS if packed.startswith(ZLIB_FIRST_BYTE) else RAW_BITS)


def _brotli(packed: bytes) -> Iterator[bytes]:
    try:
        import brotli
    except ImportError:
        raise MissingPackage("brotli") from None
    stream, left = brotli.Decompressor(), packed
    try:
        while not stream.is_finished():
            part = stream.process(left, output_buffer_limit=CHUNK_BYTES)
            left = b""
            if not part and stream.can_accept_more_data():
                raise Undecodable
            yield part
    except brotli.error as error:
        raise Undecodable from error


def _zstd(packed: bytes) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError:
        raise MissingPackage("zstandard") from None
    stream = zstandard.ZstdDecompressor().stream_reader(packed)
    try:
        while part := stream.read(CHUNK_BYTES):
            yield part
    except zstandard.ZstdError as error:
        raise Undecodable from error


SIGNS: dict[str, Callable[[bytes], bool]] = {
    "gzip": lambda packed: packed.startswith(b"\x1f\x8b"),
    "deflate": lambda packed: packed.startswith(ZLIB_FIRST_BYTE) and int.from_bytes(packed[:2]) % 31 == 0,
    "zstd": lambda packed: packed.startswith(b"\x28\xb5\x2f\xfd"),
}
"""How bytes show what they are packed in; Brotli does not."""

DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd,
}  # fmt: skip
