"""Mocks to record and to replay against; each is started once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from mockserver.contract import Contract, Profile
from mockserver.replay.targets import Target, start_mock


@pytest.fixture
def run(tmp_path, monkeypatch) -> Callable[..., Result]:
    """Run the command in a folder of its own; without an exit code it must end with 0."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: Any, exit_code: int = 0, **environment: str) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)
        assert result.exit_code == exit_code, (result.output, result.exception)
        return result

    return run


@pytest.fixture(scope="session")
def mocks(contract: Contract) -> Iterator[Callable[..., Target]]:
    """Targets that are mocks, by profile and seed."""
    started: dict[tuple[str, int], Target] = {}

    def get(profile: str = "documented", seed: int = 0) -> Target:
        if (profile, seed) not in started:
            started[profile, seed] = start_mock("mock", contract, profile=Profile(profile), seed=seed)
        return started[profile, seed]

    yield get
    for target in started.values():
        target.close()
