"""Recorded exchanges with a real server, replayed in order; `crud_agreement.py` prints what differs and why."""

from __future__ import annotations

from collections import Counter

import pytest

from mockserver.contract import Contract
from tests.golden import crud_agreement as agreement

pytestmark = pytest.mark.skipif(
    not agreement.REPLAY.is_file(), reason=f"no recordings at {agreement.GOLDEN}; name them in MOCKSERVER_GOLDEN"
)

LEAST = {"annotations": 1.0, "cohorts": 0.99, "persons": 0.98}


@pytest.mark.parametrize("family", agreement.FAMILIES)
def test_answers_are_the_recorded_ones_or_differ_for_a_reason(family: str, contract: Contract) -> None:
    lines = list(agreement.replay(family, contract))
    sums = Counter(line.verdict for line in lines)
    different = [f"{line.number} {line.note}: {line.differences}" for line in lines if line.verdict == "different"]
    assert sums["same"] >= LEAST[family] * len(lines), "\n".join(different)
    assert different == []
