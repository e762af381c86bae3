"""Formulas over series: `A/B`, counted for each interval. A division by nought gives nought.

Source: recorded answers.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.insights.breakdowns import NOTHING, OTHER

Number = int | float
Result = dict[str, Any]

MOST_FORMULAS, LONGEST = 100, 1000
OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


@dataclass(frozen=True)
class Formula:
    """A formula, and what its result is called."""

    text: str
    name: str | None = None

    @property
    def label(self) -> str:
        """What its result is called."""
        return self.name or f"Formula ({self.text})"


def formulas_of(given: Mapping[str, Any]) -> list[Formula]:
    """Return the formulas of a query's filter, in any of the forms it may have. Raises: QueryError."""
    found: list[Formula] = []
    for node in given.get("formulaNodes") or []:
        if not isinstance(node, Mapping) or not isinstance(node.get("formula"), str):
            raise QueryError("A formula is text")
        found.append(Formula(node["formula"], node.get("custom_name")))
    if not found:
        found = [Formula(text) for text in given.get("formulas") or []]
    if not found and given.get("formula"):
        found = [Formula(given["formula"])]
    wanted = [formula for formula in found[:MOST_FORMULAS] if isinstance(formula.text, str)]
    return [formula for formula in wanted if formula.text.strip()]


def apply_formulas(
    formulas: Sequence[Formula],
    groups: Sequence[Sequence[Result]],
    series_count: int,
    is_broken_down: bool,
    compares: bool,
    is_total: bool,
) -> list[Result]:
    """Return the results of formulas over the results of each line. Raises: QueryError."""
    half = len(groups) // 2 if compares else len(groups)
    periods = [groups[:half], groups[half:]] if compares else [groups]
    results: list[Result] = []
    for number, formula in enumerate(formulas):
        run = Evaluation(formula)
        for period in periods:
            # Broken down by cohorts, each cohort has its lines one after the other.
            for start in range(0, len(period), series_count or 1):
                lines = period[start : start + series_count]
                found = _of_values(run, lines, is_total) if is_broken_down else [_applied(run, lines, is_total)]
                results += [{**result, "order": number} for result in found]
    return results


def _of_values(run: Evaluation, lines: Sequence[Sequence[Result]], is_total: bool) -> list[Result]:
    """Return a result for each value that any line is broken down by.

    One that the first line lacks has no filter and no labels. Source: servers fill the line up with less than a result.
    """
    keys: dict[str, Any] = {}
    for line in lines:
        for result in line:
            keys.setdefault(repr(result["breakdown_value"]), result)
    found = []
    for key, example in sorted(keys.items()):
        filler = {
            "data": [0] * len(example["data"] or []), "count": 0, "aggregated_value": 0, "days": example.get("days"),
            "breakdown_value": example["breakdown_value"], "compare_label": example.get("compare_label"),
        }  # fmt: skip
        group = [next((one for one in line if repr(one["breakdown_value"]) == key), filler) for line in lines]
        found.append(_applied(run, [[one] for one in group], is_total))
    return sorted(found, key=_order, reverse=True)


def _order(result: Result) -> tuple[int, Number, str]:
    value = result["breakdown_value"]
    values = value if isinstance(value, list) else [value]
    rank = -2 if OTHER in values else -1 if NOTHING in values else 0
    return rank, result.get("aggregated_value", sum(result.get("data") or [])), repr(value)


def _applied(run: Evaluation, lines: Sequence[Sequence[Result]], is_total: bool) -> Result:
    """Return the formula of the lines' results; one without any, as of an action that is not there, counts nothing."""
    example: Result = next((line[0] for line in lines if line), {"data": [], "aggregated_value": 0})
    nothing: Result = {"data": [0] * len(example["data"] or []), "aggregated_value": 0}
    results = [line[0] if line else nothing for line in lines]
    base = {**(lines[0][0] if lines and lines[0] else example), "label": run.formula.label, "action": None}
    if is_total:
        value = run.of([result["aggregated_value"] for result in results])
        return {**base, "aggregated_value": float(value), "data": None, "count": 0}
    columns = zip(*(result["data"] for result in results), strict=True)
    data = [run.of(column) for column in columns]
    return {**base, "data": data, "count": float(sum(data))}


class Evaluation:
    """A formula read, to be given the numbers of one interval at a time."""

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        text = formula.text.upper().strip()
        try:
            if len(text) > LONGEST:
                raise ValueError
            self.tree: ast.expr = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise self.refusal() from None

    def refusal(self) -> QueryError:
        """Return the error of a formula that cannot be computed."""
        return QueryError(f"Invalid formula: {self.formula.text[:LONGEST]}")

    def of(self, numbers: Sequence[Number]) -> Number:
        """Return what the formula makes of one number of each series. Raises: QueryError."""
        try:
            value = self._value(self.tree, numbers)
            return value if math.isfinite(value) else 0
        except ZeroDivisionError:
            return 0
        except (OverflowError, RecursionError, TypeError):
            raise self.refusal() from None

    def _value(self, node: ast.expr, numbers: Sequence[Number]) -> Number:
        match node:
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return self._combined(op, self._value(left, numbers), self._value(right, numbers))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._value(operand, numbers)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._value(operand, numbers)
            case ast.Constant(value=bool()):
                raise self.refusal()
            case ast.Constant(value=int() | float()):
                return node.value  # type: ignore[return-value]
            case ast.Name(id=name) if len(name) == 1 and 0 <= ord(name) - ord("A") < len(numbers):
                return numbers[ord(name) - ord("A")]
        raise self.refusal()

    def _combined(self, op: ast.operator, left: Number, right: Number) -> Number:
        if isinstance(op, ast.Pow) and (abs(right) > 100 or abs(left) > 1e100):
            raise OverflowError
        if isinstance(op, (ast.Div, ast.Mod)) and right == 0:
            return 0
        value = OPERATORS[type(op)](left, right)
        if isinstance(value, complex):
            raise self.refusal()
        return float(value) if isinstance(value, int) and abs(value) > 2**63 else value
