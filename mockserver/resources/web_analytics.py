"""Web analytics for other programs: switched off by PostHog for everybody but whom it lets in."""

from __future__ import annotations

from typing import Any

from mockserver.errors import PermissionDenied
from mockserver.request.call import Call
from mockserver.resources.resource import Resource

SWITCHED_OFF = "External web analytics is not available for this user - please contact support."


class WebAnalytics(Resource):
    """Numbers of a site, which servers tell nobody who was not let in. Source: recorded answers."""

    family = "web_analytics"
    table = "queries"
    component = "QueryRequest"
    title = "External Web Analytics"
    tells_fields = False
    has_writing_scope = False

    def overview(self, call: Call) -> Any:
        """Refuse. Raises: PermissionDenied, whoever asks."""
        raise PermissionDenied(SWITCHED_OFF)

    breakdown = trend = overview
