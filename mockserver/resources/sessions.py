"""Sessions: which properties they have, and which values those have most."""

from __future__ import annotations

from typing import Any

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.resources.resource import Resource


class Sessions(Resource):
    """What can be asked of a project's sessions. Source: recorded answers."""

    family = "sessions"
    table = "queries"
    component = "SessionProperty"
    title = "Session"
    tells_fields = False

    def property_definitions(self, call: Call) -> Any:
        """Return the properties whose names hold every word that is searched for."""
        from mockserver.analytics.people.session_values import session_properties  # late: it loads a parser

        words = call.query.get("search", "").lower().split()
        found: list[dict[str, Any]] = [
            {
                "id": name, "name": name, "is_numerical": kind in ("Numeric", "Duration"), "property_type": kind,
                "is_seen_on_filtered_events": None, "tags": [],
            }
            for name, kind in session_properties().items()
            if all(word in name.lower() for word in words)
        ]  # fmt: skip
        return {"count": len(found), "results": found}

    def values(self, call: Call) -> Any:
        """Return the values of a property, most sessions first. Raises: ValidationError where none is named."""
        from mockserver.analytics.people.session_values import session_properties, session_values

        key = call.query.get("key")
        if not key:
            raise ValidationError("Key not provided")
        if key not in session_properties():
            return []
        return [{"name": value} for value in session_values(call, key, call.query.get("value"))]
