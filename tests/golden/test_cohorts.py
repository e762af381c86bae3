"""Dynamic cohorts as a real server calculated them, over the recorded dataset: what they hold, and how many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app
from tests.conftest import Client
from tests.golden.test_persons_list import FIRST_ID, GOLDEN, KEY, lines, without_host

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"no recordings at {GOLDEN}; name them in MOCKSERVER_GOLDEN"
)

THEN = "2026-11-20T19:00:00Z"  # when the recordings were made
DRAWN = {"id", "created_by", "created_at", "last_calculation", "cohort_type", "next", "previous"}
"""What no two runs agree on, or, the type, what later servers show."""
CASES = [
    pytest.param(row, id=f"{row['n']} {row['feature']}: {row['note']}"[:80])
    for row in lines("cohorts_dynamic.jsonl")
    if row["response"]["status"] < 500
]


@pytest.fixture(scope="module")
def recorded(contract: Contract) -> Iterator[tuple[Client, dict[int, int]]]:
    """A client of the world of the recordings, and which cohort of theirs is which here."""
    app = create_app(scenario="blank", profile="observed", freeze_time=THEN, strict=True, contract=contract)
    worlds = app.extensions["mockserver"]
    people = enumerate(lines("dataset/persons.jsonl"), FIRST_ID)
    load(contract, worlds.default, {
        "organizations": [{"name": "Golden"}],
        "users": [{"id": 1, "email": "owner@acme.test"}],
        "organization_memberships": [{"user_id": 1, "level": 15}],
        "projects": [{"id": 3, "name": "Golden", "timezone": "UTC"}],
        "api_keys": [{"value": KEY, "user_id": 1, "scopes": None}],
        "property_definitions": json.loads((GOLDEN / "dataset" / "property_definitions.json").read_text()),
        "persons": [{**person, "id": id} for id, person in people],
    })  # fmt: skip
    load(contract, worlds.default, {"events": lines("dataset/events.jsonl")})
    worlds.register(worlds.default)
    client, ids = Client(app.test_client(), KEY), {}
    for row in lines("cohorts_dynamic.jsonl"):
        if row["request"]["method"] == "POST" and row["response"]["status"] == 201:
            made = client.post(row["request"]["path"], refer(row["request"]["body"], ids))
            ids[row["response"]["json"]["id"]] = made.json["id"]
    yield client, ids


def refer(body: Any, ids: dict[int, int]) -> Any:
    """Return a body whose conditions name the cohorts of here."""
    if isinstance(body, list):
        return [refer(item, ids) for item in body]
    if not isinstance(body, dict):
        return body
    if body.get("type") == "cohort" and body.get("value") in ids:
        return {**body, "value": ids[body["value"]]}
    return {name: refer(value, ids) for name, value in body.items()}


@pytest.mark.parametrize("row", CASES)
def test_a_cohort_is_as_recorded(row: Any, recorded: tuple[Client, dict[int, int]]) -> None:
    client, ids = recorded
    request, wanted = row["request"], row["response"]["json"]
    parts = request["path"].split("/")
    if len(parts) > 6:
        parts[5] = str(ids.get(int(parts[5]), parts[5]))
    response = client(request["method"], "/".join(parts), refer(request["body"], ids))
    assert response.status_code == row["response"]["status"], response.text
    answer = response.json
    if "members" in row:  # all of them, in order of their ids; of the answer the first two were kept
        assert sorted(person["uuid"] for person in answer["results"]) == row["members"]
        answer["results"] = answer["results"][: len(wanted["results"])]
    assert plain(answer) == plain(refer(wanted, ids))


def plain(answer: Any) -> Any:
    return without_host({name: value for name, value in answer.items() if name not in DRAWN})
