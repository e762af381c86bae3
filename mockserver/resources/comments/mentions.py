"""Rich content of comments: a tree of nodes, as the editor writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MENTION = "ph-mention"


def find_mentions(content: Any) -> list[int]:
    """Return the ids of the users that rich content mentions, in its order, each once."""
    found: dict[int, None] = {}
    waiting = [content]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            user = _mentioned(node)
            if user is not None:
                found[user] = None
            waiting.extend(reversed(list(node.values())))
        elif isinstance(node, list):
            waiting.extend(reversed(node))
    return list(found)


def _mentioned(node: Mapping[str, Any]) -> int | None:
    attributes = node.get("attrs")
    user = attributes.get("id") if node.get("type") == MENTION and isinstance(attributes, Mapping) else None
    return user if isinstance(user, int) and not isinstance(user, bool) else None


def is_blank(content: Any) -> bool:
    """Return whether rich content says nothing: there is none, or a paragraph of it holds but an empty text."""
    if not content:
        return True
    nodes = content.get("content") if isinstance(content, Mapping) else None
    return any(_is_empty_paragraph(node) for node in (nodes if isinstance(nodes, list) else []))


def _is_empty_paragraph(node: Any) -> bool:
    if not isinstance(node, Mapping) or node.get("type") != "paragraph":
        return False
    match node.get("content"):
        case [{"type": "text", **rest}]:
            return rest.get("text", "") == ""
    return False
