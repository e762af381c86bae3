"""What several processes over one store serve, beside one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mockserver.bench.connections import microseconds_each
from mockserver.bench.figures import Figure
from mockserver.bench.requests import NOTES
from mockserver.serving.workers import PROGRAM

START_SECONDS = 30.0
DEPTH = 32
"""How many requests a connection has on the way at once: who asks must take next to nothing of the processors."""


def figures() -> Iterator[Figure]:
    """Yield what a read takes of two processes, of one processor each, beside one."""
    with tempfile.TemporaryDirectory() as name:
        one, two = (_microseconds_each(Path(name) / f"{workers}.db", workers) for workers in (1, 2))
    yield Figure("GET one, two workers over a file", two, one, 1 / 1.6, against="one worker")


def _microseconds_each(file: Path, workers: int) -> float:
    with _serving(file, workers) as url:
        return microseconds_each(url, f"{NOTES}1/", depth=DEPTH)


@contextmanager
def _serving(file: Path, workers: int) -> Iterator[str]:
    """Serve a store from a command of its own; lend the address. Raises: RuntimeError where it does not start."""
    told = file.with_suffix(".url")
    command = [
        sys.executable, "-c", PROGRAM, "serve", "--port", "0", "--url-file", str(told), "--store", f"sqlite:///{file}",
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
