"""Errors in queries: where in the text, what is wrong, and what PostHog calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import ValidationError


class QueryError(ValidationError):
    """A query cannot be run as written; `start` and `end` are offsets into its text."""

    def __init__(
        self, detail: str, start: int | None = None, end: int | None = None, *, code: str | None = None
    ) -> None:
        super().__init__(detail, code=code)
        self.start, self.end = start, end


class NotText(QueryError):
    """A query holds what no encoding has: half of a surrogate pair, as JSON's escapes can spell one, or a NUL."""

    def __init__(self) -> None:
        super().__init__("Query has characters that are not text")


def unsupported(query: Mapping[str, Any]) -> QueryError:
    """Return the error for a kind of query that is not run, in the words that PostHog has for those it does not run."""
    return QueryError(f"Unsupported query kind: {query.get('kind')}")
