"""What ARCHITECTURE.md lists of libraries' private parts is still theirs, and is used where it says."""

import re
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (\w+) \| `([\w.]+)` \| (?:`([a-z/]+)`|the suite) \|", re.MULTILINE)
WAYS = ROW.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))


def find(dotted: str) -> None:
    """Follow a dotted name: modules, then attributes. Raises: AttributeError, where it leads nowhere."""
    parts = dotted.split(".")
    value: Any = import_module(parts[0])
    for number, part in enumerate(parts[1:], 2):
        try:
            value = import_module(".".join(parts[:number]))
        except ImportError:
            if isinstance(value, type) and part in value.__init__.__code__.co_names:  # type: ignore[misc]
                return  # instances get it when they are made
            value = getattr(value, part)


@pytest.mark.parametrize(("library", "dotted", "home"), WAYS, ids=[dotted for _, dotted, _ in WAYS])
def test_private_way_is_still_there(library: str, dotted: str, home: str) -> None:
    pytest.importorskip(library)
    try:
        find(dotted)
    except AttributeError:
        pytest.fail(f"{library} {version(library)} has no {dotted}: {home or 'the suite'} needs another way", False)
    assert not home or dotted.rpartition(".")[2] in (ROOT / f"mockserver/{home}.py").read_text(encoding="utf-8")


def test_change_of_a_library_is_told() -> None:
    with pytest.raises(AttributeError):
        find("granian.server.mt.MTServer._check_lock")
