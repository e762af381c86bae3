"""HogQL text into nodes, read by PostHog's own parser.

The parser is compiled; its package asks for parts of PostHog's application when it is imported. It is given stand-ins
for that moment only, so that the SDK (also a package `posthog`) stays what it is.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from types import ModuleType
from typing import Any, NoReturn

import orjson

from mockserver.analytics.errors import NotText, QueryError
from mockserver.analytics.hogql import nodes
from mockserver.errors import NotModelled, ValidationError

MAX_LENGTH = 1_000_000
MAX_DEPTH = 120
MAX_OPERATORS = 1_000  # in a row, between two commas: the parser's time grows with their square
# Chains that the parser reads in more than linear time; nobody writes such a thing on purpose.
RUNAWAY = re.compile(
    r"(?:\.\s*\w+\s*){100}|(?:\bnot\b\s*){40}|(?:[-+]\s*){200}|(?:\w+\s*->\s*){40}"
    r"|(?:\bcase\b\s+\w+\s+\S+\s+then\s+){40}",
    re.IGNORECASE,
)
QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
OPENING, CLOSING = "([{", ")]}"
MARK = re.compile(r"[(\[{)\]},]|\?\??|\|\||[-+*/%=<>!~]+|\b(?:and|or|in|like|ilike)\b", re.IGNORECASE)
BIG = re.compile(r"(?<![\w.$])\d{19,78}(?![\w.])")
OPENING_TEMPLATE = "F'"
BIG_NAME = "big_integer_"
INSTALL = "HogQL is not installed; run: pip install 'posthog-mockserver[analytics]'"
ERRORS = ("SyntaxError", "ParsingError", "NotImplementedError", "ExposedHogQLError", "InternalHogQLError", "QueryError")

_importing = threading.Lock()


class _ParserError(Exception):
    """What the parser raises; its class is found by name in the stand-in module."""

    def __init__(
        self, message: str = "", *, start: int | None = None, end: int | None = None, node: Any = None
    ) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Put empty modules where the parser looks for PostHog's application, and take them away again."""
    application, package = ModuleType("posthog"), ModuleType("posthog.hogql")
    application.__path__ = package.__path__ = []
    errors, tree = ModuleType("posthog.hogql.errors"), ModuleType("posthog.hogql.ast")
    for name in ERRORS:
        setattr(errors, name, type(name, (_ParserError,), {}))
    modules = {module.__name__: module for module in (application, package, errors, tree)}
    modules["posthog.hogql.base"] = ModuleType("posthog.hogql.base")
    modules["posthog.hogql.base"].AST = object  # type: ignore[attr-defined]
    tree.__getattr__ = lambda name: type(name, (), {})  # type: ignore[method-assign]
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


@cache
def _parser() -> Any:
    with _importing, _stand_ins():
        try:
            import hogql_parser
        except ImportError:
            raise NotModelled(INSTALL) from None
    return hogql_parser


def parse_select(text: str) -> nodes.Query:
    """Return the query that a text spells. Raises: QueryError."""
    semicolon = _semicolon(text)
    try:
        tree: nodes.Query | nodes.HogQLXTag = _parse(_parser().parse_select_json, text)
    except QueryError as error:
        if semicolon is None or error.start is None or error.start <= semicolon:
            raise
    if semicolon is not None:
        # This parser reads over a semicolon at the end; the recorded one did not.
        raise QueryError(f"no viable alternative at input '{text[: semicolon + 1]}'", semicolon, len(text))
    if isinstance(tree, nodes.HogQLXTag):
        raise QueryError("Only SELECT queries can be run", 0, len(text))
    return tree


def parse_expression(text: str) -> nodes.Node:
    """Return the expression that a text spells. Raises: QueryError."""
    expression: nodes.Node = _parse(_parser().parse_expr_json, text)
    return expression


def parse_order(text: str) -> nodes.OrderExpr:
    """Return the term of an ORDER BY that a text spells. Raises: QueryError."""
    order: nodes.OrderExpr = _parse(_parser().parse_order_expr_json, text)
    return order


def parse_program(text: str) -> dict[str, Any]:
    """Return the parser's own tree of a Hog program. Raises: QueryError."""
    tree: dict[str, Any] = _read(_parser().parse_program_json, text)
    return tree


def parse_template(text: str) -> dict[str, Any]:
    """Return the parser's own tree of a Hog template; its places count `OPENING_TEMPLATE`. Raises: QueryError."""
    try:
        tree: dict[str, Any] = _read(_parser().parse_full_template_string_json, OPENING_TEMPLATE + text)
        return tree
    except QueryError as error:
        if error.start is None or error.end is None:
            raise
        shift = len(OPENING_TEMPLATE)
        raise QueryError(error.detail, error.start - shift, error.end - shift) from None


def _parse(parse: Callable[[str], str], text: str) -> Any:
    readable, big = _name_big(text)
    built = _build(_read(parse, readable))
    return _with_big(built, big) if big else built


def _name_big(text: str) -> tuple[str, list[int]]:
    """Return a text in which integers that the parser cannot hold are names of the same length, and those integers."""
    big: list[int] = []

    def name(match: re.Match[str]) -> str:
        number = int(match[0])
        if number < 2**63:
            return match[0]
        big.append(number)
        return f"{BIG_NAME}{len(big) - 1}".ljust(len(match[0]), "_")

    if not BIG.search(text):
        return text, big
    quoted = [*QUOTED.findall(text), ""]
    pieces = [BIG.sub(name, piece) + quoted[at] for at, piece in enumerate(QUOTED.split(text))]
    return "".join(pieces), big


def _with_big(node: nodes.Node, big: list[int]) -> nodes.Node:
    if isinstance(node, nodes.Field) and str(node.chain[0]).startswith(BIG_NAME):
        number = str(node.chain[0]).removeprefix(BIG_NAME).rstrip("_")
        return nodes.Constant(value=big[int(number)], start=node.start, end=node.end)
    return nodes.rebuild(node, lambda child: _with_big(child, big))


def _read(parse: Callable[[str], str], text: str) -> Any:
    _refuse_runaway(text)
    try:
        tree = orjson.loads(parse(text))
    except _ParserError as error:
        # Where this parser would take a semicolon, the recorded one did not.
        raise QueryError(error.message.replace("{<EOF>, ';'}", "<EOF>"), error.start, error.end) from None
    except ValueError:
        raise QueryError("The query cannot be read", 0, len(text)) from None
    if tree.get("error"):
        # Casts and SETTINGS end in a 500 there; a message is of more use.
        _refuse(tree)
    return tree


def _refuse(tree: Any) -> NoReturn:
    start, end = (tree.get(side, {}).get("offset") for side in ("start", "end"))
    raise QueryError(tree.get("message", "The query cannot be read"), start, end)


def _refuse_runaway(text: str) -> None:
    """Refuse what would keep the parser busy for minutes, or exhaust its stack. Raises: QueryError."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"Query is too long: at most {MAX_LENGTH} characters")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise NotText
    bare = QUOTED.sub("''", text)
    operators = [0]  # seen since the last comma, for each level of brackets that is open
    for mark in MARK.finditer(bare):
        if mark[0] in OPENING:
            operators.append(0)
            if len(operators) > MAX_DEPTH + 1:
                raise QueryError(f"Query is nested too deeply: at most {MAX_DEPTH} levels")
        elif mark[0] in CLOSING:
            if len(operators) > 1:
                operators.pop()
        elif mark[0] == ",":
            operators[-1] = 0
        else:
            operators[-1] += 1
            if operators[-1] > MAX_OPERATORS:
                raise QueryError(f"Query is nested too deeply: at most {MAX_OPERATORS} operators in a row")
    if RUNAWAY.search(bare):
        raise QueryError("Query is nested too deeply")


def _semicolon(text: str) -> int | None:
    """Return where the first semicolon stands that is not quoted."""
    at = QUOTED.sub(lambda match: " " * len(match[0]), text).find(";")
    return None if at < 0 else at


def _build(value: Any) -> Any:
    """Return the node of the parser's JSON; children first."""
    if isinstance(value, list):
        return tuple(_build(item) for item in value)
    if not isinstance(value, dict):
        return value
    name = value.get("node")
    if name is None:
        return {key: _build(item) for key, item in value.items()}
    made, known = _class(name)
    given: dict[str, Any] = {}
    for key, item in value.items():
        if key in ("start", "end"):
            given[key] = item["offset"] if isinstance(item, dict) else item
        elif key in known:
            given[key] = _constant(item) if key == "value" and name == "Constant" else _build(item)
    return made(**given)


def _constant(value: Any) -> Any:
    special = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan")}
    return special.get(value["value"]) if isinstance(value, dict) and "value" in value else value


@cache
def _class(name: str) -> tuple[Any, frozenset[str]]:
    made = getattr(nodes, name, None)
    if made is None:
        raise ValidationError(f"Unsupported syntax: {name}")
    return made, frozenset(field.name for field in fields(made))
