"""One suite for every backend of the store."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator

import pytest
from tinydb import where

from mockserver.store import DuplicateKey, Layout, Order, Store, StoreError, memory_store
from mockserver.store.archive import About, open_archive

NEWEST = Order(("project_id", "deleted"), "created_at", descending=True)
NOTES = Layout("notes", indexes=("project_id", "tags", "properties.email"), orders=(NEWEST,))


def note(id: int, **fields):
    return {
        "id": id, "project_id": 1, "deleted": False, "created_at": f"2026-01-01T00:00:{id:02d}Z",
        "tags": [], "properties": {}, **fields,
    }  # fmt: skip


@pytest.fixture(params=["memory", "sqlite", "shared", "postgresql"])
def store(request, tmp_path) -> Iterator[Store]:
    store, archive = memory_store([NOTES]), None
    if request.param == "postgresql":
        schema = f"repository_{zlib.crc32(request.node.name.encode())}"
        archive = open_archive(f"{request.getfixturevalue('postgres').url()}&schema={schema}", [NOTES])
    elif request.param != "memory":
        archive = open_archive(f"sqlite:///{tmp_path}/worlds.db", [NOTES], shared=request.param == "shared")
    if archive is not None:
        store = archive.adopt("default", store, About(0, "documented", "blank")).store
    with store.transaction() as transaction:
        transaction.table("notes").insert_many(note(number) for number in range(1, 6))
    yield store
    if archive is not None:
        archive.close()


def ids(records) -> list[int]:
    return [record["id"] for record in records]


def test_get_finds_by_key(store):
    assert store.view().table("notes").get(3)["id"] == 3
    assert store.view().table("notes").get(9) is None


def test_find_uses_every_field(store):
    with store.transaction() as transaction:
        transaction.table("notes").insert(note(6, tags=["a", "b"], properties={"email": "x@y.z"}))
    notes = store.view().table("notes")
    assert ids(notes.find(tags="b")) == [6]
    assert ids(notes.find(**{"properties.email": "x@y.z", "deleted": False})) == [6]
    assert ids(notes.find(project_id=1, id=2)) == [2]
    assert notes.find(project_id=2) == []
    assert ids(notes.find(created_at="2026-01-01T00:00:04Z")) == [4]


def test_search_takes_a_tinydb_query(store):
    assert ids(store.view().table("notes").search(where("id") > 3)) == [4, 5]


def test_tinydb_update_and_remove_keep_the_indexes(store):
    with store.transaction() as transaction:
        notes = transaction.table("notes")
        notes.update({"tags": ["late"]}, where("id") == 5)
        notes.remove(where("id") == 1)
        assert ids(notes.find(tags="late")) == [5]
    page, count = store.view().table("notes").page(NEWEST, (1, False), 0, 10)
    assert (ids(page), count) == ([5, 4, 3, 2], 4)


def test_page_is_in_order_and_counts_all(store):
    page, count = store.view().table("notes").page(NEWEST, (1, False), 1, 2)
    assert (ids(page), count) == ([4, 3], 5)
    assert store.view().table("notes").page(NEWEST, (2, False), 0, 2) == ([], 0)


def test_update_moves_a_record_between_lists(store):
    with store.transaction() as transaction:
        notes = transaction.table("notes")
        notes.update(notes.get(2), {"deleted": True})
    notes = store.view().table("notes")
    assert ids(notes.in_order(NEWEST, (1, False))) == [5, 4, 3, 1]
    assert ids(notes.in_order(NEWEST, (1, True))) == [2]


def test_null_sorts_before_every_time_when_descending(store):
    with store.transaction() as transaction:
        transaction.table("notes").insert(note(6, created_at=None))
        transaction.table("notes").insert(note(7, created_at="2026-01-01T00:00:05.500000Z"))
    assert ids(store.view().table("notes").in_order(NEWEST, (1, False)))[:3] == [6, 7, 5]


def test_duplicate_key_is_refused(store):
    with pytest.raises(DuplicateKey), store.transaction() as transaction:
        transaction.table("notes").insert(note(1))
    with pytest.raises(DuplicateKey), store.transaction() as transaction:
        transaction.table("notes").insert_many([note(8), note(8)])
    assert len(store.view().table("notes")) == 5


def test_failed_transaction_leaves_nothing(store):
    with pytest.raises(RuntimeError), store.transaction() as transaction:
        transaction.table("notes").insert(note(6))
        transaction.put("clock", 1)
        raise RuntimeError
    assert store.view().table("notes").get(6) is None
    assert store.view().value("clock") is None


def test_view_does_not_change_under_a_reader(store):
    view = store.view()
    with store.transaction() as transaction:
        transaction.table("notes").delete(transaction.table("notes").get(1))
    assert view.table("notes").get(1) is not None
    assert store.view().table("notes").get(1) is None


def test_view_is_not_written(store):
    with pytest.raises(StoreError):
        store.view().table("notes").insert(note(6))


def test_fork_goes_its_own_way(store):
    fork = store.fork()
    with fork.transaction() as transaction:
        transaction.table("notes").insert(note(6))
    assert len(store.view().table("notes")) == 5
    assert len(fork.view().table("notes")) == 6


def test_snapshot_is_restored(store):
    snapshot = store.snapshot()
    with store.transaction() as transaction:
        transaction.table("notes").delete(transaction.table("notes").get(1))
    store.restore(snapshot)
    assert store.view().table("notes").get(1) is not None


def test_counter_passes_what_it_is_told(store):
    with store.transaction() as transaction:
        assert [transaction.next("ids"), transaction.next("ids"), transaction.next("ids", above=10)] == [1, 2, 11]


def test_version_changes_with_the_table_alone(store):
    before = store.view()
    with store.transaction() as transaction:
        transaction.put("clock", 1)
    assert store.view().version("notes") == before.version("notes")
    with store.transaction() as transaction:
        transaction.table("notes").insert(note(6))
    assert store.view().version("notes") != before.version("notes")


def test_threads_lose_no_write(store):
    def write(start: int) -> None:
        for number in range(start, start + 50):
            with store.transaction() as transaction:
                transaction.table("notes").insert(note(number, created_at=None))
                transaction.put("count", (transaction.value("count") or 0) + 1)

    threads = [threading.Thread(target=write, args=(1000 * (n + 1),)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.view().value("count") == 16 * 50
    assert len(store.view().table("notes")) == 5 + 16 * 50


def test_unknown_table_is_refused(store):
    with pytest.raises(StoreError):
        store.view().table("nothing")


def test_ties_of_a_steady_order_stay_in_order_of_insertion():
    steady = Order(("project_id",), "at", descending=True, steady=True)
    store = memory_store([Layout("notes", orders=(steady,))])
    with store.transaction() as transaction:
        notes = transaction.table("notes")
        notes.insert_many({"id": number, "project_id": 1, "at": None} for number in (1, 2))
        notes.insert({"id": 3, "project_id": 1, "at": None})
        notes.insert({"id": 4, "project_id": 1, "at": "2026-01-01T00:00:00Z"})
        assert ids(notes.in_order(steady, (1,))) == [1, 2, 3, 4]
        notes.update(notes.get(2), {"at": "2026-01-02T00:00:00Z"})
    page, count = store.view().table("notes").page(steady, (1,), 1, 2)
    assert (ids(page), count) == ([3, 2], 4)
