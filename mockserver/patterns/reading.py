"""What a regular expression is made of, and how long Python's engine might try to match it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""(?P<flags>\(\?[aiLmsux]+\))|(?P<behind>\(\?<[=!])|(?P<ahead>\(\?[=!])|(?P<atomic>\(\?>)|(?P<comment>\(\?\#[^)]*\))
    |(?P<back>\(\?P=\w+\)|\\[1-9]\d?)|(?P<asked>\(\?\()|(?P<scoped>\(\?(?P<on>[aiLmsux]*)(?:-(?P<off>[imsx]+))?:)|(?P<open>\(\?P<\w+>|\()
    |(?P<close>\))|(?P<either>\|)|(?P<repeat>(?:[*+?]|\{(?:\d+,?\d*|,\d*)\})[?+]?)|(?P<place>\^|\$|\\[AbBZ])
    |(?P<one>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|0[0-7]{0,2}|N\{[^}]+\}|.)
        |\[\^?\]?(?:\\.|[^\]\\])*\]|.)""",
    re.VERBOSE | re.DOTALL,
)  # fmt: skip
TIMES = re.compile(r"\{(\d*)(,?)(\d*)\}")
BLANK = re.compile(r"\s+|#[^\n]*")
LETTERS = {"a": re.A, "i": re.I, "m": re.M, "s": re.S, "u": re.U, "x": re.X}
OWN = re.A | re.I | re.M | re.S


class Unreadable(Exception):
    """A pattern that asks which groups have matched."""


@dataclass(frozen=True)
class Node:
    """A part of a pattern."""


@dataclass(frozen=True)
class One(Node):
    """A sign, or a place between signs, that Python's engine is asked about by itself."""

    test: re.Pattern[str]
    is_place: bool = False


@dataclass(frozen=True)
class InOrder(Node):
    """Parts one after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Choice(Node):
    """One of several parts, the first that leads on."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat(Node):
    """A part some times over, as often as may be or, when `is_lazy`, as seldom."""

    item: Node
    least: int
    most: int | None
    is_lazy: bool = False


@dataclass(frozen=True)
class Ahead(Node):
    """What must, or must not, come next; nothing of it is passed."""

    item: Node
    is_negated: bool


@dataclass(frozen=True)
class Atomic(Node):
    """A part that is matched in the first way that there is, and in no other."""

    item: Node


@dataclass(frozen=True)
class Back(Node):
    """What a group matched before: no machine without memory matches it."""


@dataclass
class _Frame:
    """A group that is being read."""

    kind: str
    flags: int
    choices: list[list[Node]] = field(default_factory=lambda: [[]])

    def whole(self) -> Node:
        parts = [_sequence(items) for items in self.choices]
        inside = parts[0] if len(parts) == 1 else Choice(tuple(parts))
        if self.kind in ("(?=", "(?!"):
            return Ahead(inside, self.kind == "(?!")
        return Atomic(inside) if self.kind == "(?>" else inside


def read(text: str, flags: int) -> Node:
    """Return what a pattern is made of that Python compiles with these flags. Raises: Unreadable."""
    frames = [_Frame("", flags & (OWN | re.X))]
    place = 0
    while place < len(text):
        frame = frames[-1]
        if frame.flags & re.X and (blank := BLANK.match(text, place)):
            place = blank.end()
            continue
        found = TOKEN.match(text, place)
        if found is None:
            raise Unreadable
        place = found.end()
        items = frame.choices[-1]
        match found.lastgroup if found.lastgroup not in ("on", "off") else "scoped":
            case "asked":
                raise Unreadable
            case "back":
                items.append(Back())
            case "flags" | "comment":
                pass  # flags of the whole are told beside the pattern
            case "behind":
                place = _end_of_group(text, found.start())
                items.append(One(re.compile(text[found.start() : place], frame.flags), is_place=True))
            case "ahead" | "atomic":
                frames.append(_Frame(found[0], frame.flags))
            case "scoped":
                on, off = found["on"] or "", found["off"] or ""
                added = sum(LETTERS.get(letter, 0) for letter in on)
                frames.append(_Frame("", (frame.flags | added) & ~sum(LETTERS.get(letter, 0) for letter in off)))
            case "open":
                frames.append(_Frame("", frame.flags))
            case "close":
                frames.pop()
                frames[-1].choices[-1].append(frame.whole())
            case "either":
                frame.choices.append([])
            case "repeat" if items:
                items.append(_repeated(items.pop(), found[0]))
            case kind:
                items.append(One(re.compile(found[0], frame.flags & OWN), is_place=kind == "place"))
    return frames[0].whole()


def _end_of_group(text: str, place: int) -> int:
    depth = 0
    while True:
        found = TOKEN.match(text, place)
        if found is None or found.lastgroup == "asked":
            raise Unreadable
        place = found.end()
        if found.lastgroup == "close":
            depth -= 1
            if depth == 0:
                return place
        elif found[0].startswith("(") and found.lastgroup not in ("flags", "comment"):
            depth += 1


def _repeated(item: Node, sign: str) -> Node:
    times = TIMES.match(sign)
    if times is None:
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign[0]]
        rest = sign[1:]
    else:
        least = int(times[1] or 0)
        most = (int(times[3]) if times[3] else None) if times[2] else least
        rest = sign[times.end() :]
    repeat = Repeat(item, least, most, is_lazy=rest == "?")
    return Atomic(repeat) if rest == "+" else repeat


def _sequence(items: Sequence[Node]) -> Node:
    return items[0] if len(items) == 1 else InOrder(tuple(items))


@dataclass(frozen=True)
class Cost:
    """How many ways there are to match, at most: some, times the length of a text to a power.

    Nothing is known of a part that may be matched in several ways and is repeated.
    """

    degree: int = 0
    ways: int = 1
    varies: bool = False
    is_known: bool = True


UNKNOWN = Cost(is_known=False)


def cost_of(node: Node | None) -> Cost:
    """Return what a pattern may cost."""
    match node:
        case One() | Back():
            return Cost()
        case InOrder(items):
            return _joined([cost_of(item) for item in items])
        case Choice(items):
            costs = [cost_of(item) for item in items]
            known = all(cost.is_known for cost in costs)
            return Cost(max(cost.degree for cost in costs), sum(cost.ways for cost in costs), True, known)
        case Ahead(item) | Atomic(item):
            return cost_of(item)
        case Repeat(item, least, most):
            inside = cost_of(item)
            if most == 1 and inside.is_known:
                return Cost(inside.degree, inside.ways + 1, varies=True)
            if inside.varies or not inside.is_known:
                return UNKNOWN
            return Cost() if least == most else Cost(1, varies=True)
    return UNKNOWN


def _joined(costs: Sequence[Cost]) -> Cost:
    ways = 1
    for cost in costs:
        ways *= cost.ways
    return Cost(
        sum(cost.degree for cost in costs), ways, any(cost.varies for cost in costs),
        all(cost.is_known for cost in costs),
    )  # fmt: skip
