"""What was clicked on: chains of elements, from the one clicked outwards, counted.

Source: PostHog's form of chains (`a.small:href="/x"nth-child="1"text="Go";div…`), and its sources.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import Tuple, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.request.call import Call

ELEMENTS = re.compile(r'(?:[^\s;"]|"(?:\\.|[^"])*")+')
ATTRIBUTES = re.compile(r'([^"=]+)="((?:\\.|[^"\\])*)"')
OWN = {"href": "href", "attr_id": "attr_id", "text": "text"}
NUMBERS = {"nth-child": "nth_child", "nth-of-type": "nth_of_type"}


def counted(call: Call, names: Sequence[str], dates: dict[str, Any], limit: int, offset: int) -> list[dict[str, Any]]:
    """Return a stretch of what was clicked on, most first. Raises: QueryError for dates that are none."""
    inquiry = Inquiry.of(call, {})
    days = DateRange.of(inquiry, dates, "day")
    found = inquiry.run(
        select(
            "SELECT elements_chain, count() AS clicks, event FROM events"
            " WHERE event IN {names} AND elements_chain != '' AND {days} GROUP BY elements_chain, event"
            " ORDER BY clicks DESC, elements_chain LIMIT {limit} OFFSET {offset}",
            names=Tuple(exprs=tuple(map(constant, names))),
            days=conjunction(days.conditions(field("timestamp"))),
            limit=constant(limit),
            offset=constant(offset),
        )
    )
    return [
        {"count": int(clicks), "hash": None, "type": event, "elements": elements_of(chain)}
        for chain, clicks, event in found.rows
    ]


def elements_of(chain: str) -> list[dict[str, Any]]:
    """Return the elements of a chain, the one clicked first."""
    return [_element(text, order) for order, text in enumerate(ELEMENTS.findall(chain))]


def _element(text: str, order: int) -> dict[str, Any]:
    head, _, rest = text.partition(":")
    tag, *classes = head.split(".")
    attributes = {name: re.sub(r"\\(.)", r"\1", value) for name, value in ATTRIBUTES.findall(rest)}
    element: dict[str, Any] = {
        "text": None, "tag_name": tag or None, "attr_class": [name for name in classes if name] or None, "href": None,
        "attr_id": None, "nth_child": None, "nth_of_type": None, "attributes": {}, "order": order,
    }  # fmt: skip
    for name, value in attributes.items():
        if name in OWN:
            element[OWN[name]] = value
        elif name in NUMBERS:
            element[NUMBERS[name]] = int(value) if value.isdecimal() else None
        else:
            element["attributes"][name] = value
    return element
