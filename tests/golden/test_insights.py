"""Recorded answers of insights, and of lists of those behind them, compared with ours.

`hogql_agreement.py trends_query` prints what differs in a file of queries, and why.
"""

from __future__ import annotations

import pytest

from mockserver.contract import Contract
from tests.golden import hogql_agreement as agreement
from tests.golden.recordings import GOLDEN, Asked

pytest.importorskip("chdb", reason="queries are run by the extra `analytics`")
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the recordings are kept beside the repository")

LEAST = {
    "trends_query": 0.96,
    "lifecycle_query": 1.0,
    "stickiness_query": 1.0,
    "funnels_query": 0.38,  # recorded without the compiled matcher that servers have
    "retention_query": 1.0,
    "paths_query": 1.0,
    "actors_query": 1.0,
}


@pytest.fixture(scope="module")
def ask(contract: Contract) -> Asked:
    return Asked(contract)


@pytest.mark.parametrize("name", LEAST)
def test_answers_of_queries_agree_with_the_recorded_ones(ask: Asked, name: str) -> None:
    found = agreement.compare(name, ask)
    assert found.share("whole") >= LEAST[name], "\n".join(agreement.told(name, found.different))
    assert not agreement.unexplained(name, found)
