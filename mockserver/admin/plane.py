"""The plane: what the handlers of the control plane work on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from mockserver.contract import Contract
from mockserver.inferred.registry import Registry
from mockserver.road.binding import Route
from mockserver.road.strictness import Strictness
from mockserver.seeding.templates import Templates
from mockserver.traffic.coverage import Coverage
from mockserver.traffic.journals import Journals
from mockserver.world.worlds import Worlds


@dataclass
class Plane:
    """The server, as those see it who control it."""

    contract: Contract
    worlds: Worlds
    templates: Templates
    routes: Sequence[Route]
    strictness: Strictness
    coverage: Coverage
    journals: Journals
    registry: Registry
    started: float = field(default_factory=time.monotonic)
