"""Rich content: whom it mentions, and whether it says anything."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.resources.comments.mentions import find_mentions, is_blank


def mention(user: Any) -> dict[str, Any]:
    return {"type": "ph-mention", "attrs": {"id": user}}


def paragraph(*nodes: Any) -> dict[str, Any]:
    return {"type": "doc", "content": [{"type": "paragraph", "content": list(nodes)}]}


@pytest.mark.parametrize(
    ("content", "users"),
    [
        (None, []),
        (paragraph(mention(3), mention(1), mention(3)), [3, 1]),
        ([[mention(2)], {"deep": {"deeper": mention(4)}}], [2, 4]),
        (
            paragraph(
                mention("3"), mention(None), mention(True), {"type": "ph-mention"}, {"type": "ph-mention", "attrs": 5}
            ),
            [],
        ),
    ],
)
def test_mentions_are_found_in_order(content: Any, users: list[int]) -> None:
    assert find_mentions(content) == users


@pytest.mark.parametrize(
    ("content", "blank"),
    [
        (None, True),
        ({}, True),
        (paragraph({"type": "text", "text": ""}), True),
        (paragraph({"type": "text"}), True),
        (paragraph({"type": "text", "text": "x"}), False),
        (paragraph(), False),
        (paragraph(mention(1), {"type": "text", "text": ""}), False),
        ({"type": "doc"}, False),
        ({"content": "text"}, False),
        ({"content": [1, None]}, False),
    ],
)
def test_content_of_an_empty_paragraph_is_blank(content: Any, blank: bool) -> None:
    assert is_blank(content) is blank
