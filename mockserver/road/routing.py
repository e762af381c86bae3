"""Which route a path is of: a table over the path's segments, since hundreds of patterns tried in turn cost more than
the answer.

A segment that is written out wins over a parameter, as in Flask; where that leads nowhere, the parameter is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mockserver.road.binding import Route, Routes

Found = tuple[Route, dict[str, str]]


class End(NamedTuple):
    """What a path leads to: a route's path and the names of its parameters, or, for some methods, somebody else."""

    path: str | None
    names: tuple[str, ...]
    methods: frozenset[str] | None = None


Reached = tuple[End, tuple[str, ...]]


@dataclass
class Node:
    """What may follow upon some segments: those written out, any other, and nothing."""

    written: dict[str, Node] = field(default_factory=dict)
    any: Node | None = None
    ends: list[End] = field(default_factory=list)

    def at(self, segments: Iterable[str]) -> Node:
        """Return the node of a template's segments, made if need be."""
        node = self
        for segment in segments:
            if segment[:1] in ("{", "<"):
                node.any = node.any or Node()
                node = node.any
            else:
                node = node.written.setdefault(segment, Node())
        return node

    def straight(self, segments: list[str]) -> list[Reached]:
        """Return the route that the best way leads to, if it leads to one, as nearly always: quicker than `reach`."""
        node, values = self, list[str]()
        for segment in segments:
            following = node.written.get(segment)
            if following is None:
                values.append(segment)
                following = node.any if segment and "." not in segment else None
            if following is None:
                return []
            node = following
        return [(end, tuple(values)) for end in node.ends[:1] if end.path is not None]

    def reach(self, segments: list[str], place: int, values: tuple[str, ...]) -> Iterator[Reached]:
        """Yield what a path's segments lead to from a place on, the best first, with the parameters' values."""
        if place == len(segments):
            for end in self.ends:
                yield end, values
            return
        segment = segments[place]
        following = self.written.get(segment)
        if following is not None:
            yield from following.reach(segments, place + 1, values)
        if self.any is not None and segment and "." not in segment:  # as the routers of DRF have it
            yield from self.any.reach(segments, place + 1, (*values, segment))


class Table:
    """The routes of the contract, and what of their paths is somebody else's."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._root = Node()
        for path in routes.families:
            segments = _segments(path)
            names = tuple([segment[1:-1] for segment in segments if segment[:1] == "{"])
            self._root.at(segments).ends.append(End(path, names))

    def leave(self, template: str, methods: Iterable[str]) -> None:
        """Let a template with these methods be answered by somebody else; any other is the contract's."""
        self._root.at(_segments(template)).ends.insert(0, End(None, (), frozenset(methods)))

    def leaves(self, path: str, method: str) -> bool:
        """Return whether somebody else answers a path, or refuses the method there."""
        found = next(self._root.reach(_segments(path), 0, ()), None)
        return found is not None and found[0].path is None

    def find(self, path: str, method: str) -> Found | None:
        """Return the route of a path and its parameters; nothing for what the contract does not answer."""
        segments = _segments(path)
        for end, values in self._root.straight(segments) or self._root.reach(segments, 0, ()):
            if end.path is not None:
                return self._routes.at(end.path), dict(zip(end.names, values, strict=True))
            if end.methods is None or method in end.methods:
                return None
        return None


def _segments(path: str) -> list[str]:
    """Return the segments of a path, whether or not a slash ends it."""
    segments = path.lstrip("/").split("/")
    if not segments[-1]:
        del segments[-1]
    return segments
