"""The endpoints that take older filters: a trend or a funnel computed at once, and kept as its query is everywhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.analytics.dates import is_relative, read_absolute
from mockserver.analytics.insights.older_filters import as_source, kind_of
from mockserver.errors import ValidationError
from mockserver.queries.bodies import BLOCKING, Request, is_true
from mockserver.queries.giving import PLANS, give
from mockserver.request.call import Answer, Call
from mockserver.resources.resource import Resource
from mockserver.validation.models import Model

FEWEST_STEPS = 2
TOO_SHORT = "Funnels require at least two steps before calculating."
JSON_TEXTS = ("events", "actions", "properties")
CSV = "text/csv; charset=utf-8"
TODAY = "dStart"
"""What a date is that cannot be read. Source: a recorded trend."""
TREND_KINDS = ("TRENDS", "STICKINESS", "LIFECYCLE")
NOT_ASKED = frozenset({"refresh", "format", "limit", "offset", "personal_api_key", "project_id"})


class OlderInsights(Resource):
    """Trends and funnels told in PostHog's older words."""

    model: Model
    """What queries are judged by."""

    def trend(self, call: Call) -> Any:
        """Answer a trend; stickiness and lifecycle too, where the filter asks for these."""
        filter = read_filter(call)
        kind = kind_of(filter)
        kind = kind if kind in TREND_KINDS else TREND_KINDS[0]
        told = self._told(call, filter, kind, has_series=bool(filter.get("events") or filter.get("actions")))
        if call.format == "csv":
            return Answer(_as_csv(told["result"]), 200, media_type=CSV)
        return {**told, "next": None}

    def funnel(self, call: Call) -> Any:
        """Answer a funnel. Raises: ValidationError for one of a single step."""
        filter = read_filter(call)
        steps = [step for name in ("events", "actions") for step in filter.get(name) or ()]
        if len(steps) < FEWEST_STEPS:
            raise ValidationError(TOO_SHORT)
        return self._told(call, filter, "FUNNELS", has_series=True)

    def _told(self, call: Call, filter: Mapping[str, Any], kind: str, *, has_series: bool) -> dict[str, Any]:
        query = as_source(filter, kind)
        self.model.judge(query)
        answer: dict[str, Any] = {"results": [], "last_refresh": call.now(), "is_cached": False}
        if has_series:
            mode = "force_blocking" if is_true(_refresh(call)) else BLOCKING
            answer = give(call, Request(query, mode, None, None), PLANS[mode]).answer
        return {
            "result": answer["results"],
            "timezone": (call.tenant.project or {}).get("timezone") or "UTC",
            "last_refresh": answer["last_refresh"],
            "is_cached": bool(answer["is_cached"]),
            "query_method": "hogql",
            "timings": [{"k": "./calculate", "t": 0.0}, {"k": ".", "t": 0.0}],
        }


def read_filter(call: Call) -> dict[str, Any]:
    """Return an older filter: of the query string, and of the body over it.

    Raises: ValidationError for a list that is not JSON, where servers fail.
    """
    body = call.body if isinstance(call.body, Mapping) else {}
    given = {**call.query.to_dict(), **body}
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name in NOT_ASKED:
            continue
        if name in JSON_TEXTS and isinstance(value, str):
            try:
                value = json.loads(value) if value else None
            except (ValueError, RecursionError):
                raise ValidationError(f"Invalid JSON passed in {name} parameter", attr=name) from None
        if name in ("events", "actions"):
            value = _entities(name, value)
        if name in ("date_from", "date_to") and isinstance(value, str) and not _is_date(value):
            value = TODAY
        read[name] = value
    return read


def _is_date(text: str) -> bool:
    """Return whether a text names a moment, by itself or from now; a unit without a number is none."""
    return (
        not text
        or text == "all"
        or is_relative(text)
        or "Start" in text
        or read_absolute(text, ZoneInfo("UTC")) is not None
    )


def _entities(name: str, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list) or any(not isinstance(item, (Mapping, str)) for item in value):
        raise ValidationError(f"Invalid JSON passed in {name} parameter", attr=name)
    return value


def _refresh(call: Call) -> Any:
    given = call.query.get("refresh")
    if given is None and isinstance(call.body, Mapping):
        given = call.body.get("refresh")
    return given if isinstance(given, (bool, str)) else False


def _as_csv(series: Any) -> str:
    """Return a trend as a table: a row for each of its series, a column for each of its days."""
    rows = [item for item in series if isinstance(item, Mapping)] if isinstance(series, list) else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if rows:
        writer.writerow(["series", *(rows[0].get("labels") or ())])
    for item in rows:
        if item.get("labels"):
            writer.writerow([item.get("label"), *(item.get("data") or ())])
        else:
            writer.writerow([item.get("label"), item.get("aggregated_value")])
    return out.getvalue()
