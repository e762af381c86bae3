"""Every operator of the flags service, against a table of what its own matcher says of thousands of pairs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mockserver.flags.hashing import share
from mockserver.flags.matching.errors import CannotMatch, Unreadable
from mockserver.flags.matching.service import Properties, State, Test, compile_filter
from mockserver.replay.recordings.files import FOLDER, read_recording

MADE_AT = datetime(2026, 11, 30, 15, 6, tzinfo=UTC)
TABLES = {State.AUGUST_2025: "flag_matching_table", State.SEPTEMBER_2026: "flag_matching_table_2026"}


class MissingProperty(CannotMatch):
    """What the flags service says where it may not decide without a property."""


def requiring(filter: Mapping[str, Any], test: Test) -> Test:
    """Return a test that must be given the property, as the rows of the table that are partial ask for it."""
    key = str(filter.get("key"))

    def required(properties: Properties, now: datetime) -> bool:
        if key not in properties:
            raise MissingProperty(f"can't match properties without a value. Missing property: {key}")
        return test(properties, now)

    return required


def rows(state: State) -> tuple[Mapping[str, Any], ...]:
    return read_recording(FOLDER / f"families-{state}" / f"{TABLES[state]}.jsonl.gz").rows


def said(row: Mapping[str, Any], state: State) -> tuple[str, Any]:
    try:
        test = compile_filter(row["filter"], state, ZoneInfo(row.get("tz", "UTC")))
        if row["partial"]:
            test = requiring(row["filter"], test)
        return "result", test(row["properties"], MADE_AT)
    except MissingProperty as error:
        return "error", f"MissingProperty({json.dumps(str(error))})"
    except CannotMatch as error:
        return "error", f"ValidationError({json.dumps(str(error))})"
    except Unreadable as error:
        return "parse_error", str(error)


@pytest.mark.parametrize("state", State)
def test_every_pair_of_the_table_agrees(state: State) -> None:
    pairs = [row for row in rows(state) if "filter" in row]
    kinds = ("result", "error", "parse_error")
    wrong = [row for row in pairs if said(row, state) != next((kind, row[kind]) for kind in kinds if kind in row)]
    assert len(pairs) > 2000
    assert not wrong, wrong[:5]


def test_hashes_agree_to_the_last_digit() -> None:
    hashes = [row for row in rows(State.AUGUST_2025) if "hash_of" in row]
    assert len(hashes) > 50
    for row in hashes:
        assert share(row["hash_of"], "") == row["hash"]


@pytest.mark.parametrize("pattern", [r"(?<name>a)b", r"[$]b", r"a\z", r"x$", "(?m)^b$"])
def test_patterns_of_rust_are_read(pattern: str) -> None:
    test = compile_filter({"key": "k", "operator": "regex", "value": pattern}, State.AUGUST_2025)
    assert [test({"k": text}, MADE_AT) for text in ("ab", "$b", "a", "x", "a\nb")].count(True) == 1


def test_a_dollar_stands_at_the_end_of_all_and_not_before_a_last_line_break() -> None:
    test = compile_filter({"key": "k", "operator": "regex", "value": "b$"}, State.SEPTEMBER_2026)
    assert [test({"k": text}, MADE_AT) for text in ("ab", "ab\n")] == [True, False]
