"""What it costs that worlds outlive their server: beside memory, and beside bare transactions of the same bytes."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from mockserver.bench.figures import ROUNDS, Figure, both, fastest, seconds_of, send
from mockserver.bench.requests import NOTES, application
from mockserver.store import Store
from mockserver.store.archive import About, Archive, open_archive
from mockserver.store.archive.alone import Alone
from mockserver.store.archive.database import Write
from mockserver.world.tables import TABLES

RECORDS = 100_000
WRITERS, WRITES = 16, 50
SYNC_SECONDS = 0.002
"""What a disk takes that writes before it says so; that of a virtual machine may say so in fifty microseconds."""
NOTE: dict[str, Any] = {
    "project_id": 1, "organization_id": "01890000-0000-7000-8000-000000000001", "content": "Launch", "deleted": False,
    "date_marker": "2026-01-15T12:00:00Z", "created_at": "2026-01-15T12:00:00Z", "created_by": 1, "scope": "project",
    "dashboard_item": None, "dashboard_id": None, "creation_type": "USR", "tags": [],
}  # fmt: skip
RESTART = """
import os
from mockserver.bench.figures import send
from mockserver.serving.app import create_app

send(create_app(store={!r}), "GET", "/api/projects/1/annotations/", "limit=1")
os._exit(0)  # as a server ends that is killed
"""
BARE = "CREATE TABLE IF NOT EXISTS bare (number INTEGER PRIMARY KEY, body {bytes} NOT NULL)"


def figures(url: str | None = None) -> Iterator[Figure]:
    """Yield what a file costs, and what the shared store of a URL does, if one is given."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _reading("a file", f"sqlite:///{folder}/reads.db", 1.1)
        yield from _writing(folder)
        yield _restart(folder)
    if url is not None:
        yield from _reading("PostgreSQL", url, 1.3)
        yield from _sharing(url)


def _archive(url: str) -> Archive:
    archive = open_archive(url, [table.layout for table in TABLES.values()])
    assert archive is not None
    return archive


def _kept(archive: Archive, id: str) -> Store:
    """Return the store of an empty world."""
    _, world = application(0)
    return archive.adopt(id, world.store.fork(), About(0, "documented", "empty")).store


def _reading(where: str, url: str, target: float) -> Iterator[Figure]:
    """Yield what a read takes whose answer is made, and one whose answer is there and still holds."""
    from mockserver.serving.app import close, create_app

    for name, keeps in ((f"GET one, worlds in {where}", False), ("the same, given again", True)):
        app, memory = create_app(store=url, keep_answers=keeps), create_app(keep_answers=keeps)
        took, compared = both(partial(send, app, "GET", f"{NOTES}1/"), partial(send, memory, "GET", f"{NOTES}1/"), 500)
        close(app)
        yield Figure(name, took, compared, target, against="memory")


def _writing(folder: Path) -> Iterator[Figure]:
    """Yield what one writer takes beside a bare INSERT and COMMIT, and what sixteen at once take beside one.

    What sixteen can gain is bounded by what no group shares: the write itself, as memory takes it, and a row of
    SQLite's. Both are measured; and the sixteen once more where the disk is what is waited for.
    """
    archive = _archive(f"sqlite:///{folder}/writes.db")
    store, numbers = _kept(archive, "world"), count(1000)
    memory = application(0)[1].store.fork()
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute(BARE.format(bytes="BLOB"))
    body = bytes(len(str(NOTE)) + 100)

    def insert(rows: int = 1) -> None:
        bare.execute("BEGIN")
        bare.executemany("INSERT INTO bare (body) VALUES (?)", [(body,)] * rows)
        bare.execute("COMMIT")

    one, compared = both(partial(_write, store, numbers), insert, 100)
    yield Figure("a write to a file", one, compared, 1.3, against="a bare INSERT and COMMIT")
    write = partial(_write, store, numbers)
    yield Figure("the same by 16 writers at once", _together(write), one, 1 / 4, against="one writer")
    alike, compared = both(partial(_write, memory, numbers), write, 100)
    yield Figure("a write to memory", alike, compared, 1 / 4, against="one writer to a file")
    alike, compared = both(partial(insert, WRITERS), insert, 100)
    yield Figure("a bare row, 16 in a commit", alike / WRITERS, compared, 1 / 4, against="a bare INSERT and COMMIT")
    with _slow(archive):
        slow = fastest(write, 10, 3)
        yield Figure("16 writers at once, a sync of 2 ms", _together(write), slow, 1 / 4, against="one writer")
    archive.close()


@contextmanager
def _slow(archive: Archive) -> Iterator[None]:
    """Let each commit of a file take as long as on a disk that has to write."""
    assert isinstance(archive, Alone)
    commit = archive.db.commit

    def wait_and_commit(writes: Iterable[Write]) -> None:
        time.sleep(SYNC_SECONDS)
        commit(writes)

    archive.db.commit = wait_and_commit  # type: ignore[method-assign]
    yield
    archive.db.commit = commit  # type: ignore[method-assign]


def _write(store: Store, numbers: Iterator[int]) -> None:
    with store.transaction() as transaction:
        transaction.table("annotations").insert({**NOTE, "id": next(numbers)})


def _together(write: Callable[[], None]) -> float:
    """Return the microseconds a write that many threads take, all of them writing: the best of several rounds."""

    def work() -> None:
        for _ in range(WRITES):
            write()

    def seconds() -> float:
        threads = [threading.Thread(target=work) for _ in range(WRITERS)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    return min(seconds() for _ in range(ROUNDS)) / (WRITERS * WRITES) * 1e6


def _restart(folder: Path) -> Figure:
    """Return how much longer it is to the first answer over a store of many records than over an empty one."""
    took = []
    for name, records in (("many", RECORDS), ("none", 0)):
        url = f"sqlite:///{folder}/{name}.db"
        archive = _archive(url)
        with _kept(archive, "default").transaction() as transaction:
            transaction.table("annotations").insert_many(
                {**NOTE, "id": number} for number in range(1000, 1000 + records)
            )
        archive.close()
        took.append(min(seconds_of(RESTART.format(url)) for _ in range(3)))
    return Figure("restart with 100 000 records", (took[0] - took[1]) * 1000, 1500, 1, "ms", "1.5 s more than empty")


def _sharing(url: str) -> Iterator[Figure]:
    """Yield what a write takes beside a bare transaction; and a write and a read beside memory and bare questions.

    A database that is asked after a pause has to be woken: on a virtual machine the same question takes five times as
    long some fifty microseconds later. So what is compared last computes as much between its questions.
    """
    import psycopg  # of the extra that the URL asks for

    from mockserver.serving.app import close, create_app

    archive, numbers = _archive(url), count(1000)
    store, memory = _kept(archive, f"bench {time.time_ns()}"), application(0)[1].store.fork()
    body = bytes(len(str(NOTE)) + 100)
    app, unshared = create_app(store=url, keep_answers=False), create_app(keep_answers=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(BARE.format(bytes="BYTEA").replace("INTEGER PRIMARY KEY", "SERIAL PRIMARY KEY"))
        connection.pgconn.prepare(b"one", b"SELECT 1")

        def insert(before: Callable[[], object] = bool) -> None:
            with connection.transaction():
                before()
                connection.execute("INSERT INTO bare (body) VALUES (%s)", (body,))

        def read() -> None:
            connection.pgconn.exec_prepared(b"one", [])
            send(unshared, "GET", f"{NOTES}1/")

        write = partial(_write, store, numbers)
        took, compared = both(write, insert, 100)
        yield Figure("a write to PostgreSQL", took, compared, 1.4, against="a bare transaction")
        took, compared = both(write, partial(insert, partial(_write, memory, numbers)), 100)
        yield Figure("the same", took, compared, 1.4, against="a write to memory in a bare transaction")
        took, compared = both(partial(send, app, "GET", f"{NOTES}1/"), read, 500)
        yield Figure("GET one, worlds in PostgreSQL", took, compared, 1.3, against="memory and a bare question")
        connection.execute("DROP TABLE bare")
    archive.close()
    close(app)
