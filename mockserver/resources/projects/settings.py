"""Settings of a project whose rules the contract cannot spell, and how new values meet the stored ones.

Source: the texts are those of PostHog's own serializers of projects and teams, and of its tests of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.errors import PermissionDenied, ValidationError
from mockserver.request.call import ADMIN, Call
from mockserver.store import Record
from mockserver.validation import FALSE, TRUE, fields
from mockserver.world.entropy import URL_SAFE

NOT_A_DICTIONARY = "Must provide a dictionary or None."
ACCESS_CONTROL_GONE = (
    "The 'access_control' field has been deprecated and is no longer supported. "
    "Please use the new access control system instead. "
    "For more information, visit: https://posthog.com/docs/settings/access-control"
)
LINKED_FLAG_KEYS = "Must provide a dictionary with only 'id' and 'key' keys. _or_ only 'id', 'key', and 'variant' keys."
MASKING_TYPES: Mapping[str, tuple[type, str]] = {
    "maskAllInputs": (bool, "boolean"),
    "maskTextSelector": (str, "string"),
    "blockSelector": (str, "string"),
}
REPLAY_KEYS = ("record_canvas", "ai_config")
AI_KEYS = (
    "included_event_properties", "opt_in", "preferred_events", "excluded_events", "important_user_properties",
)  # fmt: skip
NETWORK_KEYS = ("recordHeaders", "recordBody")
IGNORED_ERRORS = "autocapture_exceptions_errors_to_ignore"
MAX_IGNORED_ERRORS = 300
ORGANIZATION_LOGS = "receive_org_level_activity_logs"
WIDGET_TOKEN = "widget_public_token"
# What the server itself keeps among the conversations' settings; a client's word for it is passed over.
MANAGED_CONVERSATIONS = (WIDGET_TOKEN, "slack_bot_token", "slack_team_id", "slack_enabled", "email_enabled")
WITHOUT_BLANKS = ("app_urls", "recording_domains")


class Config(fields.Json):
    """A JSON object with a rule of its own, or null."""

    def __init__(self, judge: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(allow_none=True, load_default=None)
        self.judge = judge

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        value = super()._deserialize(value, attr, data, **kwargs)
        if not isinstance(value, dict):
            fields.refuse(NOT_A_DICTIONARY)
        self.judge(value)
        return value


class Abandoned(fields.Field):
    """A boolean that is refused whatever its value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        fields.Boolean().deserialize(value)
        fields.refuse(ACCESS_CONTROL_GONE)


def judge_linked_flag(value: dict[str, Any]) -> None:
    """Refuse other keys than a flag's."""
    if set(value) not in ({"id", "key"}, {"id", "key", "variant"}):
        fields.refuse(LINKED_FLAG_KEYS)


def judge_network_capture(value: dict[str, Any]) -> None:
    """Refuse other keys than those of what is recorded of a request."""
    if not set(value) <= set(NETWORK_KEYS):
        fields.refuse("Must provide a dictionary with only 'recordHeaders' and/or 'recordBody' keys.")


def judge_masking(value: dict[str, Any]) -> None:
    """Refuse unknown keys and values of another type."""
    if not set(value) <= set(MASKING_TYPES):
        fields.refuse(f"Must provide a dictionary with only known keys: {', '.join(MASKING_TYPES)}.")
    for name, (kind, word) in MASKING_TYPES.items():
        if name in value and not isinstance(value[name], kind):
            fields.refuse(f"{name} must be a {word}.")


def judge_replay(value: dict[str, Any]) -> None:
    """Refuse unknown keys, here and in the configuration of summaries."""
    if not set(value) <= set(REPLAY_KEYS):
        fields.refuse(f"Must provide a dictionary with only known keys. One or more of {', '.join(REPLAY_KEYS)}.")
    summaries = value.get("ai_config")
    if summaries is None:
        return
    if not isinstance(summaries, dict):
        fields.refuse(NOT_A_DICTIONARY)
    if not set(summaries) <= set(AI_KEYS):
        fields.refuse(f"Must provide a dictionary with only allowed keys: {', '.join(AI_KEYS)}.")


FIELDS: Mapping[str, fields.Field] = {
    # Judged with the whole body, after every single field has passed: see `judge_together`.
    IGNORED_ERRORS: fields.Json(allow_none=True, load_default=None),
    "session_recording_linked_flag": Config(judge_linked_flag),
    "session_recording_network_payload_capture_config": Config(judge_network_capture),
    "session_recording_masking_config": Config(judge_masking),
    "session_replay_config": Config(judge_replay),
    "access_control": Abandoned(load_default=False),
}


def refuse_below_admin(call: Call) -> None:
    """Refuse a member who would set what only an admin of the organization sets.

    The servers notice while they read the fields, so this comes before what is wrong with any other of them.

    Raises: PermissionDenied.
    """
    value = call.body.get(ORGANIZATION_LOGS) if isinstance(call.body, Mapping) else None
    if value is None or call.tenant.level >= ADMIN:
        return
    if isinstance(value, (bool, int, float)) or str(value).strip() in TRUE | FALSE:
        raise PermissionDenied(
            "Only organization owners and admins can modify the receive_org_level_activity_logs setting."
        )


def judge_together(call: Call, data: Mapping[str, Any], project: Record | None) -> None:
    """Refuse what can be judged only once every field has passed. Raises: ValidationError."""
    if data.get("primary_dashboard") is not None:
        if project is None:
            raise ValidationError("Primary dashboard cannot be set on project creation.", attr="primary_dashboard")
        dashboard = call.table("dashboards").get(data["primary_dashboard"])
        if dashboard is None or dashboard["project_id"] != project["id"]:
            raise ValidationError("Dashboard does not belong to this team.", attr="primary_dashboard")
    errors = data.get(IGNORED_ERRORS)
    if errors is None:
        return
    if not isinstance(errors, list):
        raise ValidationError(f"Must provide a list for field: {IGNORED_ERRORS}.")
    if not all(isinstance(error, str) for error in errors):
        raise ValidationError(f"Must provide a list of strings to field: {IGNORED_ERRORS}.")
    if len(json.dumps(errors)) > MAX_IGNORED_ERRORS:
        raise ValidationError(
            f"Field {IGNORED_ERRORS} must be less than {MAX_IGNORED_ERRORS} characters. "
            "Complex config should be provided in posthog-js initialization."
        )


def settle(call: Call, data: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be stored of new values, given the stored ones.

    Blank addresses are dropped; the configuration of surveys is laid over the stored one, and that of replay too, its
    objects one level deeper; null clears. Whatever else is given replaces what was there.
    """
    settled = dict(data)
    for name in WITHOUT_BLANKS:
        if settled.get(name):
            settled[name] = [text for text in settled[name] if text]
    if settled.get("slack_incoming_webhook") == "":
        settled["slack_incoming_webhook"] = None
    if settled.get("survey_config") is not None:
        settled["survey_config"] = {**(stored.get("survey_config") or {}), **settled["survey_config"]}
    if settled.get("session_replay_config") is not None:
        settled["session_replay_config"] = _laid_over(
            stored.get("session_replay_config") or {}, settled["session_replay_config"]
        )
    _settle_conversations(call, settled, stored)
    return settled


def _laid_over(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        name: {**before[name], **value} if isinstance(value, dict) and isinstance(before.get(name), dict) else value
        for name, value in after.items()
    }
    return {**before, **both}


def _settle_conversations(call: Call, settled: dict[str, Any], stored: Mapping[str, Any]) -> None:
    """Keep the server's own part of the conversations' settings; a widget token comes and goes with the switch."""
    before = stored.get("conversations_settings") or {}
    given = settled.get("conversations_settings")
    if given is not None:
        kept = {name: before[name] for name in MANAGED_CONVERSATIONS if name in before}
        own = {name: value for name, value in given.items() if name not in MANAGED_CONVERSATIONS}
        settled["conversations_settings"] = {**own, **kept}
    if "conversations_enabled" not in settled:
        return
    enabled, was_enabled = bool(settled["conversations_enabled"]), bool(stored.get("conversations_enabled"))
    if enabled == was_enabled or (enabled and before.get(WIDGET_TOKEN)):
        return
    token = call.new_token(alphabet=URL_SAFE) if enabled else None
    settled["conversations_settings"] = {**(settled.get("conversations_settings") or before), WIDGET_TOKEN: token}
