"""Run a query: the one seam to what is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics import modifiers
from mockserver.errors import ValidationError
from mockserver.queries.bodies import Query
from mockserver.queries.timings import timings
from mockserver.request.call import Call
from mockserver.world import entropy

PARTS = frozenset({"EventsNode", "ActionsNode", "PersonsNode", "DataWarehouseNode", "SavedInsightNode"})
UNKEPT = frozenset({"HogQLMetadata", "HogQLAutocomplete", "DatabaseSchemaQuery", "HogQuery"})
"""Kinds that are answered at once, whatever is asked for, and whose answers are not kept."""


def run(call: Call, query: Query) -> dict[str, Any]:
    """Return what a query computes.

    Raises: ValidationError for a query that cannot be run, NotModelled where what runs it is not installed.
    """
    if query["kind"] in PARTS:
        raise ValidationError(f"Unsupported query kind: {query['kind']}")
    from mockserver.analytics import run_query  # late: it loads a database

    before = entropy.now(call.state)
    result = run_query(call, query)
    if isinstance(result.get("modifiers"), dict):
        result["modifiers"] = _known(result["modifiers"], query, call)
    if result.get("timings") == []:
        seconds = (entropy.now(call.state) - before).total_seconds()
        result["timings"] = timings(query, result, seconds)
    return result


def _known(shown: Mapping[str, Any], query: Query, call: Call) -> dict[str, Any]:
    """Return the modifiers that an answer shows: those that the profile's servers know, and those asked for."""
    later = modifiers.unknown(call.operation.components, call.profile).difference(query.get("modifiers") or {})
    return {name: value for name, value in shown.items() if name not in later}
