"""Exchanges told again: recorded requests asked of a mock, in order, over a world that starts as the server's did."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mockserver.contract import METHODS, Contract, Operation
from mockserver.replay.alignment import Alignment, Difference
from mockserver.replay.recordings.cutting import cut, drop
from mockserver.replay.recordings.explaining import Explanations
from mockserver.replay.recordings.model import (
    FAILED,
    LeftOut,
    Library,
    RecordedExchange,
    Recording,
    RecordingError,
    Sent,
    Told,
)
from mockserver.replay.recordings.queries import ASKED_BEFORE, comparable, comparable_values, tolerance
from mockserver.replay.recordings.sheets import as_rows
from mockserver.replay.recordings.translating import translate_body, translate_path
from mockserver.replay.recordings.worlds import Start, Starts
from mockserver.replay.routing import Routing
from mockserver.replay.script import Answer
from mockserver.replay.targets import Target

SUFFIX = re.compile(r"\.(csv|json)(?=/?$)")
MOUNTS = ("/api/projects/", "/api/environments/")
MOUNT = re.compile(r"^/api/(projects|environments|person)/")
VALUES = re.compile(r"/persons/values/?\?")
ONE_VALUE = re.compile(r"&value=[^&]*")


class Teller:
    """Tells the exchanges of a library to a mock."""

    def __init__(
        self, contract: Contract, target: Target, explanations: Explanations,
        progress: Callable[[str, int, int], None],
    ) -> None:  # fmt: skip
        self._routing = Routing(contract)
        self._target = target
        self._explanations = explanations
        self._progress = progress

    def tell(self, library: Library) -> Iterator[Told]:
        """Yield every exchange, told over the world of its recording; what it failed on is not judged.

        Raises: RecordingError where the target takes no world.
        """
        starts = Starts(self._target, library.profile)
        try:
            for recording in library.recordings:
                if recording.exchanges:
                    with starts.of(recording) as start:
                        yield from self._tell(recording, start)
        finally:
            starts.close()

    def _tell(self, recording: Recording, start: Start) -> Iterator[Told]:
        alignment = Alignment(twins=True, given=start.given)
        left_out = list(recording.left_out)
        for number, exchange in enumerate(recording.exchanges):
            while left_out and left_out[0].number < exchange.number:
                yield self._put_back(recording, left_out.pop(0), alignment, start.keys)
            self._progress(f"recordings, {recording.name}", number, len(recording.exchanges))
            start.wait(exchange.waited_seconds)
            ours = self._ask(recording, exchange, alignment, start.keys)
            if exchange.answer.status >= FAILED:  # what it did before it failed counts for what comes after
                continue
            alignment.headers = recording.headers if exchange.answer.headers else ()
            unsaid = ASKED_BEFORE if recording.independent and not exchange.sequence else ()
            found = self._differences(exchange, ours, alignment, start.keys, unsaid)
            where = f"{recording.name}, exchange {exchange.number}: {exchange.note}"
            yield Told(
                recording, exchange.number, exchange.said, where, self._operation(exchange), exchange.answer, ours,
                tuple(found),
            )  # fmt: skip

    def _put_back(self, recording: Recording, request: LeftOut, alignment: Alignment, keys: Mapping[str, str]) -> Told:
        """Send a request that a recording leaves out, and learn of its answer what later lines show of it.

        Raises: RecordingError where nobody has the key that it names.
        """
        if request.auth is not None and request.auth not in keys:
            raise RecordingError(f"{recording.name}, put back at {request.number}: no key is labelled {request.auth!r}")
        ours = self._ask(recording, request, alignment, keys)
        if not request.works(ours.status):
            found = [Difference("status", "status", "put back", str(ours.status))]
        else:
            answered = ours.json if isinstance(ours.json, Mapping) else {}
            shown = {name: answered[name] for name in request.answer if name in answered}
            found = alignment.differences(*(_answer(ours, part) for part in (dict(request.answer), shown)))
        where = f"{recording.name}, put back at {request.number}: {request.shown_by}"
        operation = self._operation(request)
        return Told(
            recording, request.number, request.said, where, operation, ours, ours, tuple(found), put_back=True
        )  # fmt: skip

    def _ask(self, recording: Recording, exchange: Sent, alignment: Alignment, keys: Mapping[str, str]) -> Answer:
        body = self._explanations.sent(recording.name, exchange, exchange.body)
        path = translate_path(exchange.path, alignment)
        return self._send(exchange, path, translate_body(body, alignment), keys)

    def _send(self, exchange: Sent, path: str, body: bytes | None, keys: Mapping[str, str]) -> Answer:
        headers = dict(exchange.headers)
        named = {name.lower() for name in headers}
        key = keys.get(exchange.auth or "")
        if key and "authorization" not in named:
            headers["Authorization"] = f"Bearer {key}"
        return self._target.send("none", exchange.method, path, headers, body)

    def _differences(
        self, exchange: RecordedExchange, ours: Answer, alignment: Alignment, keys: Mapping[str, str],
        unsaid: tuple[str, ...],
    ) -> Sequence[Difference]:  # fmt: skip
        recorded = exchange.answer
        alignment.tolerance = tolerance(exchange)
        if recorded.status != ours.status or not recorded.body or not ours.body:
            return alignment.differences(recorded, ours)
        left, right = cut(exchange, recorded.json, ours.json)
        if exchange.kept is None:
            left, right = as_rows(left, right, recorded)
        left, right = (drop((*exchange.dropped, *unsaid), body) for body in (left, right))
        left, right = comparable(exchange, left, right)
        if VALUES.search(exchange.path):
            left, right = comparable_values(left, right, lambda value: self._count(exchange, value, keys))
        return alignment.differences(_answer(recorded, left), _answer(ours, right))

    def _count(self, exchange: RecordedExchange, value: str, keys: Mapping[str, str]) -> int | None:
        """Return how often a value of a property is counted, asked for alone."""
        path = f"{ONE_VALUE.sub('', exchange.path)}&value={quote(value, safe='')}"
        rows = self._send(exchange, path, None, keys).json
        return next((row["count"] for row in rows if row["name"] == value), None) if isinstance(rows, list) else None

    def _operation(self, exchange: Sent) -> Operation | None:
        path = SUFFIX.sub("", exchange.path.partition("?")[0])
        while path.count("/") > 2:
            for method in (exchange.method, *METHODS):
                for prefix in (None, *MOUNTS):
                    operation = self._routing.find(method, path if prefix is None else MOUNT.sub(prefix, path))
                    if operation is not None:
                        return operation
            path = path.rstrip("/").rpartition("/")[0]
        return None


def _answer(answer: Answer, body: Any) -> Answer:
    if isinstance(body, str):
        return Answer(answer.status, answer.headers, body.encode())
    return Answer(answer.status, answer.headers, json.dumps(body).encode())
