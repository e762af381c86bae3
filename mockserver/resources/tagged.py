"""Tags: words that people put on things, in lower case, each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource


class Tagged(Resource):
    """Records with `tags`, which a body gives whole or leaves as they are."""

    tags_follow: ClassVar[str | None] = None
    """The field that they stand behind where a change gives them; else they stand last. Source: recorded answers."""

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        data = super().load(call, record, **how)
        if "tags" in data:
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
