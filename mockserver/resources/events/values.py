"""The values that a property of events, or a column of them, has had lately; and the events that PostHog did not name.

Source: recorded answers, PostHog's sources.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mockserver.errors import ValidationError
from mockserver.listing.comparing import search_pattern, stored_text
from mockserver.listing.values import spelled
from mockserver.request.call import Call
from mockserver.resources.events.timeline import Timeline
from mockserver.resources.taxonomy import NAMED_EVENTS
from mockserver.store import Record
from mockserver.world import entropy

LATELY = timedelta(days=7)
MOST_VALUES = 10
EARLIEST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
COLUMNS = {
    "uuid": "uuid", "event": "event", "timestamp": "timestamp", "distinct_id": "distinct_id",
    "created_at": "created_at", "person_id": "person_id",
}  # fmt: skip
CUSTOM = "custom_event"


def values_of(call: Call) -> list[dict[str, Any]]:
    """Return the values of what `key` names; the custom events where it names these."""
    key = call.query.get("key")
    if not key:
        raise ValidationError("This field is required.", code="required", attr="key")
    timeline, now = Timeline.of(call.state, call.tenant.project_id), entropy.now(call.state)
    if key == CUSTOM:
        return [{"name": name} for name in sorted({event["event"] for event in timeline.events} - NAMED_EVENTS)]
    events = timeline.between(now - LATELY, now + timedelta(days=1))
    narrowed = sorted(_asked_for(call, events), key=lambda event: (event["timestamp"][:10], event["event"]))
    if call.query.get("is_column", "").lower() == "true":
        if key not in COLUMNS:
            raise ValidationError(f"There is no column {key!r}.", attr="key")
        texts: Iterable[str] = (str(event[COLUMNS[key]]) for event in narrowed)
    else:
        texts = (stored_text(event["properties"][key]) for event in narrowed if key in (event["properties"] or {}))
    return [{"name": spelled(value)} for value in _flat(map(_read, _found(texts, call.query.get("value", ""))))]


def _asked_for(call: Call, events: Iterable[Record]) -> Iterable[Record]:
    names = call.query.getlist("event_name")
    wanted = {
        name.removeprefix("properties_"): _accepted(text)
        for name, text in call.query.items()
        if name.startswith("properties_")
    }
    for event in events:
        properties: Mapping[str, Any] = event["properties"] or {}
        if names and event["event"] not in names:
            continue
        if all(name in properties and stored_text(properties[name]) in texts for name, texts in wanted.items()):
            yield event


def _accepted(text: str) -> set[str]:
    """Return the values that a filter takes, as they are stored: one of a list, or the one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    return {stored_text(item) for item in (value if isinstance(value, list) else [value])}


def _found(texts: Iterable[str], search: str) -> Sequence[str]:
    """Return the first values, each once; of those that are searched for, the shortest."""
    distinct = dict.fromkeys(text for text in texts if text)
    if not search:
        return list(distinct)[:MOST_VALUES]
    pattern = search_pattern("icontains", search)
    found = [text for text in distinct if pattern and pattern.finds(text)]
    return sorted(found, key=len)[:MOST_VALUES]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    """Yield values, those of lists one by one."""
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value
