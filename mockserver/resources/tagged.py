"""Tags: words that people put on things, in lower case, each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource


class Tagged(Resource):
    """Records with `tags`, which a body gives whole or leaves as they are."""

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        data = super().load(call, record, **how)
        if "tags" in data:
            data["tags"] = normalized(data["tags"])
        return data


def normalized(tags: Sequence[Any]) -> list[Any]:
    """Return tags as they are kept: trimmed, in lower case, each once; what is no text as it is."""
    texts = {tag.strip().lower() for tag in tags if isinstance(tag, str)}
    return [*sorted(texts), *(tag for tag in tags if not isinstance(tag, str))]
