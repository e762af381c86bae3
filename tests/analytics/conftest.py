"""A world of one's own to ask: created through the control plane, filled by loading, asked over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tests.analytics.stories import Insights
from tests.conftest import Client

pytest.importorskip("chdb", reason="queries are run by the extra `analytics`")

Rows = list[list[Any]]


class Asker:
    """A client of one world and project, and the queries it asks."""

    def __init__(self, client: Client, world: str, project_id: int = 1) -> None:
        self.client, self.world, self.project_id = client, world, project_id

    def load(self, **tables: Sequence[Mapping[str, Any]]) -> None:
        response = self.client.as_key(None).post(f"/__admin/worlds/{self.world}/load", tables)
        assert response.status_code == 201, response.json

    def query(self, query: Mapping[str, Any]) -> Any:
        path = f"/api/environments/{self.project_id}/query/"
        return self.client.post(path, {"query": query, "refresh": "force_blocking"})

    def answer(self, sql: str, **fields: Any) -> Any:
        response = self.query({"kind": "HogQLQuery", "query": sql, **fields})
        assert response.status_code == 200, response.json
        return response.json

    def rows(self, sql: str, **fields: Any) -> Rows:
        rows: Rows = self.answer(sql, **fields)["results"]
        return rows

    def value(self, expression: str, **fields: Any) -> Any:
        return self.rows(f"select {expression}", **fields)[0][0]

    def error(self, sql: str, **fields: Any) -> Any:
        response = self.query({"kind": "HogQLQuery", "query": sql, **fields})
        assert response.status_code == 400, response.json
        return response.json


PERSONS = [
    {
        "uuid": "01890000-0000-7000-8000-0000000000a1",
        "distinct_ids": ["ann", "ann-2"],
        "created_at": "2026-01-02T03:04:05Z",
        "properties": {"email": "ann@a.test", "plan": "pro", "age": 31, "is_admin": True},
        "is_identified": True,
    },
    {
        "uuid": "01890000-0000-7000-8000-0000000000b2",
        "distinct_ids": ["bob"],
        "created_at": "2026-01-03T00:00:00Z",
        "properties": {"email": "bob@b.test", "plan": "free", "age": "45", "is_admin": False},
    },
    {
        "uuid": "01890000-0000-7000-8000-0000000000c3",
        "distinct_ids": ["cid"],
        "created_at": "2026-01-04T00:00:00Z",
        "properties": {},
    },
]
SESSION = "019b0000-0000-7000-8000-000000000001"
EVENTS = [
    {"uuid": "01890000-0000-7000-8000-00000000000" + str(number), "event": event, "distinct_id": distinct_id,
     "timestamp": f"2026-01-10T0{number}:00:00.250Z", "properties": properties}
    for number, (event, distinct_id, properties) in enumerate([
        ("opened", "ann", {"$browser": "Chrome", "amount": 10, "$session_id": SESSION}),
        ("opened", "bob", {"$browser": "Safari", "amount": "2.5", "ok": True}),
        ("bought", "ann-2", {"$browser": "Chrome", "amount": 99.5, "ok": False, "$session_id": SESSION}),
        ("bought", "cid", {"tags": ["a", "b"], "deep": {"er": {"est": 1}}, "none": None, "empty": ""}),
    ], 1)
]  # fmt: skip
DEFINITIONS = [
    {"name": "amount", "type": "event", "property_type": "Numeric"},
    {"name": "ok", "type": "event", "property_type": "Boolean"},
    {"name": "$browser", "type": "event", "property_type": "String"},
    {"name": "age", "type": "person", "property_type": "Numeric"},
    {"name": "is_admin", "type": "person", "property_type": "Boolean"},
]


@pytest.fixture
def make_asker(observed: Client) -> Callable[..., Asker]:
    def make(**fields: Any) -> Asker:
        control = observed.as_key(None)
        blank = {"scenario": "empty", "profile": "observed", "freeze_time": "2026-01-15T12:00:00Z"}
        body = fields or blank
        world = control.post("/__admin/worlds", body).json
        return Asker(observed.as_key(world["api_key"]), world["id"], world["project_id"])

    return make


@pytest.fixture
def asker(make_asker: Callable[..., Asker]) -> Asker:
    made = make_asker()
    made.load(property_definitions=DEFINITIONS, persons=PERSONS)
    made.load(events=EVENTS)
    return made


@pytest.fixture(params=["documented", "observed"])
def insights(make_asker: Callable[..., Asker], request: pytest.FixtureRequest) -> Insights:
    return Insights(make_asker(scenario="empty", profile=request.param, freeze_time="2020-01-20T12:00:00Z"))
