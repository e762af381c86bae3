"""What the matcher is asked: the events of one actor in the order of time, and how attempts are to be found in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

BY_STEP = "step_"


class Event(NamedTuple):
    """An event: seconds since 1970, the steps it can be (below nought: whose attempts it excludes), and its value."""

    moment: float
    uuid: str
    value: Any
    steps: tuple[int, ...]
    interval: int = 0
    """When the interval begins that it lies in, for trends."""


@dataclass(frozen=True)
class Asked:
    """How attempts are found: `window` in seconds from an attempt's first event, its end included."""

    size: int
    window: float
    attribution: str
    order: str
    values: Sequence[Any]
    events: Sequence[Event]
    optional: frozenset[int] = frozenset()
    since: int = 1
    """For trends: the step from which an actor counts as having entered."""
    until: int = 0
    """For trends: the step that is the goal."""

    @property
    def attributed(self) -> int | None:
        """The step whose event must have the value, from nought; none where another attribution holds."""
        told = self.attribution.removeprefix(BY_STEP)
        return int(told) if told != self.attribution and told.isdecimal() else None

    def per_value(self) -> Iterator[tuple[Any, Sequence[Event]]]:
        """Yield each value and the events that attempts of it are made of."""
        of_the_value_alone = self.attribution == "all_events"
        for value in self.values:
            yield value, [event for event in self.events if event.value == value] if of_the_value_alone else self.events
