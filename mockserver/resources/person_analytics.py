"""The persons behind insights: one action for each, alike in parameters, paging and envelope."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from mockserver.analytics import people_behind
from mockserver.analytics.legacy_filters import Filter, series_nodes
from mockserver.analytics.people import Found, Stretch
from mockserver.analytics.timelines import timeline
from mockserver.call import Call
from mockserver.errors import BareError, ValidationError
from mockserver.pagination import place_query
from mockserver.resource import Record, Resource
from mockserver.resources.person_shapes import as_counted, as_group

Insight = Callable[[Call, Filter, Stretch], Found]
MISSING_ENTITY = "An entity id and the entity type must be provided to determine an entity"
UNKNOWN_ENTITY = "An entity must be provided for target entity to be determined"


@dataclass(frozen=True)
class Window:
    """Which stretch of the persons a request asks for, by parameters of these names."""

    limit_name: str = "limit"
    offset_name: str = "offset"
    default_limit: int = 100

    def read(self, call: Call, filter: Filter) -> tuple[int, int]:
        """Return limit and offset. Raises: ValidationError."""
        limit = whole(filter.get(self.limit_name), self.limit_name, self.default_limit) or self.default_limit
        return limit, whole(filter.get(self.offset_name), self.offset_name, 0)


CORRELATION = Window("funnel_correlation_person_limit", "funnel_correlation_person_offset")


class PersonAnalytics(Resource):
    """The actions that tell who is behind a number."""

    reads_first = frozenset({"funnel", "funnel_correlation", "path"})

    def funnel(self, call: Call) -> Any:
        """Return who reached a step of a funnel, or was lost before it."""
        return self._cached(call, behind("funnel"), needs=("events", "actions"))

    def funnel_correlation(self, call: Call) -> Any:
        """Return who is behind a correlation of a funnel."""
        filter = read_filter(call)
        needs = ("events", "actions")
        found, limit, offset = self._found(call, filter, behind("funnel_correlation"), CORRELATION, needs)
        following = place_query(call.url, CORRELATION.offset_name, offset + limit) if found.rows >= limit else None
        return envelope(call, found, following)

    def path(self, call: Call) -> Any:
        """Return who walked an edge of a path."""
        return self._cached(call, behind("path"))

    def trends(self, call: Call) -> Any:
        """Return who is behind a point of a trend, the highest value first. Raises: ValidationError without entity."""
        filter = read_filter(call)
        if call.is_observed or filter:
            require_entity(filter)
        return self._cached(call, behind("trends"), needs=("entity_id", "entity_order"))

    def lifecycle(self, call: Call) -> Any:
        """Return who was new, returning, resurrecting or dormant. Raises: BareError for what is missing."""
        filter = read_filter(call)
        if call.is_observed or filter:
            for name, what in (("target_date", "specified date"), ("lifecycle_type", "lifecycle type")):
                if not filter.get(name):
                    raise BareError({"message": "Missing parameter", "detail": f"Must include {what}"})
        return self._uncached(call, behind("lifecycle"), needs=("events", "actions"))

    def stickiness(self, call: Call) -> Any:
        """Return who was active in so many intervals."""
        days = read_filter(call).get("stickiness_days")
        if days is not None and not str(days).isdecimal():
            raise ValidationError("A valid integer is required.", attr="stickiness_days")
        return self._uncached(call, behind("stickiness"), needs=("stickiness_days",))

    def retention(self, call: Call) -> Any:
        """Return who came back, and in which periods."""
        filter = read_filter(call)
        found, limit, offset = self._found(call, filter, behind("retention"), Window(), ())
        rows = [
            {"person": person, "appearances": list(actor.appearances)}
            for actor, person in zip(found.actors, shown(call, found), strict=True)
        ]
        following = next_address(call, limit, offset, found.rows)
        return {"result": rows, "next": following, "missing_persons": found.missing}

    def properties_timeline(self, call: Call, record: Record) -> Any:
        """Return what a person's properties were, event by event."""
        return timeline(call, record, read_filter(call))

    # What these have in common

    def _cached(self, call: Call, insight: Insight, needs: Sequence[str] = ()) -> dict[str, Any]:
        found, limit, offset = self._found(call, read_filter(call), insight, Window(), needs)
        return envelope(call, found, next_address(call, limit, offset, found.rows))

    def _uncached(self, call: Call, insight: Insight, needs: Sequence[str] = ()) -> dict[str, Any]:
        found, limit, offset = self._found(call, read_filter(call), insight, Window(), needs)
        rows = shown(call, found)
        return {
            "results": [{"people": rows, "count": len(rows)}],
            "next": next_address(call, limit, offset, found.rows),
        }

    def _found(
        self, call: Call, filter: Filter, insight: Insight, window: Window, needs: Sequence[str]
    ) -> tuple[Found, int, int]:
        """Return one page of an insight's actors, its limit and offset: nobody without what an insight needs."""
        limit, offset = window.read(call, filter)
        search = filter.get("search")
        stretch = Stretch(limit, offset, str(search) if search else None)
        has_what_it_needs = not needs or any(filter.get(name) is not None for name in needs)
        return (insight(call, filter, stretch) if has_what_it_needs else Found()), limit, offset


def behind(insight: str) -> Insight:
    """Return what finds those whom an insight counts."""
    return partial(people_behind, insight)


def shown(call: Call, found: Found) -> list[dict[str, Any]]:
    """Return actors as insights show them."""
    return [
        as_group(actor.record, actor.value) if actor.is_group else as_counted(actor.record, call, actor.value)
        for actor in found.actors
    ]


def read_filter(call: Call) -> Filter:
    """Return what a request asks for: query parameters, JSON text in them read, and the body's fields over them.

    Raises: ValidationError for a body that is no object, and for a value that the contract does not allow.
    """
    body = call.body
    if not isinstance(body, Mapping):
        raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
    given: dict[str, Any] = {**call.query.to_dict(), **{name: body[name] for name in body}}
    given.pop("personal_api_key", None)
    given.pop("format", None)
    for parameter in call.operation.spec["parameters"]:
        if given.get(parameter["name"]) not in (None, ""):
            require_allowed(parameter["name"], given[parameter["name"]], parameter["schema"])
    return {name: read_json_text(value) for name, value in given.items()}


def require_allowed(name: str, value: Any, schema: Mapping[str, Any]) -> None:
    """Refuse what is none of a parameter's values, or no number where one is due. Raises: ValidationError."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "enum" in schema and text not in schema["enum"] and text.lower() not in schema["enum"]:
        raise ValidationError(f'"{text}" is not a valid choice.', code="invalid_choice", attr=name)
    if "pattern" in schema and not re.fullmatch(schema["pattern"], text):
        raise ValidationError("A valid number is required.", attr=name)


def read_json_text(value: Any) -> Any:
    """Return the list or object that text spells as JSON; any other value as it is."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def require_entity(filter: Filter) -> None:
    """Refuse a trend that does not say which event or action it is about. Raises: ValidationError."""
    if filter.get("entity_id") and filter.get("entity_type"):
        return
    if filter.get("entity_order") is not None and (filter.get("events") or filter.get("actions")):
        return
    if not filter.get("entity_id"):
        raise ValidationError(MISSING_ENTITY)
    named = [str(node.get("event", node.get("id"))) for node in series_nodes(filter)]
    if str(filter["entity_id"]) not in named:
        raise ValidationError(UNKNOWN_ENTITY)


def envelope(call: Call, found: Found, following: str | None) -> dict[str, Any]:
    """Return the answer of an insight whose results servers keep for a while."""
    rows = shown(call, found)
    return {
        "results": [{"people": rows, "count": len(rows)}],
        "next": following,
        "initial": call.url,
        "missing_persons": found.missing,
        "is_cached": False,
        "last_refresh": call.now(),
    }


def next_address(call: Call, limit: int, offset: int, rows: int) -> str | None:
    """Return where the next page is, if this one is full.

    An address that has an `offset` already loses its host and first slash: so the servers answer.
    """
    if rows < limit:
        return None
    following = place_query(call.url, "offset", offset + limit)
    parts = urlsplit(following)
    if "offset" in dict(parse_qsl(urlsplit(call.url).query, keep_blank_values=True)):
        return f"{parts.path.lstrip('/')}?{parts.query}"
    return following


def whole(value: Any, name: str, default: int) -> int:
    """Return a number that is not negative. Raises: ValidationError."""
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not str(value).isdecimal() or len(str(value)) > 18:
        raise ValidationError(f"Query param {name} must be omitted or an integer!")
    return int(value)
