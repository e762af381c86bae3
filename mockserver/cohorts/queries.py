"""The persons whom a query finds, to fill a static cohort with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockserver.analytics import people_behind, run_query
from mockserver.analytics.people.stretches import Stretch
from mockserver.errors import ValidationError
from mockserver.listing.filtering import predicate
from mockserver.membership.members import membership_context
from mockserver.request.call import Call
from mockserver.store import Record, View
from mockserver.world.tables import NEWEST_PERSONS

if TYPE_CHECKING:
    from mockserver.analytics.insights.legacy_filters import Filter

KINDS = ("ActorsQuery", "HogQLQuery")
INSIGHTS = {"TRENDS": "trends", "STICKINESS": "stickiness", "FUNNELS": "funnel", "LIFECYCLE": "lifecycle"}
"""Insights whose persons can fill a cohort, as older filters name them."""
MOST_PERSONS = 2**31
ID_COLUMNS = ("person_id", "actor_id", "id")


def check_query(query: Any) -> None:
    """Refuse a query that cannot fill a cohort. Raises: ValidationError."""
    if not isinstance(query, Mapping):
        raise ValidationError("Query must be a dictionary.", attr="query")
    if query.get("kind") not in KINDS:
        raise ValidationError(f"Query must be an ActorsQuery or HogQLQuery. Got: {query.get('kind')}", attr="query")


def persons_of(call: Call, query: Mapping[str, Any]) -> list[Record]:
    """Return the persons that a query finds.

    Raises: ValidationError for a query that cannot be run or names no persons, NotModelled where it needs an extra
    that is not installed.
    """
    if query.get("kind") == "ActorsQuery" and not query.get("source"):
        return actors(call.state, call.tenant.project_id, query)
    answer = run_query(call, dict(query))
    names = [str(name) for name in answer.get("columns") or ()]
    column = next((names.index(name) for name in ID_COLUMNS if name in names), None)
    if column is None:
        raise ValidationError("Could not find a person_id, actor_id, or id column in the query")
    table, project_id = call.table("persons"), call.tenant.project_id
    found = (table.first(uuid=str(row[column]), project_id=project_id) for row in answer.get("results") or ())
    return [person for person in found if person is not None]


def persons_behind(call: Call, filter: Filter) -> list[Record]:
    """Return the persons whom an insight counts, as an older filter asks for it.

    Raises: ValidationError for a filter that cannot be computed or counts groups, NotModelled without the extra.
    """
    found = people_behind(INSIGHTS[filter["insight"]], call, filter, Stretch(MOST_PERSONS))
    if any(actor.is_group for actor in found.actors):
        raise ValidationError("Group based queries are not supported for cohort creation")
    return [actor.record for actor in found.actors]


def actors(view: View, project_id: int, query: Mapping[str, Any]) -> list[Record]:
    """Return the persons whom an actors query finds by properties, cohorts and search. Raises: ValidationError."""
    filters = [query[name] for name in ("properties", "fixedProperties") if query.get(name)]
    test = predicate(filters, membership_context(view, project_id))
    text = str(query.get("search") or "").lower()
    persons = view.table("persons").in_order(NEWEST_PERSONS, (project_id,))
    found = [person for person in persons if test(person) and mentions(person, text)]
    limit, offset = (_number(query, name) for name in ("limit", "offset"))
    return found[offset or 0 :][:limit]


def mentions(person: Record, text: str) -> bool:
    """Return whether a text stands in what a person is searched by: name, e-mail address, distinct ids, id."""
    if not text:
        return True
    properties = person["properties"] or {}
    told = (properties.get("email"), properties.get("name"), person["uuid"], *person["distinct_ids"])
    return any(text in str(value).lower() for value in told if value is not None)


def _number(query: Mapping[str, Any], name: str) -> int | None:
    value = query.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
