"""Keys: where one is looked for, what it allows, and which scope each operation asks for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

NOTES = "/api/projects/1/annotations/"
GOOD, UNKNOWN = "phx_mock_all_access", "phx_unknown"
ORGANIZATION = "/api/organizations/01890000-0000-7000-8000-000000000001"
PROJECT = f"{ORGANIZATION}/projects/999999"
ROLE = f"{ORGANIZATION}/roles/01890000-0000-7000-8000-00000000dead"
MEMBERSHIP = f"{ROLE}/role_memberships/01890000-0000-7000-8000-00000000dead"


def with_key(client: Client, **key: Any) -> Client:
    """Return a client of the owner with a key of this kind."""
    loaded = client.post("/__admin/worlds/default/load", {"api_keys": [{"value": "phx_such", "user_id": 1, **key}]})
    assert loaded.status_code == 201, loaded.text
    return client.as_key("phx_such")


@pytest.mark.parametrize(
    ("authorization", "body", "query", "place"),
    [
        (UNKNOWN, GOOD, GOOD, "Authorization header"),
        (None, UNKNOWN, GOOD, "body"),
        (None, None, UNKNOWN, "query string"),
        ("phc_mock_project_token", None, None, "Authorization header"),
        ("phs_secret", None, None, "Authorization header"),
    ],
)
def test_only_the_first_candidate_is_tried(
    either: Client, authorization: str | None, body: str | None, query: str | None, place: str
) -> None:
    path = NOTES + (f"?personal_api_key={query}" if query else "")
    refused = either.as_key(authorization).post(path, {"personal_api_key": body} if body else {})
    assert refused.status_code == 401
    assert "WWW-Authenticate" not in refused.headers  # recorded answers
    assert refused.json == {
        "type": "authentication_error", "code": "authentication_failed",
        "detail": f"Personal API key found in request {place} is invalid.", "attr": None,
    }  # fmt: skip


@pytest.mark.parametrize("header", ["Token x", "bearer phx_mock_all_access", "Basic abc", "Bearer pha_access_token"])
def test_what_is_no_key_lets_the_next_place_speak(either: Client, header: str) -> None:
    nobody, headers = either.as_key(None), {"Authorization": header}
    assert nobody.get(NOTES, headers=headers).json == {
        "type": "authentication_error", "code": "not_authenticated",
        "detail": "Authentication credentials were not provided.", "attr": None,
    }  # fmt: skip
    assert nobody.get(f"{NOTES}?personal_api_key={GOOD}", headers=headers).status_code == 200


def test_a_form_may_hold_the_key(either: Client) -> None:
    made = either.as_key(None).post(NOTES, data={"personal_api_key": GOOD, "content": "by form"})
    assert (made.status_code, made.json["content"]) == (201, "by form")


@pytest.mark.parametrize(
    ("scopes", "method", "status"),
    [
        (["annotation:read"], "GET", 200),
        (["annotation:read"], "HEAD", 200),
        (["annotation:read"], "OPTIONS", 200),
        (["annotation:read"], "POST", 403),
        (["annotation:write"], "POST", 201),
        (["annotation:write"], "GET", 200),
        (["annotation:write"], "OPTIONS", 200),
        (["cohort:write", "person:read"], "GET", 403),
        (["cohort:write", "person:read"], "HEAD", 403),
        (["cohort:write", "person:read"], "OPTIONS", 403),
        (["*"], "POST", 201),
        ([], "POST", 201),
        (None, "POST", 201),
    ],
)
def test_to_write_is_to_read_and_never_the_reverse(
    either: Client, scopes: list[str] | None, method: str, status: int
) -> None:
    assert with_key(either, scopes=scopes)(method, NOTES).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", PROJECT, "project:read"),
        ("PUT", PROJECT, "project:write"),
        ("DELETE", PROJECT, "project:write"),
        ("PATCH", f"{PROJECT}/complete_product_onboarding", "project:read"),
        ("GET", f"{ORGANIZATION}/roles", "organization:read"),
        ("POST", f"{ORGANIZATION}/roles", "organization:write"),
        ("GET", ROLE, "organization:read"),
        ("PUT", ROLE, "organization:write"),
        ("PATCH", ROLE, "organization:write"),
        ("DELETE", ROLE, "organization:write"),
        ("GET", f"{ROLE}/role_memberships", "organization:read"),
        ("POST", f"{ROLE}/role_memberships", "organization:write"),
        ("DELETE", MEMBERSHIP, "organization:write"),
        ("GET", NOTES, "annotation:read"),
        ("POST", NOTES, "annotation:write"),
        ("GET", f"{NOTES}999999", "annotation:read"),
        ("PUT", f"{NOTES}999999", "annotation:write"),
        ("PATCH", f"{NOTES}999999", "annotation:write"),
        ("DELETE", f"{NOTES}999999", "annotation:write"),
        ("GET", "/api/projects/1/cohorts/activity", "activity_log:read"),
        ("GET", "/api/projects/1/cohorts/1/activity", "activity_log:read"),
        ("GET", "/api/organizations/", "organization:read"),
        ("GET", "/api/users/@me/", "user:read"),
    ],
)
def test_each_operation_asks_for_its_scope(either: Client, method: str, path: str, scope: str) -> None:
    others = [f"{name}:write" for name in ("project", "organization", "annotation", "cohort", "activity_log", "user")]
    subject, _, access = scope.partition(":")
    others.remove(f"{subject}:write")
    lacking = others if access == "read" else [*others, f"{subject}:read"]
    refused = with_key(either, scopes=lacking)(method, path, {} if method != "GET" else None)
    assert (refused.status_code, refused.json) == (
        403,
        {
            "type": "authentication_error", "code": "permission_denied",
            "detail": f"API key missing required scope '{scope}'", "attr": None,
        },
    )  # fmt: skip
    allowed = either.as_key("phx_also")
    either.post("/__admin/worlds/default/load", {"api_keys": [{"value": "phx_also", "user_id": 1, "scopes": [scope]}]})
    assert allowed(method, path, {} if method != "GET" else None).status_code != 403


def test_the_first_missing_scope_is_named(either: Client) -> None:
    members = "/api/projects/1/cohorts/1/persons/"
    assert with_key(either, scopes=["annotation:read"]).get(members).json["detail"].endswith("'cohort:read'")
    also = either.post("/__admin/worlds/default/load", {"api_keys": [
        {"value": "phx_cohort", "user_id": 1, "scopes": ["cohort:read"]}]})  # fmt: skip
    assert also.status_code == 201
    assert either.as_key("phx_cohort").get(members).json["detail"].endswith("'person:read'")


FOREIGN = "01890000-0000-7000-8000-000000000002"


@pytest.mark.parametrize(
    ("key", "path", "detail"),
    [
        (
            {"scoped_projects": [2]}, NOTES,
            "API key does not have access to the requested project: ID 1.",
        ),
        (
            {"scoped_projects": [1]}, f"{ORGANIZATION}/roles/",
            "API keys with scoped projects are only supported on project-based endpoints.",
        ),
        (
            {"scoped_organizations": [FOREIGN]}, NOTES,
            "API key does not have access to the requested organization: ID 01890000-0000-7000-8000-000000000001.",
        ),
        (
            {"scoped_organizations": [FOREIGN]}, f"{ORGANIZATION}/roles/",
            "API key does not have access to the requested organization: ID 01890000-0000-7000-8000-000000000001.",
        ),
        (
            {"scoped_projects": [1], "scopes": ["cohort:read"]}, NOTES,
            "API key missing required scope 'annotation:read'",
        ),
        (
            {"scoped_projects": [2], "scopes": ["cohort:read"]}, NOTES,
            "API key does not have access to the requested project: ID 1.",
        ),
    ],
)  # fmt: skip
def test_a_limited_key_stays_where_it_belongs(either: Client, key: dict[str, Any], path: str, detail: str) -> None:
    refused = with_key(either, **{"scopes": ["*"], **key}).get(path)
    assert (refused.status_code, refused.json["detail"]) == (403, detail)


@pytest.mark.parametrize("limits", [{"scoped_projects": [1, 2]}, {"scoped_organizations": [ORGANIZATION[-36:]]}])
def test_a_limited_key_works_where_it_belongs(either: Client, limits: dict[str, Any]) -> None:
    assert with_key(either, scopes=["*"], **limits).get(NOTES).status_code == 200
