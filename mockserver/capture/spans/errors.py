"""How a span failed: by its status, by the last exception that happened in it, and with which status of HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockserver.capture.spans.wire import Happening, Span

FAILED = 2
STATUSES = (
    "$ai_http_status", "http.response.status_code", "http.status_code", "http.status", "status_code",
    "error.status_code", "exception.status_code",
)  # fmt: skip
MESSAGES = ("exception.message", "error.message")
THREE_DIGITS = re.compile(r"(?<![0-9])[0-9]{3}(?![0-9])")
LOOKED_AT = 40
UNSPECIFIED = "OpenTelemetry span status error"


def error_properties(span: Span, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a span that failed; what it tells by itself is kept."""
    if span.status != FAILED:
        return {}
    last = next((one for one in reversed(span.happenings) if _is_exception(one)), None)
    told: dict[str, Any] = {"$ai_is_error": True}
    if "$ai_error" not in properties:
        told["$ai_error"] = (last and _message(last)) or span.message or UNSPECIFIED
    if "$ai_http_status" not in properties:
        of_last = last.attributes if last else {}
        found = _status_in(of_last) or _status_of_messages(of_last) or _status_in(properties) or _in_text(span.message)
        told["$ai_http_status"] = found or 500
    return told


def _is_exception(happening: Happening) -> bool:
    about = happening.attributes
    return happening.name == "exception" or "exception.message" in about or "exception.type" in about


def _message(happening: Happening) -> str | None:
    parts = [happening.attributes.get(name) for name in ("exception.type", "exception.message")]
    return ": ".join(part for part in parts if isinstance(part, str) and part) or None


def _status_in(attributes: Mapping[str, Any]) -> int | None:
    return next((status for key in STATUSES if (status := _status(attributes.get(key)))), None)


def _status(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 100 <= value <= 599 else None


def _status_of_messages(attributes: Mapping[str, Any]) -> int | None:
    texts = (attributes.get(name) for name in MESSAGES)
    return next((status for text in texts if isinstance(text, str) and (status := _in_text(text))), None)


def _in_text(text: str) -> int | None:
    """Return the status that a text names, near `http` or `status`."""
    for marker in ("http", "status"):
        for found in re.finditer(marker, text, re.IGNORECASE):
            window = text[found.end() : found.end() + LOOKED_AT]
            status = next((int(digits) for digits in THREE_DIGITS.findall(window) if 100 <= int(digits) <= 599), None)
            if status:
                return status
    return None
