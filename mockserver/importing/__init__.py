"""A real project made a world of: read through the contract, its people and texts replaced, written as a scenario.

`read_project` reads, `Masker` replaces, `scenario` writes; a replay loads what was read as it is, into a world that is
never written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract import Contract
from mockserver.importing.adopting import adopt
from mockserver.importing.masking import Masker
from mockserver.importing.reading import MOST, Ask, Progress, Reader
from mockserver.importing.records import ImportFailure, Records, records_of
from mockserver.importing.writing import scenario, write

__all__ = ["MOST", "ImportFailure", "Masker", "Records", "adopt", "read_project", "scenario", "write"]


def read_project(
    contract: Contract, ask: Ask, ids: Mapping[str, Any], *, most: int = MOST, with_events: bool = True,
    progress: Progress | None = None,
) -> Records:  # fmt: skip
    """Return what a key may read of a project, as records of a world's tables, ids as they are there.

    `ask` sends a method, a path and a JSON body; `ids` names the project. At most `most` records of each kind are read.

    Raises: ImportFailure where the project itself cannot be read.
    """
    reading = Reader(contract, ask, ids, most=most, with_events=with_events, progress=progress).read()
    return records_of(contract, reading)
