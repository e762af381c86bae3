"""What a replay makes on a server that is not ours, on disk before it is made.

Lines are only ever added: one for what is about to be made, one for a record that was made, one when it is gone. So two
replays of one server can write side by side and a crash loses nothing; the file goes when nothing is left.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.world.entropy import system_time, timestamp

FOLDER = Path(".mockserver") / "replay"
REMOVALS = frozenset({"DELETE", "PATCH"})


@dataclass(frozen=True)
class Made:
    """A record that was made, and how it is removed: the operation, and the body that takes it away."""

    path: str
    method: str
    body: Any = None

    @property
    def line(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"path": self.path, "method": self.method, "body": self.body}


@dataclass(frozen=True)
class Intent:
    """A record that was about to be made; whether it was is not known until there is an answer."""

    id: str
    path: str
    """Of its collection."""
    body: Mapping[str, Any] = field(hash=False)
    """What was sent."""
    at: str
    """When."""

    @property
    def line(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"intent": self.id, "path": self.path, "body": dict(self.body), "at": self.at}


@dataclass
class Journal:
    """What was made on a server and not yet removed."""

    file: Path
    url: str
    made: list[Made] = field(default_factory=list)
    """By this run."""
    earlier: list[Made] = field(default_factory=list)
    """By runs before, or beside it."""
    intents: list[Intent] = field(default_factory=list)
    """What this run is about to make, or was when its answer was lost."""
    doubtful: list[Intent] = field(default_factory=list)
    """What runs before, or beside it, were about to make, and may have made."""
    _number: int = 0

    @classmethod
    def of(cls, url: str, folder: Path = FOLDER) -> Journal:
        """Return the journal of a server, with what earlier runs left there. Raises: OSError, ValueError."""
        name = re.sub(r"[^a-z0-9.-]+", "-", urlsplit(url).netloc.lower())
        journal = cls(folder / f"{name}.jsonl", url)
        journal.earlier, journal.doubtful = journal._left()
        return journal

    def intend(self, path: str, body: Mapping[str, Any]) -> Intent:
        """Write down what is about to be made, before it is sent."""
        self._number += 1
        intent = Intent(f"{os.getpid()}.{self._number}", path, body, timestamp(system_time()))
        self.intents.append(intent)
        self._append(intent.line)
        return intent

    def settle(self, intent: Intent) -> None:
        """Forget an intent: it is known what became of it."""
        for kept in (self.intents, self.doubtful):
            if intent in kept:
                kept.remove(intent)
        self._append({"settled": intent.id})
        self._end()

    def add(self, made: Made) -> None:
        """Remember a record, on disk before anything else happens."""
        self.made.append(made)
        self._append(made.line)

    def remove(self, made: Made) -> None:
        """Forget a record that is gone."""
        for kept in (self.made, self.earlier):
            if made in kept:
                kept.remove(made)
        self._append({"gone": made.path})
        self._end()

    def owns(self, path: str) -> bool:
        """Return whether a path is that of a record made here, or lies under one."""
        return any(path == made.path or path.startswith(made.path + "/") for made in (*self.made, *self.earlier))

    def removes(self, method: str, path: str) -> bool:
        """Return whether a request takes away a record made here."""
        return any((made.method, made.path) == (method, path) for made in (*self.made, *self.earlier))

    def _end(self) -> None:
        if not any(self._left()):
            self.file.unlink(missing_ok=True)

    def _append(self, line: dict[str, Any]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
            out.flush()
            os.fsync(out.fileno())

    def _left(self) -> tuple[list[Made], list[Intent]]:
        """Return what the file says is left, and what may be; a line that a crash cut short is passed over."""
        if not self.file.exists():
            return [], []
        left: dict[str, Made] = {}
        meant: dict[str, Intent] = {}
        lines = self.file.read_text(encoding="utf-8").splitlines()
        for number, text in enumerate(lines, 1):
            try:
                entry = json.loads(text)
            except ValueError:
                if number == len(lines):
                    continue
                raise ValueError(f"{self.file}, line {number}: not JSON") from None
            if "gone" in entry:
                left.pop(entry["gone"], None)
            elif "settled" in entry:
                meant.pop(entry["settled"], None)
            elif "intent" in entry and str(entry["path"]).startswith("/api/"):
                meant[entry["intent"]] = Intent(entry["intent"], entry["path"], entry["body"], entry["at"])
            elif entry["method"] in REMOVALS and str(entry["path"]).startswith("/api/"):
                left[entry["path"]] = Made(entry["path"], entry["method"], entry.get("body"))
            else:
                raise ValueError(f"{self.file}, line {number}: no record that a replay made")
        return list(left.values()), list(meant.values())
