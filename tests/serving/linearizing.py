"""Many clients of many processes over one store that is stopped and started: does each read what was written?

    python -m tests.serving.linearizing 60
    python -m tests.serving.linearizing 60 sqlite:////tmp/worlds.db

Three kinds of records are changed. A note's text is a register: a read gives what was written last, or is being
written. A flag's version counts its changes: no two of them are answered with the same one. The people of a static
cohort are a set: whoever was added is in it at the end. An answer of 503 may or may not have been done. What no one
server could have answered is told, with exit code 1.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from tests.serving.killing import call, serving
from tests.store.postgres import Cluster, cluster

CLIENTS, WORKERS = 16, 4
RECORDS = 3
FAR = float("inf")


@dataclass(frozen=True)
class Done:
    """What one client did to a register: from when to when, and whether it is known to have been done."""

    kind: str
    value: str
    began: float
    ended: float


class Wrong(AssertionError):
    """A history that no one server could have made."""


def judge_register(history: Sequence[Done]) -> None:
    """Refuse a history in which a read gives what was overwritten before it began. Raises: Wrong."""
    writes = [done for done in history if done.kind == "write"]
    by_value = {write.value: write for write in writes}
    for read in history:
        if read.kind != "read":
            continue
        source = by_value.get(read.value)
        if source is None or source.began > read.ended:
            raise Wrong(f"{read} gives what nobody had written")
        for other in writes:
            if source.ended < other.began and other.ended < read.began:
                raise Wrong(f"{read} gives {source}, which {other} had overwritten")


def judge_counter(versions: Sequence[int]) -> None:
    """Refuse two changes that made the same version. Raises: Wrong."""
    if len(set(versions)) != len(versions):
        raise Wrong("two changes of a flag were answered with one version: an update is lost")


class Clients:
    """Clients that change records until they are stopped, and what they did."""

    def __init__(self, url: str, seed: int) -> None:
        self.url, self.seed = url, seed
        self.stopped = threading.Event()
        self.registers: dict[int, list[Done]] = {}
        self.versions: dict[int, list[int]] = {}
        self.added: set[str] = set()
        self.refused = 0
        self.unexpected: list[tuple[int, dict]] = []
        self._lock = threading.Lock()
        self._make()

    def _make(self) -> None:
        for number in range(RECORDS):
            first = {"content": "first", "date_marker": "2026-01-01T00:00:00Z"}
            note = self._must("/api/projects/1/annotations/", first)
            self.registers[note["id"]] = [Done("write", "first", 0.0, 0.0)]
            flag = self._must("/api/projects/1/feature_flags/", {"key": f"flag-{number}", "name": "first"})
            self.versions[flag["id"]] = []
        people = [{"distinct_ids": [f"p{number}"]} for number in range(400)]
        self._must("/__admin/worlds/default/load", {"persons": people})
        self.people = [person["uuid"] for person in self._must("/api/projects/1/persons/?limit=400")["results"]]
        self.cohort = self._must("/api/projects/1/cohorts/", {"name": "set", "is_static": True})["id"]

    def _must(self, path: str, body: object = None) -> dict:
        status, answer = call(self.url, path, body)
        assert status in (200, 201), (status, answer)
        return answer  # type: ignore[return-value]

    def run(self, seconds: float, meanwhile: Callable[[], None]) -> None:
        """Let all of them work for so long, while something is done to their server."""
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        meanwhile()
        time.sleep(seconds)
        self.stopped.set()
        for thread in threads:
            thread.join()

    def _work(self, number: int) -> None:
        dice = random.Random(f"{self.seed}-{number}")
        count = 0
        while not self.stopped.is_set():
            count += 1
            dice.choice((self._read, self._read, self._write, self._count, self._add))(dice, f"{number}-{count}")

    def _ask(self, path: str, body: object = None, method: str | None = None) -> tuple[int, dict]:
        """Return the status and body of an answer; 0 where none came."""
        try:
            status, answer = call(self.url, path, body, method)
        except (OSError, HTTPException):
            status, answer = 0, {}
        if status in (0, 503):
            self.refused += 1
        elif status not in (200, 201):
            self.unexpected.append((status, answer))
        return status, answer  # type: ignore[return-value]

    def _read(self, dice: random.Random, mark: str) -> None:
        note = dice.choice(list(self.registers))
        began = time.monotonic()
        status, answer = self._ask(f"/api/projects/1/annotations/{note}/")
        if status == 200:
            self._note(note, Done("read", answer["content"], began, time.monotonic()))

    def _write(self, dice: random.Random, mark: str) -> None:
        note = dice.choice(list(self.registers))
        began = time.monotonic()
        status, _ = self._ask(f"/api/projects/1/annotations/{note}/", {"content": mark}, "PATCH")
        self._note(note, Done("write", mark, began, time.monotonic() if status == 200 else FAR))

    def _note(self, note: int, done: Done) -> None:
        with self._lock:
            self.registers[note].append(done)

    def _count(self, dice: random.Random, mark: str) -> None:
        flag = dice.choice(list(self.versions))
        status, answer = self._ask(f"/api/projects/1/feature_flags/{flag}/", {"name": mark}, "PATCH")
        if status == 200:
            with self._lock:
                self.versions[flag].append(answer["version"])

    def _add(self, dice: random.Random, mark: str) -> None:
        person = dice.choice(self.people)
        path = f"/api/projects/1/cohorts/{self.cohort}/add_persons_to_static_cohort/"
        status, _ = self._ask(path, {"person_ids": [person]}, "PATCH")
        if status == 200:
            with self._lock:
                self.added.add(person)

    def judge(self) -> int:
        """Return how much was done, after looking for what no one server could have answered. Raises: Wrong."""
        if self.unexpected:
            raise Wrong(f"{len(self.unexpected)} answers were neither what was asked for nor 503: {self.unexpected[0]}")
        for history in self.registers.values():
            judge_register(history)
        for versions in self.versions.values():
            judge_counter(versions)
        page = self._must(f"/api/projects/1/cohorts/{self.cohort}/persons/?limit=1000")
        missing = self.added - {person["uuid"] for person in page["results"]}
        if missing:
            raise Wrong(f"{len(missing)} of {len(self.added)} people who were added are not in the cohort")
        return sum(len(each) for each in (*self.registers.values(), *self.versions.values())) + len(self.added)


def run(
    seconds: float, database: Cluster | None, store: str, workers: int = WORKERS, stops: int = 2, seed: int = 0
) -> tuple[int, int]:
    """Let the clients work while the database, if it can be, is stopped and started; return how much was done and how
    much refused.

    Raises: Wrong.
    """
    stops = 0 if database is None else stops

    def disturb() -> None:
        for number in range(stops):
            assert database is not None
            time.sleep(seconds / (stops + 1))
            database.stop("immediate" if number % 2 else "fast")
            time.sleep(0.5)
            database.start()

    with tempfile.TemporaryDirectory() as name, serving(store, Path(name), "--workers", str(workers)) as (_, url):
        clients = Clients(url, seed)
        clients.run(seconds / (stops + 1), disturb)
        return clients.judge(), clients.refused


def main(seconds: float, store: str | None = None) -> None:
    """Let them work for so long over a store, and tell what became of it; without one, over a PostgreSQL of our own."""
    with cluster() if store is None else nullcontext() as made:
        try:
            done, refused = run(seconds, made, store or made.make("worlds"))
        except Wrong as error:
            raise SystemExit(f"{store or 'postgresql'}: {error}") from error
    print(
        f"{store or 'postgresql'}: {done} things done and {refused} refused in {seconds:.0f} s by {CLIENTS} clients of "
        f"{WORKERS} processes: every read and update is accounted for"
    )


if __name__ == "__main__":
    main(float(sys.argv[1]), *sys.argv[2:])
