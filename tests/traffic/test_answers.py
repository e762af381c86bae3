"""Answers given again must be those that would be made anew: two servers are asked the same, one of which makes each
of its answers, and must say the same to the byte."""

import itertools
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockserver import create_app
from mockserver.contract import Contract, Operation
from mockserver.traffic.interception import EXTENSION
from tests.conftest import ALL_ACCESS, NOON

NOTES = "/api/projects/1/annotations/"
REQUESTS, EPISODE = 800, 12
SLOW = {
    "elements", "environments", "events", "exports", "insights", "persons", "query", "sessions", "subscriptions",
    "web_analytics", "web_vitals",
}  # fmt: skip
"""Families whose reading asks ClickHouse: the tests of analytics read them with answers kept."""


class Pair:
    """Two servers that are asked the same."""

    def __init__(self, contract: Contract, profile: str) -> None:
        options: dict[str, Any] = {"profile": profile, "freeze_time": NOON, "contract": contract}
        self.keeping, self.making = (create_app(**options, keep_answers=keeps) for keeps in (True, False))
        self.clients = [app.test_client() for app in (self.keeping, self.making)]
        self.given = 0
        again = self.keeping.extensions[EXTENSION].again
        self.keeping.extensions[EXTENSION].again = lambda environ: self._count(again(environ))

    def _count(self, kept: Any) -> Any:
        self.given += kept is not None
        return kept

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Return the answer, which must be the same of both."""
        first, second = (client.open(path, method=method, **more) for client in self.clients)
        told = f"{method} {path} {more}"
        assert (first.status, first.data) == (second.status, second.data), told
        assert list(first.headers) == list(second.headers), told
        return first


class Inquirer:
    """Draws requests of one family after another: reads, the same reads again, and writes between them."""

    def __init__(self, contract: Contract, seed: int) -> None:
        self.dice = Random(seed)
        self.families: dict[str, list[Operation]] = {}
        for operation in contract.described:
            if operation.family not in SLOW and "application/json" in _answers(operation):
                self.families.setdefault(operation.family, []).append(operation)
        self.known: dict[str, list[str]] = {}
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def requests(self, number: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
        while number > 0:
            operations = self.families[self.dice.choice(sorted(self.families))]
            self.asked = []
            for _ in range(EPISODE):
                number -= 1
                if self.asked and self.dice.random() < 0.5:
                    yield self.dice.choice(self.asked)
                    continue
                request = self.draw(self.dice.choice(operations))
                if request[0] == "GET":
                    self.asked.append(request)
                yield request
            yield self.control()

    def draw(self, operation: Operation) -> tuple[str, str, dict[str, Any]]:
        """Return a request of an operation: with ids that were seen, query, headers and body as they come."""
        path = operation.path.replace("{project_id}", "1").replace("{organization_id}", "@current")
        while "{" in path:
            before, _, rest = path.partition("{")
            seen = self.known.get(before, [])[-8:] or ["1", "2", "7"]
            path = before + self.dice.choice(seen) + rest.partition("}")[2]
        more: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self.dice.choice(KEYS)}"}}
        more["headers"] |= self.dice.choice(HEADERS)
        if operation.method == "get":
            more["query_string"] = self.dice.choice(QUERIES)
        else:
            content = operation.spec.get("requestBody", {}).get("content", {}).get("application/json", {})
            example = content.get("example") or {}
            more["json"] = {**example, **self.dice.choice(BODIES)} if isinstance(example, dict) else example
        return operation.method.upper(), path.rstrip("/") + "/", more

    def control(self) -> tuple[str, str, dict[str, Any]]:
        """Return a call of the control plane, which changes a world past the API."""
        method, path, body = self.dice.choice(CONTROLS)
        return method, f"/__admin/worlds/default/{path}", {"json": body}

    def learn(self, path: str, answer: Any) -> None:
        """Remember the ids that an answer tells."""
        told = answer.get_json(silent=True)
        rows = told.get("results", [told]) if isinstance(told, dict) else told if isinstance(told, list) else []
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict):
                ids = [str(row[name]) for name in ("id", "uuid", "short_id", "key") if row.get(name)]
                self.known.setdefault(path, []).extend(ids[:1])


def _answers(operation: Operation) -> set[str]:
    return {kind for spec in operation.spec["responses"].values() for kind in spec.get("content", {})}


KEYS = (ALL_ACCESS, ALL_ACCESS, ALL_ACCESS, "phx_mock_read_only", "phx_nobody's")
HEADERS: tuple[dict[str, str], ...] = (
    {}, {}, {}, {"Accept": "text/html"}, {"Origin": "http://localhost:3000"}, {"If-None-Match": "*"},
    {"Prefer": "code=503"}, {"X-Forwarded-Host": "posthog.test"},
)  # fmt: skip
QUERIES: tuple[dict[str, Any], ...] = ({}, {}, {}, {"limit": 1}, {"limit": 2, "offset": 1}, {"search": "e"})
BODIES: tuple[dict[str, Any], ...] = ({}, {"name": "other"}, {"deleted": True}, {"content": "Launch"}, {"name": ""})
RESET = ("POST", "reset", None)
CONTROLS: tuple[tuple[str, str, Any], ...] = (
    RESET, RESET, RESET, RESET, RESET, ("PUT", "clock", {"advance": 3600}), ("POST", "snapshots", {"name": "kept"}),
    ("POST", "snapshots/kept/restore", None), ("POST", "load", {"annotations": [{"content": "loaded"}]}),
    ("POST", "faults", {"match": {}, "status": 503, "times": 2}),
    ("POST", "stubs", {"match": {"path": NOTES}, "response": {"status": 200, "body": {}}, "force": True, "times": 1}),
)  # fmt: skip


@pytest.mark.parametrize("profile", ["documented", "observed"])
def test_answer_that_is_given_again_is_the_one_that_would_be_made(contract: Contract, profile: str) -> None:
    pair, inquirer = Pair(contract, profile), Inquirer(contract, seed=7)
    for method, path, more in inquirer.requests(REQUESTS):
        inquirer.learn(path, pair.ask(method, path, **more))
    assert pair.given > REQUESTS / 8
    journals = [client.get("/__admin/worlds/default/requests").get_json()["requests"] for client in pair.clients]
    for entry in itertools.chain(*journals):
        del entry["duration_ms"]
    assert journals[0] == journals[1]
    assert pair.ask("GET", "/__admin/coverage").status_code == 200


@pytest.fixture
def running(contract: Contract) -> tuple[Flask, FlaskClient, Callable[[], int]]:
    """A server whose clock runs, and how many answers it gave again."""
    app = create_app(contract=contract)
    counted: list[int] = []
    again = app.extensions[EXTENSION].again

    def count(environ: Any) -> Any:
        kept = again(environ)
        counted.extend([1] if kept else [])
        return kept

    app.extensions[EXTENSION].again = count
    return app, app.test_client(), lambda: len(counted)


AUTHORIZED = {"Authorization": f"Bearer {ALL_ACCESS}"}


def test_answer_that_asked_the_clock_is_made_anew(running: Any) -> None:
    _, client, given = running
    for _ in range(3):
        client.get("/api/personal_api_keys/", headers=AUTHORIZED)
    assert given() == 0


def test_answer_is_made_anew_after_a_write_and_given_again_after_a_restore(running: Any) -> None:
    app, client, given = running
    world = app.extensions["mockserver"].default
    before = client.get(NOTES, headers=AUTHORIZED).data
    snapshot = world.store.snapshot()
    client.post(NOTES, json={"content": "Launch"}, headers=AUTHORIZED)
    after = client.get(NOTES, headers=AUTHORIZED).data
    assert json.loads(after)["count"] == json.loads(before)["count"] + 1
    assert given() == 0
    client.get(NOTES, headers=AUTHORIZED)
    assert given() == 1
    world.store.restore(snapshot)
    assert client.get(NOTES, headers=AUTHORIZED).data == before


def test_answer_given_again_is_journalled_and_counted_as_a_use_of_the_key(running: Any) -> None:
    app, client, given = running
    world = app.extensions["mockserver"].default
    client.get(NOTES, headers=AUTHORIZED)
    first = world.uses[ALL_ACCESS]
    client.get(NOTES, headers=AUTHORIZED)
    assert given() == 1
    assert world.uses[ALL_ACCESS] > first
    (_, made), (_, again) = world.store.log.items()
    assert made._replace(clocks=None, duration_ms=0) == again._replace(clocks=None, duration_ms=0)


def test_another_worlds_answer_is_not_given(running: Any) -> None:
    _, client, given = running
    other = client.post("/__admin/worlds", json={}).get_json()
    strangers = {"Authorization": f"Bearer {other['api_key']}"}
    client.post(NOTES, json={"content": "Launch"}, headers=strangers)
    counts = [client.get(NOTES, headers=headers).get_json()["count"] for headers in (AUTHORIZED, strangers)]
    assert counts[1] == counts[0] + 1
    assert given() == 0
