"""Errors in queries: where in the text, what is wrong, and what PostHog calls it."""

from __future__ import annotations

from mockserver.errors import ValidationError


class QueryError(ValidationError):
    """A query cannot be run as written; `start` and `end` are offsets into its text."""

    def __init__(
        self, detail: str, start: int | None = None, end: int | None = None, *, code: str | None = None
    ) -> None:
        super().__init__(detail, code=code)
        self.start, self.end = start, end
