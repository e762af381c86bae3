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
})  # fmt: skip
HIDDEN = "[redacted]"


class Redactor:
    """Takes secrets out of text and of JSON, the ones it was given and those that look like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = BEARER.sub(rf"\1{HIDDEN}", text)
        text = KEYS.sub(HIDDEN, text)
        text = COOKIE.sub(rf"\1{HIDDEN}", text)
        return EMAIL.sub("someone@example.com", text)

    def value(self, value: Any, name: str = "") -> Any:
        """Return JSON without secrets, of the same shape."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item, str(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, name) for item in value]
        if isinstance(value, str):
            return HIDDEN if value and name.lower() in SECRET_NAMES else self.text(value)
        return value
