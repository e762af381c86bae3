"""Plugin configs: the log lines that their plugins wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mockserver.errors import PermissionDenied, ValidationError
from mockserver.listing.pagination import Page
from mockserver.request.call import Call
from mockserver.request.tenancy import integer
from mockserver.resources.plugins.settings import may_configure
from mockserver.resources.resource import Record, Resource
from mockserver.validation.fields import Timestamp
from mockserver.world import entropy
from mockserver.world.tables import NEWEST_LOGS

ACCESS_REFUSED = "Your organization's plugin access level is insufficient."
LIMIT_REFUSED = "Query param limit must be omitted or an integer!"


class PluginConfigLogs(Resource):
    """Log lines, newest first."""

    family = "plugin_configs"
    table = "plugin_log_entries"
    component = "PluginLogEntry"
    title = "Plugin Log Entry"

    def list(self, call: Call) -> Page:
        """Return a page of a plugin config's lines; one that is unknown, or another project's, has none.

        `limit` cuts the lines before they are paged, so `count` is never above it and a later page is empty.
        """
        if not may_configure(call):
            raise PermissionDenied(ACCESS_REFUSED)
        found = self.get_records(call)
        return self.pagination.page(call, lambda offset, limit: (found[offset : offset + limit], len(found)))

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the lines that the query asks for. Raises: ValidationError where servers fail on nonsense."""
        limit, after, before = self._limit(call), self._moment(call, "after"), self._moment(call, "before")
        types, text = self._types(call), call.query.get("search", "").lower()
        found = [
            line
            for line in call.table(self.table).in_order(NEWEST_LOGS, (integer(call.path["plugin_config_id"]),))
            if line["project_id"] == call.tenant.project_id
            and (after is None or entropy.read_timestamp(line["timestamp"]) > after)
            and (before is None or entropy.read_timestamp(line["timestamp"]) < before)
            and (not types or line["type"] in types)
            and text in line["message"].lower()
        ]
        return found[:limit] if limit else found

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"team_id": record["project_id"]}

    def _limit(self, call: Call) -> int | None:
        text = call.query.get("limit") or ""
        if text and not re.fullmatch(r"\s*\+?\d{1,18}\s*", text):
            raise ValidationError(LIMIT_REFUSED)
        return int(text) if text else None

    def _moment(self, call: Call, name: str) -> datetime | None:
        text = call.query.get(name)
        if text is None:
            return None
        moment = Timestamp.read(text)
        if moment is None:
            raise ValidationError(
                f"Datetime has wrong format. Use one of these formats instead: {Timestamp.FORMATS}.", attr=name
            )
        return moment

    def _types(self, call: Call) -> Sequence[str]:
        known = self.contract.components["PluginLogEntryType"]["enum"]
        given = call.query.getlist("type_filter")
        strange = next((type for type in given if type not in known), None)
        if strange is not None:
            raise ValidationError(f'"{strange}" is not a valid choice.', code="invalid_choice", attr="type_filter")
        return given
