"""Why a server that is not ours answers otherwise than was expected, as far as it can be told from what it says.

A cause is only named on evidence: the contract dates a field or operation, the server's own lists lack the record, the
server says what the key lacks. All else is unexplained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from mockserver.contract import Contract, Operation
from mockserver.replay.alignment import Difference
from mockserver.replay.identifiers import Finder
from mockserver.replay.script import Answer
from mockserver.replay.targets import Target

OWN_ROLES = frozenset({"all_access", "session", "none"})
"""Roles whose key is meant to be let in: what it is refused says something of the key."""
NO_ENDPOINT = "Endpoint not found."
SCOPE = re.compile(r"API key missing required scope '([\w:]+)'")
FIELD = re.compile(r"(?:\$[\w.\[\]]*?\.)?(\w+): missing|\"(\w+)\" is a required property")
"""How a field that is not there is told of: by a script, and by a schema."""
DEEPEST = 12


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

    def __init__(self, contract: Contract, targets: Sequence[Target], finders: Mapping[str, Finder]) -> None:
        self._contract = contract
        self._targets = targets
        self._finders = finders
        self._dates: dict[str, dict[str, str]] = {}

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
        if difference.place != "status":
            name = difference.place.rpartition(".")[2].removesuffix("[]")
            return self._of_field(operation, name) if difference.kind in ("missing", "added") else None
        return None if written else self._of_absence(operation, requests, answers)

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

    def problem(self, operation: Operation, text: str) -> Explanation | None:
        """Return why an answer lacks what was expected of it, where all that it lacks is dated."""
        names = [one or other for one, other in FIELD.findall(text)]
        found = [self._of_field(operation, name) for name in names]
        rest = FIELD.sub("", text.partition("\n")[0]).strip("; ")
        return found[0] if found and all(found) and not rest else None

    def _of_field(self, operation: Operation, name: str) -> Explanation | None:
        if operation.id not in self._dates:
            self._dates[operation.id] = dict(_dated(self._contract, operation))
        said = self._dates[operation.id].get(name)
        return Explanation(Cause.DATE, f"{name} {said}") if said else None

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


def _dated(contract: Contract, operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield the fields of an operation's answers that the contract dates, with the words for it."""
    for response in operation.spec["responses"].values():
        for media in response.get("content", {}).values():
            yield from _fields(contract, media.get("schema"), 0)


def _fields(contract: Contract, schema: Any, depth: int) -> Iterator[tuple[str, str]]:
    schema = contract.resolve(schema) if isinstance(schema, Mapping) else None
    if schema is None or depth > DEEPEST:
        return
    for name, prop in schema.get("properties", {}).items():
        said = _words(prop) if isinstance(prop, Mapping) else ""
        if said:
            yield name, said
        yield from _fields(contract, prop, depth + 1)
    for part in (schema.get("items"), schema.get("x-observed"), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _fields(contract, part, depth + 1)


@cache
def _spelt(since: str | None, until: str | None) -> str:
    spans = [f"is there since {since}" if since else "", f"was there until {until}" if until else ""]
    return " and ".join(filter(None, spans))


def _words(node: Mapping[str, Any]) -> str:
    """Return what the contract says of when something was there, if anything."""
    return _spelt(node.get("x-since"), node.get("x-until"))
