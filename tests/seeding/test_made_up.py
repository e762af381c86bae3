"""Made-up records are such as the API can make: what it always fills is filled, what it never fills is not."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app
from mockserver.world.worlds import World
from tests.conftest import NOON, Client

ORGANIZATION = "/api/organizations/01890000-0000-7000-8000-000000000001"
PROJECT = "/api/projects/1"
PRO = [{"properties": [{"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}]}]
CONDITIONAL = {"groups": PRO}
ALL = {"groups": [{"properties": [], "rollout_percentage": 100}]}

MAKING: dict[str, list[dict[str, Any]]] = {
    f"{ORGANIZATION}/roles/": [{"name": "Support"}],
    f"{PROJECT}/annotations/": [
        {"content": "x", "scope": "project"},
        {"content": "x", "date_marker": NOON, "scope": "project"},
        {"content": "x", "date_marker": NOON, "scope": "dashboard", "dashboard_id": 1},
        {"content": "x", "date_marker": NOON, "scope": "dashboard_item", "dashboard_item": 1},
        {"content": "x", "date_marker": NOON, "scope": "dashboard_item", "dashboard_item": 2},
    ],
    f"{PROJECT}/cohorts/": [{"name": "x", "groups": PRO}, {"name": "x", "is_static": True}],
    f"{PROJECT}/comments/": [
        {"content": "x", "scope": "Dashboard", "item_id": "1"},
        {"content": "x", "scope": "Dashboard", "item_id": "1", "item_context": {"is_emoji": True}},
        {"content": "x", "scope": "Dashboard", "item_id": "1",
         "source_comment": "01890000-0000-7000-8000-0000000000c1"},
    ],
    f"{PROJECT}/feature_flags/": [
        {"key": "made-1", "name": "x", "filters": ALL, "_should_create_usage_dashboard": False},
        {"key": "made-2", "name": "x", "filters": CONDITIONAL, "_should_create_usage_dashboard": False},
    ],
    f"{PROJECT}/persisted_folder/": [{"type": "home", "path": "x"}],
}  # fmt: skip
LEFT_OUT = {
    "roles": {"name": "loaded"}, "annotations": {"content": "loaded"}, "cohorts": {"name": "loaded"},
    "comments": {"content": "loaded", "scope": "Dashboard", "item_id": "1"}, "feature_flags": {"key": "loaded"},
}  # fmt: skip


@pytest.fixture(scope="module")
def asker(contract: Contract) -> Client:
    return Client(create_app(freeze_time=NOON, contract=contract).test_client())


def fields(value: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    """Yield every field of a record with whether it is null; of objects inside of it, too."""
    for name, item in value.items():
        yield f"{path}{name}", item is None
        if name in ("created_by", "last_modified_by", "user") and item:
            yield from fields(item, f"{path}{name}.")


def made(client: Client, path: str) -> set[tuple[str, bool]]:
    found = set()
    for body in MAKING[path]:
        answer = client.post(path, body)
        assert answer.status_code in (200, 201), answer.json
        shown = client.get(f"{path}{answer.json['id']}/").json
        found |= set(fields(shown))
    if path.endswith("/cohorts/"):
        people = {"name": "x", "is_static": "true", "csv": (BytesIO(b"distinct_id\nnobody\n"), "people.csv")}
        uploaded = client.post(path, data=people).json
        found |= set(fields(client.get(f"{path}{uploaded['id']}/").json))
    return found


@pytest.mark.parametrize("path", MAKING)
def test_seeded_and_loaded_records_are_as_the_api_makes_them(asker: Client, contract: Contract, path: str) -> None:
    world: World = asker.flask.application.extensions["mockserver"].default
    table = path.rstrip("/").rpartition("/")[2]
    if table in LEFT_OUT:
        load(contract, world, {table: [LEFT_OUT[table]]})
    listed = asker.get(path, query_string={"limit": 100}).json["results"]
    assert listed
    shown = [asker.get(f"{path}{record['id']}/").json for record in listed]
    can_be = made(asker, path)
    unlike = {
        f"{name} of {record.get('name') or record['id']} is{'' if is_null else ' not'} null"
        for record in shown
        for name, is_null in fields(record)
        if (name, is_null) not in can_be
    }
    assert not unlike


def test_members_of_roles_are_as_the_api_makes_them(asker: Client) -> None:
    path = f"{ORGANIZATION}/roles/01890000-0000-7000-8000-0000000000a1/role_memberships/"
    seeded = asker.get(path).json["results"]
    answer = asker.post(path, {"user_uuid": asker.get("/api/users/@me/").json["uuid"]}).json
    assert set(fields(seeded[0])) == set(fields(answer))


@pytest.mark.parametrize("number", [1, 2])
def test_projects_have_what_a_project_made_over_the_api_has(asker: Client, number: int) -> None:
    new = asker.post(f"{ORGANIZATION}/projects/", {"name": f"New {number}"})
    assert new.status_code == 201
    seeded = dict(fields(asker.get(f"/api/projects/{number}/").json))
    assert [name for name, is_null in fields(new.json) if not is_null and seeded[name]] == []
