"""Stories told again: recorded exchanges asked of a mock, in order, over a world that starts as the server's did."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mockserver.contract import METHODS, Contract, Operation
from mockserver.replay.alignment import Alignment, Difference
from mockserver.replay.recordings.exchanges import WORLD, dated
from mockserver.replay.recordings.model import Library, RecordedExchange, RecordingError, Story
from mockserver.replay.report.model import Report
from mockserver.replay.routing import Routing
from mockserver.replay.script import Answer
from mockserver.replay.targets import Target
from mockserver.testing.client import ControlError, ControlPlane, World
from mockserver.world.entropy import system_time, timestamp

Enter = Callable[[str, Sequence[Difference], str, Sequence[str]], None]
SESSION = "session:"
SUFFIX = re.compile(r"\.(csv|json)(?=/?$)")
NAMED_IN_QUERY = re.compile(r"(?<=[?&])(cohort|id|\w+_id)=(\d+)(?=&|$)")
MOUNTS = ("/api/projects/", "/api/environments/")
MOUNT = re.compile(r"^/api/(projects|environments|person)/")
TAIL = (3, 1)
"""How many items a recording that cut a long list kept of its start and of its end."""


class Teller:
    """Tells the stories of a library to a mock, and enters what it answers otherwise than the server did."""

    def __init__(
        self, contract: Contract, target: Target, library: Library, report: Report, enter: Enter,
        progress: Callable[[str, int, int], None],
    ) -> None:  # fmt: skip
        self._routing = Routing(contract)
        self._target = target
        self._library = library
        self._report = report
        self._enter = enter
        self._progress = progress

    def tell(self) -> None:
        """Tell every story, each in a world of its own. Raises: RecordingError where the target takes no world."""
        for story in self._library.stories:
            with self._world(story) as keys:
                count = self._tell(story, keys)
            note = (
                f"{story.name}: of {len(story.exchanges)} recorded exchanges {count['same']} were answered the same, "
                f"{count['body']} with the same status and something else that differs, {count['status']} with another "
                f"status; {count['failed']} that the server failed on were not asked"
            )
            elsewhere = f", {count['elsewhere']} are about other operations" if count["elsewhere"] else ""
            self._report.notes.append(f"{note}{elsewhere}.")

    @contextmanager
    def _world(self, story: Story) -> Iterator[Mapping[str, str]]:
        """Give the mock a world that starts as the recorded server did; yields its keys by label."""
        if self._library.world is None:
            yield {}
            return
        if not self._target.is_ours:
            raise RecordingError(f"{self._library.path} brings a world of its own, which only a mock can be given")
        plane = ControlPlane(self._target.url, transport=self._control)
        try:
            today = story.began_at or system_time()
            world: World = plane.create_world(
                scenario="blank", profile=self._target.profile, freeze_time=timestamp(today)
            )
            try:
                world.run_clock()
                world.load(**dated(dict(self._library.world), today))
                yield {key["label"]: key["value"] for key in self._library.world.get("api_keys", ())}
            finally:
                world.delete()
        except ControlError as error:
            raise RecordingError(f"{self._library.path / WORLD}: the mock does not take it: {error}") from None

    def _control(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        answer = self._target.send("none", method, path, headers, body)
        return answer.status, answer.body

    def _tell(self, story: Story, keys: Mapping[str, str]) -> Counter[str]:
        count: Counter[str] = Counter()
        alignment = Alignment(twins=True, headers=story.headers)
        for number, exchange in enumerate(story.exchanges):
            self._progress(f"recordings, {story.name}", number, len(story.exchanges))
            if exchange.answer.status >= 500:
                count["failed"] += 1
                continue
            ours = self._ask(exchange, alignment, keys)
            found = alignment.differences(exchange.answer, _cut(exchange, ours))
            operation = self._operation(exchange)
            if operation is None or operation.id not in self._report.rows:
                count["elsewhere"] += 1
                continue
            verdict = "status" if ours.status != exchange.answer.status else "body" if found else "same"
            count[verdict] += 1
            where = f"{story.name}, exchange {exchange.number}: {exchange.note}"
            self._note(operation, ours, exchange.answer)
            self._enter(operation.id, found, where, ())
        return count

    def _ask(self, exchange: RecordedExchange, alignment: Alignment, keys: Mapping[str, str]) -> Answer:
        headers = dict(exchange.headers)
        if exchange.auth and exchange.auth.startswith(SESSION):
            headers["Authorization"] = f"Bearer {keys.get(exchange.auth, '')}"
        body = translate_body(exchange.body, alignment)
        path = translate_path(exchange.path, alignment)
        self._report.steps += 1
        return self._target.send("none", exchange.method, path, headers, body)

    def _note(self, operation: Operation, ours: Answer, recorded: Answer) -> None:
        for name, showing in self._report.rows[operation.id].showings.items():
            showing.statuses[(ours if name == self._target.name else recorded).status] += 1

    def _operation(self, exchange: RecordedExchange) -> Operation | None:
        """Return the operation that an exchange is about; of a method or path that none has, the closest one."""
        path = SUFFIX.sub("", exchange.path.partition("?")[0])
        while path.count("/") > 2:
            for method in (exchange.method, *METHODS):
                for prefix in (None, *MOUNTS):
                    operation = self._routing.find(method, path if prefix is None else MOUNT.sub(prefix, path))
                    if operation is not None:
                        return operation
            path = path.rstrip("/").rpartition("/")[0]
        return None


def translate_path(path: str, alignment: Alignment) -> str:
    """Return a path with the recorded server's identifiers replaced by their counterparts."""
    head, separator, query = _translate(path, alignment).partition("?")
    parts = [_counterpart(part, alignment) if position > 4 else part for position, part in enumerate(head.split("/"))]
    query = NAMED_IN_QUERY.sub(lambda found: f"{found[1]}={_counterpart(found[2], alignment)}", f"?{query}")[1:]
    return "/".join(parts) + separator + query


def translate_body(body: str | None, alignment: Alignment) -> bytes | None:
    """Return a body with the recorded server's identifiers replaced, otherwise as it was written."""
    if body is None:
        return None
    text = _translate(body, alignment)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text.encode()
    translated = _with_counterparts(value, alignment, "")
    return (text if translated == value else json.dumps(translated)).encode()


def _with_counterparts(node: Any, alignment: Alignment, name: str) -> Any:
    if isinstance(node, dict):
        is_cohort = node.get("type") in ("cohort", "static-cohort", "precalculated-cohort")
        return {
            key: _with_counterparts(value, alignment, "id" if key == "value" and is_cohort else key)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_with_counterparts(item, alignment, name) for item in node]
    if isinstance(node, int) and not isinstance(node, bool) and (name == "id" or name.endswith("_id")):
        return alignment.counterparts.get(node, node)
    return node


def _counterpart(text: str, alignment: Alignment) -> str:
    return str(alignment.counterparts.get(int(text), text)) if text.isdigit() else text


def _translate(text: str, alignment: Alignment) -> str:
    """Return text with identifiers replaced however they are spelt: in upper case and without hyphens, too."""
    text = alignment.translate(text)
    for ours, theirs in alignment.counterparts.items():
        if isinstance(ours, str) and ours.count("-") == 4:
            text = text.replace(ours.upper(), theirs.upper()).replace(ours.replace("-", ""), theirs.replace("-", ""))
    return text


def _cut(exchange: RecordedExchange, answer: Answer) -> Answer:
    """Return of a long list what the recording kept of it."""
    body = answer.json if exchange.kept_of else None
    rows = body.get("results") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(rows, list) or len(rows) != exchange.kept_of:
        return answer
    body = {**body, "results": rows[: TAIL[0]] + rows[-TAIL[1] :]}
    return Answer(answer.status, answer.headers, json.dumps(body).encode())
