"""What is asked of a server before it is used, and the scripts that a page's snippet loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.contract import Contract
from mockserver.serving.app import create_app
from tests.conftest import Client


def test_a_server_that_is_up_says_so(client: Client) -> None:
    health = client.flask.get("/_health/")
    assert (health.status_code, health.text, health.mimetype) == (200, "ok", "text/plain")
    assert client.flask.get("/_livez").json == {"http": True}
    assert client.flask.get("/robots.txt").text == "User-agent: *\nDisallow: /"
    ready = client.flask.get("/_readyz?exclude=cache").json
    assert set(ready) >= {"clickhouse", "postgres", "kafka_connected"} and all(ready.values())
    assert client.flask.get("/_readyz?role=events").json == {"kafka_connected": True}
    wrong = client.flask.get("/_readyz?role=king")
    assert (wrong.status_code, wrong.json) == (400, {"error": "InvalidRole"})


def test_preflight_tells_how_the_instance_is_set_up(client: Client) -> None:
    told = client.flask.get("/_preflight").json
    assert told["django"] is told["db"] is told["initiated"] is True
    assert told["cloud"] is told["can_create_org"] is False
    blank = create_app(scenario="blank").test_client().get("/_preflight/").json
    assert (blank["initiated"], blank["can_create_org"]) == (False, True)


def test_scripts_come_from_the_folder_named(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "array.js").write_text("!function(){}();")
    (tmp_path / "secret.js").write_text("secret")
    client = create_app(scenario="empty", contract=contract, static=tmp_path / "dist").test_client()
    for path in ("/static/array.js", "/static/array.js?v=1.2.3", "/static/1.449.2/array.js"):
        with client.get(path) as script:
            assert (script.status_code, script.text) == (200, "!function(){}();")
            assert script.mimetype in ("text/javascript", "application/javascript")
    both = client.get("/array/phc_mock_project_token/array.js")
    assert both.text.startswith("!function(){}();\n(function() {") and "_POSTHOG_REMOTE_CONFIG" in both.text
    assert client.get("/array/phc_unknown/array.js").status_code == 404
    for path in ("/static/surveys.js", "/static/../secret.js", "/static/%2e%2e/secret.js", "/static/"):
        assert client.get(path).status_code == 404


def test_without_a_folder_it_is_told_how_to_name_one(client: Client) -> None:
    missing = client.flask.get("/static/array.js")
    assert missing.status_code == 404 and "--static" in missing.json["detail"]


@pytest.mark.parametrize("path", ["/_health", "/_livez", "/_readyz", "/_preflight", "/robots.txt"])
def test_probes_are_only_read(client: Client, path: str) -> None:
    assert client.flask.head(path).status_code == 200
    assert client.flask.post(path).status_code == 405
