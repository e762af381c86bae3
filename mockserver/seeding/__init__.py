"""Fill a world: from a scenario, with records given in part, from a state."""

from mockserver.seeding.kinds import LoadError
from mockserver.seeding.loading import Loader, Progress, load
from mockserver.seeding.scenarios import build_world

__all__ = ["LoadError", "Loader", "Progress", "build_world", "load"]
