"""Worlds in a file: found again as they were, whatever happened to the process, and refused in words otherwise."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from mockserver.store import Layout, StoreError, memory_store
from mockserver.store.archive import About, StoreFull, open_archive
from mockserver.store.archive.alone import Alone
from mockserver.store.archive.sqlite import SqliteFile

NOTES = Layout("notes", indexes=("text",))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "worlds.db"


def opened(file: Path) -> Alone:
    archive = open_archive(f"sqlite:///{file}", [NOTES])
    assert isinstance(archive, Alone)
    return archive


def made(archive: Alone, id: str = "default"):
    memory = memory_store([NOTES])
    with memory.transaction() as transaction:
        transaction.table("notes").insert_many({"id": number, "text": "first"} for number in range(1, 4))
    return archive.adopt(id, memory, About(7, "observed", "blank", origin=memory.snapshot())).store


def write(store, id: int, text: str = "x") -> None:
    with store.transaction() as transaction:
        transaction.table("notes").insert({"id": id, "text": text})


def held(archive: Alone, id: str = "default") -> list[int]:
    store = next(kept.store for kept in archive.worlds() if kept.id == id)
    return [record["id"] for record in store.view().table("notes")]


def test_everything_comes_back(file):
    archive = opened(file)
    store = made(archive)
    with store.transaction() as transaction:
        notes = transaction.table("notes")
        notes.update(notes.get(1), {"text": "zweite", "number": 2**70})
        notes.delete(notes.get(2))
        notes.insert({"id": 9, "text": "é", "nested": {"list": [1, None]}})
        transaction.put("clock", {"frozen": "2026-01-01T00:00:00Z"})
    before = [dict(record) for record in store.view().table("notes")]
    archive.close()
    again = opened(file)
    (kept,) = again.worlds()
    view = kept.store.view()
    assert [dict(record) for record in view.table("notes")] == before
    assert view.table("notes").find(text="é")[0]["id"] == 9
    assert view.value("clock") == {"frozen": "2026-01-01T00:00:00Z"}
    assert (kept.about.seed, kept.about.profile, kept.about.scenario) == (7, "observed", "blank")
    kept.store.restore(kept.about.origin)
    assert held(again) == [1, 2, 3]
    write(kept.store, 4)
    again.close()
    assert held(opened(file)) == [1, 2, 3, 4]


def test_a_transaction_that_fails_leaves_nothing(file):
    archive = opened(file)
    store = made(archive)
    with pytest.raises(KeyError), store.transaction() as transaction:
        transaction.table("notes").insert({"id": 5})
        raise KeyError
    write(store, 6)
    archive.close()
    assert held(opened(file)) == [1, 2, 3, 6]


def test_forks_and_snapshots_cost_what_differs(file):
    archive = opened(file)
    store = made(archive)
    with store.transaction() as transaction:
        transaction.table("notes").insert_many({"id": number, "text": "y" * 50} for number in range(10, 5000))
    archive.compact()
    size = archive.db.size()
    for number in range(20):
        archive.adopt(f"fork-{number}", store.fork(), About(0, "documented", "blank", origin=store.snapshot()))
    archive.compact()
    assert archive.db.size() - size < size / 10
    archive.close()
    assert len(held(opened(file), "fork-19")) == 3 + 4990


def test_what_is_forgotten_is_gone(file):
    archive = opened(file)
    made(archive), made(archive, "second")
    archive.forget("second")
    archive.compact()
    archive.close()
    assert [kept.id for kept in opened(file).worlds()] == ["default"]


def test_compacting_keeps_everything_and_gives_room_back(file):
    archive = opened(file)
    store = made(archive)
    for number in range(10, 300):
        write(store, number, "z" * 1000)
    with store.transaction() as transaction:
        for record in list(transaction.table("notes"))[3:]:
            transaction.table("notes").delete(record)
    write(store, 5000)
    before = archive.db.size()
    archive.compact()
    assert archive.db.size() < before / 4
    write(store, 5001)
    archive.close()
    again = opened(file)
    assert held(again) == [1, 2, 3, 5000, 5001]
    assert again.facts()["entries"] == 1


def test_a_damaged_tail_is_cut_at_the_last_whole_entry_and_said(file):
    archive = opened(file)
    store = made(archive)
    for number in (11, 12, 13, 14):
        write(store, number)
    archive.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE log SET body = substr(body, 1, 20) WHERE version = 3")
    connection.close()
    again = opened(file)
    assert held(again) == [1, 2, 3, 11, 12]
    assert list(again.check()) == ["world default: 2 entries from 3 on could not be read"]
    write(next(iter(again.worlds())).store, 15)
    again.close()
    third = opened(file)
    assert held(third) == [1, 2, 3, 11, 12, 15]
    assert list(third.check()) == []


def test_a_file_in_use_is_refused(file):
    archive = opened(file)
    with pytest.raises(StoreError, match="in use by another process"):
        opened(file)
    archive.close()
    opened(file).close()


def test_what_is_no_store_of_ours_is_refused_and_left_alone(file, tmp_path):
    file.write_bytes(b"PK\x03\x04 this is a zip, and long enough to be looked at as a database" * 20)
    before = file.read_bytes()
    with pytest.raises(StoreError, match="damaged or no database"):
        opened(file)
    assert file.read_bytes() == before
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE contacts (name TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="a database of something else"):
        opened(other)


def test_another_format_is_refused_with_what_to_do(file):
    opened(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE meta SET value = 99 WHERE name = 'format'")
    connection.close()
    with pytest.raises(StoreError, match=r"has format 99.*mockserver store export"):
        opened(file)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///no/such/folder/w.db", "there is no folder"),
        ("sqlite://", "names a file"),
        ("sqlite:///w.db?durability=some", "durability=full, durability=relaxed"),
        ("mongodb://x", "known: memory://, sqlite:///FILE"),
    ],
)
def test_a_url_that_names_none_is_refused(url, said):
    with pytest.raises(StoreError, match=said):
        open_archive(url, [NOTES])


def test_a_full_disk_refuses_writes_and_loses_nothing(file):
    archive = opened(file)
    store = made(archive)
    write(store, 10)
    pages = archive.db._connection.execute("PRAGMA page_count").fetchone()[0]
    archive.db._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreFull) as refused:
        write(store, 11, "x" * 100_000)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (507, "5")
    assert [record["id"] for record in store.view().table("notes")] == [1, 2, 3, 10]
    archive.db._connection.execute("PRAGMA max_page_count = 100000")
    write(store, 12)
    archive.close()
    assert held(opened(file)) == [1, 2, 3, 10, 12]


def test_writers_who_come_together_are_committed_together(file):
    archive = opened(file)
    store = made(archive)
    commits = []
    commit = archive.commits._commit

    def slow(entries):
        commits.append(len(entries))
        threading.Event().wait(0.02)
        commit(entries)

    archive.commits._commit = slow
    threads = [threading.Thread(target=write, args=(store, number)) for number in range(100, 116)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(commits) == 16
    assert len(commits) < 8
    archive.close()
    assert set(range(100, 116)) <= set(held(opened(file)))


def test_what_was_built_on_a_write_that_failed_fails_too(file):
    archive = opened(file)
    store = made(archive)
    commit, failing = archive.commits._commit, threading.Event()
    failing.set()

    def broken(entries):
        threading.Event().wait(0.02)
        if failing.is_set():
            raise StoreFull
        commit(entries)

    archive.commits._commit = broken
    refused = []

    def attempt(number):
        try:
            write(store, number)
        except StoreFull:
            refused.append(number)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(100, 108)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(refused) == list(range(100, 108))
    failing.clear()
    write(store, 200)
    archive.close()
    assert held(opened(file)) == [1, 2, 3, 200]


def test_where_a_file_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert SqliteFile.of("/data/w.db").path == tmp_path / "data" / "w.db"
    assert SqliteFile.of(f"/{tmp_path}/x.db").path == tmp_path / "x.db"
    assert SqliteFile.of(f"{tmp_path}/y.db").path == tmp_path / "y.db"


def test_a_user_of_postgresql_needs_its_own_tables_alone_once_they_are_there(postgres):
    import psycopg

    database = postgres.make("rights")
    url = database.replace("postgres@", "ordinary@")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE ROLE ordinary LOGIN")
        connection.execute("GRANT CREATE ON DATABASE rights TO ordinary")
        first = open_archive(url, [NOTES])
        made(first)
        first.close()
        connection.execute("REVOKE CREATE ON DATABASE rights FROM ordinary")
        again = open_archive(url, [NOTES])
    write(next(iter(again.worlds())).store, 9)
    assert held(again) == [1, 2, 3, 9]
    again.close()


def test_a_write_that_is_given_up_costs_no_connection(postgres):
    archive = open_archive(f"{postgres.url()}&schema=given_up", [NOTES])
    store = made(archive)
    write(store, 9)
    kept = list(archive.db._free)
    with pytest.raises(RuntimeError), store.transaction():
        raise RuntimeError
    write(store, 10)
    assert archive.db._free == kept
    archive.close()
