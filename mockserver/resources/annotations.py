"""Annotations: notes pinned to a moment of a project's timeline."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from mockserver.errors import NotFound, ValidationError
from mockserver.listing.pagination import Fetch, LimitOffset
from mockserver.listing.tuplesort import first_rows
from mockserver.request.call import Call
from mockserver.resources.behaviours import SoftDelete
from mockserver.resources.resource import Record
from mockserver.store.orders import sort_key
from mockserver.world.entropy import timestamp
from mockserver.world.tables import LATEST_ANNOTATIONS

if TYPE_CHECKING:
    from mockserver.validation.fields import Choice, Lookup

ON_INSIGHT, ON_DASHBOARD, SHARED, RETIRED = "dashboard_item", "dashboard", "organization", "recording"
SCOPE_ALIASES = {"insight": ON_INSIGHT}
PARENTS = {ON_INSIGHT: "insights", "dashboard_id": "dashboards"}
"""Fields that name the thing annotated, and its table."""
MOST_SORTED = 1000
"""Longer lists keep ties as they were made, in either profile: sorting them at each read would cost too much."""


class Annotations(SoftDelete):
    """Notes on a project's timeline; those of scope `organization` are seen from each of its projects.

    The query parameters of the list hold for single annotations too: one that they leave out is not found.
    """

    family = "annotations"
    table = "annotations"
    component = "Annotation"
    title = "Annotations"
    pagination = LimitOffset(default_limit=1000)
    order = LATEST_ANNOTATIONS
    search_fields = ("content",)
    narrowing = ("scope", "date_from", "date_to")
    relations = {"created_by": "users"}
    depends_on = ("dashboards", "insights")

    # Which ones are seen

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the project's annotations and those its organization shares, latest first, undated ones before."""
        return latest_first(super().get_records(call), self._shared(call))

    def get_record(self, call: Call, key: str) -> Record:
        record = call.table(self.table).get(self.read_key(key))
        if record is None or not self._belongs(call, record):
            raise NotFound
        if record["deleted"] and call.operation.method != "patch":  # which is how one is restored
            raise NotFound
        if not self.filter_records(call, self.search(call, [record])):
            raise NotFound
        return record

    def _belongs(self, call: Call, record: Record) -> bool:
        if record["scope"] == SHARED and record["organization_id"] == call.tenant.organization_id:
            return True
        return bool(record["project_id"] == call.tenant.project_id)

    def _shared(self, call: Call) -> list[Record]:
        found = call.table(self.table).find(scope=SHARED, organization_id=call.tenant.organization_id, deleted=False)
        return [record for record in found if record["project_id"] != call.tenant.project_id]

    def is_filtered(self, call: Call) -> bool:
        """Return whether the list must be gone through: something narrows it, or hides what it is about."""
        return super().is_filtered(call) or any(call.table(table).first(deleted=True) for table in PARENTS.values())

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        scope = self._scope_asked(call)
        start, end = self._range_asked(call)
        return [
            record
            for record in records
            if (scope is None or record["scope"] == scope)
            and (start is None or start <= by_date(record) < sort_key(None))
            and (end is None or by_date(record) <= end)
            and not self._is_parent_deleted(call, record)
        ]

    def _scope_asked(self, call: Call) -> str | None:
        asked = call.query.get("scope")
        if not asked:
            return None
        scope = SCOPE_ALIASES.get(asked, asked)
        if scope not in cast("Choice", self.schema.load_fields["scope"]).choices:
            raise ValidationError(f"Invalid scope: {scope}")
        return scope

    def _range_asked(self, call: Call) -> tuple[Any, Any]:
        """Return the bounds of `date_marker` as sort keys. Raises: ValidationError."""
        start, end = (bound(call, name) for name in ("date_from", "date_to"))
        if start and end and start > end:
            raise ValidationError("Invalid date range: date_from must be before date_to")
        return start, end

    def _is_parent_deleted(self, call: Call, record: Record) -> bool:
        """Return whether it is about an insight or dashboard that is deleted; it reappears with that."""
        if record["scope"] not in (ON_INSIGHT, ON_DASHBOARD):
            return False
        parents = (_parent(call, record, name) for name in PARENTS)
        return any(parent is not None and parent["deleted"] for parent in parents)

    def fetcher(self, call: Call) -> Fetch:
        """Return how to get a stretch of the list; in `observed` ties come as PostgreSQL leaves them."""
        steadily = super().fetcher(call) if self.is_filtered(call) else self._merging_fetcher(call)
        if not call.is_observed:
            return steadily

        def fetch(offset: int, limit: int) -> tuple[Sequence[Record], int]:
            rows, count = steadily(0, MOST_SORTED)
            if count > MOST_SORTED:
                return steadily(offset, limit)
            stored = sorted(rows, key=lambda record: (sort_key(record["updated_at"]), record["id"]))
            return first_rows(stored, by_date, offset + limit)[offset:], count

        return fetch

    def _merging_fetcher(self, call: Call) -> Fetch:
        """Return how to get a stretch of the whole list: what other projects share is merged in where it belongs."""
        shared = self._shared(call)

        def fetch(offset: int, limit: int) -> tuple[Sequence[Record], int]:
            start = max(offset - len(shared), 0)  # own ones before this precede the stretch, whatever is shared
            own, count = call.table(self.table).page(
                LATEST_ANNOTATIONS, self.group(call), start, limit + offset - start
            )
            rows = latest_first(own, shared)
            return rows[offset - start : offset - start + limit], count + len(shared)

        return fetch

    # Writing

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        """Return the body's values. Raises: ValidationError, for an unknown dashboard and a retired scope too."""
        data = super().load(call, record, **how)
        if data.get("dashboard_id") is not None and not self.lookup(call)("dashboards", data["dashboard_id"]):
            raise ValidationError("Dashboard not found.", attr="dashboard_id")
        if data.get("scope") == RETIRED:
            raise ValidationError("Recording scope is deprecated")
        return data

    def lookup(self, call: Call) -> Lookup:
        """Return a test of whether the tenant has a record that is not deleted."""
        exists = super().lookup(call)

        def is_alive(table: str, key: Any) -> bool:
            return exists(table, key) and not (call.table(table).get(key) or {}).get("deleted")

        return is_alive

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version; a shared annotation moves to the project through which it was changed."""
        return super().perform_update(call, record, {**data, **self.tenant_key(call), "updated_at": call.now()})

    def server_fields(self, call: Call) -> dict[str, Any]:
        now = call.now()
        return {
            "organization_id": call.tenant.organization_id,
            "created_by": call.user["id"], "created_at": now, "updated_at": now,
        }  # fmt: skip

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        insight, dashboard = (_parent(call, record, name) or {} for name in PARENTS)
        return {
            "dashboard_name": dashboard.get("name"),
            "insight_short_id": insight.get("short_id"),
            "insight_name": insight.get("name"),
            "insight_derived_name": insight.get("derived_name"),
        }


def _parent(call: Call, record: Record, name: str) -> Record | None:
    """Return what a field of an annotation says that it is about."""
    return call.table(PARENTS[name]).get(record[name]) if record[name] is not None else None


def latest_first(own: Sequence[Record], shared: Sequence[Record]) -> Sequence[Record]:
    """Return annotations by their date, latest first, undated ones before all; of ties the project's own come first.

    The own ones are in that order already; what is shared is few.
    """
    rising = list(own[::-1])
    for record in shared:
        rising.insert(bisect_left(rising, by_date(record), key=by_date), record)
    return rising[::-1]


def by_date(record: Record) -> tuple[int, Any]:
    """Return what an annotation is sorted by."""
    return sort_key(record["date_marker"])


def bound(call: Call, name: str) -> tuple[int, Any] | None:
    """Return the sort key of a time that the query gives, if it does. Raises: ValidationError."""
    text = call.query.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return sort_key(timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
    except (ValueError, OverflowError):
        raise ValidationError(f"Invalid date range: {name} must be a valid ISO 8601 date") from None
