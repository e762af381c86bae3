"""The order in which a request is judged: which error wins."""

from __future__ import annotations

import pytest

NOTES = "/api/projects/1/annotations/"
TOO_DEEP = "JSON parse error - maximum recursion depth exceeded while decoding a JSON object"
NOBODY = "01890000-0000-7000-8000-00000000dead"
UNSUPPORTED = "This action does not support Personal API Key access"


def refusal(response) -> tuple[int, str, str]:
    body = response.json
    return response.status_code, body["code"], body["detail"]


@pytest.mark.parametrize("path", ["/api/projects/1/nothing/", "/api/environments/1/annotations/", "/api/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_unknown_route_comes_before_the_key(client, method, path):
    assert refusal(client.as_key(None)(method, path)) == (404, "not_found", "Endpoint not found.")
    assert client.as_key(None)("HEAD", path).status_code == 404


def test_format_comes_before_the_key(client):
    nobody = client.as_key(None)
    assert refusal(nobody.get(NOTES + "?format=xml")) == (404, "not_found", "Not found.")
    assert nobody.get(NOTES, headers={"Accept": "text/html"}).status_code == 406
    assert nobody.get(NOTES, headers={"Accept": "text/html,*/*;q=0.8"}).status_code == 401


def test_key_comes_before_the_tenant(client):
    missing = client.as_key(None).get("/api/projects/999999/annotations/")
    assert refusal(missing) == (401, "not_authenticated", "Authentication credentials were not provided.")
    assert "WWW-Authenticate" not in missing.headers  # recorded answers
    unknown = refusal(client.as_key("phx_nobody").get(NOTES))
    text = "Personal API key found in request Authorization header is invalid."
    assert unknown == (401, "authentication_failed", text)


@pytest.mark.parametrize("header", ["Token phx_mock_all_access", "bearer phx_mock_all_access", "Bearer", "Bearer x"])
def test_other_schemes_are_no_candidates(client, header):
    response = client.as_key(None).get(NOTES, headers={"Authorization": header})
    assert refusal(response)[1] == "not_authenticated"


def test_key_is_found_in_query_and_body(client):
    nobody = client.as_key(None)
    assert nobody.get(NOTES + "?personal_api_key=phx_mock_all_access").status_code == 200
    assert nobody.post(NOTES, {"content": "x", "personal_api_key": "phx_mock_all_access"}).status_code == 201
    assert "query string is invalid" in nobody.get(NOTES + "?personal_api_key=phx_x").json["detail"]
    assert "body is invalid" in nobody.post(NOTES, {"personal_api_key": "phx_x"}).json["detail"]


def test_tenant_comes_before_the_scope(client):
    read_only = client.as_key("phx_mock_read_only")
    assert refusal(read_only.post("/api/projects/999999/annotations/", {})) == (404, "not_found", "Project not found.")


def test_refusing_keys_comes_before_the_tenant(client, observed):
    assert refusal(client.put("/api/projects/999999/annotations/", {})) == (403, "permission_denied", UNSUPPORTED)
    unknown = "/api/organizations/@current/projects/999999/reset_token/"
    assert refusal(observed.patch(unknown)) == (403, "permission_denied", UNSUPPORTED)
    assert refusal(observed.as_key("phx_mock_session").patch(unknown)) == (404, "not_found", "Not found.")


def test_scope_comes_before_membership_and_that_before_the_method(client):
    limited = client.as_key("phx_mock_limited").get("/api/projects/3/annotations/")
    assert refusal(limited)[2] == "API key missing required scope 'annotation:read'"
    session = client.as_key("phx_mock_session").put("/api/projects/3/annotations/", {})
    assert refusal(session)[2] == "You don't have access to the project."


def test_media_type_comes_before_the_record_and_after_the_key(client):
    strange = {"data": "x", "content_type": "text/plain"}
    assert client.patch(NOTES + "999999/", **strange).status_code == 415
    assert client.as_key(None).patch(NOTES + "999999/", **strange).status_code == 401


def test_scope_comes_before_the_record(client):
    response = client.as_key("phx_mock_read_only").patch(NOTES + "999999/", {})
    assert refusal(response) == (403, "permission_denied", "API key missing required scope 'annotation:write'")


@pytest.mark.parametrize("project", ["abc", "999999", "-1", "0", "9" * 30])
def test_unknown_project_is_not_found(client, project):
    assert refusal(client.get(f"/api/projects/{project}/annotations/")) == (404, "not_found", "Project not found.")


def test_foreign_tenants_are_forbidden(client):
    outsider = client.as_key("phx_mock_outsider")
    assert refusal(outsider.get(NOTES)) == (403, "permission_denied", "You don't have access to the project.")
    roles = "/api/organizations/01890000-0000-7000-8000-000000000001/roles/"
    assert refusal(outsider.get(roles)) == (
        403, "permission_denied", "You do not have permission to perform this action.",
    )  # fmt: skip


@pytest.mark.parametrize("organization", ["abc", "01890000-0000-7000-8000-00000000ffff"])
def test_unknown_organization_is_not_found(client, organization):
    response = client.get(f"/api/organizations/{organization}/roles/")
    assert refusal(response) == (404, "not_found", "Organization not found.")


@pytest.mark.parametrize("spelling", ["01890000000070008000000000000ABC", "01890000-0000-7000-8000-000000000ABC"])
def test_organization_is_found_however_its_uuid_is_spelled(client, spelling):
    id = "01890000-0000-7000-8000-000000000abc"
    world = {"organizations": [{"id": id}], "organization_memberships": [{"organization_id": id, "user_id": 1}]}
    assert client.post("/__admin/worlds/default/load", world).status_code == 201
    assert client.get(f"/api/organizations/{spelling}/roles/").json["count"] == 0


def test_body_comes_before_the_record_and_after_the_key(client):
    broken = {"data": "{x", "content_type": "application/json"}
    detail = "JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    assert refusal(client.patch(NOTES + "999999/", **broken)) == (400, "parse_error", detail)
    assert client.as_key(None).patch(NOTES + "1/", **broken).status_code == 401


def test_wrong_method_is_forbidden_to_a_key_and_not_allowed_to_a_session(client):
    assert refusal(client.put(NOTES, {})) == (403, "permission_denied", UNSUPPORTED)
    session = client.as_key("phx_mock_session")
    assert refusal(session.put(NOTES, {})) == (405, "method_not_allowed", 'Method "PUT" not allowed.')
    assert refusal(client.patch(NOTES, {})) == (405, "method_not_allowed", 'Method "PATCH" not allowed.')


def test_wrong_method_on_an_action_is_told_where_the_action_asks_for_scopes(either):
    action = "/api/organizations/@current/projects/1/complete_product_onboarding/"
    assert refusal(either.get(action)) == (405, "method_not_allowed", 'Method "GET" not allowed.')
    assert refusal(either.post("/api/organizations/@current/projects/1/reset_token/"))[2] == UNSUPPORTED


@pytest.mark.parametrize("sent", [{"headers": {"X-HTTP-Method-Override": "DELETE"}}, {"query_string": "_method=PUT"}])
def test_no_other_method_is_meant(either, sent):
    assert either.post(NOTES, {"content": "x", "_method": "PATCH"}, **sent).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", NOTES, 200, "GET, POST, HEAD, OPTIONS"),
        ("PATCH", NOTES, 405, "GET, POST, HEAD, OPTIONS"),
        ("DELETE", NOTES + "1/", 405, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("GET", NOTES + "999999/", 404, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("GET", "/api/projects/999999/annotations/", 404, "GET, POST, HEAD, OPTIONS"),
        ("PUT", NOTES, 403, "GET, POST, HEAD, OPTIONS"),
        ("DELETE", "/api/projects/2/", 204, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("GET", "/api/projects/1/activity/", 200, "GET, HEAD, OPTIONS"),
        ("PATCH", "/api/projects/1/complete_product_onboarding/", 400, "PATCH, OPTIONS"),
    ],
)
def test_every_answer_lists_the_methods_of_its_route(client, method, path, status, allowed):
    response = client(method, path, [] if method == "PATCH" and status == 400 else None)
    assert (response.status_code, response.headers["Allow"]) == (status, allowed)
    assert client.as_key(None)(method, path).headers["Allow"] == allowed
    assert ("Content-Type" in response.headers) is bool(response.get_data())


@pytest.mark.parametrize("path", [NOTES, NOTES.rstrip("/")])
@pytest.mark.parametrize("method", ["PROPFIND", "QUERY", "TRACE"])
def test_unknown_method_is_a_wrong_one(either, method, path):
    assert refusal(either(method, path)) == (403, "permission_denied", UNSUPPORTED)
    refused = either.as_key("phx_mock_session")(method, path)
    assert refusal(refused) == (405, "method_not_allowed", f'Method "{method}" not allowed.')
    assert refused.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml"])
def test_other_media_types_are_refused(client, media_type):
    response = client.post(NOTES, data="x", content_type=media_type)
    detail = f'Unsupported media type "{media_type}" in request.'
    assert refusal(response) == (415, "unsupported_media_type", detail)


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ("[1,2]", "invalid_input", "Invalid data. Expected a dictionary, but got list."),
        ('"str"', "invalid_input", "Invalid data. Expected a dictionary, but got str."),
        ("null", "null", "No data provided"),
        ("5", "invalid_input", "Invalid data. Expected a dictionary, but got int."),
        (
            "[" * 100000,
            "parse_error",
            "JSON parse error - maximum recursion depth exceeded while decoding a JSON object",
        ),
    ],
)
def test_strange_bodies_are_refused(client, body, code, detail):
    response = client.post(NOTES, data=body, content_type="application/json")
    assert refusal(response) == (400, code, detail)


def test_empty_body_is_an_empty_object(client):
    assert client.post(NOTES).status_code == 201
    assert client.post(NOTES, data="", content_type="application/json").status_code == 201


def test_too_large_a_body_is_refused(client):
    response = client.post(NOTES, data=b'{"content": "' + b"x" * 21_000_000, content_type="application/json")
    assert refusal(response)[:2] == (400, "parse_error")


@pytest.mark.parametrize("path", [NOTES, NOTES.rstrip("/")])
def test_slash_is_optional_and_never_redirects(client, path):
    assert client.get(path).status_code == 200
    assert client.post(path, {"content": "x"}).status_code == 201


def test_format_is_one_of_those_on_offer(either):
    assert either.get(NOTES + "?format=json").status_code == 200
    assert refusal(either.get(NOTES + "?format=csv")) == (404, "not_found", "Not found.")
    for accepted in ("application/xml", "text/html"):
        refused = refusal(either.get(NOTES, headers={"Accept": accepted}))
        assert refused == (406, "not_acceptable", "Could not satisfy the request Accept header.")


def test_format_suffix_works(client):
    assert client.get("/api/projects/1/annotations.json").status_code == 200
    assert client.get("/api/projects/1/annotations/1.5").status_code == 404


def test_head_is_get_without_a_body(client):
    response = client("HEAD", NOTES)
    assert (response.status_code, response.get_data()) == (200, b"")


def test_options_describes_the_view(client):
    response = client("OPTIONS", NOTES)
    assert response.json["name"] == "Annotations List"
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert client.as_key(None)("OPTIONS", NOTES).status_code == 401


def test_every_answer_names_the_mock(client):
    assert client.get(NOTES).headers["X-Mockserver"]
    assert client.get("/nothing").headers["X-Mockserver"]


def test_current_project_is_the_one_last_used(client):
    assert client.get("/api/projects/@current/annotations/").json == client.get(NOTES).json


def test_actions_without_scope_refuse_keys_where_servers_do(client, observed):
    path = "/api/organizations/@current/projects/1/is_generating_demo_data/"
    assert client.get(path).status_code == 200
    assert observed("HEAD", path).status_code == 403
    assert refusal(observed.get(path)) == (403, "permission_denied", UNSUPPORTED)
    assert observed.as_key("phx_mock_session").get(path).status_code == 200


# Replayed servers: a wrong method on an action that is scoped by its name alone names no action, and so has no scope.
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "comments/count/", 403), ("PATCH", "comments/count/", 403), ("HEAD", "comments/count/", 200),
        ("POST", f"comments/{NOBODY}/thread/", 403), ("DELETE", f"comments/{NOBODY}/thread/", 403),
        ("HEAD", "query/", 403), ("HEAD", "persons/reset_person_distinct_id/", 405),
        ("POST", "cohorts/1/activity/", 405), ("POST", "persons/values/", 405), ("POST", "persons/trends/", 403),
        ("OPTIONS", "comments/count/", 200),
    ],
)  # fmt: skip
def test_wrong_methods_are_refused_to_keys_where_scopes_go_by_names(observed, method, path, status):
    assert observed(method, f"/api/projects/1/{path}").status_code == status
    if status == 403:
        assert observed.as_key("phx_mock_session")(method, f"/api/projects/1/{path}").status_code == 405


# Recorded servers: queries may be asked with a shared token, and whatever takes one answers strangers with 403.
@pytest.mark.parametrize("prefix", ["projects", "environments"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""), ("GET", "x/"), ("DELETE", "x/"), ("GET", "draft_sql/"), ("POST", "upgrade/"),
        ("POST", "check_auth_for_async/"), ("GET", "x/log/"), ("OPTIONS", ""), ("PUT", ""), ("HEAD", "x/"),
    ],
)  # fmt: skip
def test_strangers_are_forbidden_where_queries_are_asked(observed, prefix, method, path):
    for key, code in ((None, "not_authenticated"), ("phx_nobody", "authentication_failed")):
        answer = observed.as_key(key)(method, f"/api/{prefix}/1/query/{path}")
        assert answer.status_code == 403
        assert method == "HEAD" or answer.json["code"] == code
    assert observed.as_key(None)("GET", f"/api/{prefix}/1/persons/").status_code == 401


# Replayed servers: no part of a path that names a record holds a dot.
@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/api/projects/0.5/annotations/", "Endpoint not found."),
        ("/api/projects/1/cohorts/0.5/persons/", "Endpoint not found."),
        ("/api/organizations/@current/projects/-2.98e-133/", "Endpoint not found."),
        ("/api/organizations/@current/projects/0.5/", "Not found."),
        ("/api/projects/1/annotations/1.5/", "Not found."),
        ("/api/projects/1/annotations/x.y@z/", "Endpoint not found."),
        ("/api/environments/1/query/a.b/log/", "Endpoint not found."),
    ],
)
def test_identifiers_hold_no_dots(observed, path, detail):
    answer = observed.get(path)
    assert (answer.status_code, answer.json["detail"]) == (404, detail)
    assert (detail == "Not found.") == (answer.headers["Allow"] != "OPTIONS, DELETE, GET, POST, HEAD, PUT, PATCH")


def test_path_that_nothing_answers_allows_every_method(client) -> None:
    answer = client.get("/api/projects/1/nothing/")
    assert (answer.status_code, answer.headers["Allow"]) == (404, "OPTIONS, DELETE, GET, POST, HEAD, PUT, PATCH")
