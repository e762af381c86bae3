"""Query."""

from __future__ import annotations

from typing import Any

from mockserver.call import Call
from mockserver.errors import NotModelled
from mockserver.resource import Resource


class Query(Resource):
    """Query."""

    family = "query"
    table = "queries"
    component = "QueryRequest"

    def check_auth_for_async(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def draft_sql(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def log(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def upgrade(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")
