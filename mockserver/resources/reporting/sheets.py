"""Answers of queries as tables: rows with named columns, and these as CSV or as a workbook.

Source: what PostHog's exporter makes of each shape of answer; a recorded file.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

Row = Mapping[str, Any]
STAMP = (1980, 1, 1, 0, 0, 0)
"""When the parts of a workbook were made, as far as it tells: the same answer makes the same bytes."""


def rows_of(answer: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a query's answer, by what it is an answer to."""
    results, columns = answer.get("results"), answer.get("columns")
    if not isinstance(results, list) or not results:
        return []
    first = results[0]
    if isinstance(first, (list, tuple)) and columns:
        return [dict(zip(map(str, columns), row, strict=False)) for row in results]
    if isinstance(first, (list, tuple)):  # a funnel of each value of a breakdown
        return [_flat(step) for steps in results for step in steps if isinstance(step, Mapping)]
    if not isinstance(first, Mapping):
        return [{"value": value} for value in results]
    if "data" in first and ("labels" in first or "days" in first):
        return [_series(one) for one in results]
    if isinstance(first.get("values"), list) and "label" in first:
        return [_cohort(one, results) for one in results]
    return [_flat(one) for one in results]


def _series(one: Row) -> Row:
    named = (one.get("action") or {}).get("custom_name") if isinstance(one.get("action"), Mapping) else None
    row = {"series": one.get("label"), **({"custom name": named} if named else {})}
    if one.get("aggregated_value") is not None:
        return {**row, "total count": one["aggregated_value"]}
    days = one.get("labels") or one.get("days") or []
    return {**row, **dict(zip(map(str, days), one["data"], strict=False))}


def _cohort(one: Row, all_of_them: Sequence[Row]) -> Row:
    values = [value.get("count") if isinstance(value, Mapping) else value for value in one["values"]]
    names = [str(other.get("label")) for other in all_of_them]
    head = {"cohort": one.get("date") or one.get("label"), "cohort size": values[0] if values else 0}
    return {**head, **dict(zip(names, values, strict=False))}


def _flat(value: Row, prefix: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            row |= _flat(inner, f"{prefix}{name}.")
        else:
            row[f"{prefix}{name}"] = inner
    return row


def as_csv(rows: Sequence[Row]) -> bytes:
    """Return rows as CSV, with a line of names first."""
    names = _names(rows)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return written.getvalue().encode("utf-8", "replace")


def as_workbook(rows: Sequence[Row]) -> bytes:
    """Return rows as an Excel workbook of one sheet."""
    names = _names(rows)
    table: list[Sequence[Any]] = [names, *([row.get(name) for name in names] for row in rows)]
    lines = "".join(f"<row>{''.join(map(_sheet_cell, line))}</row>" for line in table)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{_TYPE}package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETS}sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEETS}worksheet+xml"/></Types>',
        "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="Sheet" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>',
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return written.getvalue()


_FORMATS = "http://schemas.openxmlformats.org/"
_PACKAGE, _MAIN = f"{_FORMATS}package/2006", f"{_FORMATS}spreadsheetml/2006/main"
_RELATIONS = f"{_FORMATS}officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-"
_SHEETS = f"{_TYPE}officedocument.spreadsheetml."


def _relation(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/{kind}" Target="{target}"/></Relationships>'
    )


def _sheet_cell(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    text = "".join(one for one in str(_cell(value)) if one.isprintable() or one in "\t\n")
    return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def _names(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row)) or ["error"]


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return json.dumps(value, default=str) if isinstance(value, (list, dict, tuple)) else value
