"""Answers kept to be given again: an answer to GET is a function of the request and of what it read of the world.

Nobody has to say when one is no longer true: it is given again while the world still has what was read, in the versions
that were read. What was made of something else as well (the machine's time, another key's last use) is not kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from threading import Lock
from typing import Any, NamedTuple

from mockserver.store import Reads
from mockserver.world.worlds import World

MOST_ANSWERS = 4096
MOST_BYTES = 16 * 1024 * 1024
OVERHEAD_BYTES = 2000
"""What an answer takes beside its body: what was asked, what was read, the headers."""


class KeptAnswer(NamedTuple):
    """An answer, what it was made of, and what the journal says of it."""

    reads: Reads
    status_line: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    journalled: bytes
    operation: str | None
    path: str
    key: str | None
    """The key that was used, if one was."""

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return len(self.body) + OVERHEAD_BYTES


def identity(environ: Mapping[str, Any], headers: Mapping[str, str], world: World) -> Hashable:
    """Return all of a request without a body that an answer can depend on, and whose request it is."""
    return (
        world.id, world.seed, world.profile, environ["wsgi.url_scheme"], environ["SERVER_NAME"], environ["SERVER_PORT"],
        environ["PATH_INFO"], environ.get("mockserver.path"), environ.get("QUERY_STRING"), *headers.items(),
    )  # fmt: skip


class KeptAnswers:
    """The answers of all worlds of a server, so many and so large; the oldest are forgotten first."""

    def __init__(self, most: int = MOST_ANSWERS, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._answers: dict[Hashable, KeptAnswer] = {}
        self._bytes = 0
        self._lock = Lock()

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._answers.clear()
            self._bytes = 0

    def find(self, asked: Hashable) -> KeptAnswer | None:
        """Return the answer that a request had the last time."""
        return self._answers.get(asked)

    def keep(self, asked: Hashable, answer: KeptAnswer) -> None:
        """Keep an answer in the place of the one that the request had before."""
        if answer.size > self._most_bytes // 16:
            return
        with self._lock:
            answers = self._answers
            before = answers.pop(asked, None)
            answers[asked] = answer
            self._bytes += answer.size - (before.size if before else 0)
            while len(answers) > self._most or self._bytes > self._most_bytes:
                self._bytes -= answers.pop(next(iter(answers))).size
