from __future__ import annotations

import pytest
from openapi_spec_validator import validate

from mockserver.admin import handler
from mockserver.admin.contract import controls, read_document
from mockserver.road.binding import BindingError
from mockserver.serving.app import create_app

ENVELOPE = {"type", "code", "detail", "attr"}


def test_contract_is_openapi() -> None:
    validate(read_document())


def test_every_route_is_in_the_contract_and_the_reverse(app) -> None:
    served = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/__admin") and not rule.endpoint.startswith("page ")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == {(control.method, control.path) for control in controls(read_document())}


def test_every_route_has_a_handler() -> None:
    """Handlers are looked for when they are first asked for, so a start does not find out."""
    assert all(handler(control.id) for control in controls(read_document()))
    with pytest.raises(BindingError, match="has nothing"):
        handler("nothing")


def test_schema_is_served(admin) -> None:
    assert admin("GET", "/schema").json == read_document()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "", 404),
        ("GET", "/worlds/none", 404),
        ("POST", "/worlds/none/reset", 404),
        ("GET", "/worlds/default/faults/none", 404),
        ("DELETE", "/worlds/default/stubs/none", 404),
        ("POST", "/worlds/default/snapshots/none/restore", 404),
        ("POST", "/health", 405),
        ("PATCH", "/worlds/default", 405),
        ("DELETE", "/worlds/default", 409),
        ("GET", "/coverage?world=none", 404),
    ],
)
def test_errors_are_in_the_envelope(admin, method, path, status) -> None:
    response = admin(method, path)
    assert response.status_code == status
    assert set(response.json) == ENVELOPE


@pytest.mark.parametrize(
    ("method", "path", "body", "attr"),
    [
        ("POST", "/worlds", {"colour": "blue"}, "colour"),
        ("POST", "/worlds", {"scenario": "atlantis"}, "scenario"),
        ("POST", "/worlds", {"scenario": 5}, "scenario"),
        ("POST", "/worlds", {"scenario": "a\x00b"}, "scenario"),
        ("POST", "/worlds", {"seed": "one"}, "seed"),
        ("POST", "/worlds", {"seed": True}, "seed"),
        ("POST", "/worlds", {"seed": 10**40}, "seed"),
        ("POST", "/worlds", {"profile": "imagined"}, "profile"),
        ("POST", "/worlds", {"freeze_time": "noon"}, "freeze_time"),
        ("POST", "/worlds", {"from": "default", "scenario": "empty"}, "scenario"),
        ("POST", "/worlds", [], None),
        ("PUT", "/worlds/default/clock", {}, None),
        ("PUT", "/worlds/default/clock", {"advance": -1}, "advance"),
        ("PUT", "/worlds/default/clock", {"advance": "1"}, "advance"),
        ("PUT", "/worlds/default/clock", {"freeze": None}, "freeze"),
        ("PUT", "/worlds/default/clock", {"run": False}, "run"),
        ("POST", "/worlds/default/api_keys", {}, "scopes"),
        ("POST", "/worlds/default/api_keys", {"scopes": [1]}, "scopes__0"),
        ("POST", "/worlds/default/api_keys", {"scopes": ["*"], "user_id": 99}, "user_id"),
        ("POST", "/worlds/default/snapshots", {"name": "a/b"}, "name"),
        ("POST", "/worlds/default/faults", {"match": {}}, None),
        ("POST", "/worlds/default/faults", {"status": 42}, "status"),
        ("POST", "/worlds/default/faults", {"status": 503, "match": {"verb": "GET"}}, "match__verb"),
        ("POST", "/worlds/default/faults", {"drop": True, "match": {"operation": "x"}}, "match__operation"),
        ("POST", "/worlds/default/faults", {"status": 503, "headers": {"X-A": "a\r\nX-B: b"}}, "headers__X-A"),
        ("POST", "/worlds/default/faults", {"status": 503, "headers": {"Content-Length": "9"}}, "headers"),
        ("POST", "/worlds/default/faults", {"delay_ms": 1, "body": {}}, "body"),
        ("POST", "/worlds/default/faults", {"delay_ms": 1, "probability": 2}, "probability"),
        ("POST", "/worlds/default/stubs", {"match": {}}, "response"),
        ("POST", "/worlds/default/stubs", {"match": {}, "response": {}}, "response__status"),
        ("POST", "/worlds/default/requests/verify", {"match": {"body": {"a": {"$matches": "("}}}}, "match__body"),
        ("POST", "/worlds/default/requests/verify", {"match": {}, "at_least": 2, "at_most": 1}, "at_least"),
        ("GET", "/worlds/default/requests?limit=few", None, "limit"),
        ("GET", "/worlds/default/requests?limit=-1", None, "limit"),
        ("GET", "/worlds/default/requests?status=ok", None, "status"),
        ("GET", "/worlds/default/requests?since=yore", None, "since"),
    ],
)  # fmt: skip
def test_bad_input_names_the_field(admin, method, path, body, attr) -> None:
    response = admin(method, path, body)
    assert response.status_code == 400
    assert set(response.json) == ENVELOPE
    assert response.json["attr"] == attr


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"scenario": "\\ud800"}', "application/json", 400),
        (b'{"\\ud800": 1}', "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"scenario=empty", "application/x-www-form-urlencoded", 415),
        (b"", "text/plain", 201),
    ],
)
def test_bodies_that_cannot_be_read(admin, raw, content_type, status) -> None:
    assert admin("POST", "/worlds", data=raw, content_type=content_type).status_code == status


def test_token_is_asked_for(contract) -> None:
    client = create_app(scenario="blank", admin_token="s3cret", contract=contract).test_client()
    assert client.get("/__admin/worlds").status_code == 401
    assert client.get("/__admin/worlds", headers={"Authorization": "Bearer nö"}).status_code == 401
    assert client.get("/__admin/worlds", headers={"Authorization": "Bearer s3cret"}).status_code == 200
    assert client.get("/__admin/health").status_code == 200


def test_control_plane_can_be_left_out(contract) -> None:
    client = create_app(scenario="blank", admin=False, contract=contract).test_client()
    assert client.get("/__admin/health").status_code == 404
    assert set(client.get("/__admin/health").json) == ENVELOPE


def test_health(admin) -> None:
    health = admin("GET", "/health").json
    assert health["status"] == "ok"
    assert health["contract"]["operations"] == 93
    assert health["worlds"] == 1
