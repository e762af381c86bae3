"""How much agreed when it was last looked at: a file that is made, and below which no change may fall.

    annotations: {same: 148, explained: 2, failed: 3, unexplained: {}}

These are numbers of recorded exchanges; `failed` are those that the recorded server failed on, which are not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from mockserver.contract import Contract
from mockserver.replay.deviations import read_deviations
from mockserver.replay.recordings.explaining import read_explanations
from mockserver.replay.recordings.files import FOLDER, read_library
from mockserver.replay.recordings.model import Holds, RecordingError
from mockserver.replay.recordings.playing import Playback
from mockserver.replay.report.model import Report
from mockserver.replay.report.tallies import Tally
from mockserver.replay.targets import start_mock

FILE = FOLDER / "agreement.yaml"
HEAD = """\
# Made by `python -m mockserver.replay.recordings agreement`, which asks the mock, in the profile of each recording.
# Tests hold every answer to no less. After a change for the better, make it anew.
"""


@dataclass(frozen=True)
class Agreement:
    """How the mock's answers to the exchanges of one recording went."""

    same: int
    explained: int
    failed: int
    unexplained: Mapping[int, str] = field(default_factory=dict)
    """Lines that differ for no reason that is known, with the first difference."""

    @property
    def asked(self) -> int:
        """How many lines were asked."""
        return self.same + self.explained + len(self.unexplained)


def look(contract: Contract, names: tuple[str, ...] = ()) -> Report:
    """Ask a strict mock of their profile all that is recorded and comes along, or that of some recordings alone.

    Raises: RecordingError.
    """
    library = read_library()
    told = [one for one in library.recordings if one.holds is not Holds.TABLE and (not names or one.name in names)]
    target = start_mock("mock", contract, profile=library.profile, strict=True)
    try:
        return Playback(
            contract, target, replace(library, recordings=tuple(told)), "recordings", read_deviations(contract),
            explanations=read_explanations(library.path),
        ).run()  # fmt: skip
    finally:
        target.close()


def read_agreement(file: Path = FILE) -> dict[str, Agreement]:
    """Return what was found of each recording, by name. Raises: RecordingError."""
    try:
        entries: Mapping[str, Mapping[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return {name: Agreement(**entry) for name, entry in entries.items()}
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}") from None
    except (yaml.YAMLError, TypeError, AttributeError) as error:
        raise RecordingError(f"{file}: {' '.join(str(error).split())}") from None


def write_agreement(tallies: Iterable[Tally], file: Path = FILE) -> None:
    """Write what was found. Raises: RecordingError."""
    found = {
        tally.recording: {
            "same": tally.same, "explained": len(tally.explained), "failed": tally.failed,
            "unexplained": tally.unexplained,
        }
        for tally in tallies
    }  # fmt: skip
    try:
        file.write_text(HEAD + yaml.safe_dump(found, sort_keys=False, width=120, allow_unicode=True), encoding="utf-8")
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}") from None


def losses(tallies: Iterable[Tally], before: Mapping[str, Agreement]) -> Iterator[str]:
    """Yield, in words, where less agrees than did before: lines that newly differ, or fewer that are the same."""
    for tally in tallies:
        known = before.get(tally.recording, Agreement(0, 0, 0))
        for number, difference in tally.unexplained.items():
            if number not in known.unexplained:
                yield f"{tally.recording}:{number} differs for no known reason: {difference}"
        if tally.same < known.same:
            yield f"{tally.recording}: {tally.same} lines are the same; {known.same} were"


def gains(tallies: Iterable[Tally], before: Mapping[str, Agreement]) -> Iterator[str]:
    """Yield, in words, where more agrees than did before."""
    for tally in tallies:
        known = before.get(tally.recording, Agreement(0, 0, 0))
        mended = sorted(known.unexplained.keys() - tally.unexplained.keys())
        if mended or tally.same > known.same:
            lines = f"; not unexplained any more: {', '.join(map(str, mended))}" if mended else ""
            yield f"{tally.recording}: {tally.same} lines are the same; {known.same} were{lines}"
