"""One event of a language model in parts: the event, its properties, and what is too large to stand among them.

Large values travel as they are, each named by the property that it is. The service puts them into a store of objects
and leaves their place in the property; here they are judged, named and not kept. Source: the capture service of late
2025.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, NamedTuple
from uuid import UUID

from mockserver.capture.decoding import UUID as UUID_FORM
from mockserver.capture.refusals import CaptureError, too_big, undecodable, unparsable
from mockserver.capture.syntax import read_strictly

FORM = "multipart/form-data"
EVENT, PROPERTIES, BLOB = "event", "event.properties", "event.properties."
MOST_EVENT_BYTES = 32 * 1024
MOST_EVENT_AND_PROPERTIES_BYTES = 960 * 1024
MOST_BYTES = 25 * 1024 * 1024
NAMES = ("$ai_generation", "$ai_trace", "$ai_span", "$ai_embedding", "$ai_metric", "$ai_feedback")
BLOB_TYPES = ("application/octet-stream", "application/json", "text/plain")
BUCKET = "s3://capture/llma"
UNBOUNDED, UNFINISHED = "multipart boundary not found in Content-Type", "incomplete multipart stream"


@dataclass(frozen=True)
class Part:
    """A part as it was sent."""

    name: str
    data: bytes
    content_type: str | None
    content_encoding: str | None

    def told(self) -> dict[str, Any]:
        """Return it as the answer tells of it."""
        return {
            "name": self.name, "length": len(self.data), "content-type": self.content_type,
            "content-encoding": self.content_encoding,
        }  # fmt: skip


class InParts(NamedTuple):
    """An event that came in parts, and these as they are told."""

    event: dict[str, Any]
    accepted: list[dict[str, Any]]


def boundary_of(content_type: str) -> str:
    """Return what stands between the parts of a form. Raises: CaptureError where it is none, or does not tell."""
    if not content_type.startswith(FORM):
        raise undecodable("Content-Type must be multipart/form-data")
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise undecodable(f"Invalid boundary in Content-Type: {UNBOUNDED}")
    return boundary


def read_event(body: bytes, boundary: str, token: str) -> InParts:
    """Return the event that a body's parts make. Raises: CaptureError."""
    parts = _split(body, boundary)
    first = next(parts, None)
    if first is None:
        raise unparsable("Missing required 'event' part in multipart data")
    if first.name != EVENT:
        raise unparsable(f"First part must be 'event', got '{first.name}'")
    if len(first.data) > MOST_EVENT_BYTES:
        raise too_big(
            f"Event part size ({len(first.data)} bytes) exceeds maximum allowed size ({MOST_EVENT_BYTES} bytes)"
        )
    event = _json(first, "Event part")
    _named(event)
    told: Any = None
    taken, blobs = [first], dict[str, Part]()
    for part in parts:
        taken.append(part)
        if part.name == EVENT:
            raise unparsable("Duplicate 'event' part found")
        if part.name == PROPERTIES:
            told = _json(part, "Properties part")
        elif part.name.startswith(BLOB):
            _check_blob(part, blobs)
            blobs[part.name] = part
        else:
            raise unparsable(
                f"Unknown multipart field: '{part.name}'. "
                "Expected 'event', 'event.properties', or 'event.properties.<property_name>'"
            )
    _check_sizes(taken)
    has_both = told is not None and event.get("properties") is not None
    if has_both:
        raise unparsable("Event cannot have both embedded properties and a separate 'event.properties' part")
    whole = {**event, "properties": event.get("properties", {}) if told is None else told}
    _check(whole)
    place = 0
    for name, blob in blobs.items():
        end = place + len(blob.data) - 1
        whole["properties"][name.removeprefix(BLOB)] = f"{BUCKET}/{token}/{UUID(whole['uuid'])}?range={place}-{end}"
        place = end + 1
    return InParts(whole, [part.told() for part in taken])


def _split(body: bytes, boundary: str) -> Iterator[Part]:
    """Yield the parts of a form. Raises: CaptureError for one that does not end."""
    mark = b"--" + boundary.encode()
    place = body.find(mark)
    if place < 0:
        raise undecodable(f"Multipart parsing failed: {UNFINISHED}")
    place += len(mark)
    while not body.startswith(b"--", place):
        start = body.find(b"\r\n\r\n", place)
        end = body.find(b"\r\n" + mark, place)
        if start < 0 or end < 0:
            raise undecodable(f"Multipart parsing failed: {UNFINISHED}")
        headers = _headers(body[place:start])
        yield Part(
            _name(headers.get("content-disposition", "")), body[start + 4 : max(end, start + 4)],
            headers.get("content-type"), headers.get("content-encoding"),
        )  # fmt: skip
        place = end + 2 + len(mark)


def _headers(raw: bytes) -> dict[str, str]:
    lines = raw.decode("utf-8", "replace").strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _name(disposition: str) -> str:
    found = re.search(r'(?:^|[;\s])name="([^"]*)"', disposition) or re.search(r"(?:^|[;\s])name=([^;\s]+)", disposition)
    return found[1] if found else "unknown"


def _json(part: Part, what: str) -> Any:
    try:
        part.data.decode("utf-8")
    except UnicodeDecodeError:
        raise unparsable(f"{what} must be valid UTF-8") from None
    try:
        return read_strictly(part.data)
    except CaptureError:
        raise unparsable(f"{what} must be valid JSON") from None


def _named(event: Any) -> None:
    if not isinstance(event, dict):
        raise unparsable("Event must be a JSON object")
    for name in ("event", "distinct_id"):
        if not isinstance(event.get(name), str):
            raise unparsable(f"Event missing '{name}' field")


def _check_blob(part: Part, known: Mapping[str, Part]) -> None:
    """Refuse a large value that is not one of a property, has no type, or is nothing. Raises: CaptureError."""
    if "." in part.name.removeprefix(BLOB):
        raise unparsable(
            f"Blob property '{part.name}' contains nested properties (dots). Only top-level properties are allowed."
        )
    if part.name in known:
        raise unparsable(f"Duplicate blob property: {part.name}")
    if part.content_type is None:
        raise unparsable(f"Missing required Content-Type header for blob part '{part.name}'")
    kind = part.content_type.lower()
    if kind not in BLOB_TYPES and not kind.startswith("text/plain;"):
        raise unparsable(
            f"Unsupported content type for blob part '{part.name}': '{part.content_type}'. "
            f"Supported types: {', '.join(BLOB_TYPES)}"
        )
    if not part.data:
        raise unparsable(f"Blob part '{part.name}' cannot be empty (0 bytes)")


def _check_sizes(parts: list[Part]) -> None:
    told = sum(len(part.data) for part in parts if part.name in (EVENT, PROPERTIES))
    if told > MOST_EVENT_AND_PROPERTIES_BYTES:
        raise too_big(
            f"Combined event and properties size ({told} bytes) exceeds maximum allowed size "
            f"({MOST_EVENT_AND_PROPERTIES_BYTES} bytes)"
        )
    whole = sum(len(part.data) for part in parts)
    if whole > MOST_BYTES:
        raise too_big(f"Sum of all parts ({whole} bytes) exceeds maximum allowed size ({MOST_BYTES} bytes)")


def _check(event: Mapping[str, Any]) -> None:
    """Refuse what is no event of a language model. Raises: CaptureError."""
    name, properties, uuid = event["event"], event["properties"], event.get("uuid")
    if not name:
        raise unparsable("Event name cannot be empty")
    if name not in NAMES:
        raise unparsable(f"Event name must be one of: {', '.join(NAMES)}, got '{name}'")
    if not event["distinct_id"]:
        raise unparsable("distinct_id cannot be empty")
    if not isinstance(properties, dict):
        raise unparsable("Event missing 'properties' field")
    if "$ai_model" not in properties:
        raise unparsable("Event properties must contain '$ai_model'")
    model = properties["$ai_model"]
    if not isinstance(model, str):
        raise unparsable("$ai_model must be a string")
    if not model:
        raise unparsable("$ai_model cannot be empty")
    if not isinstance(uuid, str):
        raise unparsable("Event UUID is required")
    if not UUID_FORM.fullmatch(uuid):
        raise unparsable("Invalid UUID format: it is none")
