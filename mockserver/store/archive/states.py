"""The states of an archive: numbered, kept whole or as what makes them of an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.store.changes import Changes, difference, redone, stored
from mockserver.store.contents import Contents, Root
from mockserver.store.model import Layout

MOST_STORED = 16
"""How many states with blocks are remembered with what became of them."""


class Row(NamedTuple):
    """A state as the database has it: its number, the one that it is made of (0 for nothing), and the changes."""

    number: int
    base: int
    body: bytes


class States:
    """The states that are known, by number and by what they hold."""

    def __init__(self, layouts: Mapping[str, Layout]) -> None:
        self.layouts = layouts
        self._roots: dict[int, Root] = {0: Root()}
        self._bases: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        self._stored: dict[int, tuple[Root, Root]] = {}
        self._without_blocks: dict[int, tuple[Contents, Contents]] = {}

    def read(self, row: Row) -> None:
        """Take in a state of the database. Raises: ValueError, KeyError for one that cannot be read."""
        self._hold(row.number, row.base, redone(self.layouts, self._roots[row.base], Changes.decoded(row.body)))

    def stored(self, root: Root) -> Root:
        """Return a state as it is kept: with every record of its blocks."""
        if not any(contents.blocks for contents in root.tables.values()):
            return root
        if id(root) not in self._stored:
            while len(self._stored) >= MOST_STORED:
                del self._stored[next(iter(self._stored))]
            self._stored[id(root)] = root, stored(self.layouts, root, self._without_blocks)
        return self._stored[id(root)][1]

    def number_of(self, root: Root) -> int | None:
        """Return the number of a state that is kept already."""
        return self._numbers.get(id(root))

    def root(self, number: int) -> Root:
        """Return what a state holds."""
        return self._roots[number]

    def add(self, number: int, root: Root) -> Row:
        """Take in a state under a new number, and return it as the database has it, made of the one most like it."""
        base = max(self._roots, key=lambda each: _shared(self._roots[each], root))
        self._hold(number, base, root)
        return Row(number, base, difference(self._roots[base], root).encoded())

    def drop(self, number: int) -> None:
        """Forget a state."""
        root = self._roots.pop(number, None)
        self._bases.pop(number, None)
        if root is not None and self._numbers.get(id(root)) == number:
            del self._numbers[id(root)]

    def unused(self, used: set[int]) -> Iterator[int]:
        """Yield the states that none of these is, or is made of."""
        reached = {0}
        for number in used:
            while number not in reached:
                reached.add(number)
                number = self._bases[number]
        yield from (number for number in list(self._roots) if number not in reached)

    def _hold(self, number: int, base: int, root: Root) -> None:
        self._roots[number], self._bases[number] = root, base
        self._numbers[id(root)] = number


def _shared(one: Root, other: Root) -> int:
    """Return how many records two states share by sharing whole tables."""
    return sum(
        len(contents.records) + 1 for name, contents in one.tables.items() if other.tables.get(name) is contents
    )  # fmt: skip
