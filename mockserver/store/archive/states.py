"""The states of an archive: numbered, kept whole or as what makes them of an earlier one."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import NamedTuple

from mockserver.store.changes import Changes, difference, redone, stored
from mockserver.store.contents import Contents, Root
from mockserver.store.model import Layout, StoreError

MOST_STORED = 16
"""How many states with blocks are remembered with what became of them."""


class Row(NamedTuple):
    """A state as the database has it: its number, the one that it is made of (0 for nothing), and the changes."""

    number: int
    base: int
    body: bytes


class States:
    """The states that are known, by number and by what they hold."""

    def __init__(self, layouts: Mapping[str, Layout], read: Callable[[int], Row]) -> None:
        self.layouts = layouts
        self._read = read
        self._roots: dict[int, Root] = {0: Root()}
        self._numbers: dict[int, int] = {}
        self._stored: dict[int, tuple[Root, Root]] = {}
        self._without_blocks: dict[int, tuple[Contents, Contents]] = {}

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
        """Return what a state holds, reading what of it was not asked for yet. Raises: StoreError."""
        if number not in self._roots:
            row = self._read(number)
            try:
                self._hold(number, redone(self.layouts, self.root(row.base), Changes.decoded(row.body)))
            except (ValueError, KeyError) as error:
                raise StoreError(f"state {number} cannot be read ({error}); see: mockserver store check") from None
        return self._roots[number]

    def add(self, number: int, root: Root, bases: Container[int] | None = None) -> Row:
        """Take in a state under a new number, and return it as the database has it, made of the one most like it."""
        known = [each for each in self._roots if bases is None or each in bases]
        base = max(known, key=lambda each: _shared(self._roots[each], root))
        self._hold(number, root)
        return Row(number, base, difference(self._roots[base], root).encoded())

    def drop(self, number: int) -> None:
        """Forget a state."""
        root = self._roots.pop(number, None)
        if root is not None and self._numbers.get(id(root)) == number:
            del self._numbers[id(root)]

    def _hold(self, number: int, root: Root) -> None:
        self._roots[number] = root
        self._numbers[id(root)] = number


def _shared(one: Root, other: Root) -> int:
    """Return how many records two states share by sharing whole tables."""
    return sum(
        len(contents.records) + 1 for name, contents in one.tables.items() if other.tables.get(name) is contents
    )  # fmt: skip
