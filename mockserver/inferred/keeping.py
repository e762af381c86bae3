"""Records of collections, in a table of their own: those that clients wrote, and those that are there from the start.

One table holds the records of every collection, so that a store, which knows its tables when it is opened, takes
documents at any time. What is there from the start is drawn when it is read and takes no room until it is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.inferred.outlines import Collection, KeyKind
from mockserver.request.tenancy import integer, uuid
from mockserver.store import Record, Transaction, View
from mockserver.store.contents import Version
from mockserver.world import entropy
from mockserver.world.tables import Owner

TABLE = "inferred"
SOWN = 3
"""How many records a collection has from the start that nobody can add to."""
PREFIX = re.compile(r"([A-Za-z]{1,8}_)\w+")
SPELLED = 12
Sow = Callable[[Any, str], Mapping[str, Any]]
"""Draws the record that is there from the start under a key; the text tells it from all others."""


@dataclass(frozen=True)
class Place:
    """Where records lie: the collection's table, of a tenant, in the records around it."""

    table: str
    owner: str = ""
    tenant: Any = None
    parents: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What tells it from every other place."""
        return "/".join([f"{self.owner}={self.tenant}" if self.owner else "", self.table, *self.parents])


class Shelf:
    """The records of one place, as one view of a store has them."""

    def __init__(self, view: View, collection: Collection, place: Place, seed: int, sow: Sow) -> None:
        self._table = view.table(TABLE)
        self._view = view
        self._collection = collection
        self._place = place
        self._seed = seed
        self._sow = sow

    def all(self) -> list[Record]:
        """Return the records, the oldest first."""
        entries = self._table.find(place=self._place.text)
        written = {entry["id"]: entry for entry in entries}
        rows = []
        for key in self._first_keys():
            entry = written.pop(key, None)
            rows.append(self._sown(key) if entry is None else entry)
        return [_record(row) for row in (*rows, *written.values()) if not row["is_gone"]]

    def first(self) -> Record | None:
        """Return the oldest record."""
        if self._collection.is_sown:
            return next(iter(self.all()), None)
        entry = self._table.first(place=self._place.text, is_gone=False)
        return None if entry is None else _record(entry)

    def get(self, key: Any) -> Record | None:
        """Return the record with a key."""
        entry = self._entry(key)
        if entry is None and (self._collection.appears or self._collection.is_single or key in self._first_keys()):
            entry = self._sown(key)
        return None if entry is None or entry["is_gone"] else _record(entry)

    def put(self, key: Any, record: Mapping[str, Any]) -> Record:
        """Keep a record under a key, in the place of the one that is there."""
        return _record(self._write(key, {"record": dict(record), "is_gone": False}))

    def remove(self, key: Any) -> None:
        """Remove the record with a key; one that is there from the start stays away, too."""
        entry = self._entry(key)
        if self._collection.appears or key in self._first_keys():
            self._write(key, {"record": {}, "is_gone": True})
        elif entry is not None:
            self._table.delete(entry)

    def is_free(self, key: Any) -> bool:
        """Return whether no record has a key, nor had one that was there from the start."""
        return self._entry(key) is None and key not in self._first_keys()

    def new_key(self, drawn: Any) -> Any:
        """Return a key that no record has; `drawn` is one by the schema, of which texts take what they begin with."""
        transaction: Transaction = self._view  # type: ignore[assignment]  # whoever makes something writes
        match self._collection.identity:
            case KeyKind.INTEGER:
                counter = f"ids.{TABLE}.{self._collection.table}"
                return transaction.next(counter, above=SOWN if self._first_keys() else 0)
            case KeyKind.UUID:
                return entropy.uuid7(self._seed, transaction)
        found = PREFIX.fullmatch(drawn) if isinstance(drawn, str) else None
        return entropy.token(self._seed, transaction, found[1] if found else "", SPELLED)

    def read_key(self, text: str) -> Any:
        """Return the key that a part of a path spells; nothing where it spells none."""
        match self._collection.identity:
            case KeyKind.INTEGER:
                return integer(text)
            case KeyKind.UUID:
                return uuid(text)
        return text

    def reserve(self, keys: Iterable[Any]) -> None:
        """Let keys to come be greater than those given."""
        numbers = [key for key in keys if isinstance(key, int)]
        counter = f"ids.{TABLE}.{self._collection.table}"
        if numbers and max(numbers) > (self._view.value(counter) or 0):
            self._view.put(counter, max(numbers))  # type: ignore[attr-defined]

    def _entry(self, key: Any) -> Record | None:
        return self._table.get(self._name(key))

    def _name(self, key: Any) -> str:
        return f"{self._place.text}#{key}"

    def _write(self, key: Any, content: Mapping[str, Any]) -> Record:
        known = self._entry(key)
        if known is not None:
            return self._table.update(known, content)
        return self._table.insert({
            "key": self._name(key), "place": self._place.text, "table": self._place.table, "id": key,
            "project_id": self._place.tenant if self._place.owner == Owner.PROJECT else None, **content,
        })  # fmt: skip

    def _first_keys(self) -> list[Any]:
        if not self._collection.is_sown:
            return []
        match self._collection.identity:
            case KeyKind.INTEGER:
                return list(range(1, SOWN + 1))
            case KeyKind.UUID:
                bits = (self._draw(number) for number in range(SOWN))
                return [entropy.uuid7_of(0x0190_0000_0000 + int.from_bytes(b[:4], "big"), _bits(b)) for b in bits]
        return [entropy.spell(self._draw(number), SPELLED) for number in range(SOWN)]

    def _draw(self, number: int) -> bytes:
        return entropy.draw(self._seed, f"{TABLE}:{self._place.text}", number, 16)

    def _sown(self, key: Any) -> Record:
        """Return the entry that is there from the start under a key."""
        return Version({"id": key, "is_gone": False, "record": self._sow(key, self._name(key))}, 0)


def _bits(drawn: bytes) -> int:
    return int.from_bytes(drawn, "big") & (1 << 74) - 1


def _record(entry: Record) -> Record:
    """Return the record of an entry; it carries what was made of it as long as the entry lives."""
    kept = entry.rendered if isinstance(entry, Version) else None
    if kept is None:
        kept = Version(entry["record"], 0)
        if isinstance(entry, Version):
            entry.rendered = kept
    return kept
