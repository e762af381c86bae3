"""Saved queries of the warehouse: views, which other queries select from by their name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.errors import BareNotFound, NotFound, ValidationError
from mockserver.listing.pagination import NumberedPages
from mockserver.request.call import Answer, Call
from mockserver.resources.behaviours import ActivityLogged
from mockserver.resources.resource import Record
from mockserver.store.orders import sort_key
from mockserver.world.tables import NEWEST_SAVED_QUERIES

NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$]*")
BAD_NAME = "{} is not a valid view name. View names can only contain letters, numbers, '_', '.', or '$' "
TABLE_NAME = "{} is not a valid view name. View names cannot overlap with PostHog table names."
MODIFIED = "The query was modified by someone else."
NO_TYPES = "Failed to retrieve types for view"
TAKEN = "A table with this name already exists."
HISTORY, SOFT, TYPES = "edited_history_id", "soft_update", "types"


class SavedQueries(ActivityLogged):
    """Views of a project. Whoever changes a query says which change of it they saw last. Source: recorded answers."""

    family = "warehouse_saved_queries"
    table = "warehouse_saved_queries"
    component = "SavedQuery"
    title = "Data Warehouse Saved Query"
    order = NEWEST_SAVED_QUERIES
    pagination = NumberedPages(1000, takes_size=False)
    relations = {"created_by": "users"}
    depends_on = ("activity_log",)
    search_fields = ["name"]
    activity_scope = "DataWarehouseSavedQuery"
    logged_fields = ("name", "query", "deleted", "sync_frequency", "status")

    # Reading

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"latest_history_id": self._latest(call, record)}

    def get_record(self, call: Call, key: str) -> Record:
        try:
            record = super().get_record(call, key)
            if record["deleted"]:
                raise NotFound
        except NotFound:
            if call.operation.action == "activity":
                raise BareNotFound from None
            raise
        return record

    def _latest(self, call: Call, record: Record) -> str | None:
        """Return the id of the last change of a view."""
        entries = [
            e for e in call.table("activity_log").find(item_id=record["id"]) if e["scope"] == self.activity_scope
        ]
        entries.sort(key=lambda entry: (sort_key(entry["created_at"]), entry["number"]))
        return entries[-1]["id"] if entries else None

    # Writing

    def create(self, call: Call) -> Any:
        """Store a view; one that has its name already is changed instead. Raises: ValidationError."""
        data = self.load(call)
        same = call.table(self.table).first(name=data["name"], **self.tenant_key(call))
        if same is not None:
            return Answer(self.show(self.perform_update(call, same, {**data, "deleted": False}), call), 200)
        return Answer(self.show(self.perform_create(call, data), call), 201)

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        from mockserver.analytics.views import is_table  # late: it loads a parser

        data = super().load(call, record, **{**how, "partial": record is not None, "replacing": False})
        name = data.get("name")
        if name is not None and (record is None or name != record["name"]):
            if not NAME.fullmatch(name):
                raise ValidationError(BAD_NAME.format(name), attr="name")
            if is_table(call, name):
                raise ValidationError(TABLE_NAME.format(name), attr="name")
        return data

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        columns = self._columns(call, data)
        return super().perform_create(call, {**_stored(data), "query": _query(data), "columns": columns})

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {
            "created_by": call.user["id"], "created_at": call.now(), "status": None, "last_run_at": None,
            "latest_error": None,
        }  # fmt: skip

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version. Raises: ValidationError, for a query that somebody else changed since."""
        changed = _stored(data)
        if "query" in data and not data.get(SOFT):
            if data.get(HISTORY) != self._latest(call, record):
                raise ValidationError(MODIFIED)
            changed["columns"] = self._columns(call, data, record)
            if data["query"] != record["query"]:
                changed["status"] = "Modified"
        name = changed.get("name", record["name"])
        other = call.table(self.table).first(name=name, deleted=False, **self.tenant_key(call))
        if other is not None and other["id"] != record["id"]:
            raise ValidationError(TAKEN)
        return super().perform_update(call, record, changed)

    def perform_destroy(self, call: Call, record: Record) -> None:
        """Mark a view as deleted; its name stays taken by what became of it."""
        super().perform_update(call, record, {"deleted": True})

    def _columns(self, call: Call, data: Mapping[str, Any], record: Record | None = None) -> Sequence[Any]:
        """Return the columns of a view's query. Raises: ValidationError."""
        from mockserver.analytics.views import columns_of

        if data.get(SOFT):
            return []
        text = _query(data)["query"]
        if record is not None and re.search(rf"\b{re.escape(record['name'])}\b", text):
            raise ValidationError("Model contains a cycle")
        return columns_of(call, text)


def _query(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query of a body. Raises: ValidationError, where servers fail or find no types."""
    query = data.get("query")
    if not isinstance(query, Mapping) or not isinstance(query.get("query"), str):
        raise ValidationError(NO_TYPES)
    return dict(query)


def _stored(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a body is kept."""
    kept = {name: value for name, value in data.items() if name not in (HISTORY, SOFT, TYPES)}
    if kept.get("sync_frequency") == "never":
        kept["sync_frequency"] = None
    return kept
