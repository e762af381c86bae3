"""Processes that serve one address together, each over the same store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

PROGRAM = "from mockserver.cli import main; main()"
WORKER = "--worker"
PAUSE_SECONDS = 0.1
END_SECONDS = 10.0


class Workers:
    """So many processes that run one command; one that ends by itself is started again."""

    def __init__(self, count: int, arguments: Sequence[str]) -> None:
        self._command = [sys.executable, "-c", PROGRAM, *arguments, WORKER]
        self._stopping = threading.Event()
        self._processes = [self._start() for _ in range(count)]

    def run(self) -> None:
        """Keep them running until SIGINT or SIGTERM, then end them."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stopping.set())
        try:
            while not self._stopping.wait(PAUSE_SECONDS):
                self._processes = [
                    process if process.poll() is None else self._start() for process in self._processes
                ]  # fmt: skip
        finally:
            self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        # Its own session: Ctrl-C at the terminal is for this process, which ends the others in order.
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)

    def _end(self) -> None:
        deadline = time.monotonic() + END_SECONDS
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""

    def watch() -> None:
        while os.read(0, 1):  # nothing is ever written: it ends when the other end does
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
