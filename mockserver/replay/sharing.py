"""The same world on both sides: what a server holds is read into the mock that it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mockserver.contract import Contract, Operation
from mockserver.importing import ImportFailure, read_project
from mockserver.importing.sources import rules, sources
from mockserver.replay.targets import Target
from mockserver.seeding import LoadError

IMPORTED = frozenset({
    "list", "retrieve", "persons", "values", "access_controls", "resource_access_controls", "global_access_controls",
})  # fmt: skip
"""Actions that show what an import reads."""
WRITING = frozenset({"create", "update", "partial_update"})
"""Actions that show what they made of such a record."""
COMPUTED: Mapping[str, frozenset[str]] = {
    "insights": frozenset({"result", "hasMore", "timezone", "hogql", "columns", "types", "query_status"}),
}  # fmt: skip
"""Fields of a family that hold what a server once computed and keeps, which is not read."""
DERIVED = frozenset({"file_system"})
"""Families that show where others' records are filed, which happens as they are made and looked at."""
MOST_TOLD = 8
"""Of so many kinds of what was not read it is said why."""
Progress = Callable[[str, int, int], None]


class Sharing:
    """Which of two targets' records are the same, and since when not any more."""

    def __init__(self, contract: Contract, targets: Sequence[Target]) -> None:
        self._contract = contract
        self.alike = len(targets) == 2 and all(target.is_ours for target in targets)
        """Whether both are ours, and hold the same world."""
        self.real = next((target for target in targets if not target.is_ours), None)
        self.mock = next((target for target in targets if target.adopt is not None), None)
        self.is_shared = False
        """Whether a mock holds what its server does; from then on both are asked the same and have one history."""
        self.scripted = False
        """Whether scripts wrote: what they leave behind depends on more than was read."""
        self._is_whole = False
        self._imported = {source.family for source in sources(contract)} | {place.family for place in rules(contract)}

    @property
    def is_wanted(self) -> bool:
        """Whether there is a server, and a mock that can be filled with what it holds."""
        return self.real is not None and self.mock is not None

    def share(self, progress: Progress) -> list[str]:
        """Fill the mock with all that can be read of the server, ids included; return what is to be said of it.

        From then on the values of records are determined: what differs is the mock's doing or the server's.
        """
        mock, real = self.mock, self.real
        assert mock is not None and mock.adopt is not None and real is not None
        try:
            records = read_project(
                self._contract, real.ask, real.ids,
                progress=lambda what, done, total: progress(f"{real.name}: {what}", done, total),
            )  # fmt: skip
            if "session" not in real.keys:  # a key for everything stands in for it, and is refused where that is
                mock.keys.pop("session", None)
            mock.adopt(records, real.scopes)
        except (ImportFailure, LoadError) as error:
            return [f"{mock.name} keeps its own records: those of {real.name} make no world: {error}"]
        self.is_shared, self._is_whole = True, records.is_whole
        told = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in records.count().items())
        notes = [f"{mock.name} held what could be read of {real.name}: {told}."]
        if records.left:
            left = [f"{name.replace('_', ' ')} ({reason})" for name, reason in records.left.items()]
            more = f"; and {len(left) - MOST_TOLD} more" if len(left) > MOST_TOLD else ""
            notes.append(f"What {mock.name} did not take from {real.name}: {'; '.join(left[:MOST_TOLD])}{more}.")
        return notes

    def unheld(self, operation: Operation) -> frozenset[str]:
        """Return the fields of an operation's records of which only one target may hold a value."""
        return frozenset() if self.alike else COMPUTED.get(operation.family, frozenset())

    def determines(self, operation: Operation) -> bool:
        """Return whether both targets hold all that an operation shows: what was not imported is another history."""
        if self.alike or not self.is_shared or not self._is_whole or self.scripted:
            return self.alike
        return operation.action in IMPORTED | WRITING and operation.family in self._imported - DERIVED
