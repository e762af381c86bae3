"""Full-text search: all the words, whole, whatever their case."""

from __future__ import annotations

import pytest

from mockserver import fulltext


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("deploy", True),
        ("FAILED deploy", True),
        ("the deploy", True),
        ("dep", False),
        ("deploy succeeded", False),
        ("the", False),
        ("   ", False),
        ("ÜBER", True),
        ("staging-eu", True),
        ("eu", True),
        ("(deploy) & !", True),
    ],
)
def test_search_is_for_whole_words(search: str, found: bool) -> None:
    text = "Deploy of v2 failed; über-fast on staging-eu."
    assert fulltext.matches(text, fulltext.words(search)) is found


def test_nothing_is_found_in_no_text() -> None:
    assert not fulltext.matches(None, fulltext.words("deploy"))
