"""Elements: what was clicked on, and how often."""

from __future__ import annotations

from typing import Any

from mockserver.listing.pagination import set_query, whole_number
from mockserver.request.call import Call
from mockserver.resources.resource import Resource

PAGE = 250
EVENTS = ("$autocapture", "$rageclick")


class Elements(Resource):
    """What autocaptured events were about, for a login alone. Source: a recorded refusal, PostHog's sources."""

    family = "elements"
    table = "queries"
    component = "ElementStat"
    title = "Element"
    tells_fields = False

    def stats(self, call: Call) -> Any:
        """Return a page of chains of elements, those clicked most first."""
        from mockserver.analytics.web.elements import counted  # late: it loads a database

        limit, offset = whole_number(call, "limit", PAGE) or PAGE, whole_number(call, "offset", 0)
        names = call.query.getlist("include") or list(EVENTS)
        dates = {name: call.query.get(name) for name in ("date_from", "date_to")}
        found = counted(call, names, dates, limit + 1, offset)
        more = set_query(call.url, limit=limit, offset=offset + limit) if len(found) > limit else None
        return {"results": found[:limit], "next": more, "previous": None}
