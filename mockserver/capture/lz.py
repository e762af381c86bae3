"""lz-string, the packing of early browser SDKs: an LZ78 of UTF-16 units, its bits spelled in base64.

Source: the published format of the JavaScript library of that name.
"""

from __future__ import annotations

from typing import NamedTuple

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
BITS_A_SYMBOL = 6
BYTE, UNIT, END = 0, 1, 2
"""What the codes 0 to 2 stand for: a new unit of 8 bits, one of 16, the end of the text."""
WIDTHS = {BYTE: 8, UNIT: 16}


class Damaged(ValueError):
    """Text that lz-string did not pack, or that ends too early."""


class TooLong(ValueError):
    """Text that unpacks to more than it may."""


class _Bits:
    """The bits of a packed text, read from its start."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._symbol = 0
        self._left = 0
        self._place = 0

    def number(self, width: int) -> int:
        """Return the next bits as a number, the least one first. Raises: Damaged."""
        number = 0
        for power in range(width):
            if not self._left:
                if self._place >= len(self._packed) or self._packed[self._place] not in VALUES:
                    raise Damaged
                self._symbol = VALUES[self._packed[self._place]]
                self._left = BITS_A_SYMBOL
                self._place += 1
            self._left -= 1
            number |= ((self._symbol >> self._left) & 1) << power
        return number


class _Read(NamedTuple):
    """What a code stands for: text, and whether it is a unit that was not met before."""

    text: str
    is_new: bool = False


def unpacked(packed: bytes, limit: int) -> str:
    """Return the text that lz-string packed as base64; surrogates stand as single units.

    Raises: Damaged, TooLong when there are more than `limit` units.
    """
    bits = _Bits(packed)
    entries = ["", "", ""]  # the first three codes are instructions
    first = bits.number(2)
    if first == END:
        return ""
    if first not in WIDTHS:
        raise Damaged
    last = chr(bits.number(WIDTHS[first]))
    entries.append(last)
    parts, length, width, room = [last], 1, 3, 4
    while True:
        read = _entry(bits, bits.number(width), entries, last)
        if read is None:
            return "".join(parts)
        if read.is_new:
            room, width = _grown(room - 1, width)
        length += len(read.text)
        if length > limit:
            raise TooLong
        parts.append(read.text)
        entries.append(last + read.text[0])
        room, width = _grown(room - 1, width)
        last = read.text


def _entry(bits: _Bits, code: int, entries: list[str], last: str) -> _Read | None:
    """Return what a code stands for; nothing at the end. Raises: Damaged."""
    if code == END:
        return None
    if code in WIDTHS:
        unit = chr(bits.number(WIDTHS[code]))
        entries.append(unit)
        return _Read(unit, True)
    if code < len(entries):
        return _Read(entries[code])
    if code == len(entries):
        return _Read(last + last[0])
    raise Damaged


def _grown(room: int, width: int) -> tuple[int, int]:
    """Return how many codes of this width are left, and the width: one bit more once there are none."""
    return (room, width) if room else (1 << width, width + 1)
