"""What is measured, and how: the best of several rounds, beside something to compare it with."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEY = "phx_mock_all_access"
ROUNDS = 7


@dataclass(frozen=True)
class Figure:
    """One measurement: what it took, what the comparison took, and the ratio aimed at."""

    name: str
    took: float
    compared: float
    target: float
    unit: str = "µs"
    against: str = "a bare Flask view"

    @property
    def ratio(self) -> float:
        """How many times the comparison it took."""
        return self.took / self.compared

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        return self.ratio <= self.target


def send(application: Any, method: str, path: str, query: str = "", body: bytes = b"", key: str = KEY) -> bytes:
    """Send one request to a WSGI application, with nothing around it that could cost. Raises: RuntimeError on a 4xx."""
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_AUTHORIZATION": f"Bearer {key}", "CONTENT_LENGTH": str(len(body)) if body else "",
        "CONTENT_TYPE": "application/json" if body else "",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    statuses: list[str] = []
    chunks = application(environ, lambda status, headers, error=None: statuses.append(status))
    answer = b"".join(chunks)
    close = getattr(chunks, "close", None)
    if close:
        close()
    if statuses[0] >= "4":
        raise RuntimeError(f"{method} {path}: {statuses[0]}: {answer[:300]!r}")
    return answer


def fastest(work: Callable[[], Any], times: int = 300, rounds: int = ROUNDS) -> float:
    """Return the microseconds that one call takes: the best of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - began) / times)
    return best * 1e6


def both(work: Callable[[], Any], other: Callable[[], Any], times: int = 300) -> tuple[float, float]:
    """Return the microseconds that a call takes, and another: in turn, so that a machine's moods hit them alike."""
    took, compared = float("inf"), float("inf")
    for _ in range(ROUNDS):
        took = min(took, fastest(work, times, 1))
        compared = min(compared, fastest(other, times, 1))
    return took, compared


def compiling() -> dict[str, str]:
    """Return the environment of a process in which what Python compiles is kept, as it is for whoever uses us."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment.setdefault("PYTHONPYCACHEPREFIX", str(Path(tempfile.gettempdir(), "mockserver-bench")))
    return environment


def output_of(program: str) -> str:
    """Return what a Python program prints that runs alone, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=compiling()
    )  # fmt: skip
    return done.stdout


def seconds_of(program: str) -> float:
    """Return how long a Python program takes in a process of its own, the interpreter's start included."""
    began = time.perf_counter()
    output_of(program)
    return time.perf_counter() - began
