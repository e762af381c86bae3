"""Answers that are tables: their cells side by side, so that what differs has a place as in JSON."""

from __future__ import annotations

import csv
import io
from typing import Any

from mockserver.replay.script import Answer

CSV = "text/csv"


def as_rows(recorded: Any, ours: Any, answer: Answer) -> tuple[Any, Any]:
    """Return two texts as rows where an answer says that they are CSV; anything else as it is.

    Columns are called after where their values stand, as in `created_by.id`: a row is an object of such objects.
    """
    kind = next((value for name, value in answer.headers.items() if name.lower() == "content-type"), "")
    if not kind.startswith(CSV) or not isinstance(recorded, str) or not isinstance(ours, str):
        return recorded, ours
    return _rows(recorded), _rows(ours)


def _rows(text: str) -> list[Any]:
    header, *rows = csv.reader(io.StringIO(text, newline="")) if text else [[]]
    return [_nested(header, row) for row in rows]


def _nested(header: list[str], row: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, cell in zip(header, row, strict=False):
        *around, name = column.split(".")
        inner = found
        for part in around:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):  # a column that another one is called after: a name that has dots in it
                return dict(zip(header, row, strict=False))
        inner[name] = cell
    return found
