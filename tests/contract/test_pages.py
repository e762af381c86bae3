"""What the documentation pages show: each request is answered with the page's status and the page's keys."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver.contract import Contract, Operation, Profile, follow

CONTRACT = Contract.read()
IDS = {"project_id": "1", "organization_id": "01890000-0000-7000-8000-000000000001"}
# Where a page's placeholder would end the world that the other requests need, or names nothing that exists.
KIND = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def example(media: dict[str, Any]) -> Any:
    if "example" in media:
        return media["example"]
    for named in media.get("examples", {}).values():
        node = follow(CONTRACT.document, named["$ref"]) if "$ref" in named else named
        return node["value"]
    return None


def page_answer(operation: Operation) -> Any:
    response = operation.spec["responses"][str(operation.successes[Profile.DOCUMENTED].status)]
    media = response.get("content", {}).get("application/json", {})
    return example(media)


def differences(page: Any, answer: Any, place: str = "$") -> list[str]:
    """Return the keys that an answer lacks, and the values of another JSON type than on the page."""
    if page is None or answer is None:  # null on a page stands for any value; null is what an empty field holds
        return []
    if KIND[type(page)] != KIND[type(answer)]:
        return [f"{place}: {KIND[type(page)]} on the page, {KIND[type(answer)]} here"]
    if isinstance(page, dict):
        if set(page) == {"property1", "property2"}:  # the page's way to show an object of any keys
            return []
        found = [f"{place}.{key}: missing" for key in page if key not in answer]
        return found + [
            d for key in page if key in answer for d in differences(page[key], answer[key], f"{place}.{key}")
        ]
    if isinstance(page, list) and page:
        return [d for item in answer for d in differences(page[0], item, f"{place}[]")]
    return []


@pytest.fixture
def known(client) -> dict[str, Any]:
    """Ids of records that exist, by the path parameter that names them."""
    organization = f"/api/organizations/{IDS['organization_id']}"
    role = client.get(f"{organization}/roles/").json["results"][0]
    member = client.get(f"{organization}/roles/{role['id']}/role_memberships/").json["results"]
    return {
        "projects": "1",
        "roles": role["id"],
        "role_memberships": member[0]["id"] if member else None,
        "annotations": client.get("/api/projects/1/annotations/").json["results"][0]["id"],
        "cohorts": next(c["id"] for c in client.get("/api/projects/1/cohorts/").json["results"] if c["is_static"]),
        "persons": client.get("/api/projects/1/persons/").json["results"][0]["id"],
        "pipeline_destinations": client.get("/api/projects/1/pipeline_destination_configs/").json["results"][0]["id"],
        "persisted_folders": client.get("/api/environments/1/persisted_folder/").json["results"][0]["id"],
        "query": client.post(
            "/api/environments/1/query/",
            {"query": {"kind": "HogQLQuery", "query": "select 1"}, "refresh": "async", "client_query_id": "page"},
        ).json["query_status"]["id"],
        "role_id": role["id"],
        "plugin_config_id": client.get("/api/projects/1/pipeline_destination_configs/").json["results"][0]["id"],
    }


@pytest.mark.parametrize("operation", CONTRACT.promised, ids=lambda operation: operation.id)
def test_page_example_is_answered(operation: Operation, client, known: dict[str, Any]) -> None:
    path = re.sub(
        r"{(\w+)}",
        lambda found: str(IDS.get(found[1]) or known.get(found[1]) or known[operation.family]),
        operation.path,
    )
    query = {p["name"]: p["example"] for p in operation.spec["parameters"] if p["in"] == "query" and "example" in p}
    body = example(operation.spec["requestBody"].get("content", {}).get("application/json", {}))
    if operation.id == "roles_role_memberships_create":  # page 000 shows no example, and a user must be named
        body = {"user_uuid": client.get("/api/users/@me/").json["uuid"]}
    if "static_cohort" in operation.id:  # the pages' person is one that nobody knows
        person = client.get("/api/projects/1/persons/").json["results"][0]["uuid"]
        client.patch(
            f"/api/projects/1/cohorts/{known['cohorts']}/add_persons_to_static_cohort/", {"person_ids": [person]}
        )
        body = {"person_ids": [person], "person_id": person}
    response = client(operation.method.upper(), path + "/", body, query_string=query)
    assert response.status_code == operation.successes[Profile.DOCUMENTED].status, response.get_data(as_text=True)
    page = page_answer(operation)
    if page is not None:
        assert differences(page, response.json) == []
