"""Load records into a world: given in part, they are completed, checked, and stored all together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from mockserver import capture
from mockserver.contract import Contract
from mockserver.seeding.completion import Completer
from mockserver.seeding.kinds import LoadError
from mockserver.store import DuplicateKey, Record, Transaction
from mockserver.world import filing
from mockserver.world.tables import TABLES, Identity, Owner, Table
from mockserver.world.worlds import World

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
LAST_ABOUT_PERSONS = "property_definitions"
"""The last of the tables that tell of persons and groups; those after it may refer to persons."""
Progress = Callable[[str, int, int], None]
"""Told what is being made, how many are, and how many there will be."""


class Beside(Protocol):
    """Tables that are known beside ours, as those of an OpenAPI document."""

    def tables(self) -> Collection[str]:
        """Return their names."""

    def load(self, table: str, world: World, transaction: Transaction, records: Sequence[Any]) -> None:
        """Store records of one. Raises: LoadError."""


class Loader:
    """Completes, checks and stores the records of one load."""

    def __init__(self, contract: Contract, world: World, transaction: Transaction) -> None:
        self.contract = contract
        self.world = world
        self.transaction = transaction
        self._completers: dict[str, Completer] = {}

    def load_beside(self, tables: Tables, beside: Beside) -> dict[str, int]:
        """Store the records of every table, those that are known beside ours last. Raises: LoadError."""
        others = {name: records for name, records in tables.items() if name not in TABLES and name in beside.tables()}
        counts = self.load({name: records for name, records in tables.items() if name not in others})
        for name, records in others.items():
            if not isinstance(records, (list, tuple)):
                raise LoadError("expected a list of records", name)
            try:
                beside.load(name, self.world, self.transaction, records)
            except LoadError as error:
                raise error.within(name) from None
        return {name: len(records) if name in others else counts[name] for name, records in tables.items()}

    def load(self, tables: Tables, *, once_persons_are: Callable[[], None] | None = None) -> dict[str, int]:
        """Store the records of every table and return how many of each there are.

        Tables are filled in the order in which they depend on one another; events come last, and make and change
        persons as captured events do. What makes more persons is called once those given are stored.

        Raises: LoadError.
        """
        for name, records in tables.items():
            if name not in TABLES or not TABLES[name].loadable:
                known = ", ".join(sorted(table.name for table in TABLES.values() if table.loadable))
                raise LoadError(f"there is no table {name!r}; known: {known}", name)
            if not isinstance(records, (list, tuple)):
                raise LoadError("expected a list of records", name)
        completed = {}
        for name in TABLES:
            if name in tables:
                completed[name] = self._load_table(TABLES[name], tables[name])
            if name == LAST_ABOUT_PERSONS and once_persons_are is not None:
                once_persons_are()
        for name, records in completed.items():
            self.check_references(TABLES[name], records)
        self._file(completed)
        return {name: len(records) for name, records in tables.items()}

    def completer(self, name: str) -> Completer:
        """Return what completes the records of a table."""
        if name not in self._completers:
            self._completers[name] = Completer(self.contract, self.world, self.transaction, TABLES[name])
        return self._completers[name]

    def _load_table(self, table: Table, given: Sequence[Any]) -> list[dict[str, Any]]:
        completer = self.completer(table.name)
        self._reserve_ids(table, given)
        records = []
        for number, record in enumerate(given):
            try:
                records.append(completer.complete(record))
            except LoadError as error:
                raise error.within(table.name, number) from None
        if table.merges:
            records = [self._merged(table, record) for record in records]
        self._refuse_duplicates(table, records)
        if table.name == "events":
            self._ingest(given, records)
        else:
            self._store(table, records)
        return records

    def _merged(self, table: Table, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record in the place of the one that is there already, which is removed; its own values win."""
        stored = self.transaction.table(table.name)
        for fields in table.unique:
            known = stored.first(**{name: record.get(name) for name in fields})
            if known is not None:
                stored.delete(known)
                return {**known, **{name: value for name, value in record.items() if value is not None}}
        return record

    def _store(self, table: Table, records: Sequence[Record]) -> None:
        try:
            self.transaction.table(table.name).insert_many(records)
        except DuplicateKey as error:
            number = next(n for n, record in enumerate(records) if record.get(table.key) == error.value)
            raise LoadError(f"{error.field} {error.value!r} is taken", table.name, number, error.field) from None

    def _reserve_ids(self, table: Table, given: Sequence[Any]) -> None:
        """Let the table's sequence go on after the greatest id given."""
        if table.identity is Identity.INTEGER:
            ids = [record.get(table.key) for record in given if isinstance(record, Mapping)]
            numbers = [value for value in ids if isinstance(value, int) and not isinstance(value, bool)]
            counter = f"ids.{table.name}"
            if numbers and max(numbers) > (self.transaction.value(counter) or 0):
                self.transaction.put(counter, max(numbers))

    def _refuse_duplicates(self, table: Table, records: Sequence[Record]) -> None:
        """Refuse values that only one record may have. Raises: LoadError."""
        stored = self.transaction.table(table.name)
        is_empty = not len(stored)
        for fields in (*(() if table.repeats else ((table.key,),)), *table.unique):
            seen: set[tuple[Any, ...]] = set()
            for number, record in enumerate(records):
                for values in _combinations(record, fields):
                    if values in seen:
                        problem = "is given twice"
                    elif not is_empty and stored.first(**dict(zip(fields, values, strict=True))) is not None:
                        problem = "is taken"
                    else:
                        seen.add(values)
                        continue
                    raise LoadError(f"{fields[-1]} {values[-1]!r} {problem}", table.name, number, fields[-1])

    def _file(self, completed: Mapping[str, Sequence[Record]]) -> None:
        """Give what is filed an entry in the tree of its project, unless it was given one.

        A tree that was given with what its project was born with is somebody's, and whole: nothing else is in it.
        """
        born = {kind[0] for kind, _ in filing.BORN_WITH}
        whole = {entry["project_id"] for entry in completed.get(filing.TABLE, ()) if entry["type"] in born}
        for project in completed.get("projects", ()):
            if project["id"] not in whole:
                filing.furnish(self.world.seed, self.transaction, project)
        for name in filing.KINDS:
            for record in completed.get(name, ()):
                if record["project_id"] not in whole:
                    filing.keep(self.world.seed, self.transaction, name, record)

    # Events

    def _ingest(self, given: Sequence[Mapping[str, Any]], events: Sequence[Record]) -> None:
        """Take events in as captured ones are; those that say what they carried for their person change nobody."""
        settled = any("person_properties" in event for event in given)
        projects: dict[int, list[Mapping[str, Any]]] = {}
        for event in events:
            told = {name: value for name, value in event.items() if name != "project_id" and value is not None}
            projects.setdefault(event["project_id"], []).append(told)
        self.check_references(TABLES["events"], events)
        self._refuse_resent(events)
        for project_id, batch in projects.items():
            capture.ingest(self.world, self.transaction, project_id, batch, settled=settled)

    def _refuse_resent(self, events: Sequence[Record]) -> None:
        """Refuse an event that is another one, sent again. Raises: LoadError."""
        stored, seen = self.transaction.table("events"), set()
        for number, event in enumerate(events):
            if not event.get("uuid"):
                continue
            identity = capture.sameness_of(event)
            is_taken = any(capture.sameness_of(known) == identity for known in stored.find(uuid=identity.uuid))
            if is_taken or identity in seen:
                problem = "is taken" if is_taken else "is given twice"
                raise LoadError(f"uuid {identity.uuid!r} {problem}", "events", number, "uuid")
            seen.add(identity)

    # References

    def check_references(self, table: Table, records: Sequence[Record]) -> None:
        """Refuse a record that refers to nothing. Raises: LoadError."""
        owner = {table.owner.value: "projects" if table.owner is Owner.PROJECT else "organizations"}
        references = {**(owner if table.owner else {}), **table.references}
        known: set[tuple[str, Any]] = set()
        for number, record in enumerate(records):
            for name, target in references.items():
                value = record.get(name)
                if value is None or (target, value) in known:
                    continue
                if self.transaction.table(target).get(value) is None:
                    raise LoadError(f"there is no record {value!r} in {target}", table.name, number, name)
                known.add((target, value))


def _combinations(record: Record, fields: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield a record's values of some fields; once for each item, where the last of them is a list."""
    first, last = tuple(record.get(name) for name in fields[:-1]), record.get(fields[-1])
    if isinstance(last, list):
        yield from ((*first, item) for item in last)
    elif last is not None:
        yield (*first, last)


def load(contract: Contract, world: World, tables: Tables, beside: Beside | None = None) -> dict[str, int]:
    """Store records in a world, all or none, and return how many of each table. Raises: LoadError."""
    with world.store.transaction() as transaction:
        loader = Loader(contract, world, transaction)
        return loader.load(tables) if beside is None else loader.load_beside(tables, beside)
