"""Recorded answers of insights, and of the persons behind them, compared with ours.

`hogql_agreement.py trends_query` prints what differs in a file of queries, and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mockserver.app import create_app
from mockserver.contract import Contract
from mockserver.seeding import load
from tests.conftest import Client
from tests.golden import hogql_agreement as agreement

pytest.importorskip("chdb", reason="queries are run by the extra `analytics`")
pytestmark = pytest.mark.skipif(not agreement.GOLDEN.is_dir(), reason="the recordings are kept beside the repository")

LEAST = {
    "trends_query": 0.95,
    "lifecycle_query": 1.0,
    "stickiness_query": 1.0,
    "funnels_query": 1.0,
    "retention_query": 1.0,
    "paths_query": 1.0,
    "actors_query": 0.94,
}
KEY = "phx_golden"
COMPUTED = ("funnel", "correlation", "trends", "lifecycle", "stickiness", "properties_timeline")
UNORDERED = "a page of a list in no promised order"
KEPT = "kept from the same question by GET, addresses and all"
EXPLAINED = {
    24: UNORDERED,
    25: KEPT,
    39: "one of the 21 whom the recorded query itself counts for this value is not listed",
    51: KEPT,
    125: UNORDERED,
    139: UNORDERED,
}
# Kept with an answer for a while, or told of the moment it was given in.
PASSING = {"last_refresh", "is_cached", "initial", "created_at"}

Answer = Mapping[str, Any]


@pytest.fixture(scope="module")
def call() -> Any:
    return agreement.make_call(agreement.make_world())


@pytest.mark.parametrize("name", LEAST)
def test_answers_of_queries_agree_with_the_recorded_ones(call: Any, name: str) -> None:
    score, told = agreement.compare(name, call)
    good, bad = score["whole"]
    assert good >= LEAST[name] * (good + bad), "\n".join(told)


def recorded_lines() -> list[Answer]:
    file = agreement.GOLDEN / "persons_insights.jsonl"
    found = agreement.lines(file) if file.is_file() else []
    return [
        line
        for line in found
        if line["feature"].split()[0] in COMPUTED and line["response"]["status"] < 500 and line["n"] not in EXPLAINED
    ]


@pytest.fixture(scope="module")
def recorded(contract: Contract) -> Iterator[Client]:
    app = create_app(scenario="blank", profile="observed", strict=True, contract=contract)
    worlds = app.extensions["mockserver"]
    for tables in agreement.tables():
        load(contract, worlds.default, tables)
    worlds.register(worlds.default)
    yield Client(app.test_client(), KEY)


@pytest.mark.parametrize(
    "line", recorded_lines(), ids=lambda line: f"{line['n']} {line['feature']}: {line['note']}"[:80]
)
def test_persons_behind_an_insight_are_the_recorded_ones(line: Answer, recorded: Client) -> None:
    request = line["request"]
    response = recorded(request["method"], request["path"], request.get("body"))
    assert response.status_code == line["response"]["status"], response.text
    assert comparable(response.json) == comparable(line["response"]["json"])


def comparable(answer: Answer) -> Any:
    """Return an answer with its people in an order of their own, without hosts and what passes."""
    plain = json.loads(json.dumps(answer).replace("http://localhost:8010/", "http://localhost/"))
    if not isinstance(plain.get("results"), list):
        return plain
    for result in plain["results"]:
        result["people"].sort(key=lambda person: person["uuid"])
    return {name: value for name, value in plain.items() if name not in PASSING}
