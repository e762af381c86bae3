"""What users are told of by mail, and what they may say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.validation import fields

NOTIFICATIONS: Mapping[str, Any] = {
    "plugin_disabled": True,
    "error_tracking_issue_assigned": True,
    "project_weekly_digest_disabled": {},
    "all_weekly_digest_disabled": False,
}
"""What servers tell a user of, until the user says otherwise."""


class NotificationSettings(fields.Object):
    """Some of the settings, each of the type that it has by default; those of single projects by the project's id."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        read = super()._deserialize(value, attr, data, **kwargs)
        for name, given in read.items():
            if name not in NOTIFICATIONS:
                fields.refuse(f"Key {name} is not valid as a key for notification settings")
            _judge(name, given)
        return read


def _judge(name: str, given: Any) -> None:
    expected = type(NOTIFICATIONS[name])
    if expected is dict:
        if not isinstance(given, dict):
            fields.refuse(f"{name} must be a dictionary mapping project IDs to boolean values")
        for disabled in given.values():
            if not isinstance(disabled, bool):
                fields.refuse(f"Project notification setting values must be boolean, got {type(disabled)} instead")
    elif not isinstance(given, expected):
        fields.refuse(f"{given} is not a valid type for notification settings, should be {expected}")
