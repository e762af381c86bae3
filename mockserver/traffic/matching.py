"""Whether a request is one that a fault, a stub or a verification is about, and if not, what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from mockserver.validation.matching import PATTERN, mismatches


class Subject(Protocol):
    """What a match looks at: a request that is being answered, or one in the journal."""

    @property
    def operation(self) -> str | None: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> Mapping[str, Any]: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> Any: ...


@dataclass(frozen=True)
class Match:
    """What a request must be like; what is not said does not matter.

    `path` may hold `*` for anything and `{…}` for one segment, and does not mind a slash at the end. `query`, `headers`
    (in whatever case) and `body` name what must be there, with `<kind>` and `{"$matches": "regular expression"}` where
    values vary.
    """

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    status: int | None = None

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Match:
        """Return the match that a JSON object spells."""
        query = {name: _spelled(value) for name, value in (spec.get("query") or {}).items()}
        headers = {name.replace("_", "-").title(): value for name, value in (spec.get("headers") or {}).items()}
        return cls(
            spec.get("operation"), spec.get("method"), spec.get("path"), query, headers, spec.get("body"),
            spec.get("status"),
        )  # fmt: skip

    def fits(self, subject: Subject) -> bool:
        """Return whether a request is meant."""
        return next(self.differences(subject), None) is None

    def differences(self, subject: Subject) -> Iterator[str]:
        """Yield what keeps a request from being meant, a line each, the cheapest to find out first."""
        if self.operation is not None and self.operation != subject.operation:
            yield f"operation: expected {self.operation!r}, got {subject.operation!r}"
        if self.method is not None and self.method.upper() != subject.method:
            yield f"method: expected {self.method.upper()!r}, got {subject.method!r}"
        if self.path is not None and not path_pattern(self.path).fullmatch(subject.path):
            yield f"path: expected {self.path!r}, got {subject.path!r}"
        if self.status is not None and self.status != getattr(subject, "status", None):
            yield f"status: expected {self.status}, got {getattr(subject, 'status', None)}"
        if self.query:
            yield from mismatches(self.query, subject.query, "query")
        if self.headers:
            yield from mismatches(self.headers, subject.headers, "headers")
        if self.body is not None:
            yield from mismatches(self.body, subject.body, "body")


def _spelled(value: Any) -> Any:
    """Return a query value as a query string spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return [_spelled(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=256)
def path_pattern(path: str) -> re.Pattern[str]:
    """Return the regular expression of a path's pattern."""
    parts = re.split(r"(\*|\{\w+\})", path.rstrip("/"))
    kinds = {"*": ".*"}
    return re.compile("".join(kinds.get(p, "[^/]+" if p.startswith("{") else re.escape(p)) for p in parts) + "/?")


def find_bad_pattern(value: Any) -> str | None:
    """Return what is wrong with the first regular expression in a match that is none, if there is one."""
    if isinstance(value, Mapping):
        if value.keys() == {PATTERN}:
            return _pattern_problem(value[PATTERN])
        return next((problem for item in value.values() if (problem := find_bad_pattern(item))), None)
    if isinstance(value, list):
        return next((problem for item in value if (problem := find_bad_pattern(item))), None)
    return None


def _pattern_problem(pattern: Any) -> str | None:
    if not isinstance(pattern, str):
        return f"{PATTERN} expects a text, got {pattern!r}"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"{pattern!r} is not a regular expression: {error}"
    return None
