"""A replay of two servers names what one of them does otherwise, and says nothing of two that are the same.

`make drift` breaks everything; here it is one thing of each kind that is quickly asked for, at roles.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.contract import Contract
from tests.replay.breakage import Break
from tests.replay.drift import Bench, StrangerBench, breaks, compare_profiles

QUICK = [broken for broken in breaks() if broken.operation.startswith("roles_") and broken.kind != "slow"]


OF_A_STRANGER = [
    next(broken for broken in QUICK if broken.kind == kind)
    for kind in ("field missing", "nullability", "write not persisted", "level not enforced")
]


@pytest.fixture(scope="module")
def stranger_bench(contract: Contract) -> Iterator[StrangerBench]:
    with StrangerBench(contract) as bench:
        yield bench


@pytest.mark.parametrize("broken", OF_A_STRANGER, ids=str)
def test_what_is_broken_of_a_stranger_is_found_over_its_own_records(stranger_bench, broken: Break) -> None:
    assert stranger_bench.find(broken).named


def test_stranger_that_keeps_the_contract_shows_no_difference(stranger_bench) -> None:
    report = stranger_bench.replay(family="annotations")
    assert report.reached("real") == 5 and report.failed + report.unexplained == 0


@pytest.fixture(scope="module")
def bench(contract: Contract) -> Iterator[Bench]:
    with Bench(contract) as bench:
        yield bench


@pytest.mark.parametrize("broken", QUICK, ids=str)
def test_what_is_broken_is_found_at_its_operation(bench: Bench, broken: Break) -> None:
    assert bench.find(broken).named


def test_two_servers_that_are_the_same_show_no_difference(bench: Bench) -> None:
    report = bench.replay(properties=False)
    assert report.reached("other") > 70
    assert report.failed + report.unexplained == 0


def test_pages_and_servers_differ_only_where_it_is_declared(contract: Contract) -> None:
    report = compare_profiles(contract, properties=False)
    assert report.failed + report.unexplained == 0
    assert sum(len(row.mismatches) for row in report.rows.values()) > 20


def test_the_bench_breaks_enough(contract: Contract) -> None:
    families = {operation.id: operation.family for operation in contract.operations}
    broken = {families[each.operation] for each in breaks()}
    assert len(breaks()) >= 60
    assert broken >= {operation.family for operation in contract.promised} | {
        "feature_flags",
        "actions",
        "event_definitions",
        "property_definitions",
    }
