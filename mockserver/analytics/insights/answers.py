"""What surrounds the results of every insight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.modifiers import complete


def answer(
    query: Mapping[str, Any], results: Any, hogql: str, days: DateRange | None = None, **more: Any
) -> dict[str, Any]:
    """Return results as an insight's answer; `more` are the keys that one kind adds or says otherwise."""
    modifiers = complete(query.get("modifiers"), **more.pop("settled", {}))
    return {
        "error": None,
        "hogql": hogql,
        "modifiers": modifiers,
        "query_status": None,
        "resolved_date_range": days.shown if days else None,
        "results": results,
        "timings": [],
        **more,
    }
