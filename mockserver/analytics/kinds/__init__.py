"""The kinds of query, and what answers each. Another kind is one more entry: a function of the call and the query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.analytics.kinds.actors import actors_query
from mockserver.analytics.kinds.events import events_query
from mockserver.analytics.kinds.hogql import hogql_query
from mockserver.call import Call
from mockserver.errors import ValidationError

Answer = dict[str, Any]
Kind = Callable[[Call, Mapping[str, Any]], Answer]


def source(call: Call, query: Mapping[str, Any]) -> Answer:
    """Answer what a node shows: the query that is its source."""
    inner = query.get("source")
    if not isinstance(inner, Mapping):
        raise ValidationError(f"Unsupported query kind: {query.get('kind')}")
    return run(call, inner)


KINDS: dict[str, Kind] = {
    "HogQLQuery": hogql_query,
    "EventsQuery": events_query,
    "ActorsQuery": actors_query,
    "DataTableNode": source,
    "DataVisualizationNode": source,
    "InsightVizNode": source,
}


def run(call: Call, query: Mapping[str, Any]) -> Answer:
    """Return the answer to a query. Raises: ValidationError."""
    kind = KINDS.get(str(query.get("kind")))
    if kind is None:
        raise ValidationError(f"Unsupported query kind: {query.get('kind')}")
    return kind(call, query)
