"""How answers to queries are compared: what of them is determined by the question and the data, and what is not.

Numbers that an engine estimates agree roughly, all others to nine digits; rows without an order come in any; what a
parser or an engine says of a mistake is in the words of its build.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from mockserver.replay.recordings.model import RecordedExchange

EXACT, ESTIMATED = 1e-9, 1e-6
"""Relative tolerances."""
ESTIMATES = re.compile(rb"quantile|median|\bavg|corr|covar|stddev|var(?:Pop|Samp)", re.IGNORECASE)
"""What is computed by digests, or by sums whose order threads decide."""
QUERY = re.compile(r"/query/|/query$")
UNORDERED_LIST = re.compile(r"/persons?/cohorts/?$")
"""Lists that servers read from their database without an order."""
HOGQL = re.compile(rb'"kind":\s*"HogQLQuery"')
FUNNEL = re.compile(rb'^\s*{"query":\s*{[^{}]*"kind":\s*"FunnelsQuery"')
ORDERED = re.compile(rb"order\s+by|orderby", re.IGNORECASE)
SYNTAX = re.compile(r"mismatched input|no viable alternative|extraneous input|token recognition|missing ")
OF_APPLICATION = frozenset({
    "invalid_input", "parse_error", "not_found", "permission_denied", "required", "does_not_exist",
    "method_not_allowed", "not_authenticated", "authentication_failed", "invalid",
})  # fmt: skip
"""Codes of refusals that the application words itself; other codes are the engine's errors."""
FULL_LIST = 20
"""As many values of a property are shown at most."""

ASKED_BEFORE = ("is_cached", "initial", "query_status.results.is_cached")
"""What answers say of a question that was asked before."""
Count = Callable[[str], int | None]
"""How often a value of a property is counted, asked for alone."""


def tolerance(exchange: RecordedExchange) -> float:
    """Return how far numbers of an answer may differ, relative to their size."""
    return ESTIMATED if ESTIMATES.search(exchange.body or b"") else EXACT


def comparable(exchange: RecordedExchange, recorded: Any, ours: Any) -> tuple[Any, Any]:
    """Return a recorded answer and ours without what nothing determines."""
    path = exchange.path.partition("?")[0]
    if not isinstance(recorded, dict) or not isinstance(ours, dict):
        return recorded, ours
    if UNORDERED_LIST.search(path):
        return _in_order(recorded, _id), _in_order(ours, _id)
    if not QUERY.search(path):
        return recorded, ours
    if exchange.answer.status >= 400:
        return _without_foreign_words(recorded, ours)
    if isinstance(recorded.get("suggestions"), list) and isinstance(ours.get("suggestions"), list):
        return _suggestions(exchange, recorded, ours)
    status, own = recorded.get("query_status"), ours.get("query_status")
    if isinstance(status, dict) and isinstance(own, dict) and status.get("results") and own.get("results"):
        inside = _results(exchange, status["results"], own["results"])
        return ({**recorded, "query_status": {**status, "results": inside[0]}},
                {**ours, "query_status": {**own, "results": inside[1]}})  # fmt: skip
    return _results(exchange, recorded, ours)


def _results(exchange: RecordedExchange, recorded: Any, ours: Any) -> tuple[Any, Any]:
    """Return an answer with results, in an order of its own where the question asks for none."""
    if not isinstance(recorded, dict) or not isinstance(ours, dict):
        return recorded, ours
    left_out = {"timings"} if HOGQL.search(exchange.body or b"") else {"timings", "hogql"}
    recorded, ours = ({name: each[name] for name in each if name not in left_out} for each in (recorded, ours))
    modifiers, own = recorded.get("modifiers"), ours.get("modifiers")
    if isinstance(modifiers, dict) and isinstance(own, dict):  # later servers know more of them
        ours = {**ours, "modifiers": {name: own[name] for name in own if name in modifiers}}
    if _comes_in_any_order(exchange):
        recorded, ours = _in_order(recorded, _spelling), _in_order(ours, _spelling)
    return recorded, ours


def _comes_in_any_order(exchange: RecordedExchange) -> bool:
    """Return whether rows come in no promised order: HogQL without one, and a funnel's values of a breakdown."""
    body = exchange.body or b""
    if FUNNEL.search(body):
        return b"breakdownFilter" in body
    return bool(HOGQL.search(body)) and not ORDERED.search(body)


def _in_order(answer: dict[str, Any], key: Callable[[Any], str]) -> dict[str, Any]:
    """Return an answer whose results stand in an order that depends on nothing but them."""
    rows = answer.get("results")
    return {**answer, "results": sorted(rows, key=key)} if isinstance(rows, list) else answer


def _id(row: Any) -> str:
    return str(row.get("id")) if isinstance(row, dict) else ""


def _spelling(value: Any) -> str:
    """Return a value as a text that depends on no spelling of numbers."""
    return json.dumps(_rounded(value), sort_keys=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.6g}"
    return value


def _without_foreign_words(recorded: dict[str, Any], ours: dict[str, Any]) -> tuple[Any, Any]:
    """Return refusals without the words of a parser's or an engine's build."""
    said = str(recorded.get("detail", ""))
    is_engines = recorded.get("code") not in OF_APPLICATION
    if is_engines or SYNTAX.search(said) or " In scope " in said or "ClickHouse" in said:
        return {**recorded, "detail": ""}, {**ours, "detail": ""}
    return recorded, ours


def _suggestions(exchange: RecordedExchange, recorded: dict[str, Any], ours: dict[str, Any]) -> tuple[Any, Any]:
    """Return suggestions: fields in their order, functions in any, how many; what they document is left out."""
    want, got = recorded["suggestions"], ours["suggestions"]
    keys = want[0].keys() if want else ()
    told = [item for item in ({name: item.get(name) for name in keys} for item in got) if item in want]
    count = exchange.kept.of if exchange.kept else len(want)
    lists = ({"fields": [item for item in each if item.get("kind") == "Variable"],
              "others": sorted((item for item in each if item.get("kind") != "Variable"), key=_spelling)}
             for each in (want, told))  # fmt: skip
    left, right = lists
    return ({**recorded, "suggestions": {**left, "count": count}},
            {**ours, "suggestions": {**right, "count": len(got)}})  # fmt: skip


def comparable_values(recorded: Any, ours: Any, count: Count) -> tuple[Any, Any]:
    """Return values of a property, those of one count in an order of their own.

    Of the least common ones a full list shows whichever come first: each that was recorded must count as much here.
    """
    lists = [recorded, ours]
    if not all(isinstance(rows, list) and all(_is_counted(row) for row in rows) for rows in lists):
        return recorded, ours
    least = recorded[-1]["count"] if len(recorded) == len(ours) == FULL_LIST else None
    rest = [row for row in recorded if row["count"] == least]
    if rest and len(rest) == sum(row["count"] == least for row in ours):
        if not all(count(str(row["name"])) == least for row in rest):
            return recorded, ours
        lists = [[row for row in rows if row["count"] != least] for rows in lists]
    ordered = [sorted(rows, key=lambda row: (-row["count"], str(row["name"]))) for rows in lists]
    return ordered[0], ordered[1]


def _is_counted(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("count"), int) and "name" in row
