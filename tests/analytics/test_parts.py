"""The parts of the compiler by themselves: dates, literals, functions, results, and what is loaded when."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from mockserver.analytics.clickhouse import results
from mockserver.analytics.dates import parse_date
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import functions, parser
from mockserver.analytics.hogql.literals import clickhouse_identifier, clickhouse_value

NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-01-02", "2026-01-02T00:00:00+00:00"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05+00:00"),
        ("2026-1-2", "2026-01-02T00:00:00+00:00"),
        ("-7d", "2026-03-24T12:30:00+00:00"),
        ("-24h", "2026-03-30T12:30:00+00:00"),
        ("-2w", "2026-03-17T12:30:00+00:00"),
        ("-1m", "2026-02-28T12:30:00+00:00"),
        ("-1q", "2025-12-31T12:30:00+00:00"),
        ("-2y", "2024-03-31T12:30:00+00:00"),
        ("-10M", "2026-03-31T12:20:00+00:00"),
        ("dStart", "2026-03-31T00:00:00+00:00"),
        ("-1mStart", "2026-02-01T12:30:00+00:00"),
        ("yStart", "2026-01-01T12:30:00+00:00"),
        ("?", "2026-03-31T12:30:00+00:00"),
    ],
)
def test_date_is_read(text: str, moment: str) -> None:
    assert parse_date(text, NOW, "UTC").isoformat() == moment


def test_day_begins_in_the_projects_zone() -> None:
    assert parse_date("2026-01-02", NOW, "Asia/Tokyo").isoformat() == "2026-01-02T00:00:00+09:00"
    with pytest.raises(QueryError):
        parse_date("-99999y", NOW, "UTC")


@pytest.mark.parametrize("value, text", [("it's \\ \n", "'it\\'s \\\\ \\n'"), (True, "1"), (None, "NULL"), (1.5, "1.5"),
                                         (float("inf"), "Inf"), ([1, "a"], "[1, 'a']")])  # fmt: skip
def test_literal_is_spelled_safely(value: Any, text: str) -> None:
    assert clickhouse_value(value, "UTC") == text


def test_identifier_is_quoted_when_it_must_be() -> None:
    names = ["plain", "$x", "a b", "b`c", "null"]
    assert [clickhouse_identifier(name) for name in names] == ["plain", "$x", "`a b`", "`b\\`c`", "`null`"]


@pytest.mark.parametrize("name, close", [("hostName", "monthName"), ("substr", "substring"), ("mod", "modulo"),
                                         ("joinGet", None)])  # fmt: skip
def test_unknown_function_is_told_the_closest(name: str, close: str | None) -> None:
    assert functions.find_function(name) is None and functions.find_aggregate(name) is None
    assert functions.suggest(name) == close


def test_case_matters_only_where_it_does_in_clickhouse() -> None:
    assert functions.find_aggregate("COUNT") and functions.find_function("LOWER")
    assert functions.find_function("tostring") is None


@pytest.mark.parametrize(
    "kind, value, shown",
    [
        ("DateTime64(6, 'UTC')", "2026-01-01 10:00:00.000000", "2026-01-01T10:00:00Z"),
        ("Nullable(DateTime('Asia/Tokyo'))", "2026-01-01 10:00:00", "2026-01-01T10:00:00+09:00"),
        ("Array(Tuple(String, DateTime64(3, 'UTC')))", [["a", "2026-01-01 10:00:00.500"]],
         [["a", "2026-01-01T10:00:00.500000Z"]]),
        ("DateTime('UTC')", "2026-01-01 10:00:00", "2026-01-01T10:00:00Z"),
        ("Nullable(Float64)", 3, 3.0),
        ("Map(String, DateTime)", {"a": "2026-01-01 10:00:00"}, {"a": "2026-01-01T10:00:00"}),
    ],
)  # fmt: skip
def test_value_becomes_json(kind: str, value: Any, shown: Any) -> None:
    row = results.convert_rows([[value, None]], [kind, "Nullable(String)"])[0]
    assert repr(row) == repr([shown, None])


def test_parser_leaves_the_sdk_as_it_is() -> None:
    import posthog

    before = sys.modules["posthog"]
    parser.parse_select("select 1")
    assert sys.modules["posthog"] is before is posthog
    assert "posthog.hogql" not in sys.modules


def test_nothing_heavy_is_loaded_before_the_first_query() -> None:
    code = "import sys, mockserver, mockserver.serving.app, mockserver.analytics; print('chdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from mockserver.analytics.clickhouse.engine import EmbeddedEngine
    from mockserver.errors import NotModelled

    monkeypatch.setitem(sys.modules, "chdb", None)
    with pytest.raises(NotModelled, match=r"posthog-mockserver\[analytics\]"):
        EmbeddedEngine()
