"""Property filters as HogQL conditions: what `properties` of a query or a dashboard, or test account filters say.

A filter that is incomplete holds for everything. Source: the recorded answer to `{"properties": [{"key": "a"}]}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.analytics.conditions.asking import Asking
from mockserver.analytics.conditions.path_cleaning import cleaned, project_rules
from mockserver.analytics.conditions.selectors import selector_conditions, tag_condition
from mockserver.analytics.dates import is_relative, parse_date
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.hogql.parser import parse_expression

RELATIVE_SINCE = "2026-01"
"""The month from which on servers are taken to read relative dates in filters."""
NEGATIVE = ("is_not", "not_icontains", "not_regex", "not_in")
NEEDS_NO_VALUE = ("is_set", "is_not_set")
ORDERINGS = {"lt": "<", "gt": ">", "lte": "<=", "gte": ">=", "max": "<=", "min": ">="}
DATES = {"is_date_exact": "==", "is_date_before": "<", "is_date_after": ">"}
EVERYTHING = constant(1)


def property_conditions(filters: Any, inquiry: Asking, scope: str = "event") -> Node:
    """Return the condition that filters make: a list (all of them), a group (AND or OR), or one.

    `scope` is what the condition is over: `event`, `person`, `session` or `group`. Raises: QueryError.
    """
    if isinstance(filters, Mapping) and "values" in filters and "key" not in filters:
        inner = [property_conditions(item, inquiry, scope) for item in filters["values"] or []]
        if str(filters.get("type", "AND")).upper() == "OR" and len(inner) > 1:
            return nodes.Or(exprs=tuple(inner))
        return _all(inner)
    if isinstance(filters, Mapping):
        return _single(filters, inquiry, scope)
    return _all([property_conditions(item, inquiry, scope) for item in filters or []])


def _all(conditions: Sequence[Node]) -> Node:
    return nodes.conjunction(list(conditions)) if conditions else EVERYTHING


def _single(item: Mapping[str, Any], inquiry: Asking, scope: str) -> Node:
    kind, key, operator = item.get("type") or "event", item.get("key"), item.get("operator") or "exact"
    if not isinstance(operator, str):
        raise QueryError(f"PropertyOperator {operator} not implemented")
    value = _floats(item.get("value"))
    item = {**item, "value": value} if kind not in ("cohort", "static-cohort") else item
    if not key or "type" not in item or (value is None and operator not in NEEDS_NO_VALUE and kind != "hogql"):
        return EVERYTHING
    match kind:
        case "hogql":
            return parse_expression(str(key))
        case "cohort" | "static-cohort":
            return _cohort(item, scope)
        case "element":
            return _element(item, inquiry)
        case "event" | "event_metadata" | "person" | "group" | "session" | "recording" | "log_entry":
            return _valued(_field(item, scope), item, inquiry)
    return EVERYTHING


def _floats(value: Any) -> Any:
    """Return a filter's numbers as PostHog reads them: all with a fraction. Source: recorded `hogql` of a filter."""
    if isinstance(value, list):
        return [_floats(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _field(item: Mapping[str, Any], scope: str) -> nodes.Field:
    kind, key = item["type"], str(item["key"])
    if scope in ("person", "session") and kind != scope:
        raise QueryError(f"The '{kind}' property filter does not work in '{scope}' scope")
    match kind:
        case "person" if scope != "person":
            return field("person", "properties", key)
        case "group" if scope != "group":
            return field(f"group_{item.get('group_type_index') or 0}", "properties", key)
        case "session":
            return field("sessions" if scope == "session" else "session", key)
        case "event_metadata" | "recording" | "log_entry":
            return field(key)
    return field("elements_chain") if key == "$elements_chain" else field("properties", key)


def _valued(expr: Node, item: Mapping[str, Any], inquiry: Asking) -> Node:
    """Return a condition on a value, or on any (for negative operators: on each) of several."""
    operator, value = item.get("operator") or "exact", item.get("value")
    if isinstance(value, list) and operator not in ("between", "not_between"):
        if not value:
            return EVERYTHING
        if len(value) > 1:
            return _several(expr, item, value, inquiry)
        if operator not in ("in", "not_in"):
            value = value[0]
    return _compared(expr, operator, value, item, inquiry)


def _several(expr: Node, item: Mapping[str, Any], values: Sequence[Any], inquiry: Asking) -> Node:
    operator = item.get("operator") or "exact"
    if operator in ("exact", "is_not", "in", "not_in"):
        literals = nodes.Tuple(exprs=tuple(constant(value) for value in values))
        return compare(expr, "in" if operator in ("exact", "in") else "not in", literals)
    each = tuple(_compared(expr, operator, value, item, inquiry) for value in values)
    return nodes.And(exprs=each) if operator in NEGATIVE else nodes.Or(exprs=each)


def _compared(expr: Node, operator: str, value: Any, item: Mapping[str, Any], inquiry: Asking) -> Node:
    if operator in ORDERINGS:
        return compare(expr, ORDERINGS[operator], constant(value))
    if operator in DATES:
        return compare(expr, DATES[operator], constant(_date(value, inquiry)))
    text = call("toString", expr)
    match operator:
        case "is_set":
            return compare(expr, "!=", constant(None))
        case "is_not_set":
            return compare(expr, "==", constant(None))
        case "exact":
            return compare(expr, "==", constant(_truth(value, item, inquiry)))
        case "is_not":
            return compare(expr, "!=", constant(_truth(value, item, inquiry)))
        case "icontains":
            return compare(text, "ilike", constant(f"%{value}%"))
        case "not_icontains":
            return compare(text, "not ilike", constant(f"%{value}%"))
        case "regex":
            return call("ifNull", call("match", text, constant(str(value))), constant(0))
        case "not_regex":
            return call("ifNull", call("not", call("match", text, constant(str(value)))), constant(1))
        case "in" | "not_in":
            if not isinstance(value, list):
                raise QueryError("IN and NOT IN operators require a list of values")
            literals = nodes.Tuple(exprs=tuple(constant(each) for each in value))
            return compare(expr, "in" if operator == "in" else "not in", literals)
        case "between" | "not_between":
            return _between(expr, operator, value)
        case "is_cleaned_path_exact":
            rules = project_rules(inquiry)
            return compare(cleaned(expr, rules), "==", cleaned(constant(value), rules))
    raise QueryError(f"PropertyOperator {operator} not implemented")


def _between(expr: Node, operator: str, value: Any) -> Node:
    if not isinstance(value, list) or len(value) != 2:
        raise QueryError(f"{operator} operator requires a two-element array [min, max]")
    try:
        is_ordered = float(value[0]) <= float(value[1])
    except (TypeError, ValueError):
        raise QueryError(f"{operator} operator requires numeric values") from None
    if not is_ordered:
        raise QueryError(f"{operator} operator requires min value to be less than or equal to max value")
    low, high = constant(value[0]), constant(value[1])
    if operator == "between":
        return nodes.And(exprs=(compare(expr, ">=", low), compare(expr, "<=", high)))
    return nodes.Or(exprs=(compare(expr, "<", low), compare(expr, ">", high)))


def _date(value: Any, inquiry: Asking) -> Any:
    """Return a date to compare with; a relative one stays text for servers that do not read it, and is refused there.

    Source: recorded refusals of August 2025, and sources of 2026, which read it.
    """
    reads = inquiry.profile.is_dated_within({"x-since": RELATIVE_SINCE})
    if reads and isinstance(value, str) and is_relative(value):
        return parse_date(value, inquiry.now, inquiry.timezone).strftime("%Y-%m-%d %H:%M:%S")
    return value


def _truth(value: Any, item: Mapping[str, Any], inquiry: Asking) -> Any:
    """Return a truth value for a property declared to be one, its text for others."""
    text = str(value).lower() if isinstance(value, bool) else value
    if text not in ("true", "false"):
        return value
    kind = item["type"]
    if kind == "group":
        kind = f"group_{item.get('group_type_index') or 0}"
    declared = inquiry.property_types.get(
        "event" if kind not in ("person",) and not kind.startswith("group_") else kind
    )
    if kind == "session":
        return text == "true" if item["key"] == "$is_bounce" else value
    return text == "true" if (declared or {}).get(str(item["key"])) == "Boolean" else text


def _cohort(item: Mapping[str, Any], scope: str) -> Node:
    value = item.get("value")
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise QueryError("Cohort property value must be a cohort ID")
    op = "not in cohort" if item.get("negation") or item.get("operator") in ("not_in", "is_not") else "in cohort"
    return compare(field("id" if scope == "person" else "person_id"), op, constant(value))


def _element(item: Mapping[str, Any], inquiry: Asking) -> Node:
    match item["key"]:
        case "href":
            return _valued(field("elements_chain_href"), item, inquiry)
        case "text":
            each = nodes.Lambda(args=("text",), expr=_valued(field("text"), item, inquiry))
            return call("arrayExists", each, field("elements_chain_texts"))
        case "tag_name" | "selector" as key:
            wanted = item.get("value")
            conditions = selector_conditions if key == "selector" else _tag_conditions
            found = [conjunction(conditions(str(one))) for one in (wanted if isinstance(wanted, list) else [wanted])]
            any_of = found[0] if len(found) == 1 else nodes.Or(exprs=tuple(found))
            return call("not", any_of) if item.get("operator") in NEGATIVE else any_of
    raise QueryError(f"property_to_expr for type element not implemented for key {item['key']}")


def _tag_conditions(tag: str) -> list[Node]:
    return [tag_condition(tag)]


def filters_condition(select: nodes.SelectQuery, at: nodes.Placeholder, filters: Any, inquiry: Asking) -> Node:
    """Return what `{filters}` stands for in one SELECT. Raises: QueryError."""
    chain = at.expr.chain if isinstance(at.expr, nodes.Field) else ()
    dates = (filters or {}).get("dateRange") or {}
    if chain[1:2] == ("dateRange",) and chain[2:] in (("from",), ("to",)):
        moment = _bound(dates.get("date_from" if chain[2] == "from" else "date_to"), inquiry)
        if moment is None:
            raise QueryError(f"Unresolved placeholder: {{{'.'.join(map(str, chain))}}}", at.start, at.end)
        return moment
    if chain != ("filters",):
        raise QueryError(f"Unresolved placeholder: {{{'.'.join(map(str, chain))}}}", at.start, at.end)
    names = tables_of(select)
    if not names & {"events", "sessions"}:
        raise QueryError(
            "Cannot use 'filters' placeholder in a SELECT clause that does not select from the events, sessions or logs"
            " table.",
            at.start,
            at.end,
        )
    if not filters:
        return constant(True)
    return _filtered(filters, dates, names, inquiry)


def _filtered(filters: Mapping[str, Any], dates: Mapping[str, Any], names: set[str], inquiry: Asking) -> Node:
    conditions: list[Node] = []
    if filters.get("properties") is not None:
        scope = "event" if "events" in names else "session"
        if scope == "session" and any(item.get("type") != "session" for item in filters["properties"]):
            raise QueryError("Can only use session properties in a filter when selecting from only the sessions table.")
        conditions.append(property_conditions(filters["properties"], inquiry, scope))
    timestamp = field("timestamp") if "events" in names else field("$start_timestamp")
    until, since = _bound(dates.get("date_to"), inquiry), _bound(dates.get("date_from"), inquiry)
    if until is not None:
        conditions.append(compare(timestamp, "<", until))
    if since is not None:
        conditions.append(compare(timestamp, ">=", since))
    if filters.get("filterTestAccounts"):
        conditions += test_account_conditions(inquiry)
    return nodes.conjunction(conditions)


def test_account_conditions(inquiry: Asking) -> list[Node]:
    """Return the conditions by which a project leaves its test accounts out."""
    return [property_conditions(item, inquiry) for item in inquiry.project.get("test_account_filters") or []]


def _bound(text: Any, inquiry: Asking) -> Node | None:
    if not text or text == "all":
        return None
    return constant(parse_date(str(text), inquiry.now, inquiry.timezone))


def tables_of(select: nodes.SelectQuery) -> set[str]:
    """Return the names of the tables that a SELECT is from."""
    names, join = set(), select.select_from
    while join is not None:
        if isinstance(join.table, nodes.Field):
            names.add(".".join(str(part) for part in join.table.chain))
        join = join.next_join
    return names
