"""What is odd about a document: told with its place, and no more of a kind than anybody would read."""

from __future__ import annotations

from mockserver.inferred.reading import Oddity

MOST_OF_A_KIND = 20


class Oddities:
    """The oddities of one document."""

    def __init__(self) -> None:
        self.found: list[Oddity] = []
        self._told: dict[str, int] = {}

    def tell(self, place: str, text: str, kind: str | None = None) -> None:
        """Tell an oddity; of one kind, no more than anybody would read."""
        kind = kind or text
        told = self._told[kind] = self._told.get(kind, 0) + 1
        if told <= MOST_OF_A_KIND:
            self.found.append(Oddity(place, text))
        elif told == MOST_OF_A_KIND + 1:
            self.found.append(Oddity(place, f"{text} (and more places like it)"))
