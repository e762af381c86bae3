"""Tables with blocks: records that are worked out when they are read, beside those that are stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from typing import Any

from mockserver.store.contents import Contents, Version
from mockserver.store.indexes import has
from mockserver.store.model import Added, Block, DuplicateKey, Record
from mockserver.store.table import MemoryTable

TENANT = ("project_id", "organization_id")  # half of a table or more: looking through all of it is as quick


class BlockTable(MemoryTable):
    """A table that lays blocks beside the records it stores.

    A record of a block that is changed or removed is from then on stored, or gone, like any other.
    """

    def get(self, key: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        return self.first(**{self.layout.key: key}) if not kwargs else super().get(**kwargs)

    def __len__(self) -> int:
        contents = self._contents
        return len(contents.records) + sum(len(block) for _, block in contents.blocks) - len(contents.replaced)

    def __iter__(self) -> Iterator[Any]:
        contents = self._contents
        stored = deque(sorted(contents.records))
        for first, block in contents.blocks:
            for row, record in enumerate(block, first):
                while stored and stored[0] <= row:
                    yield contents.records[stored.popleft()]
                if row not in contents.replaced:
                    yield Version(record, row)
        for row in stored:
            yield contents.records[row]

    def since(self, mark: int) -> Added:
        contents = self._contents
        rows = sorted(row for row in contents.records if row > mark)
        count, made, whole, parts = len(rows), [], [], []
        for first, block in contents.blocks:
            places = range(max(first, mark + 1) - first, len(block))
            replaced = sum(1 for row in contents.replaced if row - first in places)
            count += len(places) - replaced
            made.append(self._made(first, block, places))
            if replaced or len(places) < len(block):
                parts.append(self._made(first, block, places))
            else:
                whole.append(block)
        return Added(contents.last_row, count, self._merged(rows, made), self._merged(rows, parts), whole)

    def _at(self, row: int) -> Version | None:
        stored = super()._at(row)
        if stored is not None or row in self._contents.replaced:
            return stored
        for first, block in self._contents.blocks:
            if first <= row < first + len(block):
                return Version(block[row - first], row)
        return None

    def _merged(self, rows: Iterable[int], made: Iterable[Iterator[Version]]) -> Iterator[Version]:
        records = self._contents.records
        return merge((records[row] for row in rows), *made, key=lambda version: version.doc_id)

    def _made(self, first: int, block: Block, places: range) -> Iterator[Version]:
        replaced = self._contents.replaced
        return (Version(block[place], first + place) for place in places if first + place not in replaced)

    def _read_table(self) -> Any:
        return {version.doc_id: version for version in self}

    def _matching(self, equal: Mapping[str, Any]) -> Iterator[Version]:
        searched = next((field for field in self._indexed if field in equal and field not in TENANT), None)
        if searched is None:
            yield from (record for record in self if all(has(record, field, equal[field]) for field in equal))
            return
        stored = super()._matching(equal)
        made = self._matching_blocks(searched, equal)
        yield from merge(stored, made, key=lambda version: version.doc_id)

    def _matching_blocks(self, searched: str, equal: Mapping[str, Any]) -> Iterator[Version]:
        contents = self._contents
        for first, block in contents.blocks:
            for place in block.places(searched, equal[searched]):
                if first + place in contents.replaced:
                    continue
                version = Version(block[place], first + place)
                if all(has(version, field, value) for field, value in equal.items()):
                    yield version

    def insert_many(self, records: Iterable[Record]) -> int:
        if self.layout.repeats:
            return super().insert_many(records)
        ready = list(records)
        for record in ready:
            self._refuse_made(record.get(self.layout.key), row=0)
        return super().insert_many(ready)

    def delete(self, record: Any) -> None:
        contents = self._contents
        if record.doc_id in contents.records:
            super().delete(record)
        else:
            replaced = contents.replaced.set(record.doc_id, None)
            self._storage.replace(self._name, contents._replace(replaced=replaced), (record.doc_id,))

    def _put(self, row: int, version: Version) -> Version:
        contents = self._contents
        if row in contents.records:
            return super()._put(row, version)
        self._refuse_duplicate(contents, version)
        self._replace(row, None, version, replaced=contents.replaced.set(row, None))
        return version

    def _refuse_duplicate(self, contents: Contents, version: Version) -> None:
        super()._refuse_duplicate(contents, version)
        if not self.layout.repeats:
            self._refuse_made(version[self.layout.key], version.doc_id)

    def _refuse_made(self, key: Any, row: int) -> None:
        if any(made.doc_id != row for made in self._matching_blocks(self.layout.key, {self.layout.key: key})):
            raise DuplicateKey(self._name, self.layout.key, key)
