from __future__ import annotations

from mockserver.contract import Contract
from tests.admin.conftest import ANNOTATIONS


def _row(answer: dict, operation: str) -> dict:
    return next(row for row in answer["operations"] if row["operation"] == operation)


def test_calls_of_one_world_are_counted(admin, ask, contract: Contract) -> None:
    world = admin("POST", "/worlds", {}).json
    for path in (ANNOTATIONS, ANNOTATIONS + "?limit=1"):
        ask("GET", path, key=world["api_key"])
    answer = admin("GET", f"/coverage?world={world['id']}").json
    row = _row(answer, "annotations_list")
    assert (row["method"], row["calls"], row["statuses"]) == ("GET", 2, {"200": 2})
    assert "200" not in row["uncovered"]
    assert "401" in row["uncovered"]
    assert (answer["covered"], answer["total"]) == (1, len(contract.described))
    assert [row["operation"] for row in answer["operations"]] == [operation.id for operation in contract.described]


def test_calls_of_all_worlds_outlive_them(admin, ask) -> None:
    before = _row(admin("GET", "/coverage").json, "cohorts_list")["calls"]
    for _ in range(2):
        world = admin("POST", "/worlds", {}).json
        ask("GET", "/api/projects/1/cohorts/", key=world["api_key"])
        admin("DELETE", f"/worlds/{world['id']}")
    assert _row(admin("GET", "/coverage").json, "cohorts_list")["calls"] == before + 2


def test_statuses_are_those_of_the_profile(admin) -> None:
    uncovered = {}
    for profile in ("documented", "observed"):
        world = admin("POST", "/worlds", {"profile": profile}).json
        rows = admin("GET", f"/coverage?world={world['id']}").json["operations"]
        uncovered[profile] = {row["operation"]: row["uncovered"] for row in rows}
    assert uncovered["documented"].keys() == uncovered["observed"].keys()
    assert uncovered["documented"] != uncovered["observed"]
