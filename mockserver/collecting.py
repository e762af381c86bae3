"""The collector of garbage, told to wait where nearly all that is made stays: it would go through it again and again.

Removed, this module costs a fifth of each start, and a seventh of each replay.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Let nothing be collected for a while, in the whole process."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


SELDOM = (1_000, 20, 100)
"""After how many new objects garbage is collected, in the place of 700; what is older, seldomer."""


@contextmanager
def seldom() -> Iterator[None]:
    """Let what there is by now be left alone, and what comes be gone through less often, in the whole process.

    For a run that holds much from its start to its end, and makes as much again that it drops at once: a server's, too,
    which would spend an eighth of the time of a write on it, at last a tenth of a second at a stretch.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
