"""Analytics: HogQL compiled to ClickHouse SQL and run by an embedded ClickHouse; insights compiled to HogQL.

Nothing here is loaded before the first query: the engine and the parser are heavy, and an extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.analytics.insights.legacy_filters import Filter
    from mockserver.analytics.people.stretches import Found, Stretch
    from mockserver.request.call import Call

__all__ = ["people_behind", "run_query"]


def run_query(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a query of any kind, without what its caching adds.

    Raises: ValidationError for a query that cannot be run, NotModelled when the extra is not installed.
    """
    from mockserver.analytics.kinds import run

    return run(call, query)


def people_behind(insight: str, call: Call, filter: Filter, stretch: Stretch) -> Found:
    """Return a stretch of those whom an insight counts, as an older filter asks for it.

    Raises: ValidationError for a filter that cannot be computed, NotModelled when the extra is not installed.
    """
    from mockserver.analytics.people.trends import PEOPLE

    return PEOPLE[insight](call, filter, stretch)
