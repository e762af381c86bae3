"""Comments."""

from __future__ import annotations

from typing import Any

from mockserver.call import Call
from mockserver.errors import NotModelled
from mockserver.resource import Resource


class Comments(Resource):
    """Comments."""

    family = "comments"
    table = "comments"
    component = "Comment"

    def complete(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def count(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def reopen(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def thread(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")
