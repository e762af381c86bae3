"""Events as PostHog keeps them, made of what an SDK sent: who, when, and what it tells of the person.

Source: PostHog's capture and ingestion services; `sent_at` corrects a client's wrong clock.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import orjson

from mockserver.capture.refusals import CaptureError, too_big
from mockserver.validation.fields import Timestamp
from mockserver.world import entropy

Event = dict[str, Any]

LONGEST_EVENT_NAME = 200
LONGEST_DISTINCT_ID = 200
FURTHEST_AHEAD = timedelta(hours=23)
LARGEST_NUMBER = sys.float_info.max
MOST_BYTES_OF_EVENT = 1_000_000
OWN_IP = "127.0.0.1"
UNIX_UNITS = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}  # of a second, by how many digits a time has
SLASHES = re.compile(r"(?:(?P<year>\d{4})/)?(?P<month>\d{1,2})/(?P<day>\d{1,2})(?:/(?P<last>\d{4}))?(?P<rest>.*)")
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
    takes_blank_ids: bool = False,
) -> Event:  # fmt: skip
    """Return one event as it is kept; `takes_blank_ids` is whether white space may be a distinct id, as it once might.

    Raises: CaptureError for an event without a name or a distinct id, or of which a part has a wrong value.
    """
    name = given["event"]
    if not name:
        raise CaptureError("event submitted with an empty event name")
    properties: dict[str, Any] = clean(given.get("properties") or {})
    event: Event = {
        "event": clean(name)[:LONGEST_EVENT_NAME],
        "distinct_id": _distinct_id(given, properties, takes_blank=takes_blank_ids),
        "timestamp": entropy.timestamp(_moment(given, properties, now, sent_at)),
        "properties": properties,
    }
    if not isinstance(properties.get("$cookieless_mode", False), bool):
        raise CaptureError("event submitted with invalid cookieless mode")
    if given.get("uuid"):
        event["uuid"] = str(UUID(given["uuid"]))
    for operation in ("$set", "$set_once"):
        if given.get(operation):
            properties[operation] = {**_object(properties.get(operation)), **clean(given[operation])}
    if ip and "$ip" not in properties:
        properties["$ip"] = OWN_IP if "capture_internal" in properties else ip
    if name != "$snapshot":
        describe_person(properties)
    return event


def refuse_large(given: Mapping[str, Any]) -> None:
    """Refuse an event that is larger than a message between PostHog's services may be. Raises: CaptureError."""
    if len(_as_json(_as_json(given).decode(errors="surrogatepass"))) > MOST_BYTES_OF_EVENT:
        raise too_big("Event rejected by kafka broker during send")


def _as_json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # half a surrogate pair, or a number of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")


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


def read_moment(text: str | None) -> datetime | None:
    """Return the time that a client wrote, in any form that the service reads; nothing for anything else.

    Beside ISO 8601 these are the e-mail form, dates with slashes, and Unix time, its unit told by its digits.
    """
    if text is None:
        return None
    try:
        if text.isascii() and text.isdecimal() and len(text) in UNIX_UNITS:
            return datetime.fromtimestamp(int(text) / UNIX_UNITS[len(text)], UTC)
        return entropy.read_timestamp(text)
    except (ValueError, OverflowError, OSError):
        return Timestamp.read(text) or _with_slashes(text) or _as_in_mails(text)


def _with_slashes(text: str) -> datetime | None:
    found = SLASHES.fullmatch(text.strip())
    year = (found["year"] or found["last"]) if found else None
    return Timestamp.read(f"{year}-{found['month']}-{found['day']}{found['rest']}") if found and year else None


def _as_in_mails(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
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


def _distinct_id(given: Mapping[str, Any], properties: Mapping[str, Any], *, takes_blank: bool) -> str:
    candidates = (given.get("distinct_id"), given.get("$distinct_id"), properties.get("distinct_id"))
    found = next((value for value in candidates if value is not None), None)
    text = (
        found if isinstance(found, str)
        else "" if found is None
        else orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()
    )  # fmt: skip
    if not (text if takes_blank else text.strip()):
        raise CaptureError("event submitted without a distinct_id")
    return str(clean(text))[:LONGEST_DISTINCT_ID]


def _moment(
    given: Mapping[str, Any], properties: Mapping[str, Any], now: datetime, sent_at: datetime | None
) -> datetime:
    """Return when an event happened, by this world's clock.

    A client tells its own time twice, for the event and for the sending: what lies between is believed, the rest is
    the difference of the clocks. An `offset` counts milliseconds back from now, whatever else is told. What lies in the
    future is now.
    """
    offset = given.get("offset")
    if offset is not None:
        moment = _plus(now, -_milliseconds(offset))
    else:
        told = read_moment(given.get("timestamp"))
        moment = told or now
        if told is not None and sent_at is not None and properties.get("$ignore_sent_at") is not True:
            moment = adjusted(told, now, sent_at)
    return now if moment - now > FURTHEST_AHEAD else moment


def adjusted(moment: datetime, now: datetime, sent_at: datetime) -> datetime:
    """Return a client's time by this world's clock, given when by its own clock the client sent it."""
    return _plus(now, moment - sent_at)


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
