"""The archive: worlds that outlive the process, each with its states and the log of what was written since.

A world starts at a state, and every write adds one entry to its log, on disk before anybody is told of it. A snapshot,
the state that a reset returns to and the start of a fork are states as well: kept whole, or as what makes them of an
earlier one. Reading is what it is in memory, where all of it lies; the archive is read once, at the start.
"""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.collecting import paused
from mockserver.store.archive.model import (
    About,
    Archive,
    Damage,
    Kept,
    News,
    StoreFull,
    StoreUnavailable,
    WorldTaken,
)  # fmt: skip
from mockserver.store.model import Layout, StoreError

__all__ = [
    "MEMORY",
    "About",
    "Archive",
    "Damage",
    "Kept",
    "News",
    "StoreFull",
    "StoreUnavailable",
    "WorldTaken",
    "open_archive",
]

MEMORY = "memory://"


@paused()
def open_archive(url: str, layouts: Iterable[Layout], *, shared: bool = False) -> Archive | None:
    """Open the archive that a URL names, made where there is none; nothing for `memory://`.

    A file is this process's alone, unless it is `shared` with others of this machine; a PostgreSQL is always shared.

    Raises: StoreError, in a line that says what to do.
    """
    if url == MEMORY:
        return None
    scheme, _, rest = url.partition("://")
    by_name = {layout.name: layout for layout in layouts}
    match scheme:
        case "sqlite":
            from mockserver.store.archive.sqlite import SharedFile, SqliteFile

            if shared:
                from mockserver.store.archive.shared import Shared

                return Shared(SharedFile.of(rest), by_name)
            from mockserver.store.archive.alone import Alone

            return Alone(SqliteFile.of(rest), by_name)
        case "postgresql" | "postgres":
            from mockserver.store.archive.postgresql import Postgres
            from mockserver.store.archive.shared import Shared

            return Shared(Postgres(url), by_name)
    raise StoreError(f"no store for {url!r}; known: memory://, sqlite:///FILE, postgresql://…")
