"""Where values are drawn, and the dice that are thrown there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mockserver.inferred import naming
from mockserver.inferred.naming import Moment
from mockserver.world import entropy

BYTES = 16


@dataclass(frozen=True)
class Spot:
    """Where a value is drawn: what it is called, all the way to it, how deep that is, and what it is a part of."""

    name: str
    place: str
    depth: int = 0
    owner: str = ""
    is_listed: bool = False
    is_new: bool = False
    """Whether it is part of a record that is new, rather than of one that has been there for a while."""

    def inside(self, name: str, step: str | int | None = None) -> Spot:
        """Return the spot of a part."""
        place = f"{self.place}/{name if step is None else step}"
        return Spot(name, place, self.depth + 1, self.name, isinstance(step, int), self.is_new)

    @property
    def is_again(self) -> bool:
        """Whether this is not the first attempt."""
        return "#" in self.place

    def again(self, attempt: int) -> Spot:
        """Return the spot of another attempt at the same value."""
        return replace(self, place=f"{self.place}#{attempt}") if attempt else self


class Chance:
    """What a seed gives at a place, as of a moment: the same in any process, whatever was drawn before."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.now = now
        self._seed = seed

    def bytes(self, place: str) -> bytes:
        """Return bytes."""
        return entropy.draw(self._seed, f"inferred:{place}", 0, BYTES)

    def below(self, limit: int, place: str) -> int:
        """Return a number from 0 up to a limit; 0 where that is no more."""
        return int.from_bytes(self.bytes(place), "big") % max(limit, 1)

    def pick(self, values: Sequence[Any], place: str) -> Any:
        """Return one of several values."""
        return values[self.below(len(values), place)]

    def picker(self, place: str) -> Any:
        """Return what chooses among several, time after time differently."""
        dice = entropy.dice(self._seed, f"inferred:{place}")
        return lambda values: values[dice.randrange(len(values))]

    def uuid(self, place: str) -> str:
        """Return a UUID."""
        return str(UUID(bytes=self.bytes(place), version=4))

    def faked(self, kind: str, place: str) -> str:
        """Return a text of one of Faker's kinds."""
        with entropy.faker(self._seed, place) as fake:
            match kind:
                case "hex_color":
                    return str(fake.hex_color()).lower()
                case "image_url":
                    return f"https://{fake.domain_name()}/{fake.word()}.png"
                case "sentence":
                    return str(fake.sentence(nb_words=6))
                case "uri_path":
                    return "/" + str(fake.uri_path())
            text: str = getattr(fake, kind)()
            return text

    def moment(self, spot: Spot, place: str) -> datetime:
        """Return a time near the world's: past, lately, now or to come, as the spot's name says."""
        match naming.moment_of(spot.name, is_new=spot.is_new):
            case Moment.NOW:
                return self.now
            case Moment.FUTURE:
                distance = timedelta(minutes=60 + self.below(30 * 24 * 60, place))
            case Moment.LATELY:
                distance = -timedelta(minutes=self.below(24 * 60, place))
            case _:
                distance = -timedelta(minutes=24 * 60 + self.below(29 * 24 * 60, place))
        try:
            return (self.now + distance).replace(microsecond=0)
        except OverflowError:  # the world is at the end of time
            return self.now
