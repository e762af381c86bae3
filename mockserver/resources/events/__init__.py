"""Events, to be read: lists that are paged by time, one event, and the values that their properties have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

from mockserver.analytics import run_query
from mockserver.analytics.dates import parse_date
from mockserver.analytics.errors import QueryError
from mockserver.errors import BareError, NotFound, ValidationError
from mockserver.listing.filtering import read_filters
from mockserver.listing.pagination import Page, positive
from mockserver.request.call import Call
from mockserver.request.tenancy import integer, uuid
from mockserver.resources.events.timeline import TABLE, Timeline, moment_of, place_of
from mockserver.resources.events.values import values_of
from mockserver.resources.resource import Record, Resource
from mockserver.store.orders import sort_key
from mockserver.world import entropy

PAGE, MOST = 100, 50_000
CSV_PAGE, MOST_CSV = 3_500, 100_000
YEAR, LEEWAY = timedelta(days=365), timedelta(seconds=5)
TOLD_OF_PERSONS = ("email", "name", "username")
NOT_A_UUID = {"detail": "Invalid UUID", "code": "invalid", "type": "validation_error"}


class Events(Resource):
    """What a project received; only capture writes it. Source: recorded answers, PostHog's sources."""

    family = "events"
    table = TABLE
    component = "Event"
    title = "Event"
    renders = ("json", "csv")
    tells_fields = False

    def list(self, call: Call) -> Any:
        """Return events, the latest first, and the address of those that follow. Raises: ValidationError."""
        is_csv = call.format == "csv"
        given = _number(call, "limit", CSV_PAGE if is_csv else PAGE)
        limit, offset = min(given, MOST_CSV if is_csv else MOST), positive(call.query.get("offset"), 0)
        is_latest_first = _is_latest_first(call)
        after, before = self._stretch(call)
        if call.query.get("properties") or call.query.get("action_id"):
            found = self._queried(call, after, before, is_latest_first, limit + 1, offset)
        else:
            records = self._narrowed(call, after, before)
            ordered = records[::-1] if is_latest_first else records
            found = ordered[offset : offset + limit + 1]
        rows = [self._shown(call, event, with_person=True) for event in found[:limit]]
        following = None if is_csv or len(found) <= limit else _following(call, found[limit - 1], is_latest_first)
        return Page(rows, {"next": following, "results": ()})

    def retrieve(self, call: Call) -> Any:  # type: ignore[override]
        """Return the event of a UUID, however it is spelled; its person only where it is asked for."""
        given = call.path["id"]
        key = uuid(given)
        if key is None:
            raise BareError(NOT_A_UUID)
        event = call.table(self.table).first(uuid=key, **self.tenant_key(call))
        if event is None:
            raise NotFound(f"No events exist for event UUID {given}")
        return self._shown(call, event, with_person="include_person" in call.query)

    def values(self, call: Call) -> Any:
        """Return the values that a property has had lately. Raises: ValidationError where none is named."""
        return values_of(call)

    def _stretch(self, call: Call) -> tuple[datetime, datetime]:
        """Return the moments that events are asked for between: of the last year, where it is not said."""
        now = entropy.now(call.state)
        timezone = call.tenant.project["timezone"] if call.tenant.project else "UTC"
        after, before = call.query.get("after"), call.query.get("before")
        try:
            return (
                parse_date(after, now, timezone) if after else now - YEAR,
                parse_date(before, now, timezone) if before else now + LEEWAY,
            )
        except QueryError as error:
            raise ValidationError(str(error)) from None

    def _narrowed(self, call: Call, after: datetime, before: datetime) -> Sequence[Record]:
        """Return the events of a stretch, by name and by who they are of, the oldest first."""
        query = call.query
        ids = self._distinct_ids(call)
        if ids is None:
            events = Timeline.of(call.state, call.tenant.project_id).between(after, before)
        else:
            first, last = (sort_key(entropy.timestamp(moment)) for moment in (after, before))
            of_them = [event for one in ids for event in self._events_of(call, one)]
            events = sorted((event for event in of_them if first < moment_of(event) < last), key=place_of)
        name = query.get("event")
        return [event for event in events if event["event"] == name] if name else events

    def _events_of(self, call: Call, distinct_id: str) -> Sequence[Record]:
        return call.table(self.table).find(distinct_id=distinct_id, **self.tenant_key(call))

    def _distinct_ids(self, call: Call) -> set[str] | None:
        """Return whose events are asked for, if not everybody's. Raises: ValidationError, where the servers fail."""
        asked: list[set[str]] = []
        if call.query.get("distinct_id"):
            asked.append({call.query["distinct_id"]})
        key = call.query.get("person_id")
        if key:
            number, unique = integer(key), uuid(key)
            if number is None and unique is None:
                raise ValidationError("A person is known by a number or a UUID.", attr="person_id")
            by = {"uuid": unique} if unique else {"id": number}
            person = call.table("persons").first(**by, **self.tenant_key(call))
            asked.append(set(person["distinct_ids"]) if person else set())
        return set.intersection(*asked) if asked else None

    def _queried(
        self, call: Call, after: datetime, before: datetime, is_latest_first: bool, limit: int, offset: int
    ) -> Sequence[Record]:  # fmt: skip
        """Return the events that meet filters or match an action, which the analytics decide."""
        from mockserver.analytics.insights.legacy_filters import typed

        text, action, ids = call.query.get("properties"), call.query.get("action_id"), self._distinct_ids(call)
        filters = typed(read_filters(text)) if text else []
        if action and not self._has_steps(call, action):
            return []
        asked = {
            "kind": "EventsQuery", "select": ["uuid", "event", "distinct_id", "timestamp"],
            "properties": filters if isinstance(filters, list) else [filters],
            "after": after.isoformat(), "before": before.isoformat(), "limit": limit, "offset": offset,
            "orderBy": ["timestamp DESC" if is_latest_first else "timestamp"],
            **({"event": call.query["event"]} if call.query.get("event") else {}),
            **({"actionId": int(action)} if action else {}),
            **({"where": [_among(ids)]} if ids is not None else {}),
        }  # fmt: skip
        found = []
        for unique, name, distinct_id, _ in run_query(call, asked)["results"]:
            same = call.table(self.table).find(uuid=str(unique), **self.tenant_key(call))
            found += [event for event in same if (event["event"], event["distinct_id"]) == (name, distinct_id)][:1]
        return found

    def _has_steps(self, call: Call, key: str) -> bool:
        number = integer(key)
        if number is None:
            raise ValidationError("A valid integer is required.", attr="action_id")
        action = call.table("actions").first(id=number, **self.tenant_key(call))
        return action is not None and bool(action.get("steps"))

    def _shown(self, call: Call, event: Record, *, with_person: bool) -> dict[str, Any]:
        properties = dict(event["properties"] or {})
        chain = properties.pop("$elements_chain", None) or ""
        return {
            "id": event["uuid"],
            "distinct_id": event["distinct_id"],
            "properties": properties,
            "event": event["event"],
            "timestamp": event["timestamp"].replace("Z", "+00:00"),
            "person": self._person(call, event["distinct_id"]) if with_person else None,
            "elements": _elements(chain),
            "elements_chain": chain,
        }

    def _person(self, call: Call, distinct_id: str) -> dict[str, Any] | None:
        """Return the person of a distinct id as events show one: by their first id, with what names them."""
        person = call.table("persons").first(distinct_ids=distinct_id, **self.tenant_key(call))
        if person is None:
            return None
        properties = person["properties"] or {}
        return {
            "is_identified": bool(person.get("is_identified")),
            "distinct_ids": list(person["distinct_ids"][:1]),
            "properties": {name: properties[name] for name in TOLD_OF_PERSONS if name in properties},
        }


def _elements(chain: str) -> Sequence[Mapping[str, Any]]:
    if not chain:
        return []
    from mockserver.analytics.web.elements import elements_of  # late: it loads a parser

    return [{"event": None, **element} for element in elements_of(chain)]


def _is_latest_first(call: Call) -> bool:
    """Return whether the order asked for is the usual one; any other is the oldest first."""
    text = call.query.get("orderBy")
    if not text:
        return True
    try:
        return bool(orjson.loads(text) == ["-timestamp"])
    except orjson.JSONDecodeError:
        raise ValidationError("Not a list of names in JSON.", attr="orderBy") from None


def _following(call: Call, last: Record, is_latest_first: bool) -> str:
    """Return the address of the events that come after a page."""
    parts = urlsplit(call.url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query["before" if is_latest_first else "after"] = last["timestamp"].replace("Z", "+00:00")
    return urlunsplit(parts._replace(query=urlencode(query)))


def _number(call: Call, name: str, default: int) -> int:
    """Return a number that is not negative. Raises: ValidationError, where the servers fail."""
    text = call.query.get(name)
    if not text:
        return default
    number = integer(text.strip())
    if number is None:
        raise ValidationError("A valid integer is required.", attr=name)
    return number


def _among(ids: set[str]) -> str:
    """Return HogQL for events of these distinct ids."""
    quoted = ("'" + one.replace("\\", "\\\\").replace("'", "\\'") + "'" for one in sorted(ids))
    return f"distinct_id IN ({', '.join(quoted)})" if ids else "1 = 2"
