"""The guard of a server that is not ours.

Nothing is written without being asked to; then only inside one project (and to roles of its organization, where that is
named): in one that was made for it to everything, in one that was named only to records that the journal says we made.
A GET that asks for a scope of writing writes, whatever HTTP says of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.contract import Contract, Operation, Profile
from mockserver.replay.care.journal import Intent, Journal, Made
from mockserver.replay.cases import TENANTS
from mockserver.replay.identifiers import PARAMETER
from mockserver.replay.routing import Routing
from mockserver.replay.wire import SAFE

NEVER = frozenset({"projects", "environments", "organizations", "members", "invites", "domains", "users",
                   "personal_api_keys", "persons", "pipeline_destinations", "pipeline_frontend_apps", "plugin_configs",
                   "persisted_folders"})  # fmt: skip
"""Families of which nothing can be made that is ours alone to change: a POST of a folder changes the one there is."""
BELONGING = frozenset({"event_definitions", "property_definitions", "groups", "groups_types", "group_metrics"})
"""Families whose records a project has from its events, whether or not a call made them: all of them are its own."""
OUTSIDE = frozenset({"environments", "organizations", "members", "invites", "domains", "users", "personal_api_keys"})
"""Families that lie outside every project."""
READING = frozenset({"query"})
"""Families whose POST only reads, and whose records vanish by themselves."""


class Care:
    """Decides which requests may be sent to a server, and writes down what they make."""

    def __init__(
        self, contract: Contract, tenants: Mapping[str, Any], journal: Journal, *, allow_writes: bool = False,
        own_project: str | None = None,
    ) -> None:  # fmt: skip
        self._contract = contract
        self._routing = Routing(contract)
        self.journal = journal
        self.allow_writes = allow_writes
        self.own_project = own_project
        """Path of the project that was made for this, so that everything in it is ours; None in one that was named."""
        self.is_leaving = False
        """Whether all that is still sent takes away what was made."""
        self._tenants = {name: str(value) for name, value in tenants.items()}
        self._meant: dict[tuple[str, str], Intent] = {}
        self._inside: set[str] = set()
        """Paths of the records made in a project of our own, which go with it."""

    def refusal(self, method: str, path: str) -> str | None:
        """Return why a request may not be sent, if it may not."""
        path = _plain(path)
        operation = self._routing.find("GET" if method in SAFE else method, path)
        if method in SAFE and (method == "OPTIONS" or operation is None or not operation.writes):
            return None
        if method == "HEAD":
            return "it would make a record and not say which"
        if method == "DELETE" and path == self.own_project and not self.is_leaving:
            return "the project that is worked in is removed at the end"
        if self.allow_writes and self.journal.removes(method, path):
            return None  # whichever project was named when it was made
        if operation is not None and operation.family in READING and method in ("POST", "DELETE"):
            return None  # a query reads, whatever its method
        if not self.allow_writes:
            return "the target is read only; --allow-writes lets records of its own be made and removed"
        if operation is None:
            return "the contract does not know what it would do"
        if self.own_project and self._is_ours(method, path, operation):
            return None
        if operation.family in NEVER:
            return f"it changes {operation.family.replace('_', ' ')}, of which nothing is ours"
        if not self._is_inside(path):
            return "it lies outside the project that may be written to"
        if method != "POST" or operation.relative or _is_nested(operation):
            return None if self.journal.owns(path) else "the record was not made by this replay"
        return None if self._is_removable(f"{path}/1") else "what it makes cannot be taken away again"

    def intend(self, method: str, path: str, body: bytes | str | None) -> None:
        """Write down what a request is about to make, unless it goes when the project goes."""
        path = _plain(path)
        operation = self._routing.find(method, path)
        if operation is None or not _may_make(operation) or not self._is_kept_of(operation, path):
            return
        collection = path if operation.method == "post" else path.rsplit("/", 2)[0]
        self._meant[method, path] = self.journal.intend(collection, _record(body))

    def note(self, method: str, path: str, status: int, body: bytes) -> None:
        """Write down a record that a request made; forget one that it removed."""
        path = _plain(path)
        if method == "DELETE" and status in (200, 202, 204):
            for made in [m for m in (*self.journal.made, *self.journal.earlier) if m == Made(path, "DELETE")]:
                self.journal.remove(made)
        operation = self._routing.find(method, path)
        intent = self._meant.pop((method, path), None)
        identifier = _record(body).get("id") if operation is not None and _makes(operation, status) else None
        if operation is not None and isinstance(identifier, (int, str)):
            record = f"{path if operation.method == 'post' else path.rsplit('/', 2)[0]}/{identifier}"
            if self._is_kept_of(operation, path):
                self.journal.add(self.removal(record))
            else:
                self._inside.add(record)
        if intent is not None and status < 500:  # who failed may have made it, and died of what came after
            self.journal.settle(intent)

    def may_run(self, operations: Sequence[Operation]) -> bool:
        """Return whether a script of these operations can be run without a step being refused."""
        never = OUTSIDE - {"environments"} if self.own_project else NEVER
        return all(
            not operation.writes or operation.family in READING or (self.allow_writes and operation.family not in never)
            for operation in operations
        )

    def removal(self, path: str) -> Made:
        """Return how a record is taken away: by DELETE, or where the servers refuse that, by marking it."""
        operation = self._routing.find("DELETE", path)
        if operation is None or operation.successes[Profile.OBSERVED].status == 405:
            return Made(path, "PATCH", {"deleted": True})
        return Made(path, "DELETE")

    def _is_removable(self, path: str) -> bool:
        """Return whether the contract has a way to take a record away again."""
        found = {method: self._routing.find(method, path) for method in ("DELETE", "PATCH")}
        if found["DELETE"] is not None and found["DELETE"].successes[Profile.OBSERVED].status < 400:
            return True
        marking = found["PATCH"].body_schema if found["PATCH"] is not None else None
        return "deleted" in self._contract.resolve(marking or {}).get("properties", {})

    def _is_ours(self, method: str, path: str, operation: Operation) -> bool:
        """Return whether a request stays within a project made for this, or makes one.

        Not all that is seen in a project belongs to it: annotations of a whole organization are seen in each. So a
        record that is named and can be made must have been made here.
        """
        own, projects = str(self.own_project), {made.path.rpartition("/projects/")[2] for made in self.journal.made}
        named = path.split("/")[3] if path.count("/") > 2 else ""
        if operation.family == "environments":  # a project by its other name
            return named in projects and (method != "DELETE" or named != own.rpartition("/")[2])
        if operation.family in OUTSIDE:
            return False
        if operation.family == "projects" and operation.method == "post" and not operation.relative:
            return path == own.rpartition("/")[0]
        if path.startswith("/api/organizations/"):
            return self.journal.owns(path)
        if named not in projects:
            return False
        names_record = "{" in operation.relative or _is_nested(operation)
        is_its_own = operation.family in NEVER | BELONGING or not names_record
        return is_its_own or "/".join(path.split("/")[:6]) in self._inside

    def _is_kept_of(self, operation: Operation, path: str) -> bool:
        """Return whether what an operation makes is written down: it does not go with the project, nor by itself."""
        if operation.family in READING:
            return False
        if self.own_project:
            return path.startswith("/api/organizations/")
        return operation.family not in NEVER

    def _is_inside(self, path: str) -> bool:
        parts = path.split("/")
        name = {"projects": "project_id", "environments": "project_id", "organizations": "organization_id"}
        if len(parts) < 4 or parts[2] not in name:
            return False
        return parts[3] == self._tenants.get(name[parts[2]])


def _is_nested(operation: Operation) -> bool:
    """Return whether a collection belongs to one record, as the members of a role do."""
    return any(name not in TENANTS for name in PARAMETER.findall(operation.mount))


def _may_make(operation: Operation) -> bool:
    """Return whether an operation makes a record when all goes well."""
    return (operation.method == "post" and not operation.relative) or (operation.method == "get" and operation.writes)


def _makes(operation: Operation, status: int) -> bool:
    """Return whether a request of an operation made a record, from what it was answered."""
    return _may_make(operation) and status in ((201,) if operation.method == "post" else (200, 201))


def _plain(path: str) -> str:
    return path.partition("?")[0].rstrip("/")


def _record(body: bytes | str | None) -> dict[str, Any]:
    """Return the record that a body is; nothing of one that is none."""
    try:
        record = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
