"""Pages of the persons behind insights: which stretch is asked for, and where the next one is."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from mockserver.analytics.insights.legacy_filters import Filter
from mockserver.listing.pagination import place_query
from mockserver.request.call import Call
from mockserver.resources.actors.filters import whole


@dataclass(frozen=True)
class Window:
    """Which stretch of the persons a request asks for, by parameters of these names."""

    limit_name: str = "limit"
    offset_name: str = "offset"
    default_limit: int = 100

    def read(self, filter: Filter) -> tuple[int, int]:
        """Return limit and offset. Raises: ValidationError."""
        limit = whole(filter.get(self.limit_name), self.limit_name, self.default_limit) or self.default_limit
        return limit, whole(filter.get(self.offset_name), self.offset_name, 0)

    def following(self, call: Call, limit: int, offset: int, rows: int) -> str | None:
        """Return where the next page is, if this one is full.

        An address that has an `offset` already loses its host and first slash: so the servers answer.
        """
        if rows < limit:
            return None
        following = place_query(call.url, self.offset_name, offset + limit)
        parts = urlsplit(following)
        if self.offset_name == "offset" and "offset" in dict(parse_qsl(urlsplit(call.url).query, True)):
            return f"{parts.path.lstrip('/')}?{parts.query}"
        return following


PLAIN = Window()
CORRELATION = Window("funnel_correlation_person_limit", "funnel_correlation_person_offset")
