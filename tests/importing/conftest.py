"""A stranger's project, and what the command makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from mockserver.contract import Contract
from tests.replay.stranger import Stranger

Import = Callable[..., Result]


@pytest.fixture(scope="session")
def stranger(contract: Contract) -> Iterator[Stranger]:
    with Stranger(contract) as started:
        yield started


def run_import(stranger: Stranger, out: Path, *options: str) -> Result:
    """Import a stranger's project with its first key, as fast as it answers."""
    told = [*stranger.options[:3], "--rate", "5000", "--out", str(out), *options]
    return CliRunner().invoke(main, ["import", *told], env=stranger.environment)
