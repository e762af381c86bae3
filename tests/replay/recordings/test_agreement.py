"""What comes along of a real server's answers, held against the mock: nothing agrees less than it did.

`python -m mockserver.replay.recordings agreement` makes the file anew that is compared with.
"""

from __future__ import annotations

import pytest

from mockserver.contract import Contract
from mockserver.replay.recordings.agreement import Agreement, gains, look, losses, read_agreement
from mockserver.replay.recordings.explaining import read_explanations
from mockserver.replay.recordings.files import read_library
from mockserver.replay.recordings.model import Holds
from mockserver.replay.report.model import Report
from mockserver.replay.report.tallies import Tally

BEFORE = read_agreement()


@pytest.fixture(scope="module")
def report(contract: Contract) -> Report:
    pytest.importorskip("chdb", reason="queries are run by the extra `analytics`")
    return look(contract)


@pytest.mark.parametrize("name", BEFORE)
def test_recorded_answers_are_ours_or_differ_for_a_reason(report: Report, name: str) -> None:
    tallies = [tally for tally in report.tallies if tally.recording == name]
    assert list(losses(tallies, BEFORE)) == []
    assert tallies[0].asked == BEFORE[name].asked


def test_nothing_is_left_unexplained(report: Report) -> None:
    # `mockserver replay --target mock --target recordings` ends so, whatever the file would excuse.
    assert {name: dict(before.unexplained) for name, before in BEFORE.items() if before.unexplained} == {}
    assert report.exit_code == 0


def test_everything_that_comes_along_was_looked_at() -> None:
    recordings = {one.name: one for one in read_library().recordings if one.holds is not Holds.TABLE}
    assert recordings.keys() == BEFORE.keys() and all(one.origin.date for one in recordings.values())
    lines = {name: len(one.exchanges) for name, one in recordings.items() if one.exchanges}
    assert lines == {name: BEFORE[name].asked + BEFORE[name].failed for name in lines}
    assert sum(lines.values()) > 2000


def test_each_reason_is_about_lines_that_there_are() -> None:
    lines: dict[str, list[tuple[int, str]]] = {}
    for recording in read_library().recordings:
        steps = [(step.number, f"{step.spec['call']} {one.name}") for one in recording.scripts for step in one.steps]
        lines[recording.name] = [*((each.number, each.said) for each in recording.exchanges), *steps]
    for reason in read_explanations().given:
        assert reason.recordings <= {*lines, "*"}, reason
        about = [number for name in lines for number, said in lines[name] if reason.is_about(name, number, said)]
        assert about and {*about} >= reason.lines, reason


def test_losses_and_gains_are_told_line_by_line() -> None:
    before = {"roles": Agreement(same=8, explained=1, failed=0, unexplained={3: "$.name"})}
    worse = Tally("roles", "PostHog", same=7, explained={1: ""}, unexplained={3: "$.name", 4: "status"})
    better = Tally("roles", "PostHog", same=9, explained={1: ""})
    assert list(losses([worse], before)) == [
        "roles:4 differs for no known reason: status", "roles: 7 lines are the same; 8 were",
    ]  # fmt: skip
    assert list(gains([worse], before)) == list(losses([better], before)) == []
    assert list(gains([better], before)) == ["roles: 9 lines are the same; 8 were; not unexplained any more: 3"]
