"""Care for a server that is not ours: what may be sent to it, and a journal of what was made there.

Nothing is written without being asked to; then only inside the named project (and roles of its organization), only to
records that this journal says we made. The journal is on disk before the next request is sent, so a crash leaves a list
of what to remove.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.contract import Contract, Operation, Profile
from mockserver.replay.routing import Routing
from mockserver.replay.script import Answer, Script
from mockserver.replay.targets import Target
from mockserver.replay.wire import SAFE

FOLDER = Path(".mockserver") / "replay"
NEVER = frozenset({"projects", "organizations", "users", "personal_api_keys", "persons", "pipeline_destinations",
                   "pipeline_frontend_apps", "plugin_configs"})  # fmt: skip
"""Families of which nothing can be made that is ours alone to change."""
READING = frozenset({"query"})
"""Families whose POST only reads, and whose records vanish by themselves."""


@dataclass(frozen=True)
class Made:
    """A record that was made, and how it is removed: the operation, and the body that takes it away."""

    path: str
    method: str
    body: Any = None


@dataclass
class Journal:
    """What was made on a server and not yet removed, kept in a file."""

    file: Path
    url: str
    made: list[Made] = field(default_factory=list)

    @classmethod
    def of(cls, url: str, folder: Path = FOLDER) -> Journal:
        """Return the journal of a server, with what earlier runs left there. Raises: OSError, ValueError."""
        name = re.sub(r"[^a-z0-9.-]+", "-", urlsplit(url).netloc.lower())
        journal = cls(folder / f"{name}.jsonl", url)
        if journal.file.exists():
            for line in journal.file.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                journal.made.append(Made(entry["path"], entry["method"], entry.get("body")))
        return journal

    def add(self, made: Made) -> None:
        """Remember a record, on disk before anything else happens."""
        self.made.append(made)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"path": made.path, "method": made.method, "body": made.body}) + "\n")

    def remove(self, made: Made) -> None:
        """Forget a record that is gone."""
        self.made.remove(made)
        if not self.made:
            self.file.unlink(missing_ok=True)
            return
        lines = [json.dumps({"path": m.path, "method": m.method, "body": m.body}) for m in self.made]
        self.file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def owns(self, path: str) -> bool:
        """Return whether a path is that of a record made here, or lies under one."""
        return any(path == made.path or path.startswith(made.path + "/") for made in self.made)


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
        if method in SAFE:
            return None
        path = _plain(path)
        operation = self._routing.find(method, path)
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
        if operation.is_item or method != "POST":
            return None if self.journal.owns(path) else "the record was not made by this replay"
        return None

    def note(self, method: str, path: str, status: int, body: bytes) -> None:
        """Write down a record that a request made; forget one that it removed."""
        path = _plain(path)
        if method == "DELETE" and status in (200, 202, 204, 404):
            for made in [m for m in self.journal.made if m.path == path and m.method == "DELETE"]:
                self.journal.remove(made)
        if method != "POST" or status not in (200, 201):
            return
        operation = self._routing.find(method, path)
        if operation is None or operation.relative or operation.family in (READING | NEVER):
            return
        identifier = _identifier(body)
        if identifier is not None:
            self.journal.add(self._removal(f"{path}/{identifier}"))

    def may_run(self, operations: Sequence[Operation]) -> bool:
        """Return whether a script of these operations can be run without a step being refused."""
        return all(
            operation.method.upper() in SAFE
            or operation.family in READING
            or (self.allow_writes and operation.family not in NEVER)
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
    return all(operations[step.call].method.upper() in SAFE for step in script.steps)


def reason_to_skip(script: Script, target: Target, operations: Mapping[str, Operation]) -> str | None:
    """Return why a script cannot be run on a target, or is not about it, if so; operations are given by id."""
    if not any(script.holds_in(profile) for profile in target.accepts):
        return f"it is about profile {script.profile}, and {target.name} is {target.profile}"
    roles = {script.role, *(step.spec.get("as") or script.role for step in script.steps)}
    lacking = sorted(role for role in roles if not target.has(role))
    if lacking:
        return f"there is no key of role {lacking[0]!r} for {target.name}"
    guard = target.adapter.guard
    if isinstance(guard, Care) and not guard.may_run([operations[step.call] for step in script.steps]):
        return f"it writes, and {target.name} is not to be written to"
    return None


def clean(journal: Journal, send: Callable[[str, str, Any], Answer]) -> list[str]:
    """Remove all that was made on a server, the newest first, and return the paths of what could not be removed."""
    left = []
    for made in reversed(list(journal.made)):
        answer = send(made.method, f"{made.path}/", made.body)
        if answer.status not in (200, 202, 204, 404, 410):
            left.append(f"{made.path} ({answer.status})")
        elif made in journal.made:
            journal.remove(made)
    return left


def _plain(path: str) -> str:
    return path.partition("?")[0].rstrip("/")


def _identifier(body: bytes) -> Any:
    try:
        record = json.loads(body)
    except ValueError:
        return None
    identifier = record.get("id") if isinstance(record, dict) else None
    return identifier if isinstance(identifier, (int, str)) else None
