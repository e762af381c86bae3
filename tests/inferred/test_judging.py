"""Bodies judged as DRF judges them, by schemas alone; where words are recorded, tests/validation has them."""

from __future__ import annotations

import pytest

from mockserver.errors import ValidationError
from mockserver.inferred.judging import Judge
from mockserver.inferred.reading import Components
from mockserver.inferred.shapes import Shapes

DOCUMENT = {
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["name", "lines"],
                "properties": {
                    "id": {"type": "integer", "readOnly": True},
                    "name": {"type": "string", "maxLength": 5},
                    "count": {"type": "integer", "nullable": True, "maximum": 5},
                    "step": {"type": "number", "multipleOf": 0.5, "exclusiveMinimum": 0},
                    "lines": {"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/Line"}},
                    "totals": {"type": "object", "additionalProperties": {"type": "integer"}},
                    "before": {"allOf": [{"$ref": "#/components/schemas/Order"}], "nullable": True},
                    "state": {"oneOf": [{"enum": ["open"]}, {"enum": [""]}, {"enum": [None]}]},
                    "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
                    "slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
                    "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
                    "rate": {"type": "string", "format": "decimal", "pattern": "^-?\\d{0,1}(?:\\.\\d{0,2})?$"},
                    "free": {},
                },
            },
            "Line": {
                "type": "object",
                "required": ["url"],
                "properties": {
                    "url": {"type": "string", "format": "uri"},
                    "day": {"type": ["string", "null"], "format": "date"},
                },
            },
        }
    }
}
LINES = [{"url": "https://example.com"}]
NULLS = {"count": None, "state": None, "before": None}
VALID = {"name": "a", "lines": LINES}


def judge(body, *, partial=False, name="Order"):
    judging = Judge(Shapes(Components(DOCUMENT).resolve))
    return judging.judge({"$ref": f"#/components/schemas/{name}"}, body, partial=partial)


@pytest.mark.parametrize(
    ("body", "code", "detail", "attr"),
    [
        ([], "invalid_input", "Invalid data. Expected a dictionary, but got list.", None),
        ({}, "required", "This field is required.", "name"),
        (VALID | {"name": None}, "null", "This field may not be null.", "name"),
        (VALID | {"name": " "}, "blank", "This field may not be blank.", "name"),
        (VALID | {"name": "abcdef"}, "max_length", "Ensure this field has no more than 5 characters.", "name"),
        (VALID | {"count": 7}, "max_value", "Ensure this value is less than or equal to 5.", "count"),
        (VALID | {"step": 0}, "min_value", "Ensure this value is greater than 0.", "step"),
        (VALID | {"step": 0.7}, "step_size", "Ensure this value is a multiple of step size 0.5.", "step"),
        (VALID | {"lines": 3}, "not_a_list", 'Expected a list of items but got type "int".', "lines__non_field_errors"),
        (
            VALID | {"lines": LINES * 3},
            "max_length",
            "Ensure this field has no more than 2 elements.",
            "lines__non_field_errors",
        ),
        (VALID | {"lines": [*LINES, {}]}, "required", "This field is required.", "lines__1__url"),
        (
            VALID | {"lines": ["a"]},
            "invalid_input",
            "Invalid data. Expected a dictionary, but got str.",
            "lines__0__non_field_errors",
        ),
        (VALID | {"lines": [{"url": "x"}]}, "invalid_input", "Enter a valid URL.", "lines__0__url"),
        (
            VALID | {"lines": [{**LINES[0], "day": "soon"}]},
            "invalid_input",
            "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
            "lines__0__day",
        ),
        (VALID | {"totals": {"a": "b"}}, "invalid_input", "A valid integer is required.", "totals__a"),
        (VALID | {"before": {"name": "b"}}, "required", "This field is required.", "before__lines"),
        (VALID | {"state": "gone"}, "invalid_choice", '"gone" is not a valid choice.', "state"),
        (VALID | {"either": True}, "invalid_input", "Not a valid string.", "either"),
        (
            VALID | {"slug": "a b"},
            "invalid_input",
            "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
            "slug",
        ),
        (VALID | {"code": "abc"}, "invalid_input", "This value does not match the required pattern.", "code"),
        (
            VALID | {"rate": "0.123"},
            "max_decimal_places",
            "Ensure that there are no more than 2 decimal places.",
            "rate",
        ),
        (VALID | {"free": "\x00"}, "null_characters_not_allowed", "Null characters are not allowed.", "free"),
    ],
)
def test_refusal(body, code, detail, attr):
    with pytest.raises(ValidationError) as refused:
        judge(body)
    assert (refused.value.code, refused.value.detail, refused.value.attr) == (code, detail, attr)


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        (VALID | {"id": 4, "unknown": 1}, VALID),
        (VALID | {"count": "3", "either": 3, "step": 2}, VALID | {"count": 3, "either": 3, "step": 2}),
        (
            VALID | {"count": None, "state": None, "before": None},
            VALID | {"count": None, "state": None, "before": None},
        ),
        (VALID | {"rate": 0.5, "free": [1]}, VALID | {"rate": "0.50", "free": [1]}),
        (VALID | {"lines": [LINES[0] | {"day": "2026-1-2"}]}, VALID | {"lines": [LINES[0] | {"day": "2026-01-02"}]}),
    ],
)
def test_acceptance(body, accepted):
    assert judge(body) == accepted


def test_a_part_of_a_record_is_asked_for_nothing():
    assert judge({"lines": [{}]}, partial=True) == {"lines": [{}]}
    with pytest.raises(ValidationError):
        judge({"name": ""}, partial=True)


@pytest.mark.parametrize(
    ("schema", "body", "attr"),
    [
        ({"type": "array", "items": {"$ref": "#/components/schemas/Line"}}, [LINES[0], {}], "1__url"),
        ({"type": "array", "items": {"type": "string"}}, {}, None),
        ({"oneOf": [{"$ref": "#/components/schemas/Line"}, {"$ref": "#/components/schemas/Order"}]}, {}, "url"),
    ],
)
def test_bodies_that_are_no_plain_object(schema, body, attr):
    with pytest.raises(ValidationError) as refused:
        Judge(Shapes(Components(DOCUMENT).resolve)).judge(schema, body)
    assert refused.value.attr == attr


@pytest.mark.parametrize(("sent", "kept"), [("09:05", "09:05:00"), ("09:05:00Z", "09:05:00Z"), ("9:5", "09:05:00")])
def test_time_of_day_keeps_the_zone_that_its_format_has(sent, kept):
    judge = Judge(Shapes(lambda node: node))
    schema = {"type": "object", "properties": {"at": {"type": "string", "format": "time"}}}
    assert judge.judge(schema, {"at": sent}) == {"at": kept}
