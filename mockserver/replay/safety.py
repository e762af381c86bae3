"""Care for a server that is not ours: what may be sent to it, and that what was made there is removed.

Nothing is written without being asked to; then only inside the named project (and roles of its organization), only to
records that the journal says we made. A GET that asks for a scope of writing writes, whatever HTTP says of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockserver.contract import Contract, Operation, Profile
from mockserver.replay.cases import TENANTS
from mockserver.replay.identifiers import PARAMETER
from mockserver.replay.journal import Journal, Made
from mockserver.replay.routing import Routing
from mockserver.replay.script import Answer, Script, whose
from mockserver.replay.targets import Target
from mockserver.replay.wire import SAFE, Refused

NEVER = frozenset({"projects", "organizations", "users", "personal_api_keys", "persons", "pipeline_destinations",
                   "pipeline_frontend_apps", "plugin_configs", "persisted_folders"})  # fmt: skip
"""Families of which nothing can be made that is ours alone to change: a POST of a folder changes the one there is."""
READING = frozenset({"query"})
"""Families whose POST only reads, and whose records vanish by themselves."""


class Care:
    """The guard of a server that is not ours."""

    def __init__(
        self, contract: Contract, tenants: Mapping[str, Any], journal: Journal, *, allow_writes: bool = False
    ) -> None:
        self._routing = Routing(contract)
        self.journal = journal
        self.allow_writes = allow_writes
        self._tenants = {name: str(value) for name, value in tenants.items()}

    def refusal(self, method: str, path: str) -> str | None:
        """Return why a request may not be sent, if it may not."""
        path = _plain(path)
        operation = self._routing.find("GET" if method in SAFE else method, path)
        if method in SAFE and (method == "OPTIONS" or operation is None or not operation.writes):
            return None
        if method == "HEAD":
            return "it would make a record and not say which"
        if self.allow_writes and self.journal.removes(method, path):
            return None  # whichever project was named when it was made
        if operation is not None and operation.family in READING and method in ("POST", "DELETE"):
            return None  # a query reads, whatever its method
        if not self.allow_writes:
            return "the target is read only; --allow-writes lets records of its own be made and removed"
        if operation is None:
            return "the contract does not know what it would do"
        if operation.family in NEVER:
            return f"it changes {operation.family.replace('_', ' ')}, of which nothing is ours"
        if not self._is_inside(path):
            return "it lies outside the project that was named"
        if operation.is_item or method != "POST" or _is_nested(operation):
            return None if self.journal.owns(path) else "the record was not made by this replay"
        return None

    def note(self, method: str, path: str, status: int, body: bytes) -> None:
        """Write down a record that a request made; forget one that it removed."""
        path = _plain(path)
        if method == "DELETE" and status in (200, 202, 204, 404):
            for made in [m for m in (*self.journal.made, *self.journal.earlier) if m == Made(path, "DELETE")]:
                self.journal.remove(made)
        operation = self._routing.find(method, path)
        if operation is None or operation.family in (READING | NEVER) or not _makes(operation, status):
            return
        identifier = _identifier(body)
        collection = path if operation.method == "post" else path.rsplit("/", 2)[0]
        if identifier is not None:
            self.journal.add(self._removal(f"{collection}/{identifier}"))

    def may_run(self, operations: Sequence[Operation]) -> bool:
        """Return whether a script of these operations can be run without a step being refused."""
        return all(
            not operation.writes or operation.family in READING or (self.allow_writes and operation.family not in NEVER)
            for operation in operations
        )

    def _is_inside(self, path: str) -> bool:
        parts = path.split("/")
        name = {"projects": "project_id", "environments": "project_id", "organizations": "organization_id"}
        if len(parts) < 4 or parts[2] not in name:
            return False
        return parts[3] == self._tenants.get(name[parts[2]])

    def _removal(self, path: str) -> Made:
        """Return how a record is taken away: by DELETE, or where the servers refuse that, by marking it."""
        operation = self._routing.find("DELETE", path)
        if operation is None or operation.successes[Profile.OBSERVED].status == 405:
            return Made(path, "PATCH", {"deleted": True})
        return Made(path, "DELETE")


def only_reads(script: Script, operations: Mapping[str, Operation]) -> bool:
    """Return whether no step of a script writes; operations are given by id."""
    return not any(operations[step.call].writes for step in script.steps)


def reason_to_skip(script: Script, target: Target, operations: Mapping[str, Operation]) -> str | None:
    """Return why a script cannot be run on a target, or is not about it, if so; operations are given by id."""
    if script.profile is Profile.DOCUMENTED and not target.is_ours and target.profile.is_observed:
        return f"it is about what the pages say, and {target.name} is a server"
    if not any(script.holds_in(profile) for profile in target.accepts):
        return f"it is about profile {script.profile}, and {target.name} is {target.profile}"
    gone = [step.call for step in script.steps if not operations[step.call].exists_in(target.profile)]
    if gone:
        return f"{target.name} is {target.profile}, which has no {gone[0]}"
    asked = [(step.spec.get("as") or script.role, operations[step.call]) for step in script.steps]
    roles = {script.role, *(whose(role, operation, target.profile) for role, operation in asked)}
    if not any(operation.refuses_keys or operation.refuses_keys_in(target.profile) for _, operation in asked):
        roles -= {"session"}  # a key of full access stands in for it
    lacking = sorted(role for role in roles if not target.has(role))
    if lacking:
        return f"there is no key of role {lacking[0]!r} for {target.name}; --api-key-env {lacking[0]}=NAME gives one"
    guard = target.adapter.guard
    if isinstance(guard, Care) and not guard.may_run([operations[step.call] for step in script.steps]):
        return f"it writes, and {target.name} is not to be written to"
    return None


def clean(journal: Journal, send: Callable[[str, str, Any], Answer], *, earlier: bool = False) -> list[str]:
    """Remove what this run made on a server, the newest first; what earlier ones made, too, when asked for.

    Returns what could not be removed, a line each.
    """
    left = []
    for made in reversed([*(journal.earlier if earlier else ()), *journal.made]):
        try:
            answer = send(made.method, f"{made.path}/", made.body)
        except Refused as refused:
            left.append(str(refused))
            continue
        if answer.status not in (200, 202, 204, 404, 410):
            left.append(f"{made.path} ({answer.status})")
        elif made in journal.made or made in journal.earlier:
            journal.remove(made)
    return left


def _is_nested(operation: Operation) -> bool:
    """Return whether a collection belongs to one record, as the members of a role do."""
    return any(name not in TENANTS for name in PARAMETER.findall(operation.mount))


def _makes(operation: Operation, status: int) -> bool:
    """Return whether a request of an operation made a record, from what it was answered."""
    if operation.method == "post":
        return status == 201 and not operation.relative
    return operation.method == "get" and operation.writes and status in (200, 201)


def _plain(path: str) -> str:
    return path.partition("?")[0].rstrip("/")


def _identifier(body: bytes) -> Any:
    try:
        record = json.loads(body)
    except ValueError:
        return None
    identifier = record.get("id") if isinstance(record, dict) else None
    return identifier if isinstance(identifier, (int, str)) else None
