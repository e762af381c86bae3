"""The functions that HogQL lets through, how many arguments each takes, and what each becomes in ClickHouse.

Names and counts are PostHog's; nothing else reaches the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from typing import NoReturn

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.functions.aggregates import AGGREGATES, AGGREGATES_RENAMED, REDUCERS, combined
from mockserver.analytics.hogql.functions.channels import LOOKUPS
from mockserver.analytics.hogql.functions.funnels import MATCHERS
from mockserver.analytics.hogql.functions.languages import NAMES
from mockserver.analytics.hogql.functions.model import Function, each_named
from mockserver.analytics.hogql.functions.money import MONEY
from mockserver.analytics.hogql.functions.plain import IGNORING_CASE, PLAIN, RENAMED, RETURNS
from mockserver.analytics.hogql.types import Kind

__all__ = ["COMPARISONS", "OF_SURVEYS", "OWN", "REDUCERS", "Function", "aggregates", "check_count", "find_aggregate",
           "find_function", "functions", "refuse_function", "suggest"]  # fmt: skip

# PostHog's own, expanded before anything is printed.
OF_SURVEYS = {"getSurveyResponse": (1, 3), "uniqueSurveySubmissionsFilter": (1, 3)}
OWN = {
    "sparkline": (1, 1), "recordingButton": (1, 2), "matchesAction": (1, 1), "explainCSPReport": (1, 1), **OF_SURVEYS,
}  # fmt: skip

COMPARISONS = {
    "equals": "==", "notEquals": "!=", "less": "<", "greater": ">", "lessOrEquals": "<=", "greaterOrEquals": ">=",
    "like": "like", "ilike": "ilike", "notLike": "not like", "notILike": "not ilike", "in": "in", "notIn": "not in",
}  # fmt: skip


@cache
def functions() -> dict[str, Function]:
    """Return the functions that are not aggregates, by name."""
    returns = {name: kind for kind, names in RETURNS.items() for name in names.split()}
    return {
        made.name: replace(made, returns=returns.get(made.name, Kind.UNKNOWN), ignores_case=made.name in IGNORING_CASE)
        for made in (*each_named(PLAIN), *RENAMED, *LOOKUPS, *MONEY, *NAMES, *MATCHERS)
    }


@cache
def aggregates() -> dict[str, Function]:
    """Return the aggregates, by name."""
    return {
        made.name: replace(made, ignores_case=made.name in IGNORING_CASE)
        for made in (*combined(), *each_named(AGGREGATES), *AGGREGATES_RENAMED)
    }


def find_aggregate(name: str) -> Function | None:
    """Return the aggregate of a name."""
    return _find(name, aggregates())


def find_function(name: str) -> Function | None:
    """Return the function of a name that is not an aggregate."""
    return _find(name, functions())


def _find(name: str, known: dict[str, Function]) -> Function | None:
    found = known.get(name)
    if found is None:
        found = known.get(name.lower())
        if found is not None and not found.ignores_case:
            return None
    return found


@cache
def suggest(name: str) -> str | None:
    """Return the function whose name is most like one."""
    names = [known for known in (*functions(), *aggregates()) if not known.startswith("_")]
    close = get_close_matches(name, names, 1)
    return close[0] if close else None


def refuse_function(node: nodes.Call) -> NoReturn:
    """Say that a function is not among those let through, and which is most like it. Raises: QueryError."""
    close = suggest(node.name)
    hint = f". Perhaps you meant '{close}(...)'?" if close else ""
    raise QueryError(f"Unsupported function call '{node.name}(...)'{hint}", node.start, node.end)


def check_count(
    given: Sequence[nodes.Node], least: int, most: int | None, node: nodes.Call, *, what: str = "function",
    of: str = "argument",
) -> None:  # fmt: skip
    """Refuse a wrong number of arguments, in PostHog's words. Raises: QueryError."""
    count, who = len(given), f"{what.capitalize()} '{node.name}' expects"
    if least == most and count != least:
        number = f"{least} {of}{'' if least == 1 else 's'}"
    elif count < least:
        number = f"at least {least} {of}{'' if least == 1 else 's'}"
    elif most is not None and count > most:
        number = f"at most {most} {of}{'' if most == 1 else 's'}"
    else:
        return
    raise QueryError(f"{who} {number}, found {count}", node.start, node.end)
