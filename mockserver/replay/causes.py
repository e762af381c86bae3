"""Why a server that is not ours answers otherwise than was expected, as far as it can be told from what it says.

A cause is only named on evidence: the server says that it has no such endpoint, its own lists lack the record, it says
what the key lacks. What the contract dates is accepted before (`deviations`). All else is unexplained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mockserver.contract import Operation
from mockserver.replay.alignment import Difference
from mockserver.replay.identifiers import Finder
from mockserver.replay.script import Answer
from mockserver.replay.targets import Target

OWN_ROLES = frozenset({"all_access", "session", "none"})
"""Roles whose key is meant to be let in: what it is refused says something of the key."""
NO_ENDPOINT = "Endpoint not found."
SCOPE = re.compile(r"API key missing required scope '([\w:]+)'")


class Cause(StrEnum):
    """Why an answer was not the expected one."""

    SERVER = "server"
    DATE = "date"
    ABSENT = "absent"
    KEY = "key"
    UNEXPLAINED = "unexplained"

    @property
    def is_open(self) -> bool:
        """Whether it leaves somebody something to look into."""
        return self in (Cause.SERVER, Cause.UNEXPLAINED)


@dataclass(frozen=True)
class Explanation:
    """A cause, and the words that say it of one thing."""

    cause: Cause
    because: str


class Explainer:
    """Explains what the targets of a replay answer; what they hold is looked up where that decides it."""

    def __init__(self, targets: Sequence[Target], finders: Mapping[str, Finder]) -> None:
        self._targets = targets
        self._finders = finders

    def difference(
        self, operation: Operation, difference: Difference, requests: Sequence[str], answers: Sequence[Answer],
        role: str, *, written: bool = False,
    ) -> Explanation | None:  # fmt: skip
        """Return why two targets answered differently, requests given as `GET /path`; nothing where nobody can tell.

        `written` says that the records asked for may be of the replay's own making, of which no list tells.
        """
        for target, answer in zip(self._targets, answers, strict=True):
            found = self.answer(target, operation, answer, role)
            if found is not None and (difference.place == "status" or found.cause is Cause.DATE):
                return found
        if difference.place != "status" or written:
            return None
        return self._of_absence(operation, requests, answers)

    def answer(self, target: Target, operation: Operation, answer: Answer, role: str) -> Explanation | None:
        """Return why a target answered as it did where something else was expected, as far as its answer says it."""
        if target.is_ours:
            return None
        body = answer.json if isinstance(answer.json, Mapping) else {}
        detail = str(body.get("detail") or "")
        if answer.status == 404 and detail == NO_ENDPOINT:
            label = f"{operation.method.upper()} {operation.path}"
            return Explanation(Cause.DATE, f"{target.name} has no {label}")
        if answer.status == 403 and role in OWN_ROLES - {"none"} and not _is_granted(target, detail):
            return Explanation(Cause.KEY, f"{target.name} refuses the key {operation.id}: {detail}")
        return None

    def lacking(self, target: Target, operation: Operation, answer: Answer, request: str) -> Explanation | None:
        """Return which record a mock was asked for that only the other server has: not all can be read of that."""
        if not target.is_ours or answer.status != 404 or len(self._targets) < 2:
            return None
        here = self._targets.index(target)
        for collection, identifier in named(operation, request):
            if self._holds(1 - here, collection, identifier) and not self._holds(here, collection, identifier):
                noun = collection.rpartition("/")[2].replace("_", " ")
                other = self._targets[1 - here].name
                return Explanation(Cause.ABSENT, f"{target.name} has not all the {noun} that {other} has")
        return None

    def _of_absence(
        self, operation: Operation, requests: Sequence[str], answers: Sequence[Answer]
    ) -> Explanation | None:
        """Return which record is there on one side alone, where that one of the two answered that it is not."""
        for here, there in ((0, 1), (1, 0)):
            if answers[here].status != 404 or answers[there].status == 404:
                continue
            for (collection, identifier), (other, same) in zip(
                named(operation, requests[here]), named(operation, requests[there]), strict=False
            ):
                if self._holds(there, other, same) and not self._holds(here, collection, identifier):
                    noun = collection.rpartition("/")[2].replace("_", " ")
                    name, else_name = self._targets[here].name, self._targets[there].name
                    return Explanation(Cause.ABSENT, f"{name} has not all the {noun} that {else_name} has")
        return None

    def _holds(self, side: int, collection: str, identifier: str) -> bool:
        finder = self._finders.get(self._targets[side].name)
        return finder is not None and finder.holds(collection, identifier)


def named(operation: Operation, request: str) -> Iterator[tuple[str, str]]:
    """Yield the records that a request's path names: the path of their collection, and the identifier."""
    parts = request.partition(" ")[2].partition("?")[0].partition(" ")[0].strip("/").split("/")
    template = operation.path.strip("/").split("/")
    for place, (word, value) in enumerate(zip(template, parts, strict=False)):
        if word.startswith("{") and not (place == 2 and word[1:-1] in ("project_id", "organization_id")):
            yield "/" + "/".join(parts[:place]), value


def _is_granted(target: Target, detail: str) -> bool:
    """Return whether a scope that a server says a key lacks is one that the key has, by the server's own word."""
    lacking = SCOPE.search(detail)
    if lacking is None or target.scopes is None:
        return False
    subject, _, act = lacking[1].partition(":")
    wanted = {f"{subject}:{act}", f"*:{act}", "*"} | ({f"{subject}:write", "*:write"} if act == "read" else set())
    return bool(wanted & target.scopes)
