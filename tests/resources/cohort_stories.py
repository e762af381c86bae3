"""Cohorts to test with, and what is asked of them."""

from __future__ import annotations

from typing import Any

from tests.conftest import Client
from tests.resources.test_persons import TOKEN

COHORTS = "/api/projects/1/cohorts/"
NOBODY = "00000000-0000-0000-0000-0000000000ff"


def condition(**fields: Any) -> dict[str, Any]:
    return {"key": "team", "type": "person", "operator": "exact", "value": "red", **fields}


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {"key": name, "type": "behavioral", "value": "performed_event", "event_type": "events", "time_value": 30,
            "time_interval": "day", **fields}  # fmt: skip


def create(client: Client, *conditions: Any, join: str = "AND", **fields: Any) -> Any:
    filters = {"properties": {"type": join, "values": list(conditions)}}
    response = client.post(COHORTS, {"name": "c", **({"filters": filters} if conditions else {}), **fields})
    assert response.status_code == 201, response.text
    return response.json


def static(client: Client, *persons: Any) -> Any:
    return create(client, is_static=True, _create_static_person_ids=[person["uuid"] for person in persons])


def names(client: Client, cohort: Any, **query: Any) -> list[str]:
    response = client.get(f"{COHORTS}{cohort['id']}/persons/", query_string={"limit": 1000, **query})
    assert response.status_code == 200, response.text
    return [person["distinct_ids"][0] for person in response.json["results"]]


def capture(client: Client, distinct_id: str, name: str, *days: str, **properties: Any) -> None:
    batch = [
        {"event": name, "distinct_id": distinct_id, "timestamp": f"{day}T12:00:00Z", "properties": properties}
        for day in days
    ]
    assert client.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": batch}).status_code == 200
