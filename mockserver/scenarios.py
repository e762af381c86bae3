"""Scenarios: files that say what a world holds when it is created."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from mockserver.contract import Contract
from mockserver.locations import FIXTURES
from mockserver.seeding import LoadError, load
from mockserver.world import World


class ScenarioError(Exception):
    """A scenario is not there, or holds a mistake; the message names file and line."""


def find(name: str) -> Path:
    """Return the file of a scenario: one of those shipped by its name, or one of the user's own by its path."""
    shipped = FIXTURES / f"{name}.yaml"
    if "/" not in name and shipped.is_file():
        return shipped
    own = Path(name)
    if own.is_file():
        return own
    known = ", ".join(sorted(path.stem for path in FIXTURES.glob("*.yaml")))
    raise ScenarioError(f"no scenario {name!r}: neither one of {known}, nor a file")


def fill(contract: Contract, world: World, scenario: str) -> None:
    """Fill a world from a scenario. Raises: ScenarioError."""
    path = find(scenario)
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
    content.pop("description", None)
    try:
        load(contract, world, content)
    except LoadError as error:
        place = "/".join(str(part) for part in error.place)
        raise ScenarioError(f"{path}: {place}: {error.message}") from None
