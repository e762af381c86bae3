"""Lists of persons as a real server answered them, over the recorded dataset.

The recordings are kept apart: MOCKSERVER_GOLDEN names their folder, or they lie beside the repository.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app
from tests.conftest import Client

BESIDE = Path(__file__).parents[2].parent / "shared" / "golden"
GOLDEN = Path(os.environ.get("MOCKSERVER_GOLDEN", BESIDE))
KEY = "phx_golden"
FIRST_ID = 8  # the recorded project's first person

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"no recordings at {GOLDEN}; name them in MOCKSERVER_GOLDEN"
)


def lines(name: str) -> list[Any]:
    file = GOLDEN / name
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


CASES = [
    pytest.param(row, id=f"{row['n']} {row['feature']}: {row['note']}"[:80])
    for row in lines("persons_list.jsonl")
    if row["response"]["status"] < 500  # the recorded application failed; ours says what is wrong
]


@pytest.fixture(scope="module")
def recorded(contract: Contract) -> Iterator[Client]:
    app = create_app(scenario="blank", profile="observed", strict=True, contract=contract)
    worlds = app.extensions["mockserver"]
    persons = [{**person, "id": FIRST_ID + number} for number, person in enumerate(lines("dataset/persons.jsonl"))]
    load(contract, worlds.default, {
        "organizations": [{"name": "Golden"}],
        "users": [{"id": 1, "email": "owner@acme.test"}],
        "organization_memberships": [{"user_id": 1, "level": 15}],
        "projects": [{"id": 3, "name": "Golden", "timezone": "UTC"}],
        "api_keys": [{"value": KEY, "user_id": 1, "scopes": None}],
        "property_definitions": json.loads((GOLDEN / "dataset" / "property_definitions.json").read_text()),
        "persons": persons,
    })  # fmt: skip
    worlds.register(worlds.default)
    yield Client(app.test_client(), KEY)


@pytest.mark.parametrize("row", CASES)
def test_a_list_is_as_recorded(row: Any, recorded: Client) -> None:
    response = recorded.get(row["request"]["path"])
    assert response.status_code == row["response"]["status"], response.text
    if "json" not in row["response"]:
        assert response.text.startswith(row["response"]["text"])  # long texts are cut in the recording
        return
    answer, wanted = response.json, row["response"]["json"]
    if "result_uuids" in row:
        assert [person["uuid"] for person in answer["results"]] == row["result_uuids"]
        answer["results"] = answer["results"][:3]
    assert without_host(answer) == without_host(wanted)


def without_host(value: Any) -> Any:
    return json.loads(re.sub(r"https?://[^/\"]+", "", json.dumps(value)))
