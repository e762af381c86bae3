"""Waiting until something holds of a world, woken by what happens to it instead of looking again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Bell:
    """Rung whenever something happened; ringing it costs next to nothing while nobody waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting = 0
        self._rung = 0

    def ring(self) -> None:
        """Wake those who wait, to look again."""
        self._rung += 1
        if self._waiting:
            with self._changed:
                self._changed.notify_all()

    def wait(self, is_settled: Callable[[], bool], seconds: float) -> None:
        """Return once something is settled, or when the time is over; it is looked at outside of every lock."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._waiting += 1
        try:
            while True:
                heard = self._rung
                left = deadline - time.monotonic()
                if is_settled() or left <= 0:
                    return
                with self._changed:
                    self._changed.wait_for(lambda heard=heard: self._rung != heard, left)  # type: ignore[misc]
        finally:
            with self._changed:
                self._waiting -= 1
