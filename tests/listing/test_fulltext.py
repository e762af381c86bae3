"""Full-text search: all the words, whole, whatever their case and endings."""

from __future__ import annotations

import pytest

from mockserver.listing import fulltext


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("deploy", True),
        ("FAILED deploy", True),
        ("deploying failures", False),
        ("deployment fails", True),
        ("stages", True),
        ("the deploy", True),
        ("dep", False),
        ("deploy succeeded", False),
        ("the", False),
        ("   ", False),
        ("ÜBER", True),
        ("staging-eu", True),
        ("eu", True),
        ("(deploy) & !", True),
        ("ada@mail.test", True),
        ("ada", False),
        ("https://app.posthog.com/insights/x?y=1", True),
        ("app.posthog.com", True),
        ("posthog", False),
        ("2.14.0", True),
        ("14", False),
        ("session", True),
        ("recording", True),
        ("2026", True),
        ("b", False),
        ("bold", True),
        ("main.py", False),
        ("src/app/main.py", True),
        ("3rd", True),
        ("3rds", False),
    ],
)
def test_search_is_for_whole_words_in_any_form(search: str, found: bool) -> None:
    text = (
        "Deploy of v2 failed; über-fast on staging-eu. Ask ada@mail.test, see https://app.posthog.com/insights/x?y=1 "
        "or src/app/main.py of 2.14.0, 2026-01-15: 3rd <b>bold</b> session_recordings"
    )
    assert fulltext.matches(text, fulltext.words(search)) is found


@pytest.mark.parametrize(
    ("text", "lexemes"),
    [
        ("organization's organizations", {"organ"}),
        ("naïve cafés don't re-run", {"café", "naïv", "re-run", "re", "run"}),
        ("-7, 3.5 and 1e5", {"-7", "3.5", "1e5"}),
        ("PR-456 &amp; utm_source=x", {"pr", "-456", "utm", "sourc", "x"}),
        ("e.g. 日本語 👍", {"e.g", "日本語"}),
        ("a1b2-running", {"a1b2-running", "a1b2", "run"}),
    ],
)
def test_lexemes_are_those_of_postgresql(text: str, lexemes: set[str]) -> None:
    assert fulltext.words(text) == lexemes


@pytest.mark.parametrize("text", ["a_" * 50_000, "x" * 100_000, "a." * 50_000, "1-" * 50_000, "<a" * 50_000])
def test_no_text_takes_for_ever(text: str) -> None:
    assert len(fulltext.words(text)) <= 1


def test_nothing_is_found_in_no_text() -> None:
    assert not fulltext.matches(None, fulltext.words("deploy"))
