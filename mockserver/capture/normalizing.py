"""Events as PostHog keeps them, made of what an SDK sent: who, when, and what it tells of the person.

Source: PostHog's capture and ingestion services; `sent_at` corrects a client's wrong clock.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from mockserver.capture.decoding import CaptureError
from mockserver.validation.fields import Timestamp
from mockserver.world import entropy

Event = dict[str, Any]

LONGEST_EVENT_NAME = 200
LONGEST_DISTINCT_ID = 200
FURTHEST_AHEAD = timedelta(hours=23)
LARGEST_NUMBER = sys.float_info.max
LONE_SURROGATE = re.compile("[\ud800-\udfff]")

# Properties of an event that describe its person too: kept as the latest, and once as `$initial_…`.
OF_THE_PERSON = (
    "$app_build", "$app_name", "$app_namespace", "$app_version", "$browser", "$browser_version", "$device_type",
    "$current_url", "$pathname", "$os", "$os_name", "$os_version", "$referring_domain", "$referrer", "$screen_height",
    "$screen_width", "$viewport_height", "$viewport_width", "$raw_user_agent", "utm_source", "utm_medium",
    "utm_campaign", "utm_content", "utm_name", "utm_term", "gclid", "gad_source", "gclsrc", "dclid", "gbraid",
    "wbraid", "fbclid", "msclkid", "twclid", "li_fat_id", "mc_cid", "igshid", "ttclid", "rdt_cid", "irclid", "_kx",
    "epik", "qclid", "sccid",
)  # fmt: skip
INITIAL = {name: f"$initial_{name.replace('$', '', 1)}" for name in OF_THE_PERSON}


def normalize(
    given: Mapping[str, Any], now: datetime, *, sent_at: datetime | None = None, ip: str | None = None,
    default_event: str = "",
) -> Event:  # fmt: skip
    """Return one event as it is kept.

    Raises: CaptureError for an event without a name or a distinct id, or of which a part has a wrong type.
    """
    name = given.get("event") or default_event
    if not isinstance(name, str) or not name:
        raise CaptureError("event submitted with an empty event name")
    properties = _properties(given)
    event: Event = {
        "event": clean(name)[:LONGEST_EVENT_NAME],
        "distinct_id": _distinct_id(given, properties),
        "timestamp": entropy.timestamp(_moment(given, properties, now, sent_at)),
        "properties": properties,
    }
    uuid = given.get("uuid")
    if uuid:
        event["uuid"] = read_uuid(uuid)
    for operation in ("$set", "$set_once"):
        if isinstance(given.get(operation), Mapping):
            properties[operation] = {**_object(properties.get(operation)), **clean(given[operation])}
    if ip and "$ip" not in properties:
        properties["$ip"] = ip
    if name != "$snapshot":
        describe_person(properties)
    return event


def describe_person(properties: dict[str, Any]) -> None:
    """Let what an event says of browser, system and campaign be said of its person: as it is now, and as it was."""
    latest = {name: properties[name] for name in OF_THE_PERSON if name in properties}
    if not latest:
        return
    first = {INITIAL[name]: value for name, value in latest.items()}
    if "$os_name" in latest:  # some SDKs call the system so
        os_name = latest.pop("$os_name")
        first.pop("$initial_os_name")
        properties.setdefault("$os", os_name)
        latest.setdefault("$os", os_name)
        first.setdefault("$initial_os", os_name)
    properties["$set"] = {**latest, **_object(properties.get("$set"))}
    properties["$set_once"] = {**first, **_object(properties.get("$set_once"))}


def read_uuid(value: Any) -> str:
    """Return a UUID in its usual form. Raises: CaptureError."""
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise CaptureError("failed to parse request: UUID parsing failed") from None


def read_moment(value: Any) -> datetime | None:
    """Return the time that text, or milliseconds since 1970, name; nothing for anything else."""
    if isinstance(value, str):
        try:
            return entropy.read_timestamp(value)
        except ValueError:
            return Timestamp.read(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return None


def clean(value: Any) -> Any:
    """Return a value that can be stored: NULs and lone surrogates replaced, numbers past all bounds made null."""
    if isinstance(value, str):
        if "\x00" not in value and (value.isascii() or not LONE_SURROGATE.search(value)):
            return value
        return LONE_SURROGATE.sub("\ufffd", value.replace("\x00", "\ufffd"))
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, (int, float)) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:  # nor is NaN
        return None
    return value


def _properties(given: Mapping[str, Any]) -> dict[str, Any]:
    properties = given.get("properties")
    if properties is None:
        return {}
    if not isinstance(properties, dict):
        raise CaptureError("failed to parse request: invalid type: expected a map")
    cleaned: dict[str, Any] = clean(properties)
    return cleaned


def _distinct_id(given: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    candidates = (given.get("distinct_id"), given.get("$distinct_id"), properties.get("distinct_id"))
    found = next((value for value in candidates if value is not None), None)
    if found is None or found == "":
        raise CaptureError("event submitted without a distinct_id")
    text = found if isinstance(found, str) else json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    return str(clean(text))[:LONGEST_DISTINCT_ID]


def _moment(
    given: Mapping[str, Any], properties: Mapping[str, Any], now: datetime, sent_at: datetime | None
) -> datetime:
    """Return when an event happened, by this world's clock.

    A client tells its own time twice, for the event and for the sending: what lies between is believed, the rest is
    the difference of the clocks. Without a time `offset` counts milliseconds back from now. What lies in the future is
    now.
    """
    stated = read_moment(given.get("timestamp"))
    if stated is not None:
        corrects = sent_at is not None and properties.get("$ignore_sent_at") is not True
        moment = _plus(now, stated - sent_at) if corrects and sent_at is not None else stated
    else:
        offset = given.get("offset")
        is_number = isinstance(offset, (int, float)) and not isinstance(offset, bool)
        moment = _plus(now, -_milliseconds(offset)) if is_number else now
    return now if moment - now > FURTHEST_AHEAD else moment


def _milliseconds(number: Any) -> timedelta:
    try:
        return timedelta(milliseconds=number)
    except (OverflowError, ValueError):
        return timedelta(0)


def _plus(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
