"""Valid requests for a document's operations, and answers held to what it says of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from mockserver.inferred.drawing import Drawer
from mockserver.replay.script import Answer as ReplayAnswer
from tests.inferred.hints import Hint, Hints
from tests.inferred.referee import Referee
from tests.inferred.walking.described import PARAMETER, Described, Operation
from tests.inferred.walking.report import Report, Stuck
from tests.inferred.walking.wire import MODELLED, Answer, Send

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
TENANTS = {"project_id": 1, "organization_id": "01890000-0000-7000-8000-000000000001"}
TRIES = 3
"""How often an operation is asked: all that its schema has, what that asks for, what our contract has for it."""


class Client:
    """Asks a server what a document has."""

    def __init__(self, document: dict[str, Any], send: Send) -> None:
        self.document = Described(document)
        self.drawer = Drawer(self.document.shapes, 7, NOW)
        self.report = Report(operations=len(self.document.operations))
        self._referee = Referee(document)
        self._send = send
        self._drawn = 0

    @cached_property
    def hints(self) -> Hints:
        """What a valid request is where a family is modelled."""
        return Hints(self._ask, TENANTS)

    def fresh(self) -> int:
        """Return a number that no value was drawn by."""
        self._drawn += 1
        return self._drawn

    def request(
        self, operation: Operation, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Answer:  # fmt: skip
        asked = {
            each["name"]: self.drawer.draw(each.get("schema", {}), each["name"])
            for each in operation.parameters
            if each.get("in") == "query" and each.get("required")
        }
        asked.update(query or {})
        address = operation.base + path + (f"?{urlencode(asked, doseq=True)}" if asked else "")
        return self._send(operation.method.upper(), address, body, operation.media if body is not None else None)

    def body(self, operation: Operation, *, whole: bool) -> Any:
        """Return a valid body, different each time; `whole` with what may be left out, too."""
        if operation.body is None:
            return None
        place = str(self.fresh())
        name = PARAMETER.sub("", operation.path).strip("/").rpartition("/")[2]
        drawn = self.drawer.draw(operation.body, name, place=place, for_request=True)
        if whole or not isinstance(drawn, dict):
            return drawn
        required = self.document.shapes.of(operation.body).required
        return {name: value for name, value in drawn.items() if name in required}

    def creating(self, create: Operation, attempt: int, path: str) -> Any:
        """Return a body that makes a record."""
        if attempt < TRIES - 1:
            return self.body(create, whole=not attempt)
        hint = self.hints.of(create.method, create.path)
        body = hint.body if hint else None
        if hint:
            self.prepare(hint, path)
        if not isinstance(body, dict):
            return body
        number = self.fresh()  # no two records may have the same name
        own = {name: f"{body[name]}_{number}" for name in ("name", "key") if isinstance(body.get(name), str)}
        return {**body, **own}

    def prepare(self, hint: Hint, path: str) -> None:
        """Change the record that a path lies in, where a hint says so."""
        if hint.before is not None:
            self._ask("PATCH", path.rstrip("/").rpartition("/")[0] + "/", hint.before)

    def _ask(self, method: str, path: str, body: Any) -> ReplayAnswer:
        """Send what the hints are made of."""
        answer = self._send(method, path, body, "application/json" if body is not None else None)
        return ReplayAnswer(answer.status, answer.headers, answer.text.encode())

    def judge(self, operation: Operation, answer: Answer) -> None:
        """Hold an answer to what the document says. Raises: Stuck."""
        status = str(answer.status)
        documented = operation.responses
        spec = documented.get(status) or documented.get(f"{status[0]}XX") or documented.get("default") or {}
        fine = status in operation.successes if documented else answer.status < 300
        if status < "3" and not fine and answer.source == MODELLED:
            self.report.differing.add(f"{operation}: {status}, documented {', '.join(operation.successes)}")
            return
        if not fine and not (status < "3" and "2XX" in operation.successes):
            raise Stuck(f"{status}, documented {', '.join(operation.successes) or 'nothing'}: {answer.text[:200]}")
        try:
            self._judge_body(spec.get("content", {}), answer)
        except Stuck as stuck:
            if answer.source != MODELLED:
                raise
            self.report.differing.add(f"{operation}: {stuck}")

    def _judge_body(self, content: Mapping[str, Any], answer: Answer) -> None:
        schema = next((media.get("schema") for kind, media in content.items() if "json" in kind), None)
        if answer.status == 204 and answer.text:
            raise Stuck("204 with a body")
        if schema is None or answer.status == 204:
            return
        if answer.body is None and answer.text != "null":
            raise Stuck(f"{answer.status} without JSON: {answer.text[:80]!r}")
        problem = next(iter(self._referee.validator(schema).iter_errors(answer.body)), None)
        if problem is not None:
            place = "/".join(str(part) for part in problem.instance_path)
            raise Stuck(f"{answer.status}, at {place or 'the whole'}: {problem.message[:200]}")
