"""What a capture request carries, read as the service's types read it: one event, a list of them, or a batch.

A field of another type, one of a type that nothing fits, or a field under two of its names makes a body one of no known
form, and the whole of it is refused. Source: the capture service of late 2025.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mockserver.capture.refusals import CaptureError, NothingLeft, unparsable
from mockserver.capture.repeating import repeats, with_repeated
from mockserver.capture.syntax import read_strictly

NO_FORM = "data did not match any variant of untagged enum RawRequest"
NO_NAME = "failed to hydrate events from request: non-engage request missing event name attribute"
ENGAGE = "/engage"
NAME_OF_ENGAGE = "$identify"
DROPPED_UNSEEN = "$performance_event"
UUID = re.compile(
    r"(?i)(urn:uuid:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}"
    r"|\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"
)  # fmt: skip
LARGEST_OFFSET = 2**63

TOKENS = ("token", "$token", "api_key")
TOKENS_OF_BATCH = ("token", "api_key")
DISTINCT_IDS = ("distinct_id", "$distinct_id")


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_object(value: Any) -> bool:
    return value is None or isinstance(value, dict)


def _is_whole_number(value: Any) -> bool:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return value is None or (is_integer and -LARGEST_OFFSET <= value < LARGEST_OFFSET)


def _is_uuid(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, str) and UUID.fullmatch(value) is not None)


FIELDS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(TOKENS, _is_text),
    "uuid": _is_uuid,
    "timestamp": _is_text,
    "offset": _is_whole_number,
    "$set": _is_object,
    "$set_once": _is_object,
    "properties": lambda value: isinstance(value, dict),  # null, too, is no object
}
"""The fields of an event that must be of a type, if they are there."""

OF_EVENT = frozenset({*FIELDS, *DISTINCT_IDS, "event"})
OF_BATCH = frozenset({*TOKENS_OF_BATCH, "batch", "sent_at", "historical_migration"})


@dataclass(frozen=True)
class Payload:
    """What a request carried: its events as they came, and what stands around them."""

    events: list[Mapping[str, Any]]
    token: str | None = None
    sent_at: str | None = None
    is_historical: bool = False


def read_payload(text: bytes, path: str = "/batch/") -> Payload:
    """Return the events that a JSON text holds, with the one token that they were sent with.

    Raises: CaptureError; NothingLeft when every event is of a kind that is dropped unseen.
    """
    payload = _formed(with_repeated(read_strictly(text), text, OF_EVENT | OF_BATCH), path)
    if not payload.events:
        raise CaptureError("request holds no event")
    kept = [event for event in payload.events if event["event"] != DROPPED_UNSEEN]
    if not kept:
        raise NothingLeft
    token = payload.token if payload.token is not None else _token_of(kept)
    _refuse_token(token)
    return replace(payload, events=kept, token=token)


def _formed(body: Any, path: str) -> Payload:
    """Return what a body is: a list of events, a batch, an event, or for `/engage` one without a name."""
    if isinstance(body, list) and all(map(is_event, body)):
        return Payload(body)
    if not isinstance(body, Mapping):
        raise unparsable(NO_FORM)
    if _is_batch(body):
        token = next(body[name] for name in TOKENS_OF_BATCH if name in body)
        return Payload(body["batch"], token, body.get("sent_at"), body.get("historical_migration") is True)
    if is_event(body):
        return Payload([body])
    if not _has_fields(body):
        raise unparsable(NO_FORM)
    if not path.startswith(ENGAGE):
        raise CaptureError(NO_NAME)
    return Payload([{**body, "event": NAME_OF_ENGAGE}])


def is_event(value: Any) -> bool:
    """Return whether a value is an event with a name, all of its fields being of their types."""
    return isinstance(value, dict) and isinstance(value.get("event"), str) and _has_fields(value)


def _has_fields(event: Mapping[str, Any]) -> bool:
    if any(name in event and not is_right(event[name]) for name, is_right in FIELDS.items()):
        return False
    return not (_is_given_twice(event, TOKENS) or _is_given_twice(event, DISTINCT_IDS) or repeats(event, OF_EVENT))


def _is_batch(body: Mapping[str, Any]) -> bool:
    given = [body[name] for name in TOKENS_OF_BATCH if name in body]
    is_historical = body.get("historical_migration")
    return (
        len(given) == 1
        and not repeats(body, OF_BATCH)
        and isinstance(given[0], str)
        and (is_historical is None or isinstance(is_historical, bool))
        and _is_text(body.get("sent_at"))
        and isinstance(body.get("batch"), list)
        and all(map(is_event, body["batch"]))
    )


def _is_given_twice(body: Mapping[str, Any], names: Sequence[str]) -> bool:
    return sum(name in body for name in names) > 1


def _token_of(events: Sequence[Mapping[str, Any]]) -> str:
    """Return the one token that events carry. Raises: CaptureError when there is none, or more than one."""
    found = dict.fromkeys(token for token in map(token_of, events) if token is not None)
    if not found:
        raise CaptureError("event submitted without an api_key", 401)
    if len(found) > 1:
        raise CaptureError("batch submitted with inconsistent api_key values", 401)
    return next(iter(found))


def token_of(event: Mapping[str, Any]) -> str | None:
    """Return the token that one event carries, by itself or among its properties."""
    own = next((event[name] for name in TOKENS if event.get(name) is not None), None)
    if own is not None:
        return str(own)
    among = event.get("properties", {}).get("token")
    return among if isinstance(among, str) else None


def flaw_of_token(token: str) -> str | None:
    """Return why a token cannot be a project's, in the service's word; nothing if it can."""
    token = token.strip()
    return (
        "empty" if not token
        else "too_long" if len(token.encode()) > 64
        else "not_ascii" if not token.isascii()
        else "personal_api_key" if token.startswith("phx_")
        else "null_byte" if "\x00" in token
        else None
    )  # fmt: skip


def _refuse_token(token: str) -> None:
    flaw = flaw_of_token(token)
    if flaw:
        raise CaptureError(f"API key is not valid: {flaw}", 401)
