"""What the query asks of comments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.listing import fulltext
from mockserver.store import Record

SUPPORT = "conversations_ticket"
"""The scope of what is said to customers; other lists than its own leave it out."""

Test = Callable[[Record], bool]


def list_tests(query: Mapping[str, str], source: str | None, *, with_deleted: bool) -> list[Test]:
    """Return what a comment must meet; `source` is the comment whose replies are asked for."""
    scope, item = query.get("scope"), query.get("item_id")
    tests: list[Test] = [lambda record: bool(record["scope"] == scope if scope else record["scope"] != SUPPORT)]
    if not with_deleted and query.get("deleted", "false") == "false":
        tests.append(lambda record: record["deleted"] is False)
    if item:
        tests.append(lambda record: bool(record["item_id"] == item))
    if source:
        tests.append(lambda record: bool(record["source_comment"] == source))
    if query.get("search"):
        sought = fulltext.words(query["search"])
        tests.append(lambda record: fulltext.matches(record["content"], sought))
    if query.get("exclude_emoji_reactions") == "true":
        tests.append(lambda record: not is_reaction(record["item_context"]))
    return tests


def task_tests(query: Mapping[str, str]) -> list[Test]:
    """Return what a comment must meet to be of the kind asked for; `completed` counts for tasks alone."""
    kind, completed = query.get("kind"), query.get("completed")
    if kind == "comment":
        return [lambda record: not record["is_task"]]
    if kind != "task":
        return []
    tests: list[Test] = [lambda record: bool(record["is_task"])]
    if completed in ("open", "completed"):
        tests.append(lambda record: bool(record["completed_at"]) == (completed == "completed"))
    return tests


def is_reaction(item_context: Any) -> bool:
    """Return whether a comment is but an emoji."""
    return isinstance(item_context, Mapping) and item_context.get("is_emoji", False) is not False
