"""Walk a whole OpenAPI document over HTTP: every operation a valid request, every collection its whole life.

The walk knows nothing of how a server answers from a document: it reads the document by itself (`described`), and
judges answers with another validator. Where a family is modelled that asks for more than its schema, the body is our
contract's example; there the status counts, and schemas that describe another answer are told apart, since `mockserver
contract diff` is what holds two documents against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.inferred.walking.client import TRIES, Client
from tests.inferred.walking.described import PARAMETER, Operation
from tests.inferred.walking.keys import KNOWN, Keys
from tests.inferred.walking.lives import Life, Offered
from tests.inferred.walking.report import Report, Stuck
from tests.inferred.walking.wire import MODELLED, Answer, Send


class Walker:
    """Walks one document against one server."""

    def __init__(self, document: dict[str, Any], send: Send, known: Mapping[str, str] = KNOWN) -> None:
        self._client = Client(document, send)
        self._document = self._client.document
        self._keys = Keys(self._client, known)
        self._report = self._client.report

    def walk(self) -> Report:
        """Walk every operation and every collection."""
        operations = self._document.operations
        for path in dict.fromkeys(operation.path for operation in operations):
            items = self._document.items(path.rstrip("/") + "/")
            create = self._document.get("post", path)
            if items and create is not None:
                self._live(Offered.of(self._document, create, items[0].path))
        for operation in sorted(operations, key=lambda each: each.method == "delete"):
            self._try(operation)  # what removes something comes last: there may be no other
        return self._report

    def _live(self, offered: Offered) -> None:
        if not offered.count:
            return
        if offered.count == 4:
            self._report.lives += 1
        else:
            self._report.parts += 1
        try:
            Life(self._client, self._keys, offered).follow()
        except Stuck as stuck:
            self._report.life_exceptions.append(f"{offered.create.path}: {stuck}")
        else:
            self._report.held += 1

    def _try(self, operation: Operation) -> None:
        problem = source = ""
        for attempt in range(TRIES):
            try:
                answer = self._attempt(operation, attempt)
                if answer is None:
                    break
                source = answer.source
                self._client.judge(operation, answer)
            except Stuck as stuck:
                problem = str(stuck) if source == MODELLED else problem or str(stuck)
            else:
                self._report.answered += 1
                self._report.sources[source] += 1
                return
        self._report.exceptions.append(f"{operation} ({source or 'not asked'}): {problem}")

    def _attempt(self, operation: Operation, attempt: int) -> Answer | None:
        """Send an operation all that its schema has, then what it asks for, then what our contract has for it."""
        if attempt < TRIES - 1:
            path = self._keys.filled(operation.path, fresh=bool(attempt) or operation.method != "get")
            return self._client.request(operation, path, self._client.body(operation, whole=not attempt))
        hint = self._client.hints.of(operation.method, operation.path)
        if hint is None:
            return None
        if hint.path:
            values = self._keys.ordered(operation, hint.path)
            path = PARAMETER.sub(lambda found: quote(str(next(values)), safe="@"), operation.path)
        else:
            path = self._keys.filled(operation.path, fresh=True)
        self._client.prepare(hint, path)
        return self._client.request(operation, path, hint.body, hint.query)
