"""How insights look: whole, on a dashboard, without results, and inside other things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.request.call import Call
from mockserver.resources.access_controlled import AccessControlled
from mockserver.resources.insights import views
from mockserver.resources.insights.computing import computed
from mockserver.resources.insights.placing import Placing
from mockserver.resources.insights.questions import question
from mockserver.resources.resource import Record, Shape, user_basic
from mockserver.resources.restrictions import levels_of_insight

BASIC = "InsightBasic"


class ShownInsights(AccessControlled, Placing):
    """Insights, and what is known of their answers."""

    component = "Insight"
    table = "insights"
    relations = {"created_by": "users", "last_modified_by": "users"}
    depends_on = None
    access_resource = "insight"

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return self._own(record, call, None)

    def shapes(self) -> Mapping[str, Shape]:
        return {BASIC: self._show_basic}

    def show_on(self, call: Call, record: Record, dashboard: Record | None) -> dict[str, Any]:
        """Return an insight as it is on a dashboard, whole, with that one's filters and variables over its own."""
        own = self._own(record, call, dashboard)
        for name, table in self.relations.items():
            own[name] = user_basic(call, record.get(name), table)
        return {
            name: own[name] if name in own else record.get(name) for name in self._layout(self.component, call.profile)
        }

    def _own(self, record: Record, call: Call, dashboard: Record | None) -> dict[str, Any]:
        restriction, privilege = levels_of_insight(call, record)
        return {
            **self.places(call, record),
            **computed(self.contract, call, record, dashboard),
            "effective_restriction_level": restriction,
            "effective_privilege_level": privilege,
            "user_access_level": self.shown_level(call, record),
            "alerts": self._alerts_on(call, record),
            "last_viewed_at": views.last_of(call, record),
            "search_match_type": "exact" if call.operation.action == "list" and call.query.get("search") else None,
        }

    def _show_basic(self, record: Record, call: Call) -> dict[str, Any]:
        return self.basic(record, call, self.shown_level(call, record))

    def basic(self, record: Record, call: Call, level: str | None) -> dict[str, Any]:
        """Return an insight without results; inside something else servers tell no level of access."""
        own = {
            **self.places(call, record),
            "filters": {} if record["query"] else record["filters"],
            "query": question(record) if record["query"] else None,
            "last_refresh": None,
            "refreshing": False,
            "created_by": user_basic(call, record["created_by"]),
            "user_access_level": level,
        }
        names = self._layout(BASIC, call.profile)
        return {name: own[name] if name in own else record.get(name) for name in names}

    def _alerts_on(self, call: Call, record: Record) -> list[dict[str, Any]]:
        """Return the alerts on an insight, without the insight in each."""
        found = call.table("alerts").find(insight=record["id"]) if not call.is_observed else []
        names = ("id", "name", "enabled", "state", "calculation_interval", "threshold", "condition", "config")
        return [{name: alert[name] for name in names} for alert in found]
