"""Exports: files made of insights and queries, which a worker makes on servers. Tables are made; images are not."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson

from mockserver.errors import NotFound, ValidationError
from mockserver.queries.bodies import BLOCKING, Request
from mockserver.queries.giving import PLANS, give
from mockserver.request.call import Answer, Call
from mockserver.resources.behaviours import log_activity
from mockserver.resources.dashboards.placing import is_of_2026
from mockserver.resources.insights.questions import question, runnable
from mockserver.resources.reporting.sheets import as_csv, as_workbook, rows_of
from mockserver.resources.resource import Record, Resource
from mockserver.validation import fields
from mockserver.world import entropy

TABLE = "exported_assets"
CSV, JSON = "text/csv", "application/json"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUPPORTED = ("image/png", CSV, WORKBOOK)
"""What servers of 2025 make; later ones make all but PDF."""
KEPT_FOR = timedelta(days=182)
NOTHING = "Either dashboard, insight or export_context is required for an export."
FOREIGN = "This {} does not belong to your team."
NOT_MADE = "Images and videos are not made here."
NO_PATH = "Exports of an API path are not made here; give a query as `source`."
NO_SOURCE = "A table is made of a query: give one as `source` of `export_context`, or export an insight that has one."


class Exports(Resource):
    """The files that somebody asked for; each is listed to whoever did, and found by its id by everybody."""

    family = "exports"
    table = TABLE
    component = "ExportedAsset"
    title = "Exported Asset"
    depends_on = None
    reads_first = frozenset({"create"})

    def get_records(self, call: Call) -> Sequence[Record]:
        own = (one for one in super().get_records(call) if one["created_by"] == call.user["id"])
        return list(own)[::-1]

    def lookup(self, call: Call) -> fields.Lookup:
        """Return a test of whether a record exists, of whatever project: foreign ones are refused further on."""
        return lambda table, key: call.table(table).get(key) is not None

    def create(self, call: Call) -> Any:
        """Make a file, or note why none is made; servers tell so of an export only once it is looked at again."""
        data = self.load(call)
        self._judge(call, data)
        content, exception = self._made(call, data)
        with call.writing() as writing:
            expires = data.get("expires_after") or _midnight(call)
            record = writing.table(TABLE).insert({
                **self.identify(writing), **data, "created_at": call.now(), "created_by": call.user["id"],
                "expires_after": expires, "exception": exception,
                "content": None if content is None else base64.b64encode(content).decode(),
            })  # fmt: skip
            if record["insight"] is not None:
                self._log(writing, record)
        return {**self.show(record, call), "has_content": False, "exception": None}

    def content(self, call: Call, record: Record) -> Any:
        """Return the file. Raises: NotFound for one that is not made."""
        if record["content"] is None:
            raise NotFound
        headers = {"Cache-Control": "max-age=86400"}
        if call.query.get("download") == "true":
            headers["Content-Disposition"] = f'attachment; filename="{self._filename(record, call)}"'
        return Answer(base64.b64decode(record["content"]), 200, headers, record["export_format"])

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"has_content": record["content"] is not None, "filename": self._filename(record, call)}

    # Judging and making

    def _judge(self, call: Call, data: Mapping[str, Any]) -> None:
        if data["dashboard"] is None and data["insight"] is None and not data["export_context"]:
            raise ValidationError(NOTHING)
        for name in ("dashboard", "insight"):
            found = call.table(f"{name}s").get(data[name]) if data[name] is not None else None
            if found is not None and found["project_id"] != call.tenant.project_id:
                raise ValidationError(FOREIGN.format(name), attr=name)
        kind = data["export_format"]
        if kind == "application/pdf" or (kind not in SUPPORTED and not is_of_2026(call)):
            raise ValidationError(f"Export format {kind} is not supported.", attr="export_format")

    def _made(self, call: Call, data: Mapping[str, Any]) -> tuple[bytes | None, str | None]:
        """Return the file, or why there is none."""
        if data["export_format"] not in (CSV, WORKBOOK, JSON):
            return None, NOT_MADE
        context = data["export_context"] if isinstance(data["export_context"], Mapping) else {}
        source = context.get("source")
        if source is None and context.get("path"):
            return None, NO_PATH
        if source is None and data["insight"] is not None and (is_of_2026(call) or data["export_format"] == JSON):
            source = question(call.table("insights").get(data["insight"]) or {})
        query = runnable(dict(source)) if isinstance(source, Mapping) else None
        if query is None:
            return None, NO_SOURCE
        try:
            answer = give(call, Request(query, BLOCKING, None, None), PLANS[BLOCKING]).answer
        except ValidationError as error:
            return None, error.detail
        if data["export_format"] == JSON:
            return orjson.dumps(answer.get("results"), option=orjson.OPT_NON_STR_KEYS, default=str), None
        rows = rows_of(answer)
        return (as_csv(rows) if data["export_format"] == CSV else as_workbook(rows)), None

    def _filename(self, record: Record, call: Call) -> str:
        context = record["export_context"] if isinstance(record["export_context"], Mapping) else {}
        kind = "xlsx" if record["export_format"] == WORKBOOK else record["export_format"].rpartition("/")[2]
        if isinstance(context.get("filename"), str) and context["filename"]:
            return f"{context['filename']}.{kind}"
        for name in ("dashboard", "insight"):
            item = call.table(f"{name}s").get(record[name]) if record[name] is not None else None
            called = item and (item.get("name") or item.get("derived_name"))
            if called:
                return f"export-{_slug(called)}.{kind}"
        return f"export.{kind}"

    def _log(self, call: Call, record: Record) -> None:
        insight = call.table("insights").get(record["insight"]) or {}
        change = {
            "type": "Insight", "action": "exported", "field": "export_format", "before": None,
            "after": record["export_format"],
        }  # fmt: skip
        detail = {
            "changes": [change], "trigger": None, "name": insight.get("name") or insight.get("derived_name"),
            "short_id": insight.get("short_id"), "type": None,
        }  # fmt: skip
        log_activity(call, "Insight", str(record["insight"]), "exported", detail)


def _midnight(call: Call) -> str:
    day = (entropy.now(call.state) + KEPT_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    return entropy.timestamp(day)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain.lower())).strip("-_")
