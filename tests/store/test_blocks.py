"""Blocks: records that a table lays beside those it stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mockserver.store import DuplicateKey, Layout, Order, Store, Transaction, memory_store

LAYOUT = Layout("events", "uuid", ("project_id", "distinct_id"))


class Numbers:
    """A block of three records, made from their places."""

    def __len__(self) -> int:
        return 3

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (self[place] for place in range(3))

    def __getitem__(self, place: int) -> Mapping[str, Any]:
        return {"uuid": f"made-{place}", "project_id": 1, "distinct_id": f"d{place % 2}", "at": f"{place}"}

    def places(self, field: str, value: Any) -> list[int]:
        return [place for place in range(3) if self[place].get(field) == value]


@pytest.fixture
def store() -> Store:
    opened = memory_store([LAYOUT])
    with opened.transaction() as transaction:
        transaction.table("events").insert({"uuid": "first", "project_id": 1, "distinct_id": "d0"})
        transaction.attach("events", Numbers())
        transaction.table("events").insert({"uuid": "last", "project_id": 2, "distinct_id": "d0"})
    return opened


def uuids(view: Any, **equal: Any) -> list[str]:
    table = view.table("events")
    return [record["uuid"] for record in (table.find(**equal) if equal else table)]


def test_block_lies_where_it_was_attached(store: Store) -> None:
    assert uuids(store.view()) == ["first", "made-0", "made-1", "made-2", "last"]
    assert len(store.view().table("events")) == 5


@pytest.mark.parametrize(
    ("equal", "found"),
    [
        ({"uuid": "made-1"}, ["made-1"]),
        ({"distinct_id": "d0"}, ["first", "made-0", "made-2", "last"]),
        ({"distinct_id": "d0", "project_id": 1}, ["first", "made-0", "made-2"]),
        ({"project_id": 2}, ["last"]),
        ({"distinct_id": "nobody"}, []),
        ({"at": "1"}, ["made-1"]),
    ],
)
def test_find_looks_into_blocks(store: Store, equal: dict[str, Any], found: list[str]) -> None:
    assert uuids(store.view(), **equal) == found


def test_get_and_search_look_into_blocks(store: Store) -> None:
    table = store.view().table("events")
    assert table.get("made-2")["at"] == "2"  # type: ignore[index]
    assert [r["uuid"] for r in table.search(lambda record: record.get("at") == "0")] == ["made-0"]


def test_removed_record_of_a_block_is_gone(store: Store) -> None:
    with store.transaction() as transaction:
        table = transaction.table("events")
        table.delete(table.get("made-1"))  # type: ignore[arg-type]
    assert uuids(store.view()) == ["first", "made-0", "made-2", "last"]
    assert store.view().table("events").get("made-1") is None
    assert len(store.view().table("events")) == 4


def test_changed_record_of_a_block_keeps_its_place(store: Store) -> None:
    def change(transaction: Transaction, **changes: Any) -> None:
        table = transaction.table("events")
        table.update(table.get("made-1"), changes)  # type: ignore[arg-type]

    before = store.snapshot()
    with store.transaction() as transaction:
        change(transaction, distinct_id="d7")
        change(transaction, at="later")
    assert uuids(store.view()) == ["first", "made-0", "made-1", "made-2", "last"]
    assert uuids(store.view(), distinct_id="d7", at="later") == ["made-1"]
    assert uuids(store.view(), distinct_id="d1") == []
    store.restore(before)
    assert uuids(store.view(), distinct_id="d1") == ["made-1"]


def test_changed_record_can_be_removed(store: Store) -> None:
    with store.transaction() as transaction:
        table = transaction.table("events")
        table.delete(table.update(table.get("made-1"), {"at": "later"}))  # type: ignore[arg-type]
    assert uuids(store.view()) == ["first", "made-0", "made-2", "last"]


def test_key_of_a_block_is_taken(store: Store) -> None:
    with pytest.raises(DuplicateKey), store.transaction() as transaction:
        transaction.table("events").insert({"uuid": "made-0"})
    with pytest.raises(DuplicateKey), store.transaction() as transaction:
        transaction.table("events").insert_many([{"uuid": "made-0"}])
    with pytest.raises(DuplicateKey), store.transaction() as transaction:
        table = transaction.table("events")
        table.update(table.get("first"), {"uuid": "made-0"})  # type: ignore[arg-type]
    assert len(store.view().table("events")) == 5


def test_tinydb_methods_see_blocks(store: Store) -> None:
    with store.transaction() as transaction:
        table: Any = transaction.table("events")
        table.remove(lambda record: record["distinct_id"] == "d0")
    assert uuids(store.view()) == ["made-1"]


def test_block_of_a_table_kept_in_order_is_stored() -> None:
    order = Order(("project_id",), "at", descending=True)
    store = memory_store([Layout("events", "uuid", (), (order,))])
    with store.transaction() as transaction:
        transaction.attach("events", Numbers())
    assert next(record["uuid"] for record in store.view().table("events").in_order(order, (1,))) == "made-2"


def test_records_may_share_a_key_where_it_repeats() -> None:
    store = memory_store([Layout("events", "uuid", repeats=True)])
    with store.transaction() as transaction:
        events = transaction.table("events")
        events.insert({"uuid": "a", "n": 1})
        transaction.attach("events", Numbers())
        events.insert_many([{"uuid": "a", "n": 2}, {"uuid": "made-0", "n": 3}])
        events.insert({"uuid": "made-0", "n": 4})
    events = store.view().table("events")
    assert [event["n"] for event in events.find(uuid="a")] == [1, 2]
    assert [event.get("n") for event in events.find(uuid="made-0")] == [None, 3, 4]
    assert events.get("a")["n"] == 1
    assert len(events) == 7


def test_what_came_since_is_told_by_whole_blocks(store: Store) -> None:
    table = store.view().table("events")
    added = table.since(0)
    assert (len(added.blocks), [record["uuid"] for record in added.stored]) == (1, ["first", "last"])
    with store.transaction() as transaction:
        written = transaction.table("events")
        written.delete(written.get("last"))  # type: ignore[arg-type]
        assert written.last()["uuid"] == "made-2"  # type: ignore[index]
        written.delete(written.get("made-1"))  # type: ignore[arg-type]
    added = store.view().table("events").since(0)
    assert (list(added.blocks), [record["uuid"] for record in added.stored]) == ([], ["first", "made-0", "made-2"])
