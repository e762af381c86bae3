"""Web analytics for other programs: switched off by PostHog for everybody but whom it lets in."""

from __future__ import annotations

from typing import Any

from mockserver.errors import PermissionDenied
from mockserver.request.call import Call
from mockserver.resources.behaviours import OnlyAsked

SWITCHED_OFF = "External web analytics is not available for this user - please contact support."


class WebAnalytics(OnlyAsked):
    """Numbers of a site, which servers tell nobody who was not let in. Source: recorded answers."""

    family = "web_analytics"
    component = "QueryRequest"
    title = "External Web Analytics"

    def overview(self, call: Call) -> Any:
        """Refuse. Raises: PermissionDenied, whoever asks."""
        raise PermissionDenied(SWITCHED_OFF)

    breakdown = trend = overview
