"""Values drawn fit their schemas, as another judge says, and tell what their names and the moment ask for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.inferred.drawing import Drawer
from mockserver.inferred.reading import Components
from mockserver.inferred.shapes import Shapes
from tests.inferred.referee import Referee

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
DOCUMENT = {
    "components": {
        "schemas": {
            "Tree": {
                "type": "object",
                "required": ["name", "children"],
                "properties": {
                    "name": {"type": "string"},
                    "parent": {"allOf": [{"$ref": "#/components/schemas/Tree"}], "nullable": True},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                },
            },
            "Cat": {
                "type": "object",
                "required": ["kind", "lives"],
                "properties": {"kind": {"type": "string"}, "lives": {"type": "integer", "minimum": 9, "maximum": 9}},
            },
            "Dog": {
                "type": "object",
                "required": ["kind", "breed"],
                "properties": {"kind": {"type": "string"}, "breed": {"type": "string"}},
            },
            "Itself": {"allOf": [{"$ref": "#/components/schemas/Itself"}, {"type": "object"}]},
        }
    }
}


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def drawer(seed: int = 1, document: dict[str, Any] = DOCUMENT) -> Drawer:
    return Drawer(Shapes(Components(document).resolve), seed, NOW)


SCHEMAS = [
    {"type": "string", "minLength": 40, "maxLength": 41},
    {"type": "string", "maxLength": 3},
    {"type": "string", "pattern": "^[A-Z]{3}-\\d{4,}$"},
    {"type": "string", "pattern": "^-?\\d{0,1}(?:\\.\\d{0,2})?$", "format": "decimal"},
    {"type": "string", "pattern": "^(cus|sub)_[a-zA-Z0-9]{14}$", "minLength": 18},
    {"type": "string", "enum": ["a", "b"], "nullable": True},
    {"type": ["string", "null"], "format": "date-time"},
    {"type": "integer", "minimum": 7, "exclusiveMaximum": 9},
    {"type": "integer", "minimum": 7, "exclusiveMinimum": True, "maximum": 8},
    {"type": "integer", "multipleOf": 250, "minimum": 1},
    {"type": "number", "multipleOf": 0.25, "minimum": 1.1},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    {"type": "array", "items": {"type": "integer", "maximum": 3, "minimum": 1}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    {"type": "object", "required": ["unlisted"]},
    {"const": "fixed"},
    {"not": {"type": "object"}, "type": ["object", "string"]},
    {"type": "string", "not": {"enum": ["a"]}},
    {"oneOf": [{"enum": ["x", "y"]}, {"enum": [""]}, {"enum": [None]}]},
    {"oneOf": [{"type": "integer"}, {"type": "number"}]},
    {"anyOf": [{"type": "null"}, {"type": "string", "format": "uuid"}]},
    {"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"required": ["a"]}], "nullable": True},
    {"oneOf": [reference("Cat"), reference("Dog")], "discriminator": {"propertyName": "kind"}},
    reference("Tree"),
    reference("Itself"),
    {},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@pytest.mark.parametrize("mode", [{}, {"sent": {}}, {"for_request": True}], ids=["there", "new", "request"])
def test_what_is_drawn_fits(schema, mode):
    judge = Referee(DOCUMENT).validator(schema)
    for seed in range(3):
        value = drawer(seed).draw(schema, "value", **mode)
        assert judge.is_valid(value), value
        assert drawer().fits(schema, value)


BOUNDS = st.integers(-50, 50)
LEAVES = st.one_of(
    st.builds(
        lambda low, span, kind: {"type": kind, "minimum": low, "maximum": low + span},
        BOUNDS,
        st.integers(0, 9),
        st.sampled_from(["integer", "number"]),
    ),
    st.builds(
        lambda low, span: {"type": "string", "minLength": low, "maxLength": low + span},
        st.integers(0, 60),
        st.integers(0, 9),
    ),
    st.sampled_from(["date-time", "date", "uuid", "email", "uri", "ipv4", "hostname"]).map(
        lambda form: {"type": "string", "format": form}
    ),
    st.sampled_from([{"type": "boolean"}, {"enum": [1, "a", None]}, {"type": ["integer", "null"]}, {}]),
)
NAMES = st.sampled_from(["name", "createdAt", "deleted_at", "tags", "amount", "is_active", "owner", "url", "count"])


def larger(schemas: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(
            lambda items, least: {"type": "array", "items": items, "minItems": least}, schemas, st.integers(0, 3)
        ),
        st.builds(
            lambda properties, count: {
                "type": "object",
                "properties": properties,
                "required": list(properties)[:count],
                "additionalProperties": False,
            },
            st.dictionaries(NAMES, schemas, max_size=4),
            st.integers(0, 4),
        ),
        st.lists(schemas, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
        schemas.map(lambda schema: {"allOf": [schema], "nullable": True}),
        schemas.map(lambda schema: {"type": "object", "additionalProperties": schema, "minProperties": 1}),
    )


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(schema=st.recursive(LEAVES, larger, max_leaves=6), sent=st.sampled_from([None, {}, {"name": 3, "tags": ["a"]}]))
def test_whatever_the_schema_what_is_drawn_fits(schema, sent):
    value = drawer().draw(schema, "value", sent=sent)
    assert Referee({}).validator(schema).is_valid(value), value


RECORD = {
    "type": "object",
    "required": ["id", "email"],
    "properties": {
        "id": {"type": "string", "format": "uuid", "readOnly": True},
        "email": {"type": "string", "format": "email"},
        "name": {"type": "string", "maxLength": 100},
        "plan": {"type": "string", "enum": ["free", "paid"], "default": "free"},
        "note": {"type": "string", "nullable": True},
        "labels": {"type": "array", "items": {"type": "string"}},
        "address": {
            "type": "object",
            "required": ["city"],
            "properties": {"city": {"type": "string"}, "zip": {"type": "string"}},
        },
        "created_at": {"type": "string", "format": "date-time", "readOnly": True},
        "deletedAt": {"type": "string", "format": "date-time", "readOnly": True, "nullable": True},
        "trial_ends_at": {"type": "string", "format": "date-time", "readOnly": True},
        "is_active": {"type": "boolean", "readOnly": True},
        "created_by": {"$ref": "#/components/schemas/User", "readOnly": True},
        "password": {"type": "string", "writeOnly": True},
    },
}
PEOPLE = {
    "components": {
        "schemas": {
            "User": {"type": "object", "properties": {"first_name": {"type": "string"}, "email": {"type": "string"}}}
        }
    }
}


def test_a_new_record_is_what_was_sent_and_what_stands_for_the_rest():
    sent = {"email": "a@example.com", "labels": ["x"], "address": {"city": "Ulm"}, "password": "s", "unknown": 1}
    record = drawer(document=PEOPLE).draw(RECORD, "customer", sent=sent)
    assert record["email"] == "a@example.com" and record["labels"] == ["x"] and record["address"] == {"city": "Ulm"}
    assert (record["plan"], record["note"], record["name"]) == ("free", None, "")
    assert record["created_at"] == "2026-01-15T12:00:00Z" and record["deletedAt"] is None
    assert record["trial_ends_at"] > "2026-01-15T12" and record["is_active"] is True
    assert "password" not in record
    assert "@" in record["created_by"]["email"] and record["created_by"]["first_name"].istitle()


def test_what_was_sent_and_does_not_fit_is_drawn():
    record = drawer(document=PEOPLE).draw(RECORD, "customer", sent={"email": 5, "address": "Ulm"})
    assert "@" in record["email"] and record["address"]["city"]


def test_the_same_seed_and_place_give_the_same_value():
    one, same, other = (drawer(seed, PEOPLE).draw(RECORD, "customer", place="7") for seed in (1, 1, 2))
    assert one == same != other
    assert one["id"] != drawer(1, PEOPLE).draw(RECORD, "customer", place="8")["id"]
    assert "2025-12-15" < one["created_at"] < "2026-01-15"
