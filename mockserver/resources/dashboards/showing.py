"""Dashboards as the API shows them: basic in lists, whole with their tiles, and tile by tile as they are streamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from werkzeug.datastructures import MultiDict

from mockserver.contract import Contract
from mockserver.errors import ValidationError
from mockserver.listing.jsonb import as_kept
from mockserver.queries import statuses
from mockserver.request.call import Answer, Call
from mockserver.resources.access_controlled import SAFE, AccessControlled
from mockserver.resources.dashboards import placing
from mockserver.resources.file_system import VIEWS
from mockserver.resources.insights import Insights
from mockserver.resources.insights.questions import put_over
from mockserver.resources.resource import Record, Shape, user_basic
from mockserver.resources.restrictions import EVERYONE, levels_of, restriction_of
from mockserver.resources.sharing import is_shared

BASIC = "DashboardBasic"
STREAM = "text/event-stream"
IN_FIRST_EVENT = 2
"""How many tiles come with the dashboard itself where they are streamed."""
Shown = dict[str, Any]


class Showing(AccessControlled):
    """Records with tiles, each shown as it stands on them."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._insights = Insights(contract)

    def retrieve(self, call: Call, record: Record) -> Any:
        """Return a dashboard with what is on it, and note that it was looked at."""
        return self._looked_at(call, record)

    def stream_tiles(self, call: Call, record: Record) -> Any:
        """Return a dashboard with its first tiles, the others after it, and word that these are all."""
        seen = self._looked_at(call, record)
        return Answer(b"".join(self._events(call, seen)), 200, media_type=STREAM)

    def run_insights(self, call: Call, record: Record) -> Any:
        """Return the results of the insights on a dashboard, computed if it is asked for."""
        shown = [tile for tile in self._tiles(call, record) if tile["insight"] is not None]
        names = ("id", "short_id", "name", "derived_name", "result")
        rows = [{"id": tile["id"], "insight": {name: tile["insight"][name] for name in names}} for tile in shown]
        return {"results": rows}

    # Shapes

    def represent(self, record: Record, call: Call) -> Shown:
        filters, variables = put_over(call, record)
        return {
            **self._basics(record, call),
            "filters": filters,
            "variables": self._known(call, variables),
            "breakdown_colors": record["breakdown_colors"]
            if call.operation.action == "create"
            else as_kept(record["breakdown_colors"]),
            "persisted_filters": record["filters"] or None,
            "persisted_variables": record["variables"] or None,
            "quick_filter_ids": [],
            "tiles": self._tiles(call, record),
        }

    def shapes(self) -> Mapping[str, Shape]:
        return {BASIC: self._show_basic}

    def _show_basic(self, record: Record, call: Call) -> Shown:
        own = {**self._basics(record, call), "created_by": user_basic(call, record.get("created_by"))}
        names = self._layout(BASIC, call.profile)
        return {name: own[name] if name in own else record.get(name) for name in names}

    def _basics(self, record: Record, call: Call) -> Shown:
        restriction, privilege = levels_of(call, record)
        return {
            "is_shared": is_shared(call, record),
            "effective_restriction_level": restriction,
            "effective_privilege_level": privilege,
            "user_access_level": self.shown_level(call, record),
            "access_control_version": "v1" if restriction_of(record) > EVERYONE else "v2",
            "team_id": record["project_id"],
            "last_viewed_at": self._last_viewed(record, call),
            "search_match_type": "exact" if call.query.get("search") else None,
        }

    def _last_viewed(self, record: Record, call: Call) -> Any:
        """Return when the asker last looked at a dashboard, as their page logged it."""
        views = call.table(VIEWS).find(user_id=call.user["id"], type="dashboard")
        return max((view["viewed_at"] for view in views if view["ref"] == str(record["id"])), default=None)

    def _known(self, call: Call, variables: Mapping[str, Any]) -> Shown:
        """Return values of the project's variables, under the id that each has now; others are left out."""
        known = {variable["code_name"]: variable["id"] for variable in self._variables(call)}
        return {
            known[value["code_name"]]: {**value, "variableId": known[value["code_name"]]}
            for value in variables.values()
            if isinstance(value, Mapping) and value.get("code_name") in known
        }

    def _variables(self, call: Call) -> Sequence[Record]:
        return call.table("insight_variables").find(project_id=call.tenant.project_id)

    # Tiles

    def _tiles(self, call: Call, record: Record) -> list[Shown]:
        if record["deleted"]:
            return []
        found = placing.visible(call, record, self._size(call))
        with statuses.chained(call):
            return [self.show_tile(call, tile, record, order) for order, tile in enumerate(found)]

    def _size(self, call: Call) -> str:
        wanted = call.query.get("layoutSize") or call.query.get("layout_size")
        return wanted if wanted in placing.SIZES else placing.SIZES[0]

    def show_tile(self, call: Call, tile: Record, dashboard: Record, order: int | None) -> Shown:
        """Return a tile with its insight or text; an insight that cannot be computed comes with the reason."""
        insight, error = self._insight_on(call, tile, dashboard)
        shown = {
            "id": tile["id"],
            "insight": insight,
            "text": placing.show_text(call, tile["text"]) if tile["text"] is not None else None,
            "layouts": as_kept(tile["layouts"] or {}),
            "color": tile["color"],
            "order": order,
            "last_refresh": insight["last_refresh"] if insight else None,
            "is_cached": bool(insight and insight["is_cached"]),
        }
        return {**shown, "error": error} if error else shown

    def _insight_on(self, call: Call, tile: Record, dashboard: Record) -> tuple[Shown | None, Shown | None]:
        insight = call.table("insights").get(tile["insight"]) if tile["insight"] is not None else None
        if insight is None:
            return None, None
        if call.operation.method not in SAFE:  # nothing is computed while others wait for what is being written
            call = replace(call, query=_without_refresh(call.query), body=None)
        try:
            return self._insights.show_on(call, insight, dashboard), None
        except ValidationError as error:
            blank = self._insights.show_on(call, {**insight, "query": None, "filters": {}}, dashboard)
            shown = {**blank, "query": insight["query"], "filters": {}}
            return shown, {"type": "ValidationError", "message": error.detail}

    def _looked_at(self, call: Call, record: Record) -> Record:
        with call.writing() as writing:
            current = writing.table(self.table).get(record["id"])
            if current is None:
                return record
            return writing.table(self.table).update(current, {"last_accessed_at": call.now()})

    def _events(self, call: Call, record: Record) -> Iterator[bytes]:
        tiles = self._tiles(call, record)
        shown = {**self.show({**record, "deleted": True}, call), "deleted": False, "tiles": tiles[:IN_FIRST_EVENT]}
        yield _event({"type": "metadata", "dashboard": shown})
        for tile in tiles[IN_FIRST_EVENT:]:
            yield _event({"type": "tile", "order": tile["order"], "tile": tile})
        yield _event({"type": "complete"})


def _without_refresh(query: MultiDict[str, str]) -> MultiDict[str, str]:
    return MultiDict([pair for pair in query.items(multi=True) if pair[0] != "refresh"])


def _event(value: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS) + b"\n\n"
