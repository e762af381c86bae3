"""What changed, as text for people and as JSON for tools."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mockserver.diff.operations import Comparison
from mockserver.diff.rules import Change, Level

FORMAT = 1
ADDED = "endpoint-added"
QUIET = frozenset({"response-non-success-status-removed", "response-non-success-status-added"})
"""Rules that a text tells in a line an operation, since documents seldom list errors."""


def to_text(found: Comparison, *, breaking_only: bool = False, added: bool = False) -> str:
    """Return the changes, an operation after the other, and how many there are."""
    shown = [
        change
        for change in found.changes
        if (change.level.is_breaking or not breaking_only) and (added or change.id != ADDED)
    ]
    lines = [line for label, group in groupby(shown, key=lambda c: c.label) for line in _operation(label, list(group))]
    lines += [f"Note: {note}" for note in found.notes]
    return "\n".join([*lines, *([""] if lines else []), *_figures(found, added)])


def to_json(found: Comparison, **about: Any) -> str:
    """Return the changes as JSON text; `about` says what was compared."""
    levels = Counter(change.level for change in found.changes)
    data = {
        "format": FORMAT,
        **about,
        "summary": {
            "operations_compared": found.compared,
            "breaking": len(found.breaking),
            **{str(level): levels[level] for level in Level},
        },
        "changes": [
            {
                "id": change.id, "level": change.level, "breaking": change.level.is_breaking, "method": change.method,
                "path": change.path, "place": change.place, "text": change.text,
            }
            for change in found.changes
        ],
        "notes": found.notes,
    }  # fmt: skip
    return json.dumps(data, indent=1, ensure_ascii=False)


def _operation(label: str, changes: list[Change]) -> Iterator[str]:
    yield label
    for change in changes:
        if change.id not in QUIET:
            yield f"  {change.level:8} {change.id}  {': '.join(filter(None, (change.place, change.text)))}".rstrip()
    for rule in sorted(QUIET):
        statuses = [change.text for change in changes if change.id == rule]
        if statuses:
            yield f"  {Level.INFO:8} {rule}  {', '.join(statuses)}"


def _figures(found: Comparison, added: bool) -> Iterator[str]:
    levels = Counter(change.level for change in found.changes)
    rules = Counter(change.id for change in found.changes)
    removed = sum(number for rule, number in rules.items() if rule.startswith(("api-removed", "api-path-removed")))
    more = "" if added else " (--added lists them)"
    yield f"{found.compared} operations in both, {removed} only in the contract, {rules[ADDED]} only in the other{more}"
    yield (
        f"{len(found.breaking)} breaking changes ({levels[Level.ERROR]} errors, {levels[Level.WARNING]} warnings), "
        f"{levels[Level.INFO] - rules[ADDED]} other changes"
    )
