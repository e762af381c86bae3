"""HogQuery: a program, which only staff may run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.hogql.parser import parse_program
from mockserver.request.call import Call


def hog_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer as to someone who is not staff. Raises: QueryError for a program that cannot be read."""
    parse_program(query.get("code") or "")
    return {"results": "Hog queries currently require staff user privileges."}
