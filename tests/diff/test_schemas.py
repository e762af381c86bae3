"""What changed between two schemas: each rule found at its place, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.diff.operations import compare

STRING = {"type": "string"}
INTEGER = {"type": "integer"}


def document(request: Any = None, response: Any = None, parameter: Any = None, **components: Any) -> dict[str, Any]:
    """A document of one operation."""
    spec: dict[str, Any] = {"responses": {"200": {"description": ""}}}
    if request is not None:
        spec["requestBody"] = {"content": {"application/json": {"schema": request}}}
    if response is not None:
        spec["responses"]["200"]["content"] = {"application/json": {"schema": response}}
    if parameter is not None:
        spec["parameters"] = [{"in": "query", "name": "q", "schema": parameter}]
    return {"openapi": "3.1.0", "paths": {"/things": {"post": spec}}, "components": {"schemas": components}}


def changes(left: Any, right: Any, way: str = "response", **components: Any) -> list[tuple[str, str, str]]:
    found = compare(document(**{way: left}, **components), document(**{way: right}, **components))
    return [(change.id, str(change.level), change.place) for change in found.changes]


def thing(**fields: Any) -> dict[str, Any]:
    required = fields.pop("required", [])
    return {"type": "object", "properties": fields, "required": required}


RESPONSES = [
    (thing(a=STRING, b=STRING, required=["a"]), thing(b=STRING), "response-required-property-removed", "error", "$.a"),
    (thing(a=STRING, b=STRING), thing(b=STRING), "response-optional-property-removed", "info", "$.a"),
    (thing(b=STRING), thing(a=STRING, b=STRING), "response-optional-property-added", "info", "$.a"),
    (thing(a=STRING, required=["a"]), thing(a=STRING), "response-property-became-optional", "error", "$.a"),
    (thing(a=STRING), thing(a=STRING, required=["a"]), "response-property-became-required", "info", "$.a"),
    (thing(a=STRING), thing(a=INTEGER), "response-property-type-changed", "error", "$.a"),
    (thing(a={}), thing(a=INTEGER), "response-property-type-specialized", "info", "$.a"),
    (thing(a={"type": "number"}), thing(a=INTEGER), "response-property-type-specialized", "info", "$.a"),
    (thing(a={**STRING, "format": "uuid"}), thing(a=STRING), "response-property-type-changed", "error", "$.a"),
    (thing(a=STRING), thing(a={"type": ["string", "null"]}), "response-property-became-nullable", "error", "$.a"),
    (thing(a={"enum": ["x"]}), thing(a={"enum": ["x", "y"]}), "response-property-enum-value-added", "error", "$.a"),
    (thing(a={"enum": ["x", "y"]}), thing(a={"enum": ["x"]}), "response-property-enum-value-removed", "info", "$.a"),
    (thing(a={"enum": ["x"]}), thing(a=STRING), "response-property-became-not-enum", "error", "$.a"),
    (thing(a={**STRING, "maxLength": 3}), thing(a=STRING), "response-property-max-length-unset", "error", "$.a"),
    (thing(a={"items": STRING}), thing(a={"items": INTEGER}), "response-property-type-changed", "error", "$.a[]"),
    (STRING, INTEGER, "response-body-type-changed", "error", "$"),
    (
        {"type": "object", "additionalProperties": STRING}, {"type": "object", "additionalProperties": INTEGER},
        "response-property-type-changed", "error", "$.*",
    ),
]  # fmt: skip

NO_TYPE = {"type": "array", "items": INTEGER, "x-page-type": "string"}


def test_type_that_a_generator_gave_where_it_knew_none_is_no_change() -> None:
    assert changes(thing(a=NO_TYPE), thing(a=STRING)) == []
    assert changes(thing(a=NO_TYPE), thing(a={"type": "array", "items": INTEGER})) == []
    rule = "response-property-type-changed"
    assert changes(thing(a=NO_TYPE), thing(a={"type": "array", "items": STRING})) == [(rule, "error", "200 $.a[]")]
    assert changes(thing(a=NO_TYPE), thing(a={"type": "object"})) == [(rule, "error", "200 $.a")]


REQUESTS = [
    (thing(a=STRING, b=STRING), thing(b=STRING), "request-property-removed", "warning", "$.a"),
    (thing(b=STRING), thing(a={}, b=STRING, required=["a"]), "new-required-request-property", "error", "$.a"),
    (thing(b=STRING), thing(a=STRING, b=STRING), "new-optional-request-property", "info", "$.a"),
    (thing(a=STRING), thing(a=STRING, required=["a"]), "request-property-became-required", "error", "$.a"),
    (thing(a=STRING), thing(a={"type": ["string", "integer"]}), "request-property-type-generalized", "info", "$.a"),
    (thing(a=INTEGER), thing(a={"type": "number"}), "request-property-type-generalized", "info", "$.a"),
    (thing(a={"type": ["integer", "null"]}), thing(a=INTEGER), "request-property-became-not-nullable", "error", "$.a"),
    (thing(a={"enum": ["x", "y"]}), thing(a={"enum": ["x"]}), "request-property-enum-value-removed", "error", "$.a"),
    (thing(a=STRING), thing(a={**STRING, "enum": ["x"]}), "request-property-became-enum", "error", "$.a"),
    (thing(a=STRING), thing(a={**STRING, "maxLength": 3}), "request-property-max-length-set", "error", "$.a"),
    (
        thing(a={**STRING, "minLength": 3}), thing(a={**STRING, "minLength": 2}),
        "request-property-min-length-decreased", "info", "$.a",
    ),
    (
        thing(a={**INTEGER, "maximum": 3, "exclusiveMaximum": True}), thing(a={**INTEGER, "exclusiveMaximum": 2}),
        "request-property-exclusive-max-decreased", "error", "$.a",
    ),
    (thing(a={**STRING, "pattern": "a"}), thing(a={**STRING, "pattern": "b"}),
     "request-property-pattern-changed", "warning", "$.a"),
    (thing(a={**STRING, "default": "x"}), thing(a=STRING), "request-property-default-value-removed", "info", "$.a"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "rule", "level", "place"), RESPONSES, ids=[case[2] for case in RESPONSES])
def test_answer_that_changed_is_told_by_its_rule(left, right, rule, level, place) -> None:
    assert changes(left, right) == [(rule, level, f"200 {place}")]


@pytest.mark.parametrize(("left", "right", "rule", "level", "place"), REQUESTS, ids=[case[2] for case in REQUESTS])
def test_body_that_changed_is_told_by_its_rule(left, right, rule, level, place) -> None:
    assert changes(left, right, "request") == [(rule, level, f"request {place}")]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"nullable": True, **STRING}, {"type": ["string", "null"]}),
        ({"nullable": True, **STRING}, {"anyOf": [STRING, {"type": "null"}]}),
        ({"enum": ["x", "y", None]}, {"oneOf": [{"enum": ["x"]}, {"enum": ["y"]}, {"enum": [None]}]}),
        ({"const": "x"}, {"enum": ["x"]}),
        ({"allOf": [{"$ref": "#/components/schemas/Name"}], "description": "a name"}, STRING),
        ({"$ref": "#/components/schemas/Name"}, {"allOf": [{"$ref": "#/components/schemas/Alias"}]}),
        (thing(a=STRING, b=INTEGER), {"allOf": [thing(a=STRING), thing(b=INTEGER)]}),
        ({}, {"type": ["array", "boolean", "number", "object", "string", "null"]}),
        ({**INTEGER, "format": "int64"}, INTEGER),
        ({"anyOf": [thing(a=STRING), thing(b=STRING)]}, {"oneOf": [thing(b=STRING), thing(a=STRING)]}),
        (thing(a={**STRING, "writeOnly": True}, b=STRING), thing(b=STRING)),
    ],
)
def test_same_thing_written_otherwise_is_no_change(left, right) -> None:
    components = {"Name": STRING, "Alias": {"$ref": "#/components/schemas/Name"}}
    found = [change for change in changes(left, right, **components) if "nullable" not in change[0]]
    assert found == []


def test_forms_of_which_one_holds_are_paired() -> None:
    cat = thing(kind={"enum": ["cat"]}, name=STRING)
    dog = thing(kind={"enum": ["dog"]}, name=STRING)
    assert changes({"anyOf": [cat, dog]}, {"anyOf": [dog, thing(kind={"enum": ["cat"]}, name=INTEGER)]}) == [
        ("response-property-type-changed", "error", "200 $.name")
    ]
    assert changes({"anyOf": [cat, dog]}, {"anyOf": [dog, thing(kind={"enum": ["cow"]})]}) == [
        ("response-body-any-of-removed", "info", "200 $"),
        ("response-body-any-of-added", "error", "200 $"),
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Loop"},
        {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
        {"anyOf": [{"$ref": "#/components/schemas/Loop"}, STRING]},
        {"$ref": "#/components/schemas/Self"},
        {"$ref": "#/components/schemas/Tree"},
    ],
)
def test_schemas_that_come_back_to_themselves_end(schema) -> None:
    components = {
        "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}], "properties": {"a": STRING}},
        "Self": {"$ref": "#/components/schemas/Self"},
        "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}, "value": STRING}},
    }
    other = {**components, "Tree": {**components["Tree"], "properties": {
        "left": {"items": {"$ref": "#/components/schemas/Tree"}}, "value": INTEGER}}}  # fmt: skip
    found = compare(document(response=schema, **components), document(response=schema, **other)).changes
    assert len(found) == (2 if "Tree" in str(schema) else 0)


def test_nesting_of_any_depth_ends_quickly() -> None:
    deep: Any = STRING
    for _ in range(3000):
        deep = {"type": "object", "properties": {"a": deep}}
    assert compare(document(response=deep), document(response=deep)).changes == []


@pytest.mark.parametrize("reference", ["#/components/schemas/Gone", "other.yaml#/Thing", "#/paths/~1things/get/x"])
def test_reference_that_leads_nowhere_is_noted(reference) -> None:
    found = compare(document(response=STRING), document(response={"$ref": reference}))
    assert [note for note in found.notes if reference in note]
