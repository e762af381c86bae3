"""What was inserted after a mark, for whoever follows a table."""

from __future__ import annotations

from mockserver.store import Layout, memory_store


def test_since_tells_what_was_added() -> None:
    store = memory_store([Layout("things")])
    with store.transaction() as transaction:
        transaction.table("things").insert_many([{"id": 1}, {"id": 2}])
    first = store.view().table("things").since(0)
    assert (first.count, [record["id"] for record in first.records]) == (2, [1, 2])
    with store.transaction() as transaction:
        table = transaction.table("things")
        table.insert({"id": 3})
        table.delete(table.get(1))
    later = store.view().table("things").since(first.mark)
    assert (later.count, [record["id"] for record in later.records]) == (1, [3])
    assert store.view().table("things").since(later.mark).count == 0


def test_since_sees_records_worked_out_when_read() -> None:
    store = memory_store([Layout("things")])
    with store.transaction() as transaction:
        transaction.attach("things", Numbers())
        transaction.table("things").insert({"id": 9})
        table = transaction.table("things")
        table.delete(table.get(1))
    things = store.view().table("things")
    everything = things.since(0)
    assert (everything.count, [record["id"] for record in everything.records]) == (3, [0, 2, 9])
    assert [record["id"] for record in things.since(2).records] == [2, 9]


class Numbers(tuple):  # type: ignore[type-arg]
    def __new__(cls) -> Numbers:
        return super().__new__(cls, [{"id": number} for number in range(3)])

    def places(self, field: str, value: object) -> list[int]:
        return [number for number, record in enumerate(self) if record[field] == value]
