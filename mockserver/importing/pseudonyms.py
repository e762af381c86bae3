"""Invented values in the place of real ones: the same for the same, another for another, and no way back.

An invented value depends on the seed and on when its original was first met, never on the original: nobody who guesses
one can find it confirmed. It is of the original's kind, an address for an address, so that what reads it still works.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from mockserver.world import entropy

Fake = Any
"""Faker, as `entropy` lends it."""
LONGEST_WORDS = 12
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("url", re.compile(r"(?i)(https?|wss?)://\S*")),
    ("uuid", re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("moment", re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")),
    ("address", re.compile(r"\d{1,3}(\.\d{1,3}){3}|(?i:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}")),
    ("digits", re.compile(r"[+-]?\d+(\.\d+)?")),
)
"""What text can be told to be by its looks."""
NAMED: dict[str, Callable[[Fake], str]] = {
    "first_name": lambda fake: str(fake.first_name()),
    "last_name": lambda fake: str(fake.last_name()),
    "person": lambda fake: str(fake.name()),
    "city": lambda fake: str(fake.city()),
    "country": lambda fake: str(fake.country()),
    "company": lambda fake: str(fake.company()),
    "title": lambda fake: str(fake.catch_phrase()),
    "email": lambda fake: str(fake.ascii_safe_email()),
    "uuid": lambda fake: str(fake.uuid4()),
    "address": lambda fake: str(fake.ipv4_private()),
    "url": lambda fake: f"https://{fake.domain_word()}.example/{fake.uri_path()}",
}
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
SPAN_SECONDS = 35 * 365 * 24 * 3600
LETTERS = string.ascii_letters + string.digits


class Pseudonyms:
    """Invents values, each original's once."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made: dict[tuple[str, Any], Any] = {}
        self._taken: set[tuple[str, Any]] = set()

    def of(self, kind: str, original: str) -> str:
        """Return the invented value of a text: of a kind by its name, or of the kind that it looks to be."""
        if not any(character.isalnum() for character in original):
            return original  # an emoji, a blank
        kind = self._key(kind, original)[0]
        return str(self._once(kind, original, lambda fake: self._invent(fake, kind, original)))

    def together(self, originals: Iterable[str]) -> None:
        """Invent texts whose order, of those that look alike, is that of their originals."""
        alike: dict[str, list[str]] = {}
        for original in sorted(set(originals)):
            alike.setdefault(shape(original), []).append(original)
        for kind, some in alike.items():
            for original, made in zip(some, sorted(self.of(kind, each) for each in some), strict=True):
                self._made[self._key(kind, original)] = made

    def number(self, original: float) -> float:
        """Return the invented value of a number: as many digits, and whole if it is."""
        if original in (0, 1, -1):
            return original

        def invent(fake: Fake) -> float:
            least = 10 ** max(len(str(abs(int(original)))) - 1, 0)
            whole = int(fake.random_int(least, least * 10 - 1))
            sign = -1 if original < 0 else 1
            return sign * (whole if isinstance(original, int) else whole + round(fake.random.random(), 2))

        return float_or_int(self._once("number", original, invent), original)

    def _key(self, kind: str, original: str) -> tuple[str, str]:
        return kind if kind in NAMED else shape(original), original

    def _once(self, kind: str, original: Any, invent: Callable[[Fake], Any]) -> Any:
        key = (kind, original)
        if key not in self._made:
            number = len(self._made)
            with entropy.faker(self._seed, f"pseudonym:{kind}", number) as fake:
                made = invent(fake)
            self._made[key] = self._distinct(kind, made, number)
        return self._made[key]

    def _distinct(self, kind: str, made: Any, number: int) -> Any:
        """Return a value that no other original of the kind has; of numbers two may have the same."""
        if isinstance(made, str) and (kind, made) in self._taken:
            name, at, host = made.partition("@")
            made = f"{name}{number}{at}{host}" if at else f"{made} {number}" if " " in made else f"{made}{number}"
        self._taken.add((kind, made))
        return made

    def _invent(self, fake: Fake, kind: str, original: str) -> str:
        if kind in NAMED:
            return NAMED[kind](fake)
        if kind == "moment":
            made = EARLIEST + timedelta(seconds=int(fake.random_int(0, SPAN_SECONDS)))  # Faker's own end with today
            return (
                f"{made:%Y-%m-%d}{original[10:11]}{f'{made:%H:%M:%S}' if len(original) > 10 else ''}{_zone(original)}"
            )
        if kind == "digits":
            return re.sub(r"\d", lambda found: str(fake.random_digit_not_null()), original)
        if kind == "token":
            return "".join(fake.random_choices(LETTERS, length=min(len(original), 64)))
        words = min(len(original.split()), LONGEST_WORDS)
        return str(fake.word()) if words < 2 else str(fake.sentence(words, variable_nb_words=False)).rstrip(".")


def shape(text: str) -> str:
    """Return what a text looks to be: `email`, `url`, `uuid`, `moment`, `digits`, `token`, else `words`."""
    found = next((name for name, pattern in SHAPES if pattern.fullmatch(text)), None)
    if found is not None:
        return found
    mixed = re.search(r"\d", text) and re.search(r"[A-Za-z]", text)
    return "token" if len(text) >= 12 and mixed and not re.search(r"\s", text) else "words"


def float_or_int(made: float, original: float) -> float:
    """Return a number as the kind of number that another is."""
    return int(made) if isinstance(original, int) else float(made)


def _zone(original: str) -> str:
    found = re.search(r"(Z|[+-]\d\d:?\d\d)$", original[10:])
    return found[0] if found else ""
