"""What a stranger answers otherwise has a cause where there is evidence for one, and is told once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from mockserver.replay.alignment import Alignment
from mockserver.replay.causes import named
from mockserver.replay.routing import Routing
from mockserver.replay.script import Answer
from tests.replay import breakage as b
from tests.replay.stranger import FULL, VARIANTS, Stranger, Variant

FINE = replace(FULL, name="fine", fails=False)
MEMBER = next(variant for variant in VARIANTS if variant.name == "member's key")
READ_ONLY = next(variant for variant in VARIANTS if variant.name == "read-only key")


@pytest.fixture
def compare(run, contract, tmp_path) -> Iterator[Callable[..., dict[str, Any]]]:
    """Compare a mock with a stranger, which may be broken, and return the report."""
    started: list[Stranger] = []

    def compare(variant: Variant, only: str, *more: str, wrap: Any = lambda app: app, exit_code: int = 1) -> Any:
        started.append(Stranger(contract, variant, wrap=wrap))
        arguments = ("replay", "--target", "mock:observed", *started[-1].options, "--only", only, "--examples", "2")
        run(*arguments, "--coverage", "6", "--json", "r.json", *more, exit_code=exit_code, **started[-1].environment)
        return json.loads((tmp_path / "r.json").read_text())

    yield compare
    for each in started:
        each.close()


def found(report: dict[str, Any], cause: str) -> list[dict[str, Any]]:
    return [group for group in report["found"] if group["cause"] == cause]


def test_other_records_and_other_headers_are_no_difference(compare) -> None:
    only = "annotations|cohorts_(list|retr)|roles|Pipeline|comments_list|retrieve_2"
    report = compare(FINE, only, "--no-import", exit_code=0)
    assert report["summary"]["differences"] == report["summary"]["failures"] == 0
    assert {group["cause"] for group in report["found"]} == {"absent"}
    assert "GET /api/projects/1/annotations/1" in [group["request"] for group in found(report, "absent")]


def test_failure_of_a_server_is_its_own_and_told_once(compare) -> None:
    report = compare(FULL, "annotations_list|persons_cohorts|roles_list")
    (failure,) = found(report, "server")
    assert failure["what"] == "real answers 500" and failure["count"] > 3 and len(failure["operations"]) == 4
    assert report["summary"]["differences"] == 0
    assert report["headline"].startswith("Look at roles_list first: real answers 500")


def test_what_a_key_may_not_is_said_of_the_key(compare) -> None:
    report = compare(
        replace(READ_ONLY, roles={"all_access": "limited"}), "annotations_list", "--project", "42", exit_code=0
    )
    (refusal,) = found(report, "key")
    assert refusal["what"].endswith("API key missing required scope 'annotation:read'")
    assert report["operations"][0]["targets"]["real"]["unreached"].startswith("the key may not: API key missing")


def test_server_without_an_operation_is_of_another_date(compare) -> None:
    report = compare(replace(FINE, earlier=True), "cohorts_calculation_history", exit_code=0)
    (older,) = found(report, "date")
    assert "it is older than the contract by" in older["what"]
    assert older["operations"] == ["cohorts_calculation_history_retrieve"]


@pytest.mark.parametrize(
    "change",
    [
        b.on_success(b.each(b.without("content"))),
        b.on_success(b.each(b.renamed("date_marker", "dateMarker"))),
        b.headless("Allow"),
        b.typed("text/html"),
        b.on_error(lambda body: {**body, "code": "invalid"}),
    ],
    ids=["field missing", "field renamed", "header missing", "content type", "code"],
)
def test_difference_without_a_cause_stays_unexplained(compare, contract, change) -> None:
    def wrap(application: Any) -> b.Breaker:
        made = b.Breaker(application, application.extensions["mockserver"].default, Routing(contract).find)
        made.apply(b.Break("changed", "annotations_list", change))
        return made

    report = compare(FINE, "annotations_list", wrap=wrap)
    assert found(report, "unexplained")[0]["operations"] == ["annotations_list"]


def answer(**headers: str) -> Answer:
    return Answer(200, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


def test_headers_of_an_installation_are_no_difference() -> None:
    alignment = Alignment(twins=False)
    assert alignment.differences(answer(vary="Accept"), answer(vary="Accept, Cookie, Origin", server="nginx")) == []
    assert alignment.differences(answer(vary="Accept"), answer(vary="Origin"))[0].place == "header vary"


def test_headers_for_another_origin_count_where_one_asked() -> None:
    ours, theirs = answer(access_control_allow_origin="*"), answer()
    assert Alignment(twins=False).differences(ours, theirs) == []
    assert [d.place for d in Alignment(twins=False).differences(ours, theirs, cross_origin=True)] == [
        "header access-control-allow-origin"
    ]


def test_records_of_a_request_are_named(contract) -> None:
    by_id = {operation.id: operation for operation in contract.operations}
    asked = "GET /api/organizations/o/roles/5/role_memberships/7/?limit=1"
    assert list(named(by_id["roles_role_memberships_destroy"], asked)) == [
        ("/api/organizations/o/roles", "5"),
        ("/api/organizations/o/roles/5/role_memberships", "7"),
    ]
    assert list(named(by_id["retrieve_2"], "GET /api/organizations/o/projects/1/")) == [
        ("/api/organizations/o/projects", "1")
    ]
