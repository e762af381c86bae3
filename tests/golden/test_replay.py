"""`mockserver replay` against recorded exchanges with a real server: nothing is left that has no reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.contract import Contract, Profile
from mockserver.replay.deviations import read_deviations
from mockserver.replay.recordings.files import read_library
from mockserver.replay.recordings.playing import Playback
from mockserver.replay.targets import Target, start_mock
from tests.golden.crud_agreement import GOLDEN

CRUD = GOLDEN / "crud"
ACCEPTED = Path(__file__).with_name("undetermined.yaml")
LEAST = {"annotations": 145, "cohorts": 100, "persons": 262}

pytestmark = pytest.mark.skipif(
    not CRUD.is_dir(), reason=f"no recordings at {GOLDEN}; name them in MOCKSERVER_GOLDEN"
)  # fmt: skip


@pytest.fixture(scope="module")
def mock(contract: Contract) -> Iterator[Target]:
    target = start_mock("mock", contract, profile=Profile("observed@2025-08"))
    yield target
    target.close()


@pytest.mark.parametrize("family", LEAST)
def test_differences_from_what_was_recorded_have_a_reason(family: str, mock: Target, contract: Contract) -> None:
    accepted = read_deviations(contract, ACCEPTED)
    report = Playback(contract, mock, read_library(CRUD / f"{family}.jsonl"), "recordings", accepted).run()
    left = [str(m.difference) + f" ({m.where})" for row in report.rows.values() for m in row.unexplained]
    assert left == []
    found = re.search(r"(\d+) were answered the same", report.notes[0])
    assert found is not None and int(found[1]) >= LEAST[family], report.notes
