"""What several processes over one store serve, beside one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from mockserver.bench.connections import NUMBER, microseconds_each
from mockserver.bench.figures import Figure
from mockserver.bench.requests import NOTES
from mockserver.serving.workers import PROGRAM
from mockserver.store.archive import MEMORY

START_SECONDS = 30.0
DEPTH = 32
"""How many requests a connection has on the way at once: who asks must take next to nothing of the processors."""


ONE = f"{NOTES}1/"
MADE = f"/api/projects/1/feature_flags/?limit=10&asked={NUMBER}"
SHARED: tuple[tuple[str, str, float], ...] = (
    ("a list made for each request", MADE, 1 / 1.6),
    ("GET one, given again", ONE, 1),
)
"""What is asked of workers: what they make, which is what more of them are for; and what costs so little that of two
processors who asks takes what is left for the second."""
AS_APART = 1.15


def figures(url: str | None = None) -> Iterator[Figure]:
    """Yield what a read takes of two processes beside one, and beside two servers that share nothing; and over a
    PostgreSQL, if there is one, beside memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [path for _, path, _ in SHARED]
        one, two = (_each(folder, f"sqlite:///{folder}/{number}.db", number, paths, DEPTH) for number in (1, 2))
        for said, path, target in SHARED:
            yield Figure(f"{said}, two workers over a file", two[path], one[path], target, against="one worker")
        apart = _of_two_servers(folder, MADE, DEPTH)
        yield Figure("the list, two workers over a file", two[MADE], apart, AS_APART, against="two servers apart")
        if url is not None:
            memory, shared = (_each(folder, store, 1, [ONE], 1)[ONE] for store in (MEMORY, url))
            yield Figure("GET one, over PostgreSQL, served", shared, memory, 1.3, against="memory, 16 connections")


def _of_two_servers(folder: Path, path: str, depth: int) -> float:
    """Return the microseconds that a request takes of two servers together that share nothing but the machine: what
    a second processor is good for here."""
    first, second = folder / "first", folder / "second"
    for place in (first, second):
        place.mkdir()
    with (
        _serving(first, f"sqlite:///{first}/alone.db", 1) as one,
        _serving(second, f"sqlite:///{second}/alone.db", 1) as other,
        ThreadPoolExecutor(2) as asking,
    ):
        rates = asking.map(lambda url: 1 / microseconds_each(url, path, depth=depth), (one, other))
        return 1 / sum(rates)


def _each(folder: Path, store: str, workers: int, paths: Sequence[str], depth: int) -> dict[str, float]:
    """Return the microseconds that a request for each of some paths takes of so many workers."""
    with _serving(folder, store, workers) as url:
        return {path: microseconds_each(url, path, depth=depth) for path in paths}


@contextmanager
def _serving(folder: Path, store: str, workers: int) -> Iterator[str]:
    """Serve a store from a command of its own; lend the address. Raises: RuntimeError where it does not start."""
    told = folder / "url"
    told.unlink(missing_ok=True)
    command = [
        sys.executable, "-c", PROGRAM, "serve", "--port", "0", "--url-file", str(told), "--store", store,
        "--workers", str(workers),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not told.exists() or not told.read_text().endswith("\n"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no server with {workers} workers")
            time.sleep(0.05)
        time.sleep(1.0 + workers)  # the address is told when the first of them listens
        yield told.read_text().strip()
    finally:
        process.terminate()
        process.wait()
