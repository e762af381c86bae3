"""Function calls as text: only functions let through, with the arguments they take, as ClickHouse knows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import functions, nodes
from mockserver.analytics.hogql.functions import Function, check_count, refuse_function
from mockserver.analytics.hogql.inference import type_of
from mockserver.analytics.hogql.literals import clickhouse_string, clickhouse_value
from mockserver.analytics.hogql.nodes import Node
from mockserver.analytics.hogql.printing.dialects import Spelling
from mockserver.analytics.hogql.types import Kind

MICROSECONDS = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{1,6}")
SECONDS = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?")
PRECISE = ("parseDateTime64BestEffortOrNull", "parseDateTime64BestEffort", "toDateTime64")
OF_THE_MOMENT = ("now64", "nowInBlock", "today", "yesterday", "rand")


class CallPrinter(Spelling):
    """Prints function calls."""

    def _Call(self, node: nodes.Call) -> str:  # noqa: N802
        aggregate, function = functions.find_aggregate(node.name), functions.find_function(node.name)
        if node.name == "arrayReduce":
            _check_reducer(node)
        if node.name in functions.COMPARISONS:
            if len(node.args) != 2:
                raise QueryError(f"Comparison '{node.name}' requires exactly two arguments", node.start, node.end)
            left, right = node.args
            op = functions.COMPARISONS[node.name]
            return self.print(nodes.CompareOperation(op=op, left=left, right=right))
        known = aggregate or function
        if known is None:
            refuse_function(node)
        if known.is_template and (self.is_clickhouse or not known.keeps_name):
            check_count(node.args, known.least, known.most, node)
            return known.clickhouse.format(*(self.print(arg) for arg in node.args))
        if aggregate:
            return self._aggregate(node, aggregate)
        return self._function(node, known)

    def _aggregate(self, node: nodes.Call, known: Function) -> str:
        check_count(node.args, known.least, known.most, node, what="aggregation")
        self._check_params(node, known, "Aggregation")
        for outer in reversed(self.stack[:-1]):
            if isinstance(outer, nodes.SelectQuery):
                break
            if isinstance(outer, nodes.Call) and functions.find_aggregate(outer.name):
                raise QueryError(
                    f"Aggregation '{node.name}' cannot be nested inside another aggregation '{outer.name}'.",
                    node.start,
                    node.end,
                )
        distinct = "DISTINCT " if node.distinct else ""
        name = known.clickhouse if self.is_clickhouse else node.name
        return f"{name}{self._params(node)}({distinct}{self.print_all(node.args)})"

    def _function(self, node: nodes.Call, known: Function) -> str:
        check_count(node.args, known.least, known.most, node)
        self._check_params(node, known, "Function")
        if not self.is_clickhouse:
            return f"{node.name}({self.print_all(node.args)})"
        if self.printing.now is not None and known.clickhouse in OF_THE_MOMENT:
            return self._moment(node, known, self.printing.now)
        given = list(node.args)
        suffix = None
        if known.suffix is not None:
            filled = _constant_value(given.pop(), node) if "{}" in known.suffix else ""
            suffix = clickhouse_string(known.suffix.format(filled))
        args = self._concatenated(given) if node.name == "concat" else [self.print(arg) for arg in given]
        if suffix is not None:
            args.append(suffix)
        name = self._overloaded(node, known)
        if known.takes_timezone:
            name = self._in_timezone(node, known, name, args)
        if node.name == "toStartOfWeek" and len(args) == 1:
            args.append(str(self.printing.week_mode))
        if len(args) == 2 and name in ("trimLeft", "trimRight", "trim"):
            side = {"trimLeft": "LEADING", "trimRight": "TRAILING", "trim": "BOTH"}[name]
            return f"trim({side} {args[1]} FROM {args[0]})"
        return f"{name}{self._params(node)}({', '.join(args)})"

    def _moment(self, node: nodes.Call, known: Function, now: datetime) -> str:
        """Return a time or number that would depend on the machine, as the world's own."""
        match known.clickhouse:
            case "rand":
                return "toUInt32(cityHash64(rowNumberInAllBlocks()))"
            case "today" | "yesterday":
                day = now.astimezone(ZoneInfo(self.printing.timezone)).date()
                return clickhouse_value(day - timedelta(days=known.clickhouse == "yesterday"), self.printing.timezone)
        zone = node.args[0] if node.args else None
        text = clickhouse_value(now, self.printing.timezone)
        return f"toTimeZone({text}, {self.print(zone)})" if zone is not None else text

    def _check_params(self, node: nodes.Call, known: Function, what: str) -> None:
        if not known.least_params:
            return
        if node.params is None:
            raise QueryError(f"{what} '{node.name}' requires parameters in addition to arguments", node.start, node.end)
        check_count(node.params, known.least_params, known.most_params, node, what=what, of="parameter")

    def _params(self, node: nodes.Call) -> str:
        return f"({self.print_all(node.params)})" if node.params is not None else ""

    def _concatenated(self, given: Sequence[Node]) -> list[str]:
        """Return arguments of `concat` as text that is never null."""
        args = []
        for arg in given:
            value = arg.value if isinstance(arg, nodes.Constant) else ...
            if value is None:
                args.append("''")
            elif isinstance(value, str):
                args.append(self.print(arg))
            elif value is not ...:
                args.append(f"toString({self.print(arg)})")
            elif isinstance(arg, nodes.Call) and arg.name == "toString":
                args.append(f"ifNull({self.print(arg)}, '')")
            else:
                args.append(f"ifNull(toString({self.print(arg)}), '')")
        return args

    def _overloaded(self, node: nodes.Call, known: Function) -> str:
        if known.after_date and node.args:
            kinds = {Kind.DATE, Kind.DATETIME} | ({Kind.INTEGER} if known.name == "toDateTime" else set())
            if type_of(node.args[0]).kind in kinds:
                return known.after_date
        return known.clickhouse

    def _in_timezone(self, node: nodes.Call, known: Function, name: str, args: list[str]) -> str:
        """Add the project's time zone, unless one is given, and choose the strictest reader of a literal time."""
        is_given = len(node.args) == known.most and len(node.args) > 0
        if not is_given:
            args.append(clickhouse_string(self.printing.timezone))
        first = node.args[0] if node.args else None
        if (
            name == "parseDateTime64BestEffortOrNull"
            and len(node.args) == 1
            and isinstance(first, nodes.Constant)
            and isinstance(first.value, str)
        ):
            name = "parseDateTime64BestEffort"
            if MICROSECONDS.fullmatch(first.value):
                name = "toDateTime64"
            elif SECONDS.fullmatch(first.value):
                name = "toDateTime"
        count = len(node.args)
        if (name == "now64" and count <= 1) or (name in PRECISE and (count == 1 or (is_given and count == 2))):
            args.insert(len(args) - 1, "6")
        return name


def _constant_value(node: Node, call: nodes.Call) -> Any:
    if not isinstance(node, nodes.Constant) or not isinstance(node.value, int):
        raise QueryError(f"The last argument of '{call.name}' must be a whole number", call.start, call.end)
    return node.value


def _check_reducer(node: nodes.Call) -> None:
    first = node.args[0] if node.args else None
    if first is None:
        raise QueryError("Missing arguments in function 'arrayReduce'", node.start, node.end)
    if not isinstance(first, nodes.Constant) or not isinstance(first.value, str):
        raise QueryError(
            f"Expected constant string as first arg in function 'arrayReduce', got {type(first).__name__}",
            node.start,
            node.end,
        )
    if first.value not in functions.REDUCERS:
        raise QueryError(
            f"Invalid parametric function in 'arrayReduce', '{first.value}' is not supported.", node.start, node.end
        )
