"""Organizations."""

from __future__ import annotations

from mockserver.resource import Resource


class Organizations(Resource):
    """Organizations."""

    family = "organizations"
    table = "organizations"
    component = "Organization"
