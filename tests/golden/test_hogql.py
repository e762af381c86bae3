"""Recorded answers to queries, compared with ours; `hogql_agreement.py` prints the whole table."""

from __future__ import annotations

import pytest

from mockserver.contract import Contract
from tests.golden import hogql_agreement as agreement
from tests.golden.reasons import EXPLAINED
from tests.golden.recordings import GOLDEN, Asked

pytest.importorskip("chdb", reason="queries are run by the extra `analytics`")
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the recordings are kept beside the repository")


@pytest.fixture(scope="module")
def ask(contract: Contract) -> Asked:
    return Asked(contract)


@pytest.fixture(scope="module")
def agreements(ask: Asked) -> dict[str, agreement.Agreement]:
    return {name: agreement.compare(name, ask) for name in agreement.FILES}


@pytest.mark.parametrize("name", agreement.FILES)
def test_answers_are_the_recorded_ones_or_differ_for_a_reason(
    agreements: dict[str, agreement.Agreement], name: str
) -> None:
    assert agreement.unexplained(name, agreements[name]) == []


def test_each_reason_is_of_an_answer_that_still_differs(agreements: dict[str, agreement.Agreement]) -> None:
    differing = {(name, line["n"]) for name, found in agreements.items() for line, _ in found.different}
    assert {key for key in EXPLAINED if key[0] in agreement.FILES} == differing


@pytest.mark.parametrize("name", agreement.FILES)
def test_enough_of_each_part_agrees(agreements: dict[str, agreement.Agreement], name: str) -> None:
    assert agreement.short_of(name, agreements[name]) == []


def test_table_of_disagreements_is_up_to_date(agreements: dict[str, agreement.Agreement]) -> None:
    assert agreement.TABLE.read_text() == agreement.document(agreements)
