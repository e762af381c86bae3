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


def test_the_sdk_finds_no_flags(app: Flask) -> None:
    with served(app) as host, sdk(host) as client:
        assert client.get_feature_flag("beta", "sdk-user", send_feature_flag_events=False) in (None, False)
        assert client.get_all_flags("sdk-user") == {}


def test_the_sdk_evaluates_locally(app: Flask) -> None:
    with served(app) as host:
        client = posthog.Posthog(
            TOKEN, host=host, personal_api_key="phx_mock_all_access", enable_local_evaluation=False
        )
        client.load_feature_flags()
        client.shutdown()
        assert client.feature_flags == []
