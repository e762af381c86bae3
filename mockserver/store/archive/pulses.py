"""What SQLite tells every process that has a file open: the head of the index of its log, in memory that all share.

A commit changes it before it returns, so a head that has not changed proves that nothing was committed; SQLite itself
looks at nothing else (https://www.sqlite.org/walformat.html, "The WAL-Index Header"). Read here it costs no statement,
no lock and no turn of Python's.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

HEAD_BYTES = 96
"""Two copies, written one after the other: a head that is half written is like none before it."""

_mapped: dict[tuple[int, int], mmap.mmap] = {}
"""By device and number of the file. None is ever unmapped: closing a descriptor of a file ends every lock that this
process has on it, and SQLite's own are among them."""


def head_of(database: Path) -> mmap.mmap | None:
    """Return the head of a database that is open, as it changes; nothing where it cannot be had."""
    file = database.with_name(database.name + "-shm")
    try:
        about = file.stat()
        known = _mapped.get((about.st_dev, about.st_ino))
        if known is None:
            descriptor = os.open(file, os.O_RDONLY)
            known = _mapped[about.st_dev, about.st_ino] = mmap.mmap(descriptor, HEAD_BYTES, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None
    return known
