"""Settings of a project: what each refuses, and how new values meet stored ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

PROJECT = "/api/projects/1/"
IGNORED = "autocapture_exceptions_errors_to_ignore"
DICTIONARY = "Must provide a dictionary or None."
REPLAY_KEYS = "Must provide a dictionary with only known keys. One or more of record_canvas, ai_config."
AI_KEYS = (
    "Must provide a dictionary with only allowed keys: included_event_properties, opt_in, preferred_events, "
    "excluded_events, important_user_properties."
)
FLAG_KEYS = "Must provide a dictionary with only 'id' and 'key' keys. _or_ only 'id', 'key', and 'variant' keys."


@pytest.mark.parametrize(
    "field, value, code, detail",
    [
        ("name", "", "blank", "This field may not be blank."),
        ("name", "   ", "blank", "This field may not be blank."),
        ("name", None, "null", "This field may not be null."),
        ("name", "x" * 201, "max_length", "Ensure this field has no more than 200 characters."),
        ("name", ["x"], "invalid_input", "Not a valid string."),
        ("name", "a\x00b", "null_characters_not_allowed", "Null characters are not allowed."),
        ("product_description", "x" * 1001, "max_length", "Ensure this field has no more than 1000 characters."),
        ("slack_incoming_webhook", "x" * 501, "max_length", "Ensure this field has no more than 500 characters."),
        ("anonymize_ips", "maybe", "invalid_input", "Must be a valid boolean."),
        ("anonymize_ips", None, "null", "This field may not be null."),
        ("test_account_filters", None, "null", "This field may not be null."),
        ("data_attributes", None, "null", "This field may not be null."),
        (
            "timezone", "America/I_Dont_Exist", "invalid_choice",
            '"America/I_Dont_Exist" is not a valid choice.',
        ),
        ("timezone", "", "invalid_choice", '"" is not a valid choice.'),
        ("timezone", {}, "invalid_choice", '"{}" is not a valid choice.'),
        ("week_start_day", 2, "invalid_choice", '"2" is not a valid choice.'),
        ("business_model", "b2d", "invalid_choice", '"b2d" is not a valid choice.'),
        ("session_recording_sample_rate", 1.5, "max_value", "Ensure this value is less than or equal to 1."),
        ("session_recording_sample_rate", -1, "min_value", "Ensure this value is greater than or equal to 0."),
        (
            "session_recording_sample_rate", "0.123", "max_decimal_places",
            "Ensure that there are no more than 2 decimal places.",
        ),
        (
            "session_recording_sample_rate", 15, "max_whole_digits",
            "Ensure that there are no more than 1 digits before the decimal point.",
        ),
        ("session_recording_sample_rate", "x", "invalid_input", "A valid number is required."),
        (
            "session_recording_minimum_duration_milliseconds", 30001, "max_value",
            "Ensure this value is less than or equal to 30000.",
        ),
        (
            "session_recording_minimum_duration_milliseconds", -1, "min_value",
            "Ensure this value is greater than or equal to 0.",
        ),
        ("session_recording_linked_flag", "x", "invalid_input", DICTIONARY),
        ("session_recording_linked_flag", {}, "invalid_input", FLAG_KEYS),
        ("session_recording_linked_flag", {"id": 1}, "invalid_input", FLAG_KEYS),
        ("session_recording_linked_flag", {"id": 1, "key": "a", "x": 1}, "invalid_input", FLAG_KEYS),
        ("session_recording_network_payload_capture_config", [], "invalid_input", DICTIONARY),
        (
            "session_recording_network_payload_capture_config", {"x": True}, "invalid_input",
            "Must provide a dictionary with only 'recordHeaders' and/or 'recordBody' keys.",
        ),
        ("session_recording_masking_config", 5, "invalid_input", DICTIONARY),
        (
            "session_recording_masking_config", {"x": 1}, "invalid_input",
            "Must provide a dictionary with only known keys: maskAllInputs, maskTextSelector, blockSelector.",
        ),
        (
            "session_recording_masking_config", {"maskAllInputs": "yes"}, "invalid_input",
            "maskAllInputs must be a boolean.",
        ),
        (
            "session_recording_masking_config", {"blockSelector": 5}, "invalid_input",
            "blockSelector must be a string.",
        ),
        ("session_replay_config", "x", "invalid_input", DICTIONARY),
        ("session_replay_config", {"x": 1}, "invalid_input", REPLAY_KEYS),
        ("session_replay_config", {"ai_config": "x"}, "invalid_input", DICTIONARY),
        ("session_replay_config", {"ai_config": {"x": 1}}, "invalid_input", AI_KEYS),
        ("app_urls", None, "null", "This field may not be null."),
        ("app_urls", "http://a.test", "not_a_list", 'Expected a list of items but got type "str".'),
        ("primary_dashboard", "x", "incorrect_type", "Incorrect type. Expected pk value, received str."),
        ("primary_dashboard", 999999, "does_not_exist", 'Invalid pk "999999" - object does not exist.'),
        ("live_events_columns", {}, "not_a_list", 'Expected a list of items but got type "dict".'),
    ],
)  # fmt: skip
def test_value_is_refused(field: str, value: Any, code: str, detail: str, either: Client) -> None:
    response = either.patch(PROJECT, {field: value})
    assert response.status_code == 400
    assert response.json == {"type": "validation_error", "code": code, "detail": detail, "attr": field}


@pytest.mark.parametrize(
    "field, value, code, attr",
    [
        ("app_urls", ["http://a.test", "x" * 201], "max_length", "app_urls__1"),
        ("live_events_columns", ["a", None], "null", "live_events_columns__1"),
        ("person_display_name_properties", [True], "invalid_input", "person_display_name_properties__0"),
        ("recording_domains", [""], "blank", "recording_domains__0"),
    ],
)
def test_element_is_refused(field: str, value: Any, code: str, attr: str, either: Client) -> None:
    body = either.patch(PROJECT, {field: value}).json
    assert (body["code"], body["attr"]) == (code, attr)


@pytest.mark.parametrize(
    "value, detail",
    [
        ("x", f"Must provide a list for field: {IGNORED}."),
        ({}, f"Must provide a list for field: {IGNORED}."),
        (["a", 5], f"Must provide a list of strings to field: {IGNORED}."),
        (
            ["x" * 300],
            f"Field {IGNORED} must be less than 300 characters. "
            "Complex config should be provided in posthog-js initialization.",
        ),
    ],
)
def test_ignored_errors_are_judged_after_every_field(value: Any, detail: str, either: Client) -> None:
    assert either.patch(PROJECT, {IGNORED: value}).json == {
        "type": "validation_error", "code": "invalid_input", "detail": detail, "attr": None,
    }  # fmt: skip
    assert either.patch(PROJECT, {IGNORED: value, "week_start_day": 9}).json["attr"] == "week_start_day"


def test_first_problem_in_the_components_order_is_told(either: Client) -> None:
    assert either.patch(PROJECT, {"week_start_day": 9, "timezone": "x", "app_urls": 5}).json["attr"] == "app_urls"


@pytest.mark.parametrize("value", [True, False, "true"])
def test_access_control_is_refused_whatever_it_is(value: Any, either: Client) -> None:
    body = either.patch(PROJECT, {"access_control": value}).json
    assert (body["code"], body["attr"]) == ("invalid_input", "access_control")
    assert body["detail"].startswith("The 'access_control' field has been deprecated and is no longer supported.")


def test_only_an_admin_lets_organization_logs_in(either: Client) -> None:
    member = either.as_key("phx_mock_member")
    response = member.patch(PROJECT, {"receive_org_level_activity_logs": True, "timezone": "x"})
    assert response.status_code == 403
    assert response.json["detail"] == (
        "Only organization owners and admins can modify the receive_org_level_activity_logs setting."
    )
    assert member.patch(PROJECT, {"receive_org_level_activity_logs": None}).status_code == 200
    assert member.patch(PROJECT, {"receive_org_level_activity_logs": "x"}).status_code == 400
    assert either.patch(PROJECT, {"receive_org_level_activity_logs": True}).status_code == 200


def test_primary_dashboard_must_be_the_projects_own(either: Client) -> None:
    boards = [{"id": 901, "name": "Mine"}, {"id": 902, "name": "Theirs", "project_id": 2}, {"id": 903, "deleted": True}]
    assert either.post("/__admin/worlds/default/load", {"dashboards": boards}).status_code == 201
    assert either.patch(PROJECT, {"primary_dashboard": 901}).json["primary_dashboard"] == 901
    foreign = either.patch(PROJECT, {"primary_dashboard": 902}).json
    assert (foreign["detail"], foreign["attr"]) == ("Dashboard does not belong to this team.", "primary_dashboard")
    assert either.patch(PROJECT, {"primary_dashboard": 903}).json["code"] == "does_not_exist"
    assert either.patch(PROJECT, {"primary_dashboard": None}).json["primary_dashboard"] is None
    early = either.post("/api/projects/", {"name": "x", "primary_dashboard": 901}).json
    assert early["detail"] == "Primary dashboard cannot be set on project creation."


@pytest.mark.parametrize(
    "field, value, shown",
    [
        ("app_urls", ["http://a.test", None], ["http://a.test"]),
        ("recording_domains", [None], []),
        ("name", "  Trimmed ", "Trimmed"),
        ("name", 5, "5"),
        ("slack_incoming_webhook", "", None),
        ("session_recording_sample_rate", 0.5, "0.50"),
        ("session_recording_sample_rate", "1", "1.00"),
        ("session_recording_minimum_duration_milliseconds", "30000", 30000),
        ("week_start_day", "1", 1),
        ("session_recording_linked_flag", {"id": 1, "key": "a", "variant": "b"}, {"id": 1, "key": "a", "variant": "b"}),
        ("modifiers", {"debug": True}, {"debug": True}),
        ("correlation_config", None, None),
        ("has_completed_onboarding_for", {"surveys": True}, {"surveys": True}),
        (IGNORED, ["a"], ["a"]),
        (IGNORED, None, None),
    ],
)
def test_value_is_kept_as_servers_keep_it(field: str, value: Any, shown: Any, either: Client) -> None:
    assert either.patch(PROJECT, {field: value}).json[field] == shown
    assert either.get(PROJECT).json[field] == shown


def test_survey_config_is_laid_over_what_is_stored(either: Client) -> None:
    either.patch(PROJECT, {"survey_config": {"appearance": {"a": 1, "b": 2}, "kept": True}})
    merged = either.patch(PROJECT, {"survey_config": {"appearance": {"a": 3}}}).json["survey_config"]
    assert merged == {"appearance": {"a": 3}, "kept": True}
    assert either.patch(PROJECT, {"survey_config": None}).json["survey_config"] is None


def test_replay_config_is_laid_over_one_level_deeper(either: Client) -> None:
    first = {"record_canvas": True, "ai_config": {"opt_in": True, "preferred_events": ["a"]}}
    either.patch(PROJECT, {"session_replay_config": first})
    merged = either.patch(PROJECT, {"session_replay_config": {"ai_config": {"opt_in": False}}}).json
    assert merged["session_replay_config"] == {
        "record_canvas": True, "ai_config": {"opt_in": False, "preferred_events": ["a"]},
    }  # fmt: skip
    cleared = either.patch(PROJECT, {"session_replay_config": {"ai_config": None}}).json
    assert cleared["session_replay_config"] == {"record_canvas": True, "ai_config": None}


def test_other_objects_are_replaced(either: Client) -> None:
    either.patch(PROJECT, {"modifiers": {"debug": True}, "logs_settings": {"a": 1}})
    changed = either.patch(PROJECT, {"modifiers": {"inCohortVia": "auto"}, "logs_settings": {"b": 1}}).json
    assert (changed["modifiers"], changed["logs_settings"]) == ({"inCohortVia": "auto"}, {"b": 1})


def test_conversations_get_a_token_while_they_are_on(either: Client) -> None:
    on = either.patch(PROJECT, {"conversations_enabled": True}).json["conversations_settings"]
    assert len(on["widget_public_token"]) == 43
    forged = {"conversations_settings": {"greeting": "Hi", "widget_public_token": "mine"}}
    changed = either.patch(PROJECT, forged).json["conversations_settings"]
    assert changed == {"greeting": "Hi", **on}
    off = either.patch(PROJECT, {"conversations_enabled": False}).json["conversations_settings"]
    assert off == {"greeting": "Hi", "widget_public_token": None}
