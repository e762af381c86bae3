"""What DRF takes and refuses, value by value; source: recorded answers and DRF's own field tests."""

from __future__ import annotations

import marshmallow
import pytest

from mockserver.validation import fields

RATE = fields.DecimalText(places=2, digits=3, minimum=0, maximum=1)
WRONG_TIME = (
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (fields.Text(), " padded ", "padded"),
        (fields.Text(), 5, "5"),
        (fields.Text(), 1.5, "1.5"),
        *((fields.Boolean(), value, True) for value in (True, "true", "True", 1, "1", "yes", "on", "t", "y")),
        *((fields.Boolean(), value, False) for value in (False, "false", "False", 0, "0", "no", "Off", "f", "n")),
        (fields.Integer(), "12", 12),
        (fields.Integer(), "1.0", 1),
        (RATE, 0.5, "0.50"),
        (RATE, "1", "1.00"),
        (RATE, "1.00", "1.00"),
        (RATE, 1e-2, "0.01"),
        (RATE, "1E0", "1.00"),
        (fields.Timestamp(), "2024-01-01", "2024-01-01T00:00:00Z"),
        (fields.Timestamp(), "2025-08-02T10:00:00+02:00", "2025-08-02T08:00:00Z"),
        (fields.Timestamp(), "2025-08-01T10:00:00.123456", "2025-08-01T10:00:00.123456Z"),
        (fields.Timestamp(), "2025-08-01 10:00", "2025-08-01T10:00:00Z"),
        (fields.Uuid(), "01890000000070008000000000000001", "01890000-0000-7000-8000-000000000001"),
        (fields.Choice(["a", "b"]), "b", "b"),
        (fields.Items(fields.Text()), [1, "x"], ["1", "x"]),
        (fields.Json(), {"a": [None]}, {"a": [None]}),
    ],
)
def test_field_keeps(field, value, kept):
    assert field.deserialize(value) == kept


@pytest.mark.parametrize(
    ("field", "value", "code", "detail"),
    [
        (fields.Text(), True, "invalid_input", "Not a valid string."),
        (fields.Text(), ["a"], "invalid_input", "Not a valid string."),
        (fields.Text(min_length=1), "  ", "blank", "This field may not be blank."),
        (fields.Text(min_length=2), "a", "min_length", "Ensure this field has at least 2 characters."),
        (fields.Text(max_length=2), "abc", "max_length", "Ensure this field has no more than 2 characters."),
        (fields.Text(), "a\x00", "null_characters_not_allowed", "Null characters are not allowed."),
        (fields.Text(), "\ud800", "surrogate_characters_not_allowed", "Surrogate characters are not allowed: U+D800."),
        (fields.Json(), {"a": ["\x00"]}, "null_characters_not_allowed", "Null characters are not allowed."),
        (fields.Boolean(), "maybe", "invalid_input", "Must be a valid boolean."),
        (fields.Boolean(), {}, "invalid_input", "Must be a valid boolean."),
        (fields.Integer(), "1.5", "invalid_input", "A valid integer is required."),
        (fields.Integer(), True, "invalid_input", "A valid integer is required."),
        (fields.Integer(), 2**70, "invalid_input", "A valid integer is required."),
        (fields.Integer(), "9" * 1001, "max_string_length", "String value too large."),
        (fields.Integer(maximum=30000), 30001, "max_value", "Ensure this value is less than or equal to 30000."),
        (fields.Integer(minimum=0), -1, "min_value", "Ensure this value is greater than or equal to 0."),
        (RATE, "0.123", "max_decimal_places", "Ensure that there are no more than 2 decimal places."),
        (RATE, "1.555", "max_digits", "Ensure that there are no more than 3 digits in total."),
        (RATE, "1E-4", "max_digits", "Ensure that there are no more than 3 digits in total."),
        (RATE, "1E3", "max_digits", "Ensure that there are no more than 3 digits in total."),
        (RATE, 15, "max_whole_digits", "Ensure that there are no more than 1 digits before the decimal point."),
        (RATE, 1.5, "max_value", "Ensure this value is less than or equal to 1."),
        (RATE, "1" * 1001, "max_string_length", "String value too large."),
        (RATE, "NaN", "invalid_input", "A valid number is required."),
        (RATE, "-Infinity", "invalid_input", "A valid number is required."),
        (fields.Timestamp(), "", "invalid_input", WRONG_TIME),
        (fields.Timestamp(), 1754042400, "invalid_input", WRONG_TIME),
        (fields.Timestamp(), "2025-13-01", "invalid_input", WRONG_TIME),
        (fields.Uuid(), "abc", "invalid_input", "Must be a valid UUID."),
        (fields.Choice(["a"]), "nope", "invalid_choice", '"nope" is not a valid choice.'),
        (fields.Choice(["a"]), "", "invalid_choice", '"" is not a valid choice.'),
        (fields.Items(fields.Text()), "x", "not_a_list", 'Expected a list of items but got type "str".'),
        (fields.Object(), [1], "not_a_dict", 'Expected a dictionary of items but got type "list".'),
        (fields.Text(), None, "null", "This field may not be null."),
    ],
)  # fmt: skip
def test_field_refuses(field, value, code, detail):
    with pytest.raises(marshmallow.ValidationError) as refused:
        field.deserialize(value)
    message = refused.value.messages[0]
    assert (message.code, str(message)) == (code, detail)


@pytest.mark.parametrize(
    ("value", "code", "detail"),
    [
        (99, "does_not_exist", 'Invalid pk "99" - object does not exist.'),
        ("abc", "incorrect_type", "Incorrect type. Expected pk value, received str."),
        ([1], "incorrect_type", "Incorrect type. Expected pk value, received list."),
    ],
)
def test_reference_refuses(value, code, detail):
    token = fields.lookup.set(lambda table, key: False)
    try:
        with pytest.raises(marshmallow.ValidationError) as refused:
            fields.Reference("insights").deserialize(value)
    finally:
        fields.lookup.reset(token)
    message = refused.value.messages[0]
    assert (message.code, str(message)) == (code, detail)
