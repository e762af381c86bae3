"""The recordings of queries, and a world that holds what they were made over, asked over HTTP.

They are kept apart: MOCKSERVER_GOLDEN names their folder, or they lie beside the repository.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app

ROOT = Path(__file__).parents[2]
GOLDEN = Path(os.environ.get("MOCKSERVER_GOLDEN", ROOT.parent / "shared" / "golden"))
KEY, SESSION = "phx_golden", "phx_golden_session"
THEN = "2026-11-20T19:00:00Z"  # when the recordings were made
FIRST_PERSON = 8  # the number of the recorded project's first person
GROUP = ("group_type_index", "group_key", "group_properties", "created_at")
CLOCK = "/__admin/worlds/default/clock"
VERSION = re.compile(r"equals\(cohort_id, (\d+)\), equals\(version, (\d+)\)")
QUERY_ID = re.compile(r"/query/([0-9a-f]{32})/")

Line = dict[str, Any]


def lines(path: Path) -> list[Line]:
    """Return the objects of a file of JSON lines; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()] if path.is_file() else []


def tables() -> list[dict[str, Any]]:
    """Return what the dataset loads into a world: everything but the events, these, then cohorts over both."""
    data = GOLDEN / "dataset"
    groups = json.loads((data / "groups.json").read_text())
    persons = enumerate(lines(data / "persons.jsonl"), FIRST_PERSON)
    return [
        {
            "organizations": [{"name": "Golden"}],
            "users": [{"id": 1, "email": "owner@acme.test"}],
            "organization_memberships": [{"user_id": 1, "level": 15}],
            "projects": [{"id": 3, "name": "Golden", "timezone": "UTC", "test_account_filters": [
                {"key": "email", "type": "person", "value": "corp.test", "operator": "not_icontains"}]}],
            "api_keys": [
                {"value": KEY, "user_id": 1, "scopes": ["*"]},
                {"value": SESSION, "user_id": 1, "scopes": None},
            ],
            "property_definitions": json.loads((data / "property_definitions.json").read_text()),
            "group_types": [{"group_type": "organization", "group_type_index": 0}],
            "groups": [{name: group[name] for name in GROUP} for group in groups],
            "persons": [{**person, "id": id} for id, person in persons],
        },
        {"events": [{**event, "created_at": event["timestamp"]} for event in lines(data / "events.jsonl")]},
        {"cohorts": cohorts()},
    ]  # fmt: skip


def cohorts() -> list[dict[str, Any]]:
    """Return the cohorts that recordings describe, beside a request or in an answer, by number."""
    found: dict[int, dict[str, Any]] = {}
    versions: dict[int, int] = {}
    for line in lines(GOLDEN / "cohorts_in_queries.jsonl"):
        versions |= {int(id): int(version) for id, version in VERSION.findall(json.dumps(line["response"]))}
        for id, described in line.get("cohort_definitions", {}).items():
            found[int(id)] = {"id": int(id), "created_by": 1, **described}
        if "/cohorts/?person_id=" in line["request"]["path"]:
            for shown in line["response"]["json"]["results"]:
                kept = {name: shown[name] for name in ("id", "name", "filters", "groups", "is_static")}
                found[shown["id"]] = {**kept, "created_by": 1}
    return [{**found[id], "version": versions.get(id, 1)} for id in sorted(found)]


class Asked:
    """A world that holds the dataset in project 3, asked as the recorded server was."""

    def __init__(self, contract: Contract | None = None) -> None:
        contract = contract or Contract.read()
        app = create_app(scenario="blank", profile="observed", freeze_time=THEN, strict=True, contract=contract)
        worlds = app.extensions["mockserver"]
        for given in tables():
            load(contract, worlds.default, given)
        worlds.register(worlds.default)
        self._client = app.test_client()
        self._ids: dict[str, str] = {}

    def __call__(self, line: Line) -> tuple[int, Any]:
        """Send a line's request and return status and body. Whoever looks after a query has waited a while."""
        request = line["request"]
        if request["method"] == "GET" and line.get("sequence"):
            self._client.put(CLOCK, json={"advance": 2})
        key = SESSION if line.get("auth") == "session" else KEY
        body = request.get("body")
        raw = body["__raw__"] if isinstance(body, dict) and "__raw__" in body else json.dumps(body)
        response = self._client.open(
            QUERY_ID.sub(lambda found: f"/query/{self._ids.get(found[1], found[1])}/", request["path"]),
            method=request["method"],
            headers={"Authorization": f"Bearer {key}"},
            data=None if body is None else str(raw).encode(),
            content_type=None if body is None else "application/json",
        )
        answer = response.get_json() if response.is_json else response.get_data(as_text=True)
        self._learn(line["response"].get("json"), answer)
        return response.status_code, answer

    def _learn(self, recorded: Any, answer: Any) -> None:
        """Remember which query of the recording is which here."""
        if isinstance(recorded, dict) and isinstance(answer, dict) and recorded.get("query_status"):
            self._ids[recorded["query_status"]["id"]] = (answer.get("query_status") or {}).get("id", "")
