"""Texts that fit a schema: of its format, as its name asks for, of its pattern, or at least long enough."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.inferred import naming
from mockserver.inferred.drawing.chance import Chance, Spot
from mockserver.inferred.fitting import fits_text
from mockserver.patterns.writing import written
from mockserver.world import entropy

USUAL = ("USD", "DE", "1.00", "0.5", "1", "sha256", "Q1", "1.0.0", "2026-01", "a")
"""What patterns often ask for, before one is spelled sign by sign."""


class Texts:
    """Draws texts."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def text(self, words: Mapping[str, Any], spot: Spot) -> str:
        """Return the first text that may do and fits; letters as many as must be, where none does."""
        for text in self._texts(words, spot):
            if text is None:
                continue
            longest = words.get("maxLength", math.inf)
            if len(text) > longest and "format" not in words:
                text = text[: int(longest)].strip(" .-_")
            if fits_text(words, text):
                return text
        return self._stretched(words, spot.place)

    def _texts(self, words: Mapping[str, Any], spot: Spot) -> Iterator[str | None]:
        """Yield texts that may do, the most telling first."""
        yield self._formatted(words.get("format"), spot)
        if words.get("format") in (None, "password", "slug", "decimal"):
            for candidate in (words.get("example"), words.get("default")):
                if isinstance(candidate, str) and candidate:
                    yield candidate
            yield self._named(spot)
        if "pattern" in words:
            yield from USUAL
            pick = self._chance.picker(spot.place)
            longest = words.get("maxLength", 10_000)
            yield written(str(words["pattern"]), pick, shortest=words.get("minLength", 0), longest=longest)
        yield self._chance.faked("word", spot.place)

    def _formatted(self, form: Any, spot: Spot) -> str | None:
        """Return a text of a format, where it is one that is known."""
        name, place = spot.name, spot.place
        match form:
            case "date-time":
                return entropy.timestamp(self._chance.moment(spot, place))
            case "date":
                return self._chance.moment(spot, place).date().isoformat()
            case "time":
                return f"{self._chance.below(24, place):02}:{self._chance.below(60, place + ':'):02}:00Z"
            case "duration":
                return f"PT{1 + self._chance.below(59, place)}M"
            case "uuid":
                return self._chance.uuid(place)
            case "email" | "idn-email":
                return self._chance.faked("ascii_safe_email", place)
            case "uri" | "url" | "iri" | "uri-reference" | "iri-reference":
                kind = naming.faker_of(name)
                return self._chance.faked(kind if kind in ("image_url", "url") else "url", place)
            case "hostname" | "idn-hostname":
                return self._chance.faked("domain_name", place)
            case "ipv4" | "ipv6":
                return self._chance.faked(form, place)
            case "decimal":
                return f"{self._chance.below(100, place)}.{self._chance.below(100, place + '.'):02}"
            case "byte":
                return "bW9jaw=="
            case "json-pointer":
                return "/" + naming.words_of(name)[-1] if naming.words_of(name) else ""
            case "regex":
                return "^[a-z]+$"
        return None

    def _named(self, spot: Spot) -> str | None:
        """Return a text as its name asks for, where it asks for any."""
        name, place = spot.name, spot.place
        if naming.has_word(name, naming.TIMES):
            return entropy.timestamp(self._chance.moment(spot, place))
        if naming.has_word(name, frozenset({"uuid", "guid"})):
            return self._chance.uuid(place)
        kind = naming.faker_of(name, spot.owner)
        if kind is not None:
            return self._chance.faked(kind, place)
        if naming.has_word(name, naming.IDENTIFIERS):
            return entropy.spell(self._chance.bytes(place), 12)
        if naming.has_word(name, naming.SECRETS):
            return entropy.spell(self._chance.bytes(place), 22)
        if naming.has_word(name, frozenset({"version"})):
            return f"1.{self._chance.below(20, place)}.0"
        return None

    def _stretched(self, words: Mapping[str, Any], place: str) -> str:
        """Return a text of letters as long as must be, where nothing that means something fits."""
        longest = int(min(words.get("maxLength", 10_000), 10_000))
        length = min(max(words.get("minLength", 0), 8), longest)
        return entropy.spell(self._chance.bytes(place), length, "abcdefghijklmnopqrstuvwxyz")
