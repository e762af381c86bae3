"""Searching the tree: words of which each must be met, some of them about one field, some of them negated.

`name:` looks at the last segment of a path, `path:` at those above it, `user:` at who made it (`me` is the asker),
`type:` and `ref:` compare; any other word stands anywhere in the path. `-` or `!` before a word turns it round.
Source: PostHog's sources.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from mockserver.request.call import Call
from mockserver.store import Record
from mockserver.world import filing

Test = Callable[[Record], bool]
NEGATIONS = ("-", "!")
PIPELINES = frozenset({
    "broadcast", "campaign", "destination", "internal_destination", "site_app", "site_destination", "source",
    "transformation",
})  # fmt: skip
"""Types of hog functions, which may be asked for without what stands before them."""


def searched(call: Call, records: Sequence[Record], text: str) -> Sequence[Record]:
    """Return the records that meet every word of a search."""
    tests = [_turned(call, word) for word in words(text) if word.lstrip("-!")]
    return [record for record in records if all(test(record) for test in tests)] if tests else records


def words(text: str) -> list[str]:
    """Return the words of a search; what stands in quotes is one, and a quote that does not end is a letter."""
    for quotes in ("'\"", '"'):
        lexer = shlex.shlex(text, posix=True)
        lexer.whitespace_split, lexer.commenters, lexer.quotes = True, "", quotes
        try:
            return list(lexer)
        except ValueError:
            continue
    return text.split()


def _turned(call: Call, word: str) -> Test:
    if not word.startswith(NEGATIONS):
        return _test(call, word)
    test = _test(call, word[1:])
    return lambda record: not test(record)


def _test(call: Call, word: str) -> Test:
    field, colon, value = word.partition(":")
    wanted = value.strip().strip("\"'").lower()
    match field.lower() if colon else "":
        case "path":
            return lambda record: any(wanted in segment for segment in filing.split(record["place"])[:-1])
        case "name":
            return lambda record: wanted in (filing.split(record["place"]) or [""])[-1]
        case "user" | "author":
            return _made_by(call, wanted)
        case "type":
            return _of_type(value.strip())
        case "ref":
            return lambda record: record["ref"] == value.strip()
    if "/" not in word:
        return lambda record: word.lower() in record["place"]
    pattern = re.compile(r"(?:/|\\/)".join(re.escape(part) for part in word.lower().split("/")))
    return lambda record: pattern.search(record["place"]) is not None


def _of_type(wanted: str) -> Test:
    if wanted.endswith("/"):
        return lambda record: record["type"].startswith(wanted)
    name = f"hog_function/{wanted}" if wanted in PIPELINES else wanted
    return lambda record: bool(record["type"] == name)


def _made_by(call: Call, wanted: str) -> Test:
    if wanted == "me":
        return lambda record: record["created_by"] == call.user["id"]

    def test(record: Record) -> bool:
        user = call.table("users").get(record["created_by"]) if record["created_by"] else None
        if user is None:
            return False
        name = f"{user.get('first_name') or ''} {user.get('last_name') or ''}"
        return wanted in name.lower() or wanted in (user["email"] or "").lower()

    return test
