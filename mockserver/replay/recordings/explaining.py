"""Why some recorded answers are not ours: a file beside the recordings, each reason with the lines it is about.

    - recordings: cohorts
      lines: [3, 12]
      place: $.count
      reason: A calculation that is done was still running.
      cause: moment
      date: 2026-11-21

`lines`, `request` (a regular expression found in method, path and note), `place` (`*` stands for anything) and `kind`,
both of the difference, narrow down what a reason accepts. `sent_as: [before, after]` changes a request to what a later
server takes in its place.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from mockserver.replay.alignment import Difference
from mockserver.replay.deviations import Deviation
from mockserver.replay.entries import read_entries, require_keys
from mockserver.replay.recordings.files import FOLDER
from mockserver.replay.recordings.model import RecordingError, Sent

NAME = "explained.yaml"
NEEDED = frozenset({"recordings", "reason", "cause", "date"})
KEYS = NEEDED | {"lines", "request", "place", "kind", "sent_as"}


class Cause(StrEnum):
    """What kind of reason it is."""

    LATER = "later"
    """Later servers answer otherwise."""
    ORDER = "order"
    """Nothing promises the order, or the choice, of what is shown."""
    MOMENT = "moment"
    """It tells of the moment, or of what ran beside it."""
    ENGINE = "engine"
    """The recorded server's engine, or what was stood in for it, was another."""
    RECORDING = "recording"
    """The recording lost something, or what it follows from is not in it."""
    CHOICE = "choice"
    """The server's answer is a mistake that is not copied."""


MEANING = {
    Cause.LATER: "later servers answer otherwise",
    Cause.ORDER: "nothing promises the order",
    Cause.MOMENT: "it tells of the moment",
    Cause.ENGINE: "another engine",
    Cause.RECORDING: "the recording lost something",
    Cause.CHOICE: "a mistake that is not copied",
}


@dataclass(frozen=True)
class Explanation:
    """One reason, and what it accepts."""

    recordings: frozenset[str]
    """Names; `*` for any."""
    reason: str
    cause: Cause
    date: datetime.date
    lines: frozenset[int] = frozenset()
    """Any where empty."""
    request: str = ""
    place: str = "*"
    kind: str = ""
    sent_as: tuple[str, str] | None = None
    _place: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_place", re.compile(".*".join(map(re.escape, self.place.split("*"))), re.DOTALL))

    def is_about(self, recording: str, number: int, said: str) -> bool:
        """Return whether it is about a line of a recording."""
        if not self.recordings & {recording, "*"} or (self.lines and number not in self.lines):
            return False
        return not self.request or re.search(self.request, said) is not None

    def accepts(self, difference: Difference) -> bool:
        """Return whether it accepts a difference of what it is about."""
        return self._place.fullmatch(difference.place) is not None and self.kind in ("", difference.kind)

    def deviation(self, operation: str) -> Deviation:
        """Return it as reports have it."""
        return Deviation(re.escape(operation), self.place, self.reason, self.date)

    def __str__(self) -> str:
        lines = f" {', '.join(map(str, sorted(self.lines)))}" if self.lines else ""
        return f"{', '.join(sorted(self.recordings))}{lines}"


@dataclass
class Explanations:
    """The reasons of a file, and which of them still explain something."""

    given: tuple[Explanation, ...] = ()
    _used: set[Explanation] = field(default_factory=set)

    def find(self, recording: str, number: int, said: str, difference: Difference) -> Explanation | None:
        """Return what explains a difference, and remember that it does."""
        about = (one for one in self.given if one.is_about(recording, number, said) and one.accepts(difference))
        found = next(about, None)
        if found is not None:
            self._used.add(found)
        return found

    def sent(self, recording: str, exchange: Sent, body: bytes | None) -> bytes | None:
        """Return a body as a later server takes it, where a reason says how."""
        for one in self.given:
            if body is not None and one.sent_as is not None and one.is_about(recording, exchange.number, exchange.said):
                self._used.add(one)
                body = body.replace(one.sent_as[0].encode(), one.sent_as[1].encode())
        return body

    def unused(self, recordings: Iterable[str], *, of_one_date: bool = False) -> list[Explanation]:
        """Return the reasons about these recordings that nothing needs any more.

        What a later server does is not looked for in one that is of the recordings' date (`of_one_date`).
        """
        names = {*recordings, "*"}
        looked_for = [one for one in self.given if not (of_one_date and one.cause is Cause.LATER)]
        return [one for one in looked_for if one not in self._used and one.recordings & names]


def read_explanations(path: Path = FOLDER) -> Explanations:
    """Return the reasons that stand beside recordings, or in the folder above; none without such a file.

    Raises: RecordingError.
    """
    folder = path if path.is_dir() else path.parent
    file = next((place / NAME for place in (folder, folder.parent) if (place / NAME).is_file()), None)
    if file is None:
        return Explanations()
    return Explanations(tuple(_explanation(entry, where) for where, entry in read_entries(file, RecordingError)))


def _explanation(entry: Any, where: str) -> Explanation:
    require_keys(entry, where, NEEDED, KEYS, RecordingError)
    if not isinstance(entry["date"], datetime.date):
        raise RecordingError(f"{where}: `date` is no date (YYYY-MM-DD)")
    try:
        named = entry["recordings"]
        sent = entry.get("sent_as")
        re.compile(str(entry.get("request", "")))
        return Explanation(
            frozenset([named] if isinstance(named, str) else named), " ".join(str(entry["reason"]).split()),
            Cause(entry["cause"]), entry["date"], frozenset(map(int, entry.get("lines", ()))),
            str(entry.get("request", "")), str(entry.get("place", "*")), str(entry.get("kind", "")),
            (str(sent[0]), str(sent[1])) if sent else None,
        )  # fmt: skip
    except (ValueError, TypeError, IndexError, re.error) as error:
        raise RecordingError(f"{where}: {error}") from None
