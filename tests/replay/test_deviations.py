"""Which differences a deviation accepts, and what a list of them must be like."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.contract import Contract, Profile
from mockserver.replay.alignment import Difference
from mockserver.replay.cases import Settings
from mockserver.replay.deviations import Deviation, DeviationError, of_one_date, read_deviations
from mockserver.replay.replaying import Options, Replay
from mockserver.replay.targets import start_mock

STATUS = Deviation("roles_update", "status", "told apart", shows="200 / 400 unique")


@pytest.mark.parametrize(
    ("left", "right", "accepted"),
    [("200", "400 unique", True), ("400 unique", "200", True), ("200", "400 required", False), ("200", "500", False)],
)
def test_deviation_accepts_what_it_shows_whichever_comes_first(left: str, right: str, accepted: bool) -> None:
    assert STATUS.covers("roles_update", Difference("status", "status", left, right), ()) is accepted


def _read(contract: Contract, folder: Path, text: str) -> list[Deviation]:
    file = folder / "deviations.yaml"
    file.write_text(text)
    return [deviation for deviation in read_deviations(contract, file) if deviation.date is not None]


def test_entry_with_several_places_is_a_deviation_for_each(contract: Contract, tmp_path: Path) -> None:
    text = "[{operation: roles_update, place: [$.code, $.attr], reason: both, date: 2026-12-01}]"
    assert [deviation.place for deviation in _read(contract, tmp_path, text)] == ["$.code", "$.attr"]


@pytest.mark.parametrize("entry", ["operation: '('", "operation: nobody", "operation: roles_update, shows: '('"])
def test_entry_that_can_accept_nothing_is_refused(contract: Contract, tmp_path: Path, entry: str) -> None:
    with pytest.raises(DeviationError, match="entry 1"):
        _read(contract, tmp_path, f"[{{{entry}, place: status, reason: none, date: 2026-12-01}}]")


def test_field_that_one_profile_lacks_excuses_what_is_answered_to_it(contract: Contract) -> None:
    operation = next(o for o in contract.operations if o.id == "partial_update")
    profiles = (Profile.DOCUMENTED, Profile.OBSERVED)
    excuse = of_one_date(contract, operation, profiles, ["name", "default_role_id"], {})
    assert excuse is not None and excuse.reason == "the servers of one profile pass over default_role_id"
    assert of_one_date(contract, operation, profiles, ["name"], {}) is None


def test_what_follows_a_write_that_one_refused_is_not_compared_by_value(contract: Contract) -> None:
    targets = [start_mock("pages", contract), start_mock("servers", contract, profile=Profile.OBSERVED)]
    try:
        settings = Settings(most_coverage=30, only="^subscriptions_partial_update$", phases=("coverage",))
        options = Options(settings, scripts=False, probes=False)
        report = Replay(contract, targets, options, [], read_deviations(contract)).run()
    finally:
        for target in targets:
            target.close()
    assert "status" in {
        mismatch.difference.place for mismatch in report.rows["subscriptions_partial_update"].mismatches
    }
    assert report.unexplained + report.failed == 0
