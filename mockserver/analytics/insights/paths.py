"""PathsQuery: which way actors go from one page or event to the next. Source: recorded answers.

An actor's events are cut into sessions by pauses; items that repeat at once are one, the last of them; a session is cut
to the steps wanted, and each pair of steps is an edge.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockserver.analytics.conditions.path_cleaning import cleaned, project_rules
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.hogql.parser import parse_expression
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.funnels import Funnel
from mockserver.analytics.insights.funnels.actors import funnel_actors
from mockserver.analytics.insights.series import query_conditions
from mockserver.request.call import Call

PAGEVIEW, SCREEN, CUSTOM, HOGQL = "$pageview", "$screen", "custom_event", "hogql"
DEFAULT_STEPS, MOST_STEPS = 5, 20
DEFAULT_EDGES, MOST_EDGES = 50, 10_000
PAUSE_MS = 30 * 60 * 1000
BEFORE, BETWEEN, AFTER = "funnel_path_before_step", "funnel_path_between_steps", "funnel_path_after_step"
GAP = "..."
MILLISECONDS = {
    "second": 1000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
    "week": 604_800_000,
    "month": 2_592_000_000,
}


def paths_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the edges most walked that a path from the beginning reaches."""
    inquiry = Inquiry.of(call, query)
    paths = Paths(inquiry, query)
    found = inquiry.run(paths.edges())
    results = [
        {"average_conversion_time": mean, "source": source, "target": target, "value": float(walked)}
        for source, target, walked, mean in reachable(found.rows)
    ]
    return answer(query, results, found.hogql)


def reachable(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return the edges that can be reached from a first step; others hang in the air once rare ones are left out."""
    following: dict[str, list[str]] = defaultdict(list)
    for source, target, *_ in rows:
        following[source].append(target)
    waiting = [source for source, *_ in rows if source.startswith("1_")]
    seen: set[str] = set()
    while waiting:
        item = waiting.pop()
        if item not in seen:
            seen.add(item)
            waiting += following[item]
    return [row for row in rows if row[0] in seen]


@dataclass(frozen=True)
class Paths:
    """One paths query: which events are steps, and what paths are made of them."""

    inquiry: Inquiry
    query: Mapping[str, Any]

    @property
    def filter(self) -> Mapping[str, Any]:
        """What the query says of paths."""
        return self.query.get("pathsFilter") or {}

    @cached_property
    def days(self) -> DateRange:
        """The days that paths lie in."""
        return DateRange.of(self.inquiry, self.query.get("dateRange"), "day")

    @property
    def steps(self) -> int:
        """How many steps a path has at most."""
        given = self.filter.get("stepLimit")
        return max(1, min(DEFAULT_STEPS if given is None else int(given), MOST_STEPS))

    @property
    def group(self) -> int | None:
        """Index of the groups that are counted; none for persons."""
        index = self.query.get("aggregation_group_type_index")
        return int(index) if isinstance(index, (int, float)) and 0 <= index < 5 else None

    # Queries

    def edges(self) -> nodes.SelectQuery:
        """Return the edges most walked, how often, and how long it took on average."""
        least, most = self.filter.get("minEdgeWeight"), self.filter.get("maxEdgeWeight")
        having: list[Node] = [compare(field("walked"), ">=", constant(int(least)))] if least else []
        having += [compare(field("walked"), "<=", constant(int(most)))] if most else []
        edges = self.filter.get("edgeLimit")
        return select(
            "SELECT source, target, count() AS walked, avg(took) AS mean FROM {walks} WHERE source IS NOT NULL"
            " GROUP BY source, target HAVING {having} ORDER BY walked DESC, source, target LIMIT {limit}",
            walks=self.walks(),
            having=conjunction(having),
            limit=constant(max(1, min(DEFAULT_EDGES if edges is None else int(edges), MOST_EDGES))),
        )

    def actors(self) -> nodes.SelectQuery:
        """Return who walked an edge: to a step, from one, or whose path ended there; everyone where none is said."""
        start, end, lost = (self.filter.get(name) for name in ("pathStartKey", "pathEndKey", "pathDropoffKey"))
        wanted = []
        if lost:
            wanted.append(expression("target = {lost} AND is_last = 1", lost=constant(str(lost))))
        else:
            if start:
                wanted.append(compare(field("source"), "==", constant(str(start))))
            if end:
                wanted.append(compare(field("target"), "==", constant(str(end))))
        name = "actor_id" if self.group is None else "group_key"
        return select(
            f"SELECT DISTINCT actor AS {name} FROM {{walks}} WHERE {{wanted}}",
            walks=self.walks(),
            wanted=conjunction(wanted),
        )

    def walks(self) -> nodes.SelectQuery:
        """Return every step of every path: `source` is the one before, none for the first."""
        numbered = select(
            "SELECT actor, times, arrayMap((item, number) -> concat(toString(number), '_', item),"
            " items, arrayEnumerate(items)) AS keys FROM {paths}",
            paths=self._limited(),
        )
        steps = select(
            "SELECT actor, length(keys) AS size, keys, times, arrayJoin(arrayEnumerate(keys)) AS number"
            " FROM {numbered}",
            numbered=numbered,
        )
        return select(
            "SELECT actor, keys[number] AS target, if(number > 1, keys[number - 1], null) AS source,"
            " if(number > 1, times[number] - times[number - 1], 0) AS took, if(number = size, 1, 0) AS is_last"
            " FROM {steps}",
            steps=steps,
        )

    def _limited(self) -> nodes.SelectQuery:
        """Return the paths between the points wanted, no longer than wanted."""
        start, end = self.filter.get("startPoint"), self.filter.get("endPoint")
        rows = self._compact()
        steps = self.steps
        if start:
            rows = select(
                "SELECT actor, arraySlice(items, since) AS items, arraySlice(times, since) AS times FROM"
                " (SELECT actor, items, times, indexOf(items, {start}) AS since FROM {rows}) WHERE since > 0",
                rows=rows,
                start=constant(str(start)),
            )
        if end:
            rows = select(
                "SELECT actor, arraySlice(items, 1, until) AS items, arraySlice(times, 1, until) AS times FROM"
                " (SELECT actor, items, times, indexOf(items, {end}) AS until FROM {rows}) WHERE until > 0",
                rows=rows,
                end=constant(str(end)),
            )
        if start and end:
            # Both ends of a path are kept, and a gap stands for what is between.
            half = max(1, steps // 2)
            return select(
                "SELECT actor, {items} AS items, {times} AS times FROM {rows}",
                rows=rows,
                items=expression(
                    f"if(length(items) > {steps}, arrayConcat(arraySlice(items, 1, {half}), ['{GAP}'],"
                    f" arraySlice(items, -{half})), items)"
                ),
                times=expression(
                    f"if(length(items) > {steps}, arrayConcat(arraySlice(times, 1, {half}), [times[{half} + 1]],"
                    f" arraySlice(times, -{half})), times)"
                ),
            )
        kept = f"-{steps}" if end else f"1, {steps}"
        return select(
            f"SELECT actor, arraySlice(items, {kept}) AS items, arraySlice(times, {kept}) AS times FROM {{rows}}",
            rows=rows,
        )

    @property
    def _pause_ms(self) -> int:
        """How long a pause ends a session: as long as a funnel's window where one is asked about."""
        funnel = self._funnel
        if funnel is None:
            return PAUSE_MS
        length, unit = funnel.window
        return length * MILLISECONDS[unit]

    @property
    def _funnel(self) -> Funnel | None:
        """The funnel whose steps paths lead to, or from. Raises: QueryError."""
        given = self.query.get("funnelPathsFilter")
        if not isinstance(given, Mapping) or not given.get("funnelPathType"):
            return None
        if not isinstance(given.get("funnelSource"), Mapping):
            raise QueryError("A FunnelsQuery is missing as source")
        return Funnel(self.inquiry, given["funnelSource"])

    def _compact(self) -> nodes.SelectQuery:
        """Return the sessions of every actor, without items that follow themselves."""
        sessions = select(
            "SELECT actor, arrayJoin(arraySplit((step, pause) -> pause > {pause}, steps,"
            " arrayDifference(arrayMap(step -> step.1, steps)))) AS session FROM"
            " (SELECT actor, arraySort(groupArray((moment, item))) AS steps FROM {events} GROUP BY actor)",
            events=self._events(),
            pause=constant(self._pause_ms),
        )
        return select(
            "SELECT actor, arrayMap(step -> step.2, kept) AS items, arrayMap(step -> step.1, kept) AS times FROM"
            " (SELECT actor, arrayFilter((step, following) -> step.2 != following, session,"
            " arrayPushBack(arrayPopFront(arrayMap(step -> step.2, session)), '')) AS kept FROM {sessions})",
            sessions=sessions,
        )

    def _events(self) -> nodes.SelectQuery:
        """Return the events that are steps, each with its item and the moment in milliseconds."""
        actor: Node = field("events", "person_id") if self.group is None else field(f"$group_{self.group}")
        item = self._grouped(self._cleaned(self._item()))
        conditions = [
            *self.days.conditions(field("events", "timestamp")),
            *query_conditions(self.inquiry, self.query),
            *self._included(),
        ]
        excluded = [str(name) for name in self.filter.get("excludeEvents") or []]
        wanted = conjunction([expression("item NOT IN {names}", names=_texts(excluded))] if excluded else [])
        rows = select(
            "SELECT {actor} AS actor, toUnixTimestamp64Milli(events.timestamp) AS moment, {item} AS item FROM events"
            " WHERE {conditions}",
            actor=actor,
            item=item,
            conditions=conjunction(conditions),
        )
        rows = self._of_funnel(rows)
        return select("SELECT actor, moment, item FROM {rows} WHERE {wanted}", rows=rows, wanted=wanted)

    # Items

    def _item(self) -> Node:
        """Return HogQL for what an event is in a path. Raises: QueryError."""
        kinds = self._kinds
        custom: Node = field("event")
        if HOGQL in kinds:
            text = self.filter.get("pathsHogQLExpression")
            custom = expression("ifNull(toString({told}), '')", told=parse_expression(text or "event"))
            if len(kinds) == 1:
                return custom
        return expression(
            "ifNull(multiIf(event = '$pageview',"
            " replaceRegexpAll(ifNull(toString(properties.$current_url), ''), '(.)/$', '\\\\1'),"
            " event = '$screen', toString(properties.$screen_name), {custom}), '')",
            custom=custom,
        )

    @property
    def _kinds(self) -> list[str]:
        return [str(kind) for kind in self.filter.get("includeEventTypes") or []]

    def _included(self) -> list[Node]:
        """Return what holds of events of the kinds wanted; of all where none is said."""
        kinds = self._kinds
        if not kinds or HOGQL in kinds:
            return []
        wanted: list[Node] = []
        names = [kind for kind in kinds if kind in (PAGEVIEW, SCREEN)]
        if names:
            wanted.append(expression("event IN {names}", names=_texts(names)))
        custom = [str(name) for name in self.filter.get("includeCustomEvents") or []]
        if CUSTOM in kinds:
            wanted.append(
                expression("event IN {names}", names=_texts(custom)) if custom else expression("event NOT LIKE '$%'")
            )
        return [nodes.Or(exprs=tuple(wanted))] if wanted else []

    def _cleaned(self, item: Node) -> Node:
        """Return HogQL for an item as the rules of its path cleaning write it."""
        rules = list(self.filter.get("localPathCleaningFilters") or [])
        return cleaned(item, [*(project_rules(self.inquiry) if self.filter.get("pathReplacements") else []), *rules])

    def _grouped(self, item: Node) -> Node:
        """Return HogQL for an item, or for the first pattern of a group of them that it matches."""
        cases: list[Node] = []
        for pattern in self.filter.get("pathGroupings") or []:
            regex = ".*".join(re.escape(part) for part in str(pattern).split("*"))
            cases += [call("match", item, constant(regex)), constant(str(pattern))]
        return call("multiIf", *cases, item) if cases else item

    # Funnels

    def _of_funnel(self, rows: nodes.SelectQuery) -> nodes.SelectQuery:
        """Return those events of a funnel's actors that lie before, after or between its steps. Raises: QueryError."""
        funnel = self._funnel
        if funnel is None:
            return rows
        given = self.query["funnelPathsFilter"]
        kind, step = given["funnelPathType"], given.get("funnelStep")
        number = abs(int(step)) if step else len(funnel.series)
        if step is not None and int(step) < 0:
            number -= 1
        if not 0 < number <= len(funnel.series):
            raise QueryError(f"There is no step {step}")
        times = [("reached_at", number - 1)]
        if kind == BETWEEN:
            if number == 1:
                raise QueryError("Cannot request preceding step timestamp if target funnel step is the first step")
            times.append(("before_at", number - 2))
        actors = funnel_actors(self.inquiry, {"source": funnel.query, "funnelStep": step or number}, times)
        reached, before = (f"toUnixTimestamp64Milli(actors.{name}_at)" for name in ("reached", "before"))
        within = {
            BETWEEN: f"rows.moment >= {before} AND rows.moment <= {reached}",
            BEFORE: f"rows.moment <= {reached}",
            AFTER: f"rows.moment >= {reached}",
        }.get(kind)
        if within is None:
            raise QueryError(f"Invalid funnel path type: {kind}")
        key = "actor_id" if funnel.group is None else "group_key"
        return select(
            "SELECT rows.actor AS actor, rows.moment AS moment, rows.item AS item"
            f" FROM {{rows}} AS rows JOIN {{actors}} AS actors ON rows.actor = actors.{key} WHERE {within}",
            rows=rows,
            actors=actors,
        )


def _texts(texts: Sequence[str]) -> Node:
    return nodes.Tuple(exprs=tuple(constant(text) for text in texts))


def paths_actors(inquiry: Inquiry, query: Mapping[str, Any], asked: Mapping[str, Any]) -> nodes.Query:
    """Return who walked the edge that a query's filter names."""
    return Paths(inquiry, query).actors()
