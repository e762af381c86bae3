"""What refers to an action: insights, experiments, cohorts and functions whose queries or filters name it by its id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from mockserver.request.call import Call
from mockserver.resources.resource import Record, user_basic
from mockserver.world.tables import TABLES

MOST = 50
UNNAMED = "Unnamed"
Mention = Callable[[Mapping[str, Any]], Any]


def _in_query(node: Mapping[str, Any]) -> Any:
    """Return the id of the action that a part of a query names."""
    if node.get("kind") == "ActionsNode" or node.get("type") == "actions":
        return node.get("id")
    return node.get("actionId")


def _in_cohort(node: Mapping[str, Any]) -> Any:
    if node.get("event_type") == "actions":
        return node.get("key")
    return node.get("seq_event") if node.get("seq_event_type") == "actions" else None


PLACES: Mapping[str, tuple[str, tuple[str, ...], Mention, str, str]] = {
    "insights": ("insight", ("query", "filters"), _in_query, "short_id", "/insights/"),
    "experiments": (
        "experiment",
        ("metrics", "metrics_secondary", "filters", "parameters", "exposure_criteria", "stats_config"),
        _in_query, "id", "/experiments/",
    ),
    "cohorts": ("cohort", ("filters",), _in_cohort, "id", "/cohorts/"),
    "hog_functions": ("hog_function", ("filters",), _in_query, "id", "/functions/"),
}  # fmt: skip
"""Of a table: what its records are called here, where they name actions, how, and by what their pages are found."""


def references(call: Call, action: Record) -> list[dict[str, Any]]:
    """Return what refers to an action, fifty things at most."""
    number = str(action["id"])
    found = (
        _told(call, table, record)
        for table in PLACES
        for record in _records(call, table)
        if number in _named(table, record)
    )
    return list(islice(found, MOST))


def _told(call: Call, table: str, record: Record) -> dict[str, Any]:
    kind, _, _, key, page = PLACES[table]
    return {
        "type": kind, "id": str(record[key]), "name": record.get("name") or record.get("derived_name") or UNNAMED,
        "url": f"{page}{record[key]}", "created_at": record.get("created_at"),
        "created_by": user_basic(call, record.get("created_by")),
    }  # fmt: skip


def reference_counts(call: Call) -> dict[str, int]:
    """Return how many things refer to each of the project's actions, by id."""
    counts: dict[str, int] = {}
    for table in PLACES:
        for record in _records(call, table):
            for number in _named(table, record):
                counts[number] = counts.get(number, 0) + 1
    return counts


def _records(call: Call, table: str) -> list[Record]:
    if table not in TABLES:
        return []
    records = call.table(table).find(project_id=call.tenant.project_id)
    return [record for record in records if not record.get("deleted")]


def _named(table: str, record: Record) -> set[str]:
    """Return the ids of the actions that a record names."""
    _, fields, mention, _, _ = PLACES[table]
    nodes = (node for name in fields for node in _objects(record.get(name)))
    found = {str(number) for node in nodes if (number := mention(node)) is not None}
    filters = record.get("filters")
    if mention is _in_query and isinstance(filters, Mapping):
        listed = filters.get("actions")
        if isinstance(listed, list):
            found |= {str(item.get("id")) for item in listed if isinstance(item, Mapping)}
    return found


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a value, the value too."""
    if isinstance(value, Mapping):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
