"""Heatmaps: where pages were clicked on. No clicks are kept in a world, so there is nothing to show."""

from __future__ import annotations

from typing import Any

from mockserver.request.call import Call
from mockserver.resources.resource import Resource


class Heatmaps(Resource):
    """Places on pages. Source: a recorded answer of a project without any."""

    family = "heatmaps"
    table = "queries"
    component = "Heatmap"
    title = "Heatmap"
    tells_fields = False

    def list(self, call: Call) -> Any:
        """Return none."""
        return {"results": []}
