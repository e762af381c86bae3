"""The journal: every request that a world saw, and what it answered.

An entry is made of what is at hand when a request ends, at the cost of a few microseconds; it is read, redacted and
spelled out only when somebody asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson

from mockserver.errors import ParseError
from mockserver.request.parsing import read_json
from mockserver.world import entropy

REDACTED = "[redacted]"
SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})
SECRET_FIELDS = frozenset({
    "access_token", "api_key", "api_token", "live_events_token", "password", "personal_api_key", "refresh_token",
    "secret", "secret_api_token", "secret_api_token_backup", "token",
})  # fmt: skip
TOKEN = re.compile(r"\b(ph[acrsx])_[A-Za-z0-9_-]+")
MOST_KEPT_BYTES = 1024 * 1024

Body = bytes | Mapping[str, Any]


class Entry(NamedTuple):
    """One request and its answer. `status` is None when the connection was dropped instead.

    `planned` is the fault or the stub that had a hand in it, or `Prefer`, the header of a request that wished for it.
    """

    clocks: entropy.Reading
    operation: str | None
    method: str
    path: str
    query_string: str
    variables: dict[str, str]
    raw: Body
    status: int | None
    answer: bytes
    duration_ms: float
    planned: str | None = None

    @property
    def at(self) -> datetime:
        """The world's time when it was answered."""
        return entropy.moment_of(self.clocks)

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers, by name."""
        return spell_headers(self.variables)

    @property
    def query(self) -> dict[str, str | list[str]]:
        """The query's parameters; those given more than once are lists."""
        return read_query(self.query_string)

    @property
    def body(self) -> Any:
        """What the request carried: parsed JSON or form fields, else text; None for nothing."""
        return read_value(self.raw)

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return len(self.raw) + len(self.answer) + 1000


class Redacted:
    """An entry without its secrets, for those who quote from it."""

    def __init__(self, entry: Entry) -> None:
        self.operation = entry.operation
        self.method = entry.method
        self.path: str = redact(entry.path)
        self.query: Mapping[str, Any] = redact(entry.query)
        self.headers: Mapping[str, str] = redact_headers(entry.headers)
        self.body: Any = redact(entry.body)
        self.status = entry.status


def read_query(text: str) -> dict[str, str | list[str]]:
    """Return the parameters of a query string; those given more than once are lists."""
    if not text:
        return {}
    found = parse_qs(text, keep_blank_values=True, errors="replace")
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def read_value(raw: Body) -> Any:
    """Return what a body holds: parsed JSON, form fields, or text; compressed bodies are unpacked first."""
    if not raw:
        return None
    if isinstance(raw, Mapping):
        return dict(raw)
    from mockserver.capture.encodings import beginning  # late: the journal is written long before it is read

    raw = beginning(raw, MOST_KEPT_BYTES)
    try:
        return read_json(raw)
    except ParseError:
        return raw.decode("utf-8", "replace")


def show(number: int, entry: Entry) -> dict[str, Any]:
    """Return an entry as the control plane shows it, without secrets."""
    headers, body = redact_headers(entry.headers), redact(entry.body)
    return _spelled(number, entry, {"headers": headers, "body": body}, {"response": redact(read_value(entry.answer))})


def show_line(number: int, entry: Entry) -> dict[str, Any]:
    """Return an entry in a line: without headers and bodies, but with what a refusal said."""
    return _spelled(number, entry, {}, {"detail": refusal_of(entry)})


def _spelled(number: int, entry: Entry, sent: Mapping[str, Any], answered: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry in the order in which it is shown, with as much of what was sent and answered as is given."""
    return {
        "id": number,
        "at": entropy.timestamp(entry.at),
        "operation": entry.operation,
        "method": entry.method,
        "path": redact(entry.path),
        "query": redact(entry.query),
        **sent,
        "status": entry.status,
        **answered,
        "duration_ms": round(entry.duration_ms, 3),
        "planned": entry.planned,
    }


def refusal_of(entry: Entry) -> str | None:
    """Return what a refusal said, in whichever of PostHog's envelopes; None where nothing was refused or said."""
    if entry.status is None or entry.status < 400:
        return None
    answer = read_value(entry.answer)
    words = (answer.get(name) for name in ("detail", "error", "message")) if isinstance(answer, Mapping) else (answer,)
    text = next((word for word in words if isinstance(word, str) and word), None)
    return None if text is None else redact(text[:300])


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with those blotted out that carry credentials."""
    return {name: REDACTED if name.lower() in SECRET_HEADERS else redact(value) for name, value in headers.items()}


def redact(value: Any) -> Any:
    """Return a value with every key, token and password blotted out; which kind of key it was can still be seen."""
    if isinstance(value, str):
        return TOKEN.sub(rf"\1_{REDACTED}", value)
    if isinstance(value, Mapping):
        return {
            name: REDACTED if str(name).lower() in SECRET_FIELDS and isinstance(content, str) and content
            else redact(content)
            for name, content in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [redact(item) for item in value]
    return value


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a request, as WSGI names them.

    A server may put the process's environment beside them, where `HTTP_PROXY` is no header.
    """
    return {
        name: value
        for name, value in environ.items()
        if (name[:5] == "HTTP_" and name != "HTTP_PROXY") or (name == "CONTENT_TYPE" and value)
    }


def spell_headers(variables: Mapping[str, str]) -> dict[str, str]:
    """Return headers by the names that clients write, from those that WSGI gives them."""
    return {name.removeprefix("HTTP_").replace("_", "-").title(): value for name, value in sorted(variables.items())}


def to_text(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return shown entries as lines to read: what was asked, what was answered."""
    lines = []
    for entry in entries:
        query = "&".join(f"{name}={value}" for name, value in entry["query"].items())
        address = f"{entry['path']}?{query}" if query else entry["path"]
        status = entry["status"] or "dropped"
        lines.append(f"{status} {entry['method']} {address}  ({entry['operation'] or 'no operation'})")
        if entry["body"] is not None:
            lines.append(f"    body: {_short(entry['body'])}")
        if not isinstance(entry["status"], int) or entry["status"] >= 400:
            lines.append(f"    answer: {_short(entry['response'])}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= 300 else text[:297] + "…"
