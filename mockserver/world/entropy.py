"""Time, identity and chance: the one module where a clock is read or a random number drawn.

Everything is a function of the world's seed, its counters and its clock, so the same seed and the same requests give
the same bytes. The counters live in the store: what a transaction drew and did not keep was never drawn.
"""

from __future__ import annotations

import hashlib
import string
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mockserver.store import Transaction, View

if TYPE_CHECKING:
    from faker import Faker

Dice = Random  # the name that the rest of the code knows chance by
CLOCK = "clock"
BASE62 = string.digits + string.ascii_letters
PERSONS = UUID("932979b4-65c3-4424-8467-0b66ec27bc22").bytes
"""The namespace of the UUIDs of persons."""

UUID_7 = "%08x-%04x-7%03x-%04x-%012x"
URL_SAFE = string.ascii_letters + string.digits + "-_"


FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
"""What a world's clock may show: UUIDs hold no time before 1970, and an answer tells of times after its own."""


def system_time() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Return a time as PostHog prints it: ISO 8601 in UTC, microseconds only when there are some."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def timestamp_of(milliseconds: int) -> str:
    """Return the time so long after 1970 as PostHog prints it: what `timestamp` does, for those who print a million."""
    hours, rest = divmod(milliseconds, 3_600_000)
    return _hour(hours) + _minute_and_second(rest // 1000) + _fraction(rest % 1000)


@lru_cache(maxsize=4096)
def _hour(number: int) -> str:
    return datetime.fromtimestamp(number * 3600, UTC).isoformat()[:14]


@lru_cache(maxsize=3600)
def _minute_and_second(seconds: int) -> str:
    return f"{seconds // 60:02}:{seconds % 60:02}"


@lru_cache(maxsize=1000)
def _fraction(milliseconds: int) -> str:
    return f".{milliseconds:03}000Z" if milliseconds else "Z"


def read_timestamp(text: str) -> datetime:
    """Return the time that ISO 8601 text names; without a zone it is UTC.

    Raises: ValueError, in words for whoever wrote it.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"not a time: {text!r}; write ISO 8601, as 2026-01-15T12:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_clock(text: str) -> datetime:
    """Return the time that a clock is to show. Raises: ValueError, for one out of its range too."""
    moment = read_timestamp(text)
    if not FIRST <= moment <= LAST:
        raise ValueError(f"a clock goes from {FIRST.year} to {LAST.year}, not to {text!r}")
    return moment


def now(view: View) -> datetime:
    """Return the time of a world: frozen, or the machine's plus what it was advanced by."""
    clock = view.value(CLOCK) or {}
    if clock.get("frozen"):
        return read_timestamp(clock["frozen"])
    view.read_outside()
    return system_time() + timedelta(seconds=clock.get("offset_seconds", 0.0))


Reading = tuple[float, Mapping[str, Any] | None]
"""A look at the machine's clock and at a world's, from which the world's time can be told whenever it is asked."""


def read_clocks(view: View) -> Reading:
    """Look at both clocks; it takes a tenth of what telling the time does."""
    return time.time(), view.value(CLOCK)


def moment_of(reading: Reading) -> datetime:
    """Return the world's time when its clocks were looked at."""
    seconds, clock = reading
    if clock and clock.get("frozen"):
        return read_timestamp(clock["frozen"])
    return datetime.fromtimestamp(seconds + (clock or {}).get("offset_seconds", 0.0), UTC)


def freeze(transaction: Transaction, moment: datetime) -> None:
    """Stop a world's clock at a moment."""
    transaction.put(CLOCK, {"frozen": timestamp(moment)})


def run(transaction: Transaction) -> None:
    """Let a world's clock run, from where it stands."""
    offset = now(transaction) - system_time()
    seconds = 0.0 if abs(offset) < timedelta(milliseconds=1) else offset.total_seconds()
    transaction.put(CLOCK, {"offset_seconds": seconds})


def advance(transaction: Transaction, seconds: float) -> None:
    """Move a world's clock on; a frozen one stays frozen, at the later moment.

    Raises: OverflowError, where it would go beyond what it may show.
    """
    clock = transaction.value(CLOCK) or {}
    if not FIRST <= now(transaction) + timedelta(seconds=seconds) <= LAST:
        raise OverflowError
    if clock.get("frozen"):
        freeze(transaction, read_timestamp(clock["frozen"]) + timedelta(seconds=seconds))
    else:
        transaction.put(CLOCK, {"offset_seconds": clock.get("offset_seconds", 0.0) + seconds})


def draw(seed: int, purpose: str, number: int, size: int = 32) -> bytes:
    """Return `size` bytes that depend on these three and nothing else."""
    return hashlib.blake2b(f"{seed}:{purpose}:{number}".encode(), digest_size=size).digest()


def uuid7(seed: int, transaction: Transaction) -> str:
    """Return a new UUID of version 7: the world's time, then bits drawn from its seed."""
    bits = draw(seed, "uuid", transaction.next("drawn.uuid"), 10)
    milliseconds = int(now(transaction).timestamp() * 1000)
    raw = bytearray(milliseconds.to_bytes(6, "big") + bits)
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(raw)))


def token(seed: int, transaction: Transaction, prefix: str = "", length: int = 43, alphabet: str = BASE62) -> str:
    """Return a new token: a prefix (`phc_`, `phx_`, `phs_`) and characters drawn from the world's seed."""
    drawn = draw(seed, "token", transaction.next("drawn.token"), 64)
    return prefix + spell(drawn, length, alphabet)


def spell(drawn: bytes, length: int, alphabet: str = BASE62) -> str:
    """Return the first characters of a number written in an alphabet."""
    number = int.from_bytes(drawn, "big")
    characters = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        characters.append(alphabet[place])
    return "".join(characters)


def uuid7_of(milliseconds: int, bits: int) -> str:
    """Return the UUID of version 7 of a moment and 74 bits of one's own."""
    return UUID_7 % (
        milliseconds >> 16, milliseconds & 0xFFFF, bits >> 62 & 0xFFF, bits >> 48 & 0x3FFF | 0x8000, bits & NODE,
    )  # fmt: skip


# Multiplying by an odd number turns places into digits that do not count up, and back again.
SCATTER = 0x9E3779B97F4B
WORD, NODE = (1 << 64) - 1, (1 << 48) - 1
GATHER = pow(SCATTER, -1, NODE + 1)


def scattered(place: int, base: int) -> int:
    """Return 64 bits that name a place, among those counted from a base, and do not look it."""
    return base + place * SCATTER & WORD


def gathered(bits: int, base: int) -> int:
    """Return the place that the last 48 of such bits name."""
    return (bits - base) * GATHER & NODE


def uuid7_at(milliseconds: int, place: int, base: int) -> str:
    """Return the UUID of version 7 of a moment and a place, whose bits are all that it has of its own."""
    word = scattered(place, base)
    return UUID_7 % (milliseconds >> 16, milliseconds & 0xFFFF, word >> 52, word >> 48 & 0x3FFF | 0x8000, word & NODE)


def person_uuid(project_id: int, distinct_id: str) -> str:
    """Return the UUID of the person that a distinct id makes."""
    digest = hashlib.sha1(PERSONS + f"{project_id}:{distinct_id}".encode(), usedforsecurity=False).digest()
    digits = digest.hex()  # written by hand: `uuid5` takes four times as long, and captures make many
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{digest[8] & 0x3F | 0x80:02x}{digits[18:20]}-{digits[20:32]}"


def dice(seed: int, purpose: str, number: int = 0) -> Dice:
    """Return a source of random numbers of its own for one purpose."""
    return Dice(int.from_bytes(draw(seed, purpose, number, 8), "big"))


def faker_files() -> list[Path]:
    """Return the file that says which Faker it is; none where there is none."""
    found = find_spec("faker")
    return [Path(found.origin)] if found is not None and found.origin else []


_faking = Lock()


@lru_cache(maxsize=1)
def _faker() -> Faker:
    from faker import Faker  # imported late: it costs more than the rest of the start together

    return Faker(use_weighting=False)


@contextmanager
def faker(seed: int, purpose: str, number: int = 0) -> Iterator[Faker]:
    """Lend the process's Faker, seeded for one purpose of one world."""
    with _faking:
        fake = _faker()
        fake.seed_instance(int.from_bytes(draw(seed, purpose, number, 8), "big"))
        yield fake
