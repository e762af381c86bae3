"""Writers against a server that is killed at random moments: what was acknowledged is there after each restart.

    python -m tests.serving.killing 50 sqlite:///worlds.db
    python -m tests.serving.killing 50 postgresql

The second starts a PostgreSQL of its own. What is lost is told, with exit code 1.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.store.postgres import cluster

WRITERS = 8
KEY = {"Authorization": "Bearer phx_mock_all_access", "Content-Type": "application/json"}
ANNOTATIONS = "/api/projects/1/annotations/"
START_SECONDS = 60.0


class Lost(AssertionError):
    """Something that was acknowledged is not there, half of something is, or a writer was told something else."""


@contextmanager
def serving(store: str, folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Serve over a store in a process of its own; lend the process and its address. It is killed at the end."""
    file = folder / "url"
    file.unlink(missing_ok=True)
    arguments = ["serve", "--port", "0", "--url-file", str(file), "--scenario", "empty", "--store", store, *options]
    process = subprocess.Popen(
        [sys.executable, "-c", "from mockserver.cli import main; main()", *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while not file.exists() or not file.read_text().strip() or not answers(file.read_text().strip()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no server: {process.stderr.read().decode() if process.stderr else ''}")
            time.sleep(0.02)
        yield process, file.read_text().strip()
    finally:
        process.kill()
        process.communicate()


def answers(url: str) -> bool:
    """Return whether a server is up."""
    try:
        with urlopen(f"{url}/__admin/health", timeout=5):
            return True
    except OSError:
        return False


def call(url: str, path: str, body: object = None, method: str | None = None) -> tuple[int, object]:
    """Return the status and JSON that a server answers."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url + path, data, KEY, method=method or ("POST" if data else "GET"))
    try:
        with urlopen(request, timeout=20) as answer:
            raw = answer.read()
            return answer.status, json.loads(raw) if raw else None
    except HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def write_until_killed(url: str, acknowledged: dict[str, int], dice: random.Random, process: object) -> None:
    """Write from many threads, and kill the server at a moment of the dice's choice. Raises: Lost."""
    stopped = threading.Event()
    refused: list[tuple[int, object]] = []

    def writer(number: int) -> None:
        count = 0
        while not stopped.is_set():
            count += 1
            content = f"{time.time_ns()}-{number}-{count}-" + "x" * 200
            try:
                status, made = call(url, ANNOTATIONS, {"content": content, "date_marker": "2026-01-01T00:00:00Z"})
            except (OSError, HTTPException):
                return
            if status != 201:
                refused.append((status, made))
                return
            acknowledged[content] = made["id"]  # type: ignore[index]

    threads = [threading.Thread(target=writer, args=(number,), daemon=True) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    time.sleep(dice.uniform(0.05, 0.6))
    process.kill()  # type: ignore[attr-defined]
    stopped.set()
    for thread in threads:
        thread.join()
    if refused:
        raise Lost(f"{len(refused)} writes were refused while nothing was wrong: {refused[0]}")


def check(url: str, acknowledged: dict[str, int]) -> None:
    """Look for everything that was acknowledged. Raises: Lost."""
    found: dict[str, int] = {}
    path: str | None = f"{ANNOTATIONS}?limit=1000"
    while path:
        status, page = call(url, path)
        if status != 200:
            raise Lost(f"the list answers {status}")
        for record in page["results"]:  # type: ignore[index]
            if not (record["content"] or "").endswith("x" * 200) or record["created_by"] is None:
                raise Lost(f"half of a record: {record}")
            found[record["content"]] = record["id"]
        following = page["next"]  # type: ignore[index]
        path = following.split("://", 1)[1].partition("/")[2] if following else None
        path = f"/{path}" if path else None
    missing = {content for content, id in acknowledged.items() if found.get(content) != id}
    if missing:
        raise Lost(f"{len(missing)} of {len(acknowledged)} acknowledged writes are not there")


def run(kills: int, store: str, *options: str, seed: int = 0) -> int:
    """Kill a server so many times; return how many writes were acknowledged, all of which were there. Raises: Lost."""
    dice = random.Random(seed)
    acknowledged: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        for _ in range(kills):
            with serving(store, Path(name), *options) as (process, url):
                check(url, acknowledged)
                write_until_killed(url, acknowledged, dice, process)
        with serving(store, Path(name), *options) as (_, url):
            check(url, acknowledged)
    return len(acknowledged)


def main(kills: int, store: str) -> None:
    """Kill a server so many times over a store, and tell what became of it; `postgresql` is one of our own."""
    began = time.monotonic()
    with cluster() if store == "postgresql" else nullcontext() as made:
        try:
            count = run(kills, store if made is None else made.make("worlds"))
        except Lost as error:
            raise SystemExit(f"{store}: {error}") from error
    took = time.monotonic() - began
    print(f"{store}: {kills} kills in {took:.0f} s, {count} writes acknowledged, all of them there")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
