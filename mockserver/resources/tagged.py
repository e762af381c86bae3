"""Tags: words that people put on things, in lower case, each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource
from mockserver.validation.fields import Items, Json


class Tags(Items):
    """A list of whatever: servers look at a tag when they store it, and fail on one that is no text."""

    def __init__(self) -> None:
        super().__init__(Json(allow_none=True), load_default=list)


class Tagged(Resource):
    """Records with `tags`, which a body gives whole or leaves as they are.

    Of a new record, which servers have stored by the time they fail, refusing a tag is left to `create`.
    """

    tags_follow: ClassVar[str | None] = None
    """The field that they stand behind where a change gives them; else they stand last. Source: recorded answers."""

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        data = super().load(call, record, **how)
        if "tags" in data:
            problem = refusal_of(data["tags"])
            if problem is not None and record is not None:
                raise problem
            data["tags"] = normalized(data["tags"])
        return data

    def show(self, record: Record, call: Call, component: str | None = None) -> Any:
        shown = super().show(record, call, component)
        is_given = call.operation.method in ("put", "patch") and "tags" in (call.body or ())
        if not is_given or self.tags_follow not in shown:
            return shown
        tags, moved = shown.pop("tags"), {}
        for name, value in shown.items():
            moved[name] = value
            if name == self.tags_follow:
                moved["tags"] = tags
        return moved


def normalized(tags: Sequence[Any]) -> list[Any]:
    """Return tags as they are kept: trimmed, in lower case, each once; what is no text as it is."""
    texts = {tag.strip().lower() for tag in tags if isinstance(tag, str)}
    return [*sorted(texts), *(tag for tag in tags if not isinstance(tag, str))]


def refusal_of(tags: Sequence[Any]) -> ValidationError | None:
    """Return how tags are refused of which one is no text."""
    return ValidationError("Not a valid string.", attr="tags") if texts_of(tags) != tags else None


def texts_of(tags: Sequence[Any]) -> list[str]:
    """Return those of some tags that are text."""
    return [tag for tag in tags if isinstance(tag, str)]
