"""How well texts of several weights answer a search, as PostgreSQL's `ts_rank` counts it.

Words are taken as they are, in lower case, and the last one of a search may go on. Of a single word each place where it
stands counts by the weight of its text; of several every two that are found count by how near they stand.
Source: PostgreSQL's `tsrank.c`; recorded ranks.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mockserver.listing.fulltext import tokens

WEIGHTS: Mapping[str, float] = {"A": 1.0, "B": 0.4, "C": 0.2, "D": 0.1}
UNSAFE = re.compile(r"['&|!<>():]")
ALL_SQUARES = 1.64493406685
"""What one over all squares comes to."""
FAR = 100
LEAST = 0.05
"""What ranks no better is not found."""


class Place(NamedTuple):
    """Where a word stands, and what standing there counts."""

    position: int
    weight: float


class Sought(NamedTuple):
    """A word of a search."""

    text: str
    goes_on: bool

    def is_in(self, word: str) -> bool:
        """Return whether a word is the one."""
        return word.startswith(self.text) if self.goes_on else word == self.text


def sought(query: str) -> list[Sought]:
    """Return the words of a search; none where it is signs alone."""
    words = UNSAFE.sub(" ", query).split()
    last = len(words) - 1
    found = {Sought(token, number == last) for number, word in enumerate(words) for token in tokens(word)}
    return sorted(found)


def rank(texts: Sequence[tuple[str | None, str]], words: Sequence[Sought]) -> float:
    """Return the rank of texts, each with its weight's letter, under the words of a search."""
    vector = _vector(texts)
    found = [[(w, places) for w, places in vector.items() if word.is_in(w)] for word in words]
    value = _of_one(found) if len(words) < 2 else _of_several(found)
    return struct.unpack("f", struct.pack("f", value))[0]  # type: ignore[no-any-return]  # as precise as its column


def _vector(texts: Sequence[tuple[str | None, str]]) -> dict[str, list[Place]]:
    vector: dict[str, list[Place]] = {}
    position = 0
    for text, letter in texts:
        for word in tokens(text or ""):
            position += 1
            vector.setdefault(word, []).append(Place(position, WEIGHTS[letter]))
    return vector


def _of_one(found: Sequence[Sequence[tuple[str, Sequence[Place]]]]) -> float:
    return sum(_of_word(places) for entries in found for _, places in entries) / max(len(found), 1)


def _of_word(places: Sequence[Place]) -> float:
    """Return what the places of one word count: the best one wholly, each other less by the square of its number."""
    each = [place.weight / (number + 1) ** 2 for number, place in enumerate(places)]
    best = max(range(len(places)), key=lambda number: places[number].weight)
    return (places[best].weight + sum(each) - each[best]) / ALL_SQUARES


def _of_several(found: Sequence[Sequence[tuple[str, Sequence[Place]]]]) -> float:
    rest = None
    for near in _pairs(found):
        rest = 1 - near if rest is None else rest * (1 - near)
    return 0.0 if rest is None else 1 - rest


def _pairs(found: Sequence[Sequence[tuple[str, Sequence[Place]]]]) -> Iterator[float]:
    """Yield how near every two places of different words are, by their weights."""
    places = [entries[-1][1] if entries else () for entries in found]
    for number, entries in enumerate(found):
        for _, own in entries:
            for others in places[:number]:
                for one in own:
                    for other in others:
                        distance = abs(one.position - other.position)
                        if distance:
                            yield math.sqrt(one.weight * other.weight * _nearness(distance))


def _nearness(distance: int) -> float:
    return 1e-30 if distance > FAR else 1 / (1.005 + 0.05 * math.exp(distance / 1.5 - 2))


def shortest(value: float) -> float:
    """Return a number of single precision as PostgreSQL writes it, with as few digits as tell it from others."""
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return float(text)
    return value
