"""Insights: saved questions, and what they were answered when they were last asked."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import BareError, NotFound, ParseError, ValidationError
from mockserver.listing.pagination import Fetch, Page
from mockserver.queries import statuses
from mockserver.request.call import Call
from mockserver.request.sharing import shared_insights
from mockserver.request.tenancy import integer
from mockserver.resources.access_controlled import AccessControlled
from mockserver.resources.behaviours import ActivityLogged, SoftDelete
from mockserver.resources.filing import Filed
from mockserver.resources.insights import views
from mockserver.resources.insights.alerts import Alerts, alerts_of, is_watchable, remove
from mockserver.resources.insights.checking import settle
from mockserver.resources.insights.lists import in_order, is_true, wanted
from mockserver.resources.insights.older import OlderInsights
from mockserver.resources.insights.showing import BASIC, ShownInsights
from mockserver.resources.making.insights import add_insight
from mockserver.resources.resource import Record, user_basic
from mockserver.resources.restrictions import require_editor_of_insight
from mockserver.resources.tagged import Tagged, Tags, refusal_of, texts_of
from mockserver.validation.models import Model
from mockserver.validation.schemas import build_schema
from mockserver.world import entropy

MODEL = "QuerySchemaRoot"
MATERIAL = ("name", "description", "filters")
"""What of an insight counts as a change by whoever makes it. Source: recorded answers; later servers add `query`."""
LATER = {"x-since": "2026-09"}
"""What marks what servers have had since their sources of that month."""
LAST_VIEWED = 5
MOST_TRENDING = 100
MOST_VIEWERS = 3
MOST_DIGITS = 400


class Insights(Filed, Tagged, ShownInsights, SoftDelete, OlderInsights, ActivityLogged):
    """The insights of a project, in every one of its environments."""

    family = "insights"
    table = "insights"
    component = "Insight"
    title = "Enterprise Insights"
    parses = ("application/json",)
    renders = ("json", "csv")
    moments = frozenset({"cache_target_age", "last_refresh", "next_allowed_client_refresh"})
    tags_follow = "updated_at"
    activity_scope = "Insight"
    logged_fields = (
        "name", "derived_name", "description", "filters", "query", "order", "deleted", "favorited", "tags",
    )  # fmt: skip
    changes_on_create = None
    reads_first = frozenset({"create", "update", "partial_update", "trend", "funnel"})
    field_overrides = {"tags": Tags()}

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.model = Model(contract, "QueryNode")
        self._alerts = Alerts(contract)
        self._viewed = build_schema(contract, "ViewedInsights")

    # Which ones are seen

    def get_record(self, call: Call, key: str) -> Record:
        record = super().get_record(call, self._id_of(call, key))
        sharing = call.principal.sharing
        if sharing is not None and record["id"] not in shared_insights(call.state, sharing):
            raise NotFound
        if record["deleted"] and call.operation.method == "patch" and not _restores(call.body):
            raise NotFound
        return record

    def _id_of(self, call: Call, key: str) -> str:
        """Return the id that a path names: since 2026, by a short id too, where no id reads so."""
        number = integer(key)
        if not call.profile.has(LATER) or (number is not None and call.table(self.table).get(number) is not None):
            return key
        named = call.table(self.table).first(short_id=key, **self.tenant_key(call))
        return key if named is None else str(named["id"])

    def get_records(self, call: Call) -> Sequence[Record]:
        found = [record for record in super().get_records(call) if not record["deleted"]]
        sharing = call.principal.sharing
        if sharing is None:
            return found
        shown = shared_insights(call.state, sharing)
        return [record for record in found if record["id"] in shown]

    def fetcher(self, call: Call) -> Fetch:
        def fetch(offset: int, limit: int) -> tuple[Sequence[Record], int]:
            found = wanted(call, self.get_records(call))
            return in_order(call, found, offset + limit)[offset : offset + limit], len(found)

        return fetch

    def list(self, call: Call) -> Any:
        """Return a page of the insights that are asked for; those that are to be basic without results."""
        page: Page = super().list(call)
        return (
            page
            if not is_true(call.query.get("basic"))
            else replace(page, rows=[self.show(row, call, BASIC) for row in page.rows])
        )

    def retrieve(self, call: Call, record: Record) -> Any:
        """Return an insight; looked at on a dashboard, with that one's filters, and how its tile looks."""
        if is_true(call.query.get("basic")):
            return self.show(record, call, BASIC)
        tile = self.tile_asked_for(call, record)
        if tile is None:
            return [self.show(record, call)] if call.format == "csv" else record
        dashboard = call.table("dashboards").get(tile["dashboard"])
        shown = self.show_on(call, record, dashboard)
        shown = {**shown, "color": tile.get("color"), "layouts": tile.get("layouts") or {}}
        return [shown] if call.format == "csv" else shown

    # Writing: computed after it is written, so that nobody waits for it

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        self._judge_query(call.body)
        return super().load(call, record, **how)

    def create(self, call: Call) -> Any:
        """Store an insight, and put it on the dashboards that the body names."""
        data = self.load(call)
        refusal = refusal_of(data["tags"]) or self.refusal_of(call, data["dashboards"])
        data["tags"] = texts_of(data["tags"])
        if refusal is not None and not call.is_observed:
            raise refusal
        with call.writing() as writing:
            record = self.perform_create(writing, data)
            if refusal is None:
                self.place(writing, record, data["dashboards"])
        if refusal is not None:  # servers find out when the insight is stored, and leave it behind
            raise refusal
        return self._seen_anew(call, record)

    def update(self, call: Call, record: Record) -> Any:
        """Change an insight; what the body leaves out stays as it is."""
        return self.partial_update(call, record)

    def partial_update(self, call: Call, record: Record) -> Any:
        """Change some fields of an insight."""
        data = self.load(call, record, partial=True)
        with call.writing() as writing:
            current = self.get_record(writing, call.path["id"])
            require_editor_of_insight(writing, current)
            stored = self.perform_update(writing, current, data)
        return self._seen_anew(call, stored)

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        self._require(self.level(call), "editor")
        stored = {name: value for name, value in data.items() if name != "dashboards"}
        record = add_insight(call, stored)
        self.log(call, record, "created", self.changes_on_create, name=self.activity_name(record))
        return record

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version, on the dashboards that the body names; deleted, it is on none any more."""
        places, now = data.pop("dashboards", None), call.now()
        before = self.dashboards_of(call, record)
        if places is not None:
            self.require_places(call, record, places)
        stamps: dict[str, Any] = {"updated_at": now, "is_sample": False}
        material = (*MATERIAL, "query") if call.profile.has(LATER) else MATERIAL
        if any(name in data for name in material):
            stamps |= {"last_modified_at": now, "last_modified_by": call.user["id"]}
        updated = call.table(self.table).update(record, {**data, **stamps})
        if places is not None:
            self.place(call, updated, places)
        if updated["deleted"]:
            self.place(call, updated, ())
        if not is_watchable(updated) or (updated["deleted"] and call.profile.has(LATER)):
            for alert in alerts_of(call, updated["id"]):
                remove(call, alert)
        self._log_update(call, record, updated, before)
        return updated

    def _judge_query(self, body: Any) -> None:
        """Refuse a body whose query is none, which servers find out while they read the body. Raises: ParseError."""
        if not isinstance(body, Mapping):
            raise ParseError(f"'{type(body).__name__}' object has no attribute 'get'")
        query = body.get("query")
        if query and isinstance(query, Mapping):
            self.model.judge(query, called=MODEL, said_before="")
        elif query is not None and not isinstance(query, Mapping):
            raise ValidationError("Query must be a valid JSON object", attr="query")

    def _seen_anew(self, call: Call, record: Record) -> Record:
        """Return a record that was written, and let the call see what was."""
        call.see_anew()
        return record

    # What was done to them

    def activity(self, call: Call) -> Page:  # type: ignore[override]
        """Return a page of the log, newest first: of one insight, or of all. Raises: BareError, 404 without a body."""
        if "id" not in call.path:
            return super().activity(call)
        number = integer(call.path["id"])
        found = call.table(self.table).get(number) if number is not None else None
        if found is None or found["project_id"] != call.tenant.project_id or found["deleted"]:
            raise BareError(None, 404)
        return super().activity(call, found)

    def log(
        self, call: Call, record: Record, activity: str, changes: builtins.list[dict[str, Any]] | None, **about: Any
    ) -> None:  # fmt: skip
        """Write an entry about an insight; servers write none about one without a name."""
        if self.activity_name(record):
            super().log(call, record, activity, changes, short_id=record["short_id"], **about)

    def activity_name(self, record: Record) -> str | None:
        name: str | None = record["name"] or record["derived_name"]
        return name

    def _log_update(self, call: Call, record: Record, updated: Record, before: builtins.list[dict[str, Any]]) -> None:
        changes = self.changes(record, updated)
        after = self.dashboards_of(call, updated)
        if after and after != before:
            changes.append(self.change("dashboards", before, after, "changed"))
        if changes:
            self.log(call, updated, "updated", changes, name=self.activity_name(updated))

    # Looking at them

    def viewed(self, call: Call) -> None:
        """Note that the asker looks at an insight, or at several; of several those that are unknown are passed over."""
        if "id" in call.path:
            views.note(call, self._viewable(call, call.path["id"]))
            return
        wish = self._viewed.judge(call.body, self.lookup(call), is_form=call.is_form)
        if not wish["insight_ids"]:
            raise ValidationError("This list may not be empty.", code="empty", attr="insight_ids")
        for number in wish["insight_ids"]:
            found = call.table(self.table).get(number)
            if found is not None and found["project_id"] == call.tenant.project_id and not found["deleted"]:
                views.note(call, found)

    def my_last_viewed(self, call: Call) -> Any:
        """Return the insights that the asker looked at last."""
        found = (call.table(self.table).get(view["insight"]) for view in views.by(call, call.user["id"]))
        living = [record for record in found if record is not None and not record["deleted"]]
        return [self.basic(record, call, None) for record in living[:LAST_VIEWED]]

    def trending(self, call: Call) -> Any:
        """Return the insights that most people looked at in the last days."""
        days, limit = (_count(call, name, default) for name, default in (("days", 7), ("limit", 10)))
        since = entropy.now(call.state) - timedelta(days=min(days, 3650))
        seen = views.since(call, since)
        found = [(record, seen[record["id"]]) for record in self.get_records(call) if record["id"] in seen]
        found.sort(key=lambda pair: len(pair[1]), reverse=True)
        rows = [
            {
                **self.show(record, call, BASIC),
                "view_count": len(lookers),
                "viewers": [user_basic(call, view["user_id"]) for view in lookers[:MOST_VIEWERS]],
                "last_modified_by": user_basic(call, record["last_modified_by"]),
            }
            for record, lookers in found[: min(limit, MOST_TRENDING)]
        ]
        return {"count": len(rows), "next": None, "previous": None, "results": rows}

    def cancel(self, call: Call) -> None:
        """Cancel a query that runs in the background. Raises: ValidationError without its id."""
        body = call.body if isinstance(call.body, Mapping) else {}
        id = body.get("client_query_id")
        if not id:
            raise ValidationError("Field is required.", attr="client_query_id")
        status = statuses.find(call, str(id))
        if status is not None and not status["complete"]:
            statuses.forget(call.transaction, status)

    def timing(self, call: Call) -> None:
        """Take note of how long a page waited, of which nothing is kept."""

    # What is watched of them

    def alerts(self, call: Call, record: Record) -> Page:
        """Return a page of the alerts on an insight, the newest first."""
        settle(call)
        rows = [self._alerts.show(alert, call) for alert in alerts_of(call, record["id"])]
        return self.pagination.page(call, lambda offset, limit: (rows[offset : offset + limit], len(rows)))

    def thresholds(self, call: Call, record: Record) -> Page:
        """Return a page of the thresholds of an insight's alerts."""
        rows = [dict(alert["threshold"]) for alert in alerts_of(call, record["id"])]
        return self.pagination.page(call, lambda offset, limit: (rows[offset : offset + limit], len(rows)))

    def funnel_correlation(self, call: Call) -> Any:
        """Find nothing: correlations of older funnels are gone. Raises: NotFound."""
        raise NotFound("Endpoint not found.")

    def _viewable(self, call: Call, key: str) -> Record:
        record = super(AccessControlled, self).get_record(call, key)
        self._require(self.level(call, record), "viewer")
        return record


def _restores(body: Any) -> bool:
    """Return whether a body brings back what was deleted."""
    return isinstance(body, Mapping) and body.get("deleted") is False


def _count(call: Call, name: str, default: int) -> int:
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > MOST_DIGITS or int(text) == 0:
        raise ValidationError("days and limit must be valid integers")
    return int(text)
