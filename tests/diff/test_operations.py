"""Which operations two documents have, and what each says of them beside schemas."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.contract import Contract, Profile, view
from mockserver.diff.operations import compare, normalized

KEY = {"type": "http", "scheme": "bearer"}


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.3", "paths": paths, **more}


def operation(**spec: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": ""}}, **spec}


def changes(left: Any, right: Any, **more: Any) -> list[tuple[str, str, str, str]]:
    found = compare(
        document({"/things/{id}": {"get": left}}, **more), document({"/things/{id}": {"get": right}}, **more)
    )
    return [(change.id, str(change.level), change.place, change.text) for change in found.changes]


def parameter(name: str, place: str = "query", **spec: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": {"type": "string"}, **spec}


def json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


@pytest.mark.parametrize(
    ("path", "other"),
    [("/a/{id}/b/", "/a/{key}/b"), ("/a/{id}", "/a/{id}/"), ("/", ""), ("/a/{project_id}/{x}", "/a/{p}/{y}/")],
)
def test_paths_are_the_same_whatever_they_call_things(path, other) -> None:
    assert normalized(path) == normalized(other)


def test_operations_are_removed_and_added() -> None:
    left = document({"/a": {"get": operation(), "post": operation()}, "/b": {"get": operation(deprecated=True)}})
    right = document({"/a/": {"get": operation()}, "/c": {"put": operation()}})
    assert [(c.id, c.label) for c in compare(left, right).changes] == [
        ("api-removed-without-deprecation", "POST /a"),
        ("api-path-removed-with-deprecation", "GET /b"),
        ("endpoint-added", "PUT /c"),
    ]


def test_address_of_the_server_is_part_of_its_paths() -> None:
    left = document({"/api/a": {"get": operation()}})
    right = document({"/a": {"get": operation()}}, servers=[{"url": "https://host.example/api/"}])
    assert compare(left, right).changes == []


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        (operation(parameters=[parameter("q")]), operation(), ("request-parameter-removed", "warning", "query q", "")),
        (
            operation(), operation(parameters=[parameter("q")]),
            ("new-optional-request-parameter", "info", "query q", ""),
        ),
        (
            operation(), operation(parameters=[parameter("q", required=True)]),
            ("new-required-request-parameter", "error", "query q", ""),
        ),
        (
            operation(parameters=[parameter("q")]), operation(parameters=[parameter("q", required=True)]),
            ("request-parameter-became-required", "error", "query q", ""),
        ),
        (
            operation(parameters=[parameter("q", schema={"type": "string"})]),
            operation(parameters=[parameter("q", schema={"type": "integer"})]),
            ("request-parameter-type-changed", "error", "query q", "string → integer"),
        ),
        (
            operation(parameters=[parameter("id", "path", schema={"type": "integer"})]),
            operation(parameters=[parameter("key", "path", schema={"type": "integer"})]),
            ("request-parameter-removed", "warning", "path id", ""),
        ),
        (operation(requestBody=json({})), operation(), ("request-body-removed", "warning", "", "")),
        (operation(), operation(requestBody=json({})), ("request-body-added-optional", "info", "", "")),
        (
            operation(requestBody=json({})), operation(requestBody={**json({}), "required": True}),
            ("request-body-became-required", "error", "", ""),
        ),
        (
            operation(responses={"200": {}}), operation(responses={"204": {}}),
            ("response-success-status-removed", "error", "", "200"),
        ),
        (
            operation(responses={"200": {}, "404": {}}), operation(responses={"200": {}}),
            ("response-non-success-status-removed", "info", "", "404"),
        ),
        (
            operation(responses={"200": json({})}), operation(responses={"200": {}}),
            ("response-media-type-removed", "error", "200", "application/json"),
        ),
        (
            operation(responses={"200": {"headers": {"X-A": {"required": True}}}}), operation(responses={"200": {}}),
            ("required-response-header-removed", "error", "200", "x-a"),
        ),
        (operation(), operation(deprecated=True), ("endpoint-deprecated", "info", "", "")),
    ],
)  # fmt: skip
def test_operation_that_changed_is_told_by_its_rule(left, right, found) -> None:
    assert changes(left, right)[0] == found


def test_parameters_of_a_path_are_the_same_by_their_place() -> None:
    left = document({"/a/{id}/{x}": {"get": operation(parameters=[parameter("id", "path"), parameter("x", "path")])}})
    right = document(
        {"/a/{k}/{y}/": {"parameters": [parameter("y", "path"), parameter("k", "path")], "get": operation()}}
    )
    assert compare(left, right).changes == []


def test_scopes_are_compared_whatever_the_scheme_is_called() -> None:
    left = document(
        {"/a": {"get": operation(security=[{"Key": ["a:read", "b:read"]}])}},
        components={"securitySchemes": {"Key": KEY}},
    )
    right = document(
        {"/a": {"get": operation()}}, security=[{"PersonalKey": ["a:read", "c:read"]}],
        components={"securitySchemes": {"PersonalKey": KEY}},
    )  # fmt: skip
    found = compare(left, right).changes
    assert [(c.id, str(c.level), c.text) for c in found] == [
        ("api-security-scope-added", "error", "c:read"),
        ("api-security-scope-removed", "info", "b:read"),
    ]
    left["paths"]["/a"]["get"]["security"] = []
    assert [c.id for c in compare(left, right).changes] == ["api-security-added"]


def broken_operation(**spec: Any) -> dict[str, Any]:
    return {"paths": {"/things/{id}": {"get": spec}}, "servers": [{}]}


@pytest.mark.parametrize("profile", list(Profile))
def test_contract_does_not_differ_from_itself(contract: Contract, profile: Profile) -> None:
    seen = view(contract.document, profile)
    assert compare(seen, seen).changes == []
    assert compare(seen, view(contract.document, Profile.OBSERVED)).compared > 80


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"paths": None}, {"paths": []}, {"paths": {"/things/{id}": None}}, {"paths": {"/things/{id}": {"get": []}}},
        broken_operation(responses=[], parameters={}, security="x", requestBody=3),
        broken_operation(parameters=["x", None, {}], security=[None], responses={200: None}),
        broken_operation(responses={"200": json({"type": 5, "enum": "x", "required": 1, "anyOf": {}, "allOf": [7]})}),
        broken_operation(responses={"200": json({"properties": {"a": None, "b": True, "c": False}})}, components=[]),
    ],
)  # fmt: skip
def test_document_that_is_half_broken_is_still_compared(broken) -> None:
    whole = document({"/things/{id}": {"get": operation(parameters=[parameter("q")], responses={"200": json({})})}})
    assert compare(whole, broken).changes != []
    assert compare(broken, whole).changes != []
