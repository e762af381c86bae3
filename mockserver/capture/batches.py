"""Batches in the form of 2026: each event judged by itself, and told what became of it.

What is wrong with one event costs that event; what is wrong with the batch costs the batch. Source: version 1 of the
capture service's endpoint for analytics.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

import orjson

from mockserver.capture.decoding import UUID as UUID_FORM
from mockserver.capture.normalizing import FURTHEST_AHEAD, LONE_SURROGATE, Event, adjusted, normalize, refuse_large
from mockserver.capture.refusals import CaptureError
from mockserver.capture.repeating import repeats, with_repeated
from mockserver.world import entropy

LONGEST_NAME_BYTES = LONGEST_DISTINCT_ID_BYTES = LONGEST_SDK_INFO = 200
PERSONLESS = "person_processing_disabled"
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")
ILLEGAL_DISTINCT_IDS = frozenset({
    "0", "00000000-0000-0000-0000-000000000000", "[object object]", "anonymous", "anonymous-user", "backend",
    "distinct_id", "distinctid", "email", "false", "guest", "id", "nan", "none", "not_authenticated", "null", "system",
    "true", "undefined", "user",
})  # fmt: skip


class BatchError(Exception):
    """A batch that is refused whole: the service's name for the reason, and its words."""

    def __init__(self, tag: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.tag = tag
        self.description = description
        self.status = status


class _Dropped(Exception):
    """An event that is not taken, with the name of the reason."""


@dataclass(frozen=True)
class Sending:
    """What the request says beside its batch: by the client's clock and by ours when, by which SDK, from where."""

    now: datetime
    sent_at: datetime
    sdk_info: str = ""
    ip: str | None = None

    @property
    def library(self) -> tuple[str, str] | None:
        """The SDK's name and version, unless they cannot be told apart."""
        name, _, version = self.sdk_info.rpartition("/")
        is_told = len(self.sdk_info) <= LONGEST_SDK_INFO and name.strip() and version.strip()
        return (name.strip(), version.strip()) if is_told else None


@dataclass(frozen=True)
class Verdict:
    """What becomes of one event: it is kept, or dropped for a reason."""

    uuid: str
    event: Event | None
    details: str | None = None

    def told(self) -> dict[str, str]:
        """Return it as the client is told."""
        result = {"result": "drop" if self.event is None else "ok"}
        return {**result, "details": self.details} if self.details else result


def read_moment(text: str) -> datetime | None:
    """Return the time that RFC 3339 text names, and nothing for any other form."""
    try:
        return entropy.read_timestamp(text.upper()) if RFC_3339.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None


def read_batch(text: bytes, sending: Sending) -> list[Verdict]:
    """Return what becomes of each event of a batch, in its order. Raises: BatchError."""
    body = with_repeated(_read_json(text), text, [*OF_BATCH, *OF_EVENT])
    _check_types(body, OF_BATCH)
    for event in body["batch"]:
        _check_types(event, OF_EVENT)
    if not body["batch"]:
        raise BatchError("empty_batch", "request batch is empty")
    if read_moment(body["created_at"]) is None:
        raise BatchError("invalid_batch", f"invalid batch: created_at is not valid RFC 3339: {body['created_at']}")
    uuids = _uuids(body["batch"])
    return [_judged(event, uuid, body, sending) for event, uuid in zip(body["batch"], uuids, strict=True)]


def _read_json(text: bytes) -> Any:
    """Return the value that a text spells; half a surrogate pair is read, as properties are not looked into."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        _refuse()


def _refuse(constant: str = "") -> NoReturn:
    raise BatchError("request_parsing_error", "Failed to parse request body.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not LONE_SURROGATE.search(value)


def _is_text_or_null(value: Any) -> bool:
    return value is None or _is_text(value)


Types = Mapping[str, tuple[bool, Callable[[Any], bool]]]
OF_BATCH: Types = {
    "created_at": (True, _is_text),
    "batch": (True, lambda value: isinstance(value, list)),
    "historical_migration": (False, lambda value: isinstance(value, bool)),
    "capture_internal": (False, lambda value: value is None or isinstance(value, bool)),
}
OF_EVENT: Types = {
    **dict.fromkeys(("event", "uuid", "distinct_id", "timestamp"), (True, _is_text)),
    **dict.fromkeys(("session_id", "window_id"), (False, _is_text_or_null)),
}
"""Fields with whether they must be there, and what they may be."""


def _check_types(value: Any, types: Types) -> None:
    if not isinstance(value, dict) or repeats(value, types):
        _refuse()
    for name, (is_required, is_right) in types.items():
        if (name in value or is_required) and not (name in value and is_right(value[name])):
            _refuse()


def _uuids(events: list[dict[str, Any]]) -> list[str]:
    """Return the UUIDs of events, in their usual form. Raises: BatchError for one that is none, or given twice."""
    found: dict[str, None] = {}
    for event in events:
        text = event["uuid"].strip()
        if not text:
            raise BatchError("missing_event_uuid", "event submitted without a uuid")
        if not UUID_FORM.fullmatch(text):
            raise BatchError("invalid_event_uuid", f"event submitted with an invalid uuid: {text}")
        uuid = str(UUID(text))
        if uuid in found:
            raise BatchError("duplicate_event_uuid", f"duplicate event uuid: {text}")
        found[uuid] = None
    return list(found)


def _judged(given: dict[str, Any], uuid: str, body: Mapping[str, Any], sending: Sending) -> Verdict:
    try:
        moment = _checked(given)
        options = _options(given.get("options"))
        refuse_large(given)
    except _Dropped as dropped:
        return Verdict(uuid, None, str(dropped))
    except CaptureError:
        return Verdict(uuid, None, "event_too_big")
    distinct_id = given["distinct_id"].strip()
    properties = {**given.get("properties", {}), **_injected(given, options, sending)}
    event = normalize(
        {"event": given["event"], "uuid": uuid, "distinct_id": distinct_id, "properties": properties}, sending.now,
        ip="127.0.0.1" if body.get("capture_internal") else sending.ip,
    )  # fmt: skip
    if not (options.get("disable_skew_correction") or body.get("historical_migration")):
        moment = adjusted(moment, sending.now, sending.sent_at)
        moment = sending.now if moment - sending.now > FURTHEST_AHEAD else moment
    event["timestamp"] = entropy.timestamp(moment)
    is_illegal = distinct_id.lower() in ILLEGAL_DISTINCT_IDS
    event["is_personless"] = is_illegal
    return Verdict(uuid, event, PERSONLESS if is_illegal else None)


def _checked(event: Mapping[str, Any]) -> datetime:
    """Return when an event happened, by its own telling. Raises: _Dropped."""
    name, distinct_id = event["event"], event["distinct_id"].strip()
    moment = read_moment(event["timestamp"])
    problem = (
        "dropped_performance_event" if name == "$performance_event"
        else "missing_event_name" if not name
        else "event_name_too_long" if len(name.encode()) > LONGEST_NAME_BYTES
        else "missing_distinct_id" if not distinct_id
        else "distinct_id_too_large" if len(distinct_id.encode()) > LONGEST_DISTINCT_ID_BYTES
        else "invalid_event_timestamp" if moment is None
        else "malformed_event_properties" if not isinstance(event.get("properties", {}), dict)
        else None
    )  # fmt: skip
    if problem or moment is None:
        raise _Dropped(problem)
    return moment


def _as_flag(value: Any) -> bool | None:
    """Return the flag that a value stands for: any number, and text that spells one."""
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, (bool, int, float)) else None


def _as_text(value: Any) -> str | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or is_number else None


OPTIONS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "cookieless_mode": ("$cookieless_mode", _as_flag),
    "disable_skew_correction": ("$ignore_sent_at", _as_flag),
    "product_tour_id": ("$product_tour_id", _as_text),
    "process_person_profile": ("$process_person_profile", _as_flag),
}
"""The options of an event, each with the property that it becomes."""


def _options(given: Any) -> dict[str, Any]:
    """Return the options that an event gives. Raises: _Dropped for one that cannot be read."""
    if given is not None and not isinstance(given, dict):
        raise _Dropped("invalid_options")
    told = {name: read(given[name]) for name, (_, read) in OPTIONS.items() if given and given.get(name) is not None}
    if any(value is None for value in told.values()):
        raise _Dropped("invalid_options")
    return told


def _injected(event: Mapping[str, Any], options: Mapping[str, Any], sending: Sending) -> dict[str, Any]:
    """Return the properties that an event has by its other fields, by its options and by the SDK that sent it."""
    told = {"$session_id": event.get("session_id"), "$window_id": event.get("window_id")}
    told |= {OPTIONS[name][0]: value for name, value in options.items()}
    if sending.library:
        told |= dict(zip(("$lib", "$lib_version"), sending.library, strict=True))
    return {name: value for name, value in told.items() if value is not None}
