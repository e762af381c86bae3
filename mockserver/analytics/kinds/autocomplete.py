"""HogQLAutocomplete: what could stand where the cursor is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.analytics import functions
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.schema import Computed, Plain
from mockserver.call import Call

AFTER_FROM = re.compile(r"\b(?:from|join)\s+[\w.]*$", re.IGNORECASE)
AFTER_PROPERTIES = re.compile(r"(?P<path>[\w.$]*)properties\.[\w$]*$")
TABLE = re.compile(r"\b(?:from|join)\s+(?P<name>\w+)", re.IGNORECASE)

Suggestion = dict[str, Any]


def hogql_autocomplete(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with tables after FROM, properties after `properties.`, and else with fields and functions."""
    inquiry, text = Inquiry.of(call, query), query.get("query") or ""
    end = query.get("endPosition")
    before = text[: end if isinstance(end, int) else len(text)]
    return {"incomplete_list": False, "suggestions": list(_suggest(inquiry, text, before)), "timings": None}


def _suggest(inquiry: Inquiry, text: str, before: str) -> Iterator[Suggestion]:
    after_properties = AFTER_PROPERTIES.search(before)
    if AFTER_FROM.search(before):
        yield from (_suggestion(name, "Folder", "Table") for name in inquiry.database.tables)
    elif after_properties:
        kind = "person" if "person." in after_properties["path"] else "event"
        for item in inquiry.view.table("property_definitions").find(project_id=inquiry.project_id):
            if (item.get("type") or "event") == kind:
                yield _suggestion(item["name"], "Variable", item.get("property_type"))
    else:
        named = TABLE.search(text)
        table = inquiry.database.find(named["name"] if named else "events")
        for name, field in table.fields.items() if table else ():
            kind = field.type.kind.value if isinstance(field, (Plain, Computed)) else "Table"
            yield _suggestion(name, "Variable", kind)
        for name in (*functions.functions(), *functions.aggregates()):
            if not name.startswith("_"):
                yield {**_suggestion(name, "Function", "Function"), "insertText": f"{name}()"}


def _suggestion(name: str, kind: str, detail: str | None) -> Suggestion:
    return {"detail": detail, "documentation": None, "insertText": name, "kind": kind, "label": name}
