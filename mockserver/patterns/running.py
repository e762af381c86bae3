"""A regular expression run as a machine: no state at no place of a text is entered twice.

So the time it takes is bounded by the pattern's length times the text's. Only what looks ahead takes longer, and is
given up after so many steps, as PostHog's engine gives up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mockserver.patterns.reading import Ahead, Atomic, Choice, InOrder, Node, One, Repeat

MOST_STATES = 20_000
MOST_STEPS_LOOKING_AHEAD = 1_000_000

SIGN, PLACE, SPLIT, AHEAD, ATOMIC, END = range(6)
Test = Callable[[str, int], Any]


class NoProgram(Exception):
    """A pattern that refers back, or of more states than PostHog's engines have room for; nothing matches it."""


class GivenUp(Exception):
    """A text over which a pattern takes too long."""


@dataclass
class State:
    """One state: what it asks, and which follow."""

    kind: int
    test: Test | None = None
    follow: list[int] = field(default_factory=list)
    inside: int = 0
    is_negated: bool = False


class Program:
    """A pattern made into states; they are written from the end, so each knows what follows."""

    def __init__(self) -> None:
        self._states: list[State] = []
        self._looks_ahead = False
        self._start = 0

    @classmethod
    def of(cls, tree: Node) -> Program | None:
        """Return the program of a pattern; nothing where there is none."""
        program = cls()
        try:
            program._start = program._write(tree, program._add(State(END)))
        except (NoProgram, RecursionError):
            return None
        return program

    def finds(self, text: str) -> bool:
        """Return whether the pattern is somewhere in a text."""
        run = _Run(self._states, text, MOST_STEPS_LOOKING_AHEAD if self._looks_ahead else None)
        seen: set[tuple[int, int]] = set()
        try:
            return any(run.end_from(self._start, place, seen) is not None for place in range(len(text) + 1))
        except (GivenUp, RecursionError):
            return False

    def _add(self, state: State) -> int:
        if len(self._states) >= MOST_STATES:
            raise NoProgram
        self._states.append(state)
        return len(self._states) - 1

    def _write(self, node: Node, after: int) -> int:
        """Write the states of a part that `after` follows; return where it begins. Raises: NoProgram."""
        match node:
            case One(test, is_place):
                return self._add(State(PLACE if is_place else SIGN, test.match, [after]))
            case InOrder(items):
                for item in reversed(items):
                    after = self._write(item, after)
                return after
            case Choice(items):
                return self._add(State(SPLIT, follow=[self._write(item, after) for item in items]))
            case Ahead(item, is_negated):
                self._looks_ahead = True
                inside = self._write(item, self._add(State(END)))
                return self._add(State(AHEAD, follow=[after], inside=inside, is_negated=is_negated))
            case Atomic(item):
                self._looks_ahead = True
                inside = self._write(item, self._add(State(END)))
                return self._add(State(ATOMIC, follow=[after], inside=inside))
            case Repeat(item, least, most, is_lazy):
                after = self._write_rest(item, None if most is None else most - least, after, is_lazy=is_lazy)
                for _ in range(least):
                    after = self._write(item, after)
                return after
        raise NoProgram

    def _write_rest(self, item: Node, most: int | None, after: int, *, is_lazy: bool) -> int:
        """Write what may be repeated beyond the least number of times."""
        if most is None:
            again = State(SPLIT)
            place = self._add(again)
            inside = self._write(item, place)
            again.follow = [after, inside] if is_lazy else [inside, after]
            return place
        behind = after
        for _ in range(most):
            inside = self._write(item, after)
            after = self._add(State(SPLIT, follow=[behind, inside] if is_lazy else [inside, behind]))
        return after


class _Run:
    """A program over one text."""

    def __init__(self, states: list[State], text: str, most_steps: int | None) -> None:
        self._states = states
        self._text = text
        self._left = most_steps

    def end_from(self, start: int, place: int, seen: set[tuple[int, int]]) -> int | None:
        """Return where the first way to match from a place ends; nothing if there is none. Raises: GivenUp."""
        stack = [(start, place)]
        states, text, length = self._states, self._text, len(self._text)
        while stack:
            here = stack.pop()
            if here in seen:
                continue
            seen.add(here)
            if self._left is not None:
                self._left -= 1
                if self._left < 0:
                    raise GivenUp
            number, place = here
            state = states[number]
            match state.kind:
                case 0:  # SIGN
                    if place < length and state.test(text, place):  # type: ignore[misc]
                        stack.append((state.follow[0], place + 1))
                case 1:  # PLACE
                    if state.test(text, place):  # type: ignore[misc]
                        stack.append((state.follow[0], place))
                case 2:  # SPLIT
                    stack.extend((follow, place) for follow in reversed(state.follow))
                case 5:  # END
                    return place
                case _:
                    end = self.end_from(state.inside, place, set())
                    if state.kind == ATOMIC and end is not None:
                        stack.append((state.follow[0], end))
                    elif state.kind == AHEAD and (end is None) == state.is_negated:
                        stack.append((state.follow[0], place))
        return None
