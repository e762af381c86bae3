"""Where scenarios are."""

from __future__ import annotations

from pathlib import Path

from mockserver.contract.locations import FIXTURES


class ScenarioError(Exception):
    """A scenario is not there, or holds a mistake; the message names file and line."""


def find(name: str) -> Path:
    """Return the file of a scenario: one of those shipped by its name, or one of the user's own by its path.

    Raises: ScenarioError.
    """
    shipped = FIXTURES / f"{name}.yaml"
    own = Path(name)
    try:
        if not {"/", "\\", "\x00"} & set(name) and shipped.is_file():
            return shipped
        if own.is_file():
            return own
    except (OSError, ValueError):  # a name that no file can have
        pass
    known = ", ".join(sorted(path.stem for path in FIXTURES.glob("*.yaml")))
    raise ScenarioError(f"no scenario {name!r}: neither one of {known}, nor a file")
