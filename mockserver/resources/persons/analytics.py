"""The persons behind insights: one action for each, alike in parameters, paging and envelope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.analytics import people_behind
from mockserver.analytics.insights.legacy_filters import Filter
from mockserver.analytics.people.stretches import Found, Stretch
from mockserver.analytics.timelines import timeline
from mockserver.errors import BareError, ValidationError
from mockserver.queries import kept_people
from mockserver.request.call import Call
from mockserver.resources.actors.filters import read_filter, require_correlated, require_entity, require_entrance
from mockserver.resources.actors.pages import CORRELATION, PLAIN, Window
from mockserver.resources.actors.shapes import as_counted, as_group
from mockserver.resources.resource import Record, Resource

SERIES = ("events", "actions")
ENTITY = ("entity_id", "entity_type", "entity_order")


class PersonAnalytics(Resource):
    """The actions that tell who is behind a number."""

    reads_first = frozenset({"funnel", "funnel_correlation", "path"})

    def funnel(self, call: Call) -> Any:
        """Return who reached a step of a funnel, or was lost before it."""
        require_entrance(read_filter(call))
        return self._kept(call, "funnel", needs=SERIES)

    def funnel_correlation(self, call: Call) -> Any:
        """Return who is behind a correlation of a funnel. Raises: ValidationError without an event or a property."""
        filter = read_filter(call)
        if call.is_observed or filter:
            require_correlated(filter)
        return self._kept(call, "funnel_correlation", needs=SERIES, window=CORRELATION)

    def path(self, call: Call) -> Any:
        """Return who walked an edge of a path."""
        return self._kept(call, "path")

    def trends(self, call: Call) -> Any:
        """Return who is behind a point of a trend, the highest value first. Raises: ValidationError without entity."""
        filter = read_filter(call)
        if call.is_observed or filter:
            require_entity(filter)
        return self._kept(call, "trends", needs=ENTITY)

    def lifecycle(self, call: Call) -> Any:
        """Return who was new, returning, resurrecting or dormant. Raises: BareError for what is missing."""
        filter = read_filter(call)
        if call.is_observed or filter:
            for name, what in (("target_date", "specified date"), ("lifecycle_type", "lifecycle type")):
                if not filter.get(name):
                    raise BareError({"message": "Missing parameter", "detail": f"Must include {what}"})
        return self._computed(call, "lifecycle", needs=SERIES)

    def stickiness(self, call: Call) -> Any:
        """Return who was active in so many intervals. Raises: ValidationError without entity."""
        filter = read_filter(call)
        if call.is_observed or filter:
            require_entity(filter)
        days = filter.get("stickiness_days")
        if days is not None and not str(days).isdecimal():
            raise ValidationError("A valid integer is required.", attr="stickiness_days")
        return self._computed(call, "stickiness", needs=("stickiness_days",))

    def retention(self, call: Call) -> Any:
        """Return who came back, and in which periods."""
        found, following = self._page(call, "retention", read_filter(call))
        rows = [
            {"person": person, "appearances": list(actor.appearances)}
            for actor, person in zip(found.actors, shown(call, found), strict=True)
        ]
        return {"result": rows, "next": following, "missing_persons": found.missing}

    def properties_timeline(self, call: Call, record: Record) -> Any:
        """Return what a person's properties were, event by event."""
        return timeline(call, record, read_filter(call))

    # What these have in common

    def _kept(self, call: Call, insight: str, needs: Sequence[str] = (), window: Window = PLAIN) -> dict[str, Any]:
        """Return an answer that is kept for a while: the one that is there, or a new one."""
        filter = read_filter(call)
        key = kept_people.key_of(call, filter, *window.read(filter))
        kept = kept_people.find(call, key, filter)
        if kept is not None:
            return kept
        answer = envelope(call, *self._page(call, insight, filter, needs, window))
        kept_people.keep(call, key, answer)
        return answer

    def _computed(self, call: Call, insight: str, needs: Sequence[str] = ()) -> dict[str, Any]:
        """Return an answer that is computed each time."""
        found, following = self._page(call, insight, read_filter(call), needs)
        rows = shown(call, found)
        return {"results": [{"people": rows, "count": len(rows)}], "next": following}

    def _page(
        self, call: Call, insight: str, filter: Filter, needs: Sequence[str] = (), window: Window = PLAIN
    ) -> tuple[Found, str | None]:
        """Return a page of an insight's actors, and where the next one is: nobody without what an insight needs."""
        limit, offset = window.read(filter)
        search = filter.get("search")
        stretch = Stretch(limit, offset, str(search) if search else None)
        if needs and all(filter.get(name) is None for name in needs):
            return Found(), None
        found = people_behind(insight, call, filter, stretch)
        return found, window.following(call, limit, offset, found.rows)


def shown(call: Call, found: Found) -> list[dict[str, Any]]:
    """Return actors as insights show them."""
    return [
        as_group(actor.record, actor.value) if actor.is_group else as_counted(actor.record, call, actor.value)
        for actor in found.actors
    ]


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
