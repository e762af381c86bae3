"""Exchanges over a project's own records: what it holds kept as a world, its people replaced, and what it answers.

Scripts make what they ask about, and so tell little of one project. Here the project itself is read and becomes the
world that a mock starts from; each reading probe is sent, and its answer told as that world tells it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from mockserver.contract import Contract, Operation
from mockserver.importing import Masker, Records, read_project
from mockserver.importing.adopting import let_in
from mockserver.importing.disguise import Disguise
from mockserver.importing.sources import sources
from mockserver.replay.alignment import Alignment
from mockserver.replay.identifiers import Finder
from mockserver.replay.probes import PREFIX, probes
from mockserver.replay.recordings.files import write_text
from mockserver.replay.recordings.model import KEPT_HEADERS, Clock, Holds, Origin, RecordedExchange, Recording
from mockserver.replay.recordings.recording import redactor_of
from mockserver.replay.redaction import SOMEWHERE, Redactor
from mockserver.replay.safety import only_reads, reason_to_skip
from mockserver.replay.script import Answer, Outcome, Script, run
from mockserver.replay.sharing import IMPORTED
from mockserver.replay.targets import UNKNOWN_KEY, Target
from mockserver.replay.wire import Refused
from mockserver.world.entropy import read_timestamp, system_time, timestamp

WORLD = "world.json"
LABELS = ("all_access", "session", "admin", "member", "outsider", "read_only", "limited")
KEYS: Mapping[str, str] = {label: f"phx_recorded_{label}".ljust(47, "0") for label in LABELS}
"""The keys of the world, which are nobody's."""


SEARCHING = frozenset({"search", "email", "value"})
"""Parameters that look for a part of a text."""


@dataclass
class ExchangeRecorder:
    """Keeps a project as a world, and exchanges over it."""

    contract: Contract
    target: Target
    operations: Sequence[Operation]
    folder: Path
    progress: Callable[[str, int, int], None] = lambda family, done, total: None
    date: str | None = None
    skipped: dict[str, str] = field(default_factory=dict)
    """What was not recorded, with the reason."""

    def __post_init__(self) -> None:
        self._imported = {source.family for source in sources(self.contract)}

    def record(self) -> Iterator[Recording]:
        """Write the world, and yield a recording a family. Raises: ImportFailure, RecordingError."""
        known = {operation.id: operation for operation in self.contract.operations}
        finder = Finder(self.contract, self.target.ids, self.target.ask, may_create=False)
        asked = probes(self.contract, self.operations, finder.identifiers(self.operations))
        asked = sorted((probe for probe in asked if only_reads(probe, known)), key=lambda probe: probe.family)
        began = system_time()
        records = read_project(self.contract, self.target.ask, self.target.ids)
        disguise = self._keep_world(records)
        origin = Origin(
            self.target.name, self.date, self.target.profile if self.target.is_ours else None, timestamp(began)
        )
        for family, group in groupby(asked, key=lambda probe: probe.family):
            exchanges = tuple(self._of_family(family, list(group), known, disguise))
            if exchanges:
                yield Recording(
                    f"{family}_exchanges", origin, Holds.EXCHANGES, exchanges=exchanges, world=WORLD,
                    began_at=read_timestamp(timestamp(began)), clock=Clock.STOPPED, independent=True,
                )  # fmt: skip

    def _keep_world(self, records: Records) -> Disguise:
        """Write the project as a world with keys for every role, and return what disguises answers about it."""
        masked = Masker(self.contract).mask(records.tables)
        disguise = Disguise(
            self.contract, records.tables, masked, address=self.target.url, instead=SOMEWHERE
        )  # fmt: skip
        scopes = sorted(self.target.scopes) if self.target.scopes else None
        let_in(masked, records, KEYS, scopes)
        write_text(self.folder / WORLD, json.dumps(masked, ensure_ascii=False, indent=1) + "\n")
        return disguise

    def _of_family(
        self, family: str, asked: Sequence[Script], known: Mapping[str, Operation], disguise: Disguise
    ) -> Iterator[RecordedExchange]:
        number = 0
        redactor = redactor_of(self.target)
        for done, probe in enumerate(asked):
            self.progress(family, done, len(asked))
            reason = reason_to_skip(probe, self.target, known)
            takes = [] if reason else [self._take(probe) for _ in range(2)]
            outcomes = [take for take in takes if take is not None and take.answer is not None]
            if reason is not None or len(outcomes) < len(takes):
                self.skipped[f"{family}: {probe.name} ({probe.steps[0].call})"] = reason or "it may not be asked"
                continue
            operation = known[probe.steps[0].call]
            try:
                exchange = _exchange(number + 1, probe, outcomes, disguise, redactor)
                if exchange.answer.status < 400 and not self._is_told(operation):
                    raise _Untold("its records are not among what is read of a project")
            except _Untold as reason:
                self.skipped[f"{family}: {probe.name} ({operation.id})"] = str(reason)
                continue
            number += 1
            yield exchange

    def _is_told(self, operation: Operation) -> bool:
        return operation.action in IMPORTED and operation.family in self._imported

    def _take(self, probe: Script) -> Outcome | None:
        try:
            return next(run(probe, self.target, self.contract, self.target.accepts), None)
        except Refused:
            return None


class _Untold(Exception):
    """Something is not recorded; the message says why."""


def _exchange(
    number: int, probe: Script, takes: Sequence[Outcome], disguise: Disguise, redactor: Redactor
) -> RecordedExchange:
    """Return what was asked and answered, without the fields that vary. Raises: _Untold."""
    answers = [_told(take.answer, disguise, redactor) for take in takes if take.answer is not None]
    alignment = Alignment(twins=True, headers=KEPT_HEADERS)
    varying = {difference.place for difference in alignment.differences(*answers)}
    if any(place.count(".") != 1 or "[]" in place for place in varying):
        raise _Untold("it is answered otherwise each time")
    method, _, rest = takes[0].request.partition(" ")
    path, _, query = rest.partition(" ")[0].partition("?")
    asked = parse_qsl(query, keep_blank_values=True)
    if any(name in SEARCHING for name, _ in asked) and answers[0].status < 400:
        raise _Untold("it looks for a part of what was replaced")
    query = urlencode([(name, _disguised(value, disguise)) for name, value in asked])
    path = f"{path}?{query}" if query else path
    headers = {str(name): str(value) for name, value in (probe.steps[0].spec.get("headers") or {}).items()}
    role = takes[0].role
    if role == "unknown":
        headers["Authorization"] = f"Bearer {UNKNOWN_KEY}"
    note = f"{probe.steps[0].call}: {probe.name.removeprefix(PREFIX)}"
    return RecordedExchange(
        number, note, role if role in KEYS else None, method, path, headers, None, answers[0],
        dropped=tuple(sorted(place.rpartition(".")[2] for place in varying)),
    )  # fmt: skip


def _disguised(text: str, disguise: Disguise) -> str:
    """Return what a parameter asks for, as it is called in disguise; JSON is read first."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return json.dumps(disguise.of(value)) if isinstance(value, (dict, list)) else disguise.asked(text)


def _told(answer: Answer, disguise: Disguise, redactor: Redactor) -> Answer:
    """Return an answer in disguise, without secrets, with those headers that mean something."""
    headers = {
        name.lower(): redactor.text(value) for name, value in answer.headers.items() if name.lower() in KEPT_HEADERS
    }
    if answer.status >= 400 or isinstance(answer.json, str):
        return Answer(answer.status, headers, redactor.text(answer.body.decode("utf-8", "replace")).encode())
    return Answer(answer.status, headers, json.dumps(disguise.of(answer.json)).encode() if answer.body else b"")
