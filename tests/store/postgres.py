"""A PostgreSQL of the tests' own: in a folder, at a socket in it, run by a user who is not root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ORDINARY = "postgres"
"""The user that Debian's packages make; PostgreSQL refuses to be run by root."""


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest; nothing where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class Cluster:
    """A server that is started, stopped and killed by a test."""

    def __init__(self, folder: Path) -> None:
        bin = programs()
        assert bin is not None
        self._bin, self._data, self._socket = bin, folder / "data", folder
        if os.geteuid() == 0:
            for each in (folder, *folder.parents):
                if str(each).startswith("/tmp/"):
                    each.chmod(0o755)
            shutil.chown(folder, ORDINARY)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", ORDINARY, "--no-sync")

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database of it."""
        return f"postgresql://{ORDINARY}@/{database}?host={self._socket}"

    def start(self) -> None:
        """Serve at a socket only, as durably as it can."""
        options = f"-c listen_addresses= -c unix_socket_directories={self._socket} -c max_connections=200"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-o", options, "-l", str(self._socket / "log"), "start")

    def stop(self, how: str = "fast") -> None:
        """Stop: `fast` ends what is being done, `immediate` is a crash."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", how, "stop")

    def make(self, database: str) -> str:
        """Make a database, and return its URL."""
        self._run("createdb", "-h", str(self._socket), "-U", ORDINARY, database)
        return self.url(database)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", ORDINARY, "--", *command]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, timeout=60,
                              stdin=subprocess.DEVNULL)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr or done.stdout}")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Lend a PostgreSQL of one's own."""
    with tempfile.TemporaryDirectory() as name:
        made = Cluster(Path(name))
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
