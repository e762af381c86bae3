"""Recorded answers to queries, compared with ours; `hogql_agreement.py` prints the whole table."""

from __future__ import annotations

from typing import Any

import pytest

from tests.golden import hogql_agreement as agreement

pytest.importorskip("chdb", reason="queries are run by the extra `analytics`")
pytestmark = pytest.mark.skipif(not agreement.GOLDEN.is_dir(), reason="the recordings are kept beside the repository")

LEAST = {"hogql": 0.97, "hogql_errors": 0.98, "hogql_metadata": 1.0, "events_query": 0.91}


@pytest.fixture(scope="module")
def call() -> Any:
    return agreement.make_call(agreement.make_world())


@pytest.mark.parametrize("name", LEAST)
def test_answers_agree_with_the_recorded_ones(call: Any, name: str) -> None:
    score, told = agreement.compare(name, call)
    good, bad = score["whole"]
    assert good >= LEAST[name] * (good + bad), "\n".join(told)
    unexplained = bad - score["explained"][0]
    assert unexplained == 0, "\n".join(told)
