"""Bodies of queries: judged, and made into the query that is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.queries.upgrades import upgraded
from mockserver.request.call import Call
from mockserver.validation.models import TRUE, Model

Query = dict[str, Any]

WRAPPERS = frozenset({"DataTableNode", "DataVisualizationNode", "InsightVizNode"})
BLOCKING, ASYNC = "blocking", "async"


@dataclass(frozen=True)
class Request:
    """A query, and how it shall be run."""

    query: Query
    mode: str
    id: str | None
    name: str | None
    about: Mapping[str, Any] = field(default_factory=dict)
    """What a status of it tells beside: the insight and the dashboard that it is asked for."""


def read_request(model: Model, call: Call) -> Request:
    """Return what a body asks for, its overrides applied and its wrappers taken off. Raises: ParseError."""
    body = model.read(in_present_form(call))
    mode = body.get("refresh") or BLOCKING
    if mode == BLOCKING and is_true(body.get("async")):
        mode = ASYNC
    query = unwrapped(body["query"])
    query = override_variables(query, body.get("variables_override") or {})
    query = override_filters(query, body.get("filters_override") or {})
    return Request(query, mode, body.get("client_query_id") or None, body.get("name"))


def in_present_form(call: Call) -> Any:
    """Return a body whose query is rewritten in the present form of its kind, which is what is judged."""
    given = call.body.to_dict() if call.is_form else call.body
    if isinstance(given, Mapping) and isinstance(given.get("query"), Mapping):
        return {**given, "query": upgraded(given["query"])}
    return given


def is_true(value: Any) -> bool:
    """Return what a value means that was taken for a boolean."""
    return value.lower() in TRUE if isinstance(value, str) else bool(value)


def unwrapped(query: Query) -> Query:
    """Return the query that is run: the source of a wrapper."""
    while query.get("kind") in WRAPPERS and isinstance(query.get("source"), Mapping):
        query = query["source"]
    return query


def override_variables(query: Query, given: Mapping[str, Mapping[str, Any]]) -> Query:
    """Return a query with other values for those of its variables that are given."""
    variables = query.get("variables")
    if not variables or not given:
        return query
    changed = {id: {**variable, **given.get(id, {})} for id, variable in variables.items()}
    return {**query, "variables": changed}


def override_filters(query: Query, given: Mapping[str, Any]) -> Query:
    """Return a query with a dashboard's filters: its dates take the place of the query's, its properties are added."""
    if not any(given.values()):
        return query
    if query["kind"] == "HogQLQuery":
        return {**query, "filters": _with_filters(query.get("filters") or {}, given)}
    query = _with_filters(query, given)
    if given.get("breakdown_filter"):
        query = {**query, "breakdownFilter": given["breakdown_filter"]}
    return query


def _with_filters(holder: Query, given: Mapping[str, Any]) -> Query:
    changed = dict(holder)
    if given.get("date_from") or given.get("date_to"):
        changed["dateRange"] = {"date_from": given.get("date_from"), "date_to": given.get("date_to")}
    added = given.get("properties")
    if added:
        own = holder.get("properties")
        changed["properties"] = _both(own, added) if own else added
    return changed


def _both(own: Any, added: list[Any]) -> Any:
    groups = [group if isinstance(group, Mapping) else {"type": "AND", "values": group} for group in (own, added)]
    return [*own, *added] if isinstance(own, list) else {"type": "AND", "values": groups}
