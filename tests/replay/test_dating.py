"""Of which date a server is, and what a replay makes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.contract import Contract, Profile
from mockserver.contract.dates import Mark
from mockserver.replay.cases import Settings
from mockserver.replay.dates.finding import date_target
from mockserver.replay.deviations import of_one_date, read_deviations
from mockserver.replay.replaying import Options, Replay
from mockserver.replay.targets import Target, open_url, start_mock
from tests.replay.stranger import FULL, VARIANTS, Stranger, Variant


def open_stranger(stranger: Stranger) -> Target:
    keys = {role: stranger.keys[whose] for role, whose in stranger.variant.roles.items()}
    return open_url("real", stranger.url, keys, project=None, organization=None, is_foreign=True)


@pytest.mark.parametrize("month", ["2023-11", "2025-08", "2025-11", "2025-12", "2026-09"])
def test_server_is_of_the_date_that_fits_all_it_shows(month: str, contract: Contract) -> None:
    mock = start_mock("mock", contract, profile=Profile.at(month))
    try:
        dating = date_target(contract, mock)
    finally:
        mock.close()
    assert (dating.date, dating.best, dating.contrary) == (month, month, []) and len(dating.seen) > 25


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_nothing_is_written_to_find_a_date(variant: Variant, contract: Contract) -> None:
    with Stranger(contract, variant) as stranger:
        target = open_stranger(stranger)
        before = len(stranger.asked)
        dating = date_target(contract, target)
        assert {method for method, _, _ in stranger.asked[before:]} <= {"GET", "OPTIONS"}
        assert len(stranger.asked) - before < 60
    assert dating.date == ("2025-08" if variant.earlier else "2025-12")


def test_date_that_is_told_is_taken_and_what_does_not_fit_is_said(contract: Contract) -> None:
    mock = start_mock("mock", contract, profile=Profile("observed@2025-08"))
    try:
        dating = date_target(contract, mock, "2025-12")
    finally:
        mock.close()
    assert (dating.date, dating.best) == ("2025-12", "2025-08")
    assert "2025-08 would fit better" in dating.headline
    assert Mark("field", "Role", "is_default", "2025-11", None) in dating.contrary


def test_earlier_server_is_said_to_be_older_and_by_what(contract: Contract) -> None:
    mock = start_mock("real", contract, profile=Profile("observed@2025-08"))
    try:
        dating = date_target(contract, mock)
    finally:
        mock.close()
    assert "it is older than the contract by" in dating.headline and "operations" in dating.headline
    assert re.search(r"it still has \d fields", dating.headline)
    assert "cohorts_calculation_history_retrieve" in dating.details[0]


def compare(contract: Contract, left: str, right: str) -> tuple[dict[str, set[str]], list[str]]:
    """Return what differs between two worlds of two dates, by operation, and what of it nothing explains."""
    targets = [start_mock(name, contract, profile=Profile(profile)) for name, profile in (("a", left), ("b", right))]
    families = "annotations_|cohorts_|roles_|retrieve_2|comments_"
    options = Options(Settings(only=families), scripts=False, properties=False)
    try:
        report = Replay(contract, targets, options, [], read_deviations(contract)).run()
    finally:
        for target in targets:
            target.close()
    rows = report.rows.items()
    found = {id: {m.difference.place for m in row.mismatches} for id, row in rows if row.mismatches}
    return found, [str(m.difference) for _, row in rows for m in row.unexplained]


def test_two_worlds_of_two_dates_differ_in_what_is_dated_and_in_nothing_else(contract: Contract) -> None:
    found, unexplained = compare(contract, "observed@2025-08", "observed")
    assert unexplained == []
    assert found["roles_list"] == {"$.results[].feature_flags_access_level", "$.results[].is_default"}
    assert "$.results[].cohort_type" in found["cohorts_list"]
    assert not any(id.startswith("annotations_") for id in found)


def test_two_strangers_of_two_dates_differ_in_what_is_dated_and_in_nothing_else(
    contract: Contract, tmp_path: Path
) -> None:
    variants = {"then": Variant("then", earlier=True, fails=False), "now": Variant("now", fails=False)}
    with Stranger(contract, variants["then"]) as then, Stranger(contract, variants["now"]) as now:
        told, environment = ["--rate", "5000", "--json", str(tmp_path / "r.json")], {}
        for name, stranger in (("then", then), ("now", now)):
            environment[name] = stranger.keys["all_access"]
            told += ["--target", f"{name}={stranger.url}", "--api-key-env", f"{name}={name}"]
        families = ["--only", "annotations_|roles_|cohorts_|retrieve_2", "--examples", "2", "--coverage", "6"]
        result = CliRunner().invoke(main, ["replay", *told, *families], env=environment)
    report = json.loads((tmp_path / "r.json").read_text())
    assert (result.exit_code, report["summary"]["differences"], report["summary"]["accepted"]) == (0, 0, 0), (
        result.output
    )
    found = [(row["operation"], d) for row in report["operations"] for d in row["differences"]]
    assert {d["cause"] for _, d in found} == {"date"}
    assert ("roles_list", "$.results[].is_default") in {(operation, d["place"]) for operation, d in found}


def test_two_worlds_of_one_date_do_not_differ(contract: Contract) -> None:
    assert compare(contract, "observed@2025-08", "observed@2025-08") == ({}, [])


@pytest.fixture
def replay(tmp_path: Path) -> Callable[..., dict]:
    def run(stranger: Stranger, *options: str) -> dict:
        told = [
            *stranger.options,
            "--only",
            "roles_list|cohorts_",
            "--no-properties",
            "--json",
            str(tmp_path / "r.json"),
        ]
        result = CliRunner().invoke(main, ["replay", *told, *options], env=stranger.environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return {"output": result.output, **json.loads((tmp_path / "r.json").read_text())}

    return run


def test_report_says_which_date_fits(replay: Callable[..., dict], contract: Contract) -> None:
    earlier = next(variant for variant in VARIANTS if variant.earlier)
    with Stranger(contract, earlier) as stranger:
        report = replay(stranger)
    target = report["targets"][0]
    assert (target["profile"], target["dating"]["date"]) == ("observed@2025-08", "2025-08")
    assert "cohorts_calculation_history_retrieve" in target["dating"]["lacking"]
    assert "real answers as servers of 2025-08 do" in report["output"]


def test_report_takes_the_date_that_is_told(replay: Callable[..., dict], contract: Contract) -> None:
    with Stranger(contract, FULL) as stranger:
        report = replay(stranger, "--date", "2025-08")
    assert report["targets"][0]["profile"] == "observed@2025-08"
    assert report["targets"][0]["dating"]["best"] == "2025-12"


@pytest.mark.parametrize(("date", "said"), [("soon", "is no date"), ("2022-01", "is before the first evidence")])
def test_date_that_is_none_is_said_in_a_line(date: str, said: str) -> None:
    result = CliRunner().invoke(main, ["replay", "--date", date])
    assert (result.exit_code, said in result.output, len(result.output.splitlines())) == (2, True, 1)


def test_value_that_one_date_does_not_know_is_told_as_the_dates(contract: Contract) -> None:
    query = next(operation for operation in contract.operations if operation.id == "environments_query_create")
    body = {"query": {"kind": "TrendsQuery", "series": [{"kind": "EventsNode"}], "interval": "second"}}
    dates = [Profile("observed"), Profile("observed@2025-08")]
    told = of_one_date(contract, query, dates, body, body)
    assert told is not None and told.by_date and "interval second" in told.reason
    body["query"]["interval"] = "day"
    assert of_one_date(contract, query, dates, body, body) is None
