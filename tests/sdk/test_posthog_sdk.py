"""PostHog's own Python SDK against the fake, over a real socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from werkzeug.serving import make_server

from mockserver.contract import Contract
from mockserver.serving.app import create_app
from tests.conftest import Client

posthog = pytest.importorskip("posthog", reason="the SDK is an extra of development: pip install posthog")
TOKEN = "phc_mock_project_token"
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")  # the names its users still write


@pytest.fixture(scope="module")
def app(contract: Contract) -> Flask:
    return create_app(scenario="demo", contract=contract)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def sdk(host: str) -> Iterator[posthog.Posthog]:
    failures: list[object] = []
    client = posthog.Posthog(TOKEN, host=host, on_error=lambda error, batch: failures.append(error), gzip=True)
    yield client
    client.shutdown()
    assert failures == []


def person(app: Flask, distinct_id: str) -> dict[str, object]:
    listed = Client(app.test_client()).get("/api/projects/1/persons/", query_string={"distinct_id": distinct_id}).json
    (found,) = listed["results"]
    return found


def test_the_sdk_captures_identifies_and_aliases(app: Flask) -> None:
    with served(app) as host, sdk(host) as client:
        client.capture("seen", distinct_id="sdk-visitor", properties={"page": "/pricing"})
        client.set(distinct_id="sdk-user", properties={"email": "sdk@hedgebox.test"})
        client.set_once(distinct_id="sdk-user", properties={"email": "other@hedgebox.test", "first": "ad"})
        client.alias(previous_id="sdk-visitor", distinct_id="sdk-user")
        client.group_identify("company", "hedgebox", {"seats": 5})
    found = person(app, "sdk-user")
    assert {"sdk-user", "sdk-visitor"} == set(found["distinct_ids"])
    assert found["name"] == "sdk@hedgebox.test"
    assert found["properties"]["first"] == "ad"
    groups = app.extensions["mockserver"].default.view().table("groups")
    assert [group["group_properties"]["seats"] for group in groups.find(group_key="hedgebox")] == [5]


def test_the_sdk_finds_flags_and_tells_that_it_asked(app: Flask) -> None:
    with served(app) as host, sdk(host) as client:
        assert client.get_feature_flag("pricing-page", "sdk-user") in ("control", "by-seat", "by-storage")
        assert client.get_all_flags("sdk-user", person_properties={"plan": "pro"})["large-uploads"] is True
        payload = client.get_feature_flag_payload("upload-limits", "sdk-user", send_feature_flag_events=False)
        assert payload["max_size_mb"] == 5120
    events = app.extensions["mockserver"].default.view().table("events")
    (called,) = [event for event in events.find(distinct_id="sdk-user") if event["event"] == "$feature_flag_called"]
    assert called["properties"]["$feature_flag"] == "pricing-page"


@pytest.mark.parametrize("key", ["phx_mock_all_access", "phs_of_the_demo"])
def test_the_sdk_and_the_server_agree_on_everybody(app: Flask, key: str) -> None:
    world = app.extensions["mockserver"].default
    with world.store.transaction() as transaction:
        projects = transaction.table("projects")
        projects.update(projects.get(1), {"secret_api_token": "phs_of_the_demo"})
    app.extensions["mockserver"].register(world)
    told = {"groups": {"company": "acme"}, "group_properties": {"company": {"employees": 60}}}
    with served(app) as host, sdk(host) as afar:
        local = posthog.Posthog(TOKEN, host=host, personal_api_key=key, enable_local_evaluation=False)
        local.load_feature_flags()
        on = 0
        for number in range(200):
            asked = {
                "distinct_id": f"person-{number}",
                "person_properties": {"plan": ("free", "pro")[number % 2]},
                **told,
            }
            by_itself = local.get_all_flags(only_evaluate_locally=True, **asked)
            assert afar.get_all_flags(**asked) == {**by_itself, "upload-limits": True}
            on += by_itself["share-by-link"]
        local.shutdown()
    assert 40 <= on <= 80
