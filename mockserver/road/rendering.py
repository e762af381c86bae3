"""Results into responses: JSON, CSV, or nothing, as the contract's response says."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import orjson
from flask import Response

from mockserver.contract import Success
from mockserver.errors import APIError
from mockserver.listing.pagination import Page
from mockserver.request.call import Answer, Call
from mockserver.store.contents import Version

if TYPE_CHECKING:
    from mockserver.resources.resource import Resource

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)Z")


def render(result: Any, success: Success, resource: Resource, call: Call) -> Response:
    """Return the response for an action's result: the contract decides status and shape."""
    if isinstance(result, Response):
        return result
    status, headers, media_type = success.status, call.headers, JSON
    if isinstance(result, Answer):
        status, headers, media_type = result.status, {**headers, **result.headers}, result.media_type
        result = result.result
        if result is None:
            return empty(status, headers)
    elif success.schema is None:
        return empty(status, headers)
    if media_type != JSON:
        return Response(result, status, headers, content_type=media_type)
    if call.format == "csv":
        rows = result_rows(result, success, resource, call)
        return Response(encode_csv(rows, resource.moments), status, headers, content_type=CSV)
    if isinstance(result, Page):
        return Listing(result, encode_rows(result, success, resource, call), status, headers)
    return Response(encode_result(result, success, resource, call), status, headers, content_type=JSON)


class Listing(Response):
    """A page as JSON, and its rows by themselves, for whoever has judged some of them before."""

    def __init__(self, page: Page, rows: Sequence[bytes], status: int, headers: Mapping[str, str]) -> None:
        self.page, self.rows = page, rows
        super().__init__(self.told_with(rows), status, headers, content_type=JSON)

    def told_with(self, rows: Sequence[bytes]) -> bytes:
        """Return the page as if it had these rows."""
        return encode({**self.page.envelope, self.page.rows_key: [orjson.Fragment(row) for row in rows]})


def empty(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response without a body, and so without a content type."""
    response = Response(status=status, headers=dict(headers or {}))
    response.headers.remove("Content-Type")
    return response


def render_error(error: APIError, *, wants_csv: bool = False) -> Response:
    """Return an error in PostHog's envelope; where CSV was asked for there is none, and the body is empty."""
    if error.body is None or wants_csv:
        return empty(error.status, error.headers)
    return Response(encode(error.body), error.status, dict(error.headers), content_type=JSON)


def encode(value: Any) -> bytes:
    """Return compact JSON in UTF-8; NaN becomes null, numbers of any size are kept."""
    try:
        written = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
        # What orjson returns holds the whole buffer that it wrote into, ten times as long; a copy does not. Most of it
        # is kept: with its record, in the journal, to be given again.
        return bytes(memoryview(written))
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)
        return text.encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """Return a value as Python's own encoder takes it: nothing encoded already, no NaN, no infinity."""
    if isinstance(value, orjson.Fragment):
        return _plain(json.loads(value.contents))
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def encode_result(result: Any, success: Success, resource: Resource, call: Call) -> bytes:
    """Return a result as JSON, a record as the component that the response names."""
    if isinstance(result, Version):
        return encode_record(result, success.component, resource, call)
    return encode(result)


def encode_rows(page: Page, success: Success, resource: Resource, call: Call) -> list[bytes]:
    """Return the rows of a page as JSON, records as the component that the page names."""
    component = resource.rows_component(success.schema, page.rows_key)
    stamp = _stamp(component, resource, call)
    return [
        (
            kept[1]
            if (kept := row.rendered) is not None and kept[0] == stamp
            else _encode_record(row, stamp, component, resource, call)
        )
        if isinstance(row, Version)
        else encode(row)
        for row in page.rows
    ]


def encode_record(record: Version, component: str | None, resource: Resource, call: Call) -> bytes:
    """Return a record as JSON, encoded once for each version of it and of the tables it shows something of."""
    return _encode_record(record, _stamp(component, resource, call), component, resource, call)


def _stamp(component: str | None, resource: Resource, call: Call) -> tuple[Any, ...] | None:
    """Return what an encoded record is good for: the component, and the tables as they stand; None for nothing."""
    if resource.depends_on is None:
        return None
    tables = (*resource.depends_on, *resource.relations.values())
    return (component, call.profile, *(call.state.version(name) for name in tables))


def _encode_record(
    record: Version, stamp: tuple[Any, ...] | None, component: str | None, resource: Resource, call: Call
) -> bytes:
    if stamp is None:
        return encode(resource.show(record, call, component))
    rendered = record.rendered  # read once: another thread may put another profile's in its place
    if rendered is None or rendered[0] != stamp:
        record.rendered = rendered = (stamp, encode(resource.show(record, call, component)))
    encoded: bytes = rendered[1]
    return encoded


def result_rows(result: Any, success: Success, resource: Resource, call: Call) -> Sequence[Any]:
    """Return the rows that a CSV answer lists; an object that is not a page has none."""
    if isinstance(result, Page):
        component = resource.rows_component(success.schema, result.rows_key)
        return [resource.show(row, call, component) if isinstance(row, Version) else row for row in result.rows]
    if isinstance(result, list):
        return result
    rows = result.get("results", []) if isinstance(result, Mapping) and not isinstance(result, Version) else []
    return rows if isinstance(rows, list) else []


def encode_csv(rows: Sequence[Any], moments: Collection[str] = ()) -> str:
    """Return rows as CSV: nested values under dotted names, columns sorted by name, an empty body for no rows.

    Times in the columns called `moments` are spelled as Python does, all others as in JSON.
    Source: recorded exports of persons, actions, insights and values.
    """
    flat = [dict(_flatten("", row)) for row in rows]
    if not flat:
        return ""
    columns = sorted({name for row in flat for name in row})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name), is_moment=name in moments) for name in columns] for row in flat)
    return out.getvalue()


def _flatten(prefix: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        items: Any = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return [(prefix, value)]
    return [pair for key, item in items for pair in _flatten(f"{prefix}.{key}" if prefix else str(key), item)]


def _cell(value: Any, *, is_moment: bool) -> str:
    if value is None:
        return ""
    found = TIME.fullmatch(value) if is_moment and isinstance(value, str) else None
    return f"{found[1]} {found[2]}+00:00" if found else str(value)
