"""Pages of rows: one more than asked for is fetched, to know whether there are more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.inquiries import DEFAULT_LIMIT, MAX_LIMIT, Answered, Inquiry


@dataclass(frozen=True)
class Page:
    """How many rows are asked for, and after how many."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> Page:
        """Return the page that a query asks for; a limit that is not positive is the default one."""
        limit, offset = query.get("limit"), query.get("offset")
        size = limit if isinstance(limit, int) and limit > 0 else DEFAULT_LIMIT
        return cls(min(size, MAX_LIMIT), offset if isinstance(offset, int) and offset > 0 else 0)

    def run(self, inquiry: Inquiry, query: nodes.SelectQuery) -> tuple[Answered, dict[str, Any]]:
        """Return a query's rows on this page, and what says whether there are more."""
        asked = replace(query, limit=nodes.constant(self.limit + 1), offset=nodes.constant(self.offset))
        answered = inquiry.run(asked)
        told = {"hasMore": len(answered.rows) > self.limit, "limit": self.limit, "offset": self.offset}
        return replace(answered, rows=answered.rows[: self.limit]), told
