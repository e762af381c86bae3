"""Keys, tokens and personal data taken out of everything that is written down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

KEYS = re.compile(r"\bph[a-z]_[A-Za-z0-9_]{6,}")
BEARER = re.compile(r"(?i)(bearer\s+)[^\s'\"]+")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
COOKIE = re.compile(r"(?i)((?:sessionid|csrftoken|posthog_csrftoken)=)[^;\s'\"]+")
SECRET_NAMES = frozenset({
    "api_token", "secret_api_token", "secret_api_token_backup", "live_events_token", "personal_api_key", "token",
    "api_key", "authorization", "cookie", "set-cookie", "value", "mask_value", "first_name", "last_name", "distinct_id",
    "widget_public_token", "slack_incoming_webhook", "conversations_public_token", "ip", "$ip",
    "distinct_ids",
})  # fmt: skip
PERSONAL = frozenset({"name", "distinct_id", "distinct_ids", "properties", "person_properties"})
"""What is hidden of a person, and of an event."""
HIDDEN = "[redacted]"
SOMEWHERE = "https://posthog.example"


class Redactor:
    """Takes secrets out of text and of JSON, the ones it was given and those that look like one.

    An address, where one is given, is taken out as well.
    """

    def __init__(self, secrets: Iterable[str] = (), *, address: str = "") -> None:
        self._address = address
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        if self._address:
            text = text.replace(self._address, SOMEWHERE)
        text = BEARER.sub(rf"\1{HIDDEN}", text)
        text = KEYS.sub(HIDDEN, text)
        text = COOKIE.sub(rf"\1{HIDDEN}", text)
        return EMAIL.sub("someone@example.com", text)

    def value(self, value: Any, name: str = "") -> Any:
        """Return JSON without secrets and personal data, of the same shape."""
        if isinstance(value, Mapping):
            private = PERSONAL if _is_person(value) else frozenset()
            return {
                self.text(str(key)): hidden(item) if key in private else self.value(item, str(key))
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.value(item, name) for item in value]
        if isinstance(value, str):
            return HIDDEN if value and name.lower() in SECRET_NAMES else self.text(value)
        return value


def hidden(value: Any) -> Any:
    """Return JSON of the same shape that says nothing: of a person's properties even a number may tell who it is."""
    if isinstance(value, Mapping):
        return {key: hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hidden(item) for item in value]
    if isinstance(value, str):
        return HIDDEN if value else value
    return value if value is None or isinstance(value, bool) else 0


def _is_person(value: Mapping[str, Any]) -> bool:
    """Return whether an object is a person, or an event of one."""
    return "distinct_ids" in value or ("distinct_id" in value and "properties" in value)
