"""FunnelCorrelationQuery: what those who convert do or are more often than those who do not.

Source: PostHog's documentation of correlation analysis, and recorded answers. An odds ratio compares two by two, with
one more in each of the four fields; what concerns too few is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.analytics.conditions.properties import property_conditions
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.funnels import Funnel
from mockserver.analytics.insights.funnels.actors import FINAL, FIRST, funnel_actors
from mockserver.analytics.insights.series import Series
from mockserver.request.call import Call

TOTAL = "Total_Values_In_Query"
EVENTS, PROPERTIES, EVENT_PROPERTIES = "events", "properties", "event_with_properties"
ALL = "$all"
FEWEST, SMALLEST_SHARE = 25, 0.02
MOST_SHOWN = 10
EVERYONE_WHO_ENTERED = {"funnelStep": 1}
COLUMNS = [["name", "String"], ["success_count", "UInt64"], ["failure_count", "UInt64"]]
COUNTS = (
    "countDistinctIf(actor_id, steps = {target}) AS success_count,"
    " countDistinctIf(actor_id, steps != {target}) AS failure_count"
)


def correlation_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with what correlates most with success, and with failure."""
    inquiry = Inquiry.of(call, query)
    correlation = Correlation(inquiry, query)
    found = inquiry.run(replace(correlation.counts(), limit=constant(MAX_LIMIT)))
    whole = inquiry.run(correlation.totals())
    rows = [(str(name), int(success), int(failure)) for name, success, failure in found.rows]
    _, success, failure = whole.rows[0]
    results = correlated(rows, int(success), int(failure))
    page: dict[str, Any] = {
        "columns": [name for name, _ in COLUMNS],
        "types": COLUMNS,
        "hasMore": None,
        "limit": None,
        "offset": None,
    }
    return answer(query, results, f"{found.hogql}\nUNION ALL\n{whole.hogql}", **page)


@dataclass(frozen=True)
class Correlation:
    """One correlation: of which funnel's actors, with what."""

    inquiry: Inquiry
    query: Mapping[str, Any]

    @property
    def asked(self) -> Mapping[str, Any]:
        """The actors that are compared. Raises: QueryError."""
        source = self.query.get("source")
        if not isinstance(source, Mapping) or not isinstance(source.get("source"), Mapping):
            raise QueryError("A FunnelsActorsQuery is missing as source")
        return source

    @property
    def kind(self) -> str:
        """What is correlated: events, properties of actors, or events with properties."""
        return self.query.get("funnelCorrelationType") or EVENTS

    @property
    def funnel(self) -> Funnel:
        """The funnel whose actors are compared."""
        return Funnel(self.inquiry, self.asked["source"])

    @property
    def target(self) -> Node:
        """How many steps make a success."""
        return constant(len(self.funnel.series))

    def totals(self) -> nodes.SelectQuery:
        """Return how many succeed and fail at all."""
        return select(f"SELECT '{TOTAL}' AS name, {COUNTS} FROM {{actors}}", actors=self.actors(), target=self.target)

    def counts(self) -> nodes.SelectQuery:
        """Return how many of those who succeed and fail each thing concerns. Raises: QueryError."""
        if self.kind == PROPERTIES:
            return self._of_properties()
        if self.kind == EVENT_PROPERTIES:
            return self._of_event_properties()
        excluded = self._names("funnelCorrelationExcludeEventNames")
        kept = [self._not_in("event", names) for names in (self._steps(), excluded)]
        return select(
            f"SELECT event AS name, {COUNTS} FROM {{events}} GROUP BY name",
            events=self.events(kept),
            target=self.target,
        )

    def actors(self) -> nodes.Query:
        """Return the actors, and when each took the first step and the last. Raises: QueryError."""
        size = len(self.funnel.series)
        asked = {**EVERYONE_WHO_ENTERED, **{name: value for name, value in self.asked.items() if value is not None}}
        return self._renamed(funnel_actors(self.inquiry, asked, [(FIRST, 0), (FINAL, size - 1)]))

    def _renamed(self, actors: nodes.Query) -> nodes.Query:
        if self.funnel.group is None:
            return actors
        return select(f"SELECT group_key AS actor_id, steps, {FIRST}, {FINAL} FROM {{actors}}", actors=actors)

    def events(self, conditions: list[Node]) -> nodes.SelectQuery:
        """Return what the actors did between their first step and their last, or in time for it."""
        length, unit = self.funnel.window
        by = "person_id" if self.funnel.group is None else f"$group_{self.funnel.group}"
        return select(
            f"SELECT event, properties, actors.actor_id AS actor_id, actors.steps AS steps"
            f" FROM events JOIN {{actors}} AS actors ON events.{by} = actors.actor_id"
            f" WHERE events.timestamp > actors.{FIRST} AND events.timestamp <"
            f" coalesce(actors.{FINAL}, actors.{FIRST} + toInterval{unit.capitalize()}({length}), {{end}})"
            f" AND {{dates}} AND {{conditions}}",
            actors=self.actors(),
            end=constant(self.funnel.days.end),
            dates=conjunction(self.funnel.days.conditions(field("events", "timestamp"))),
            conditions=conjunction(conditions),
        )

    def _of_event_properties(self) -> nodes.SelectQuery:
        names = self._names("funnelCorrelationEventNames")
        if not names:
            raise QueryError("Event Property Correlation expects atleast one event name to run correlation on")
        each = select(
            "SELECT actor_id, steps, event, arrayJoin(JSONExtractKeysAndValues(properties, 'String')) AS pair"
            " FROM {events}",
            events=self.events([compare(field("event"), "in", _listed(names))]),
        )
        return select(
            f"SELECT concat(event, '::', pair.1, '::', pair.2) AS name, {COUNTS}"
            " FROM {each} WHERE {kept} GROUP BY name",
            each=each,
            target=self.target,
            kept=self._not_in("pair.1", self._names("funnelCorrelationEventExcludePropertyNames")),
        )

    def _of_properties(self) -> nodes.SelectQuery:
        names = self._names("funnelCorrelationNames")
        if not names:
            raise QueryError("Property Correlation expects atleast one Property to run correlation on")
        if ALL in names:
            pairs: Node = expression("arrayJoin(JSONExtractKeysAndValues(owners.properties, 'String'))")
        else:
            told = [expression("({name}, ifNull(toString({value}), ''))", name=constant(name),
                               value=field("owners", "properties", name)) for name in names]  # fmt: skip
            pairs = expression("arrayJoin({told})", told=nodes.Array(exprs=tuple(told)))
        table, key = ("persons", "id") if self.funnel.group is None else ("groups", "key")
        each = select(
            f"SELECT actors.actor_id AS actor_id, actors.steps AS steps, {{pairs}} AS pair"
            f" FROM {{actors}} AS actors JOIN {table} AS owners ON owners.{key} = actors.actor_id",
            actors=self.actors(),
            pairs=pairs,
        )
        return select(
            f"SELECT concat(pair.1, '::', pair.2) AS name, {COUNTS} FROM {{each}} WHERE {{kept}} GROUP BY name",
            each=each,
            target=self.target,
            kept=self._not_in("pair.1", self._names("funnelCorrelationExcludeNames")),
        )

    def _names(self, parameter: str) -> list[str]:
        return [str(name) for name in self.query.get(parameter) or []]

    def _steps(self) -> list[str]:
        return [series.event for series in self.funnel.series if series.event is not None]

    @staticmethod
    def _not_in(what: str, names: list[str]) -> Node:
        return expression(f"{what} NOT IN {{names}}", names=_listed(names)) if names else constant(True)

    # Who is behind a correlation

    def people(self, *, converted: bool | None) -> nodes.SelectQuery:
        """Return the actors that an event or properties concern, in success, failure or both. Raises: QueryError."""
        actors = self._with_properties() if self.kind == PROPERTIES else self._with_event()
        how = {None: "1 = 1", True: "steps = {target}", False: "steps != {target}"}[converted]
        name = "actor_id" if self.funnel.group is None else "group_key"
        return select(
            f"SELECT DISTINCT actor_id AS {name} FROM {{actors}} WHERE {how}", actors=actors, target=self.target
        )

    def _with_event(self) -> nodes.SelectQuery:
        given = self.query.get("funnelCorrelationPersonEntity")
        if not isinstance(given, Mapping):
            raise QueryError("No entity for persons specified")
        series = Series.of(given)
        return self.events([*series.named(), *series.own_conditions(self.inquiry)])

    def _with_properties(self) -> nodes.SelectQuery:
        values = self.query.get("funnelCorrelationPropertyValues")
        if not values:
            raise QueryError("Property Correlation expects atleast one Property to get persons for")
        holding = select("SELECT id FROM persons WHERE {conditions}",
                         conditions=property_conditions(values, self.inquiry, "person"))  # fmt: skip
        return select(
            "SELECT actor_id, steps FROM {actors} WHERE actor_id IN {holding}", actors=self.actors(), holding=holding
        )


def correlation_actors(inquiry: Inquiry, asked: Mapping[str, Any]) -> nodes.SelectQuery:
    """Return the actors that a FunnelCorrelationActorsQuery asks for. Raises: QueryError."""
    source = asked.get("source")
    if not isinstance(source, Mapping):
        raise QueryError("A FunnelCorrelationQuery is missing as source")
    about = {name: value for name, value in asked.items() if name.startswith("funnelCorrelation")}
    converted = asked.get("funnelCorrelationPersonConverted")
    return Correlation(inquiry, {**source, **about}).people(converted=converted)


def correlated(rows: list[tuple[str, int, int]], success: int, failure: int) -> dict[str, Any]:
    """Return what correlates most; nothing where everybody succeeds, or nobody."""
    if not success or not failure:
        return {"events": [], "skewed": True}
    fewest = min(FEWEST, SMALLEST_SHARE * (success + failure))
    ratios = [
        (odds_ratio(succeeding, failing, success, failure), name, succeeding, failing)
        for name, succeeding, failing in rows
        if succeeding + failing >= fewest
    ]
    helping = sorted((one for one in ratios if one[0] > 1), key=lambda one: (-one[0], one[1]))
    hindering = sorted(one for one in ratios if one[0] < 1)
    shown = [_shown(*one) for one in (*helping[:MOST_SHOWN], *hindering[:MOST_SHOWN])]
    return {"events": shown, "skewed": False}


def odds_ratio(succeeding: int, failing: int, success: int, failure: int) -> float:
    """Return how much likelier success is for those whom something concerns."""
    return (succeeding + 1) * (failure - failing + 1) / ((success - succeeding + 1) * (failing + 1))


def _shown(ratio: float, name: str, succeeding: int, failing: int) -> dict[str, Any]:
    return {
        "correlation_type": "success" if ratio > 1 else "failure",
        "event": {"elements": [], "event": name, "properties": {}},
        "failure_count": failing,
        "odds_ratio": ratio,
        "success_count": succeeding,
    }


def _listed(names: list[str]) -> Node:
    return nodes.Tuple(exprs=tuple(constant(name) for name in names))
