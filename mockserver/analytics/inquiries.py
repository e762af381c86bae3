"""One request's questions to the engine: a query resolved for its project, printed, run, and its rows as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from mockserver.analytics.clickhouse.choosing import engine, mirror
from mockserver.analytics.clickhouse.results import convert_rows
from mockserver.analytics.conditions.actions import action_condition, find_action, named_action
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.literals import clickhouse_value
from mockserver.analytics.hogql.parser import parse_select
from mockserver.analytics.hogql.printing.printer import Printing, print_clickhouse, print_hogql
from mockserver.analytics.hogql.resolving.cohorts import Cohort
from mockserver.analytics.hogql.resolving.resolver import resolve
from mockserver.analytics.hogql.resolving.scopes import Context
from mockserver.analytics.hogql.tables.channel_rules import read_rules
from mockserver.analytics.hogql.tables.database import JOINED, Database, database
from mockserver.analytics.modifiers import asked
from mockserver.contract import Profile
from mockserver.request.call import Call
from mockserver.store import Record, View
from mockserver.world import entropy

DEFAULT_LIMIT = 100
MAX_LIMIT = 50_000
OWN_NUMBER = re.compile(r"(?<=[a-z])_\d+(?=\))")
TOO_DEEP = "Query is nested too deeply"

T = TypeVar("T")


@dataclass(frozen=True)
class Answered:
    """A query's answer, as PostHog shows one."""

    columns: list[str]
    types: list[list[str]]
    rows: list[list[Any]]
    hogql: str
    clickhouse: str


@dataclass(frozen=True)
class Inquiry:
    """What queries of one request share: the project, its state and settings, and the modifiers asked for."""

    view: View
    project: Record
    modifiers: Mapping[str, Any] = field(default_factory=dict)
    profile: Profile = Profile.DOCUMENTED

    @classmethod
    def of(cls, call: Call, query: Mapping[str, Any]) -> Inquiry:
        """Return the inquiry that a call's query makes."""
        assert call.tenant.project is not None
        return cls(call.state, call.tenant.project, asked(call.tenant.project, query), call.profile)

    @property
    def project_id(self) -> int:
        """Id of the project asked about."""
        return int(self.project["id"])

    @property
    def timezone(self) -> str:
        """Time zone of the project."""
        return self.project.get("timezone") or "UTC"

    @cached_property
    def now(self) -> datetime:
        """The world's time."""
        return entropy.now(self.view)

    @cached_property
    def database(self) -> Database:
        """The tables as the project sees them."""
        types = self.view.table("group_types").find(project_id=self.project_id)
        names = sorted((item["group_type_index"], item["group_type"]) for item in types)
        rules = read_rules(self.modifiers.get("customChannelTypeRules"))
        return database(str(self.modifiers.get("personsOnEventsMode") or JOINED), tuple(names), rules)

    @cached_property
    def property_types(self) -> Mapping[str, Mapping[str, str]]:
        """Types declared for the project's properties, by kind of property."""
        types: dict[str, dict[str, str]] = {}
        for item in self.view.table("property_definitions").find(project_id=self.project_id):
            kind = item.get("type") or "event"
            if kind == "group":
                kind = f"group_{item.get('group_type_index')}"
            if item.get("property_type"):
                types.setdefault(kind, {})[item["name"]] = item["property_type"]
        return types

    @property
    def context(self) -> Context:
        """What the resolver needs to know."""
        return Context(
            self.database, self.timezone, self.project_id, self.property_types, self.find_cohort, self.find_action,
            self.modifiers.get("inCohortVia"), self.find_view,
        )  # fmt: skip

    @property
    def printing(self) -> Printing:
        """What the printer needs to know."""
        return Printing(self.timezone, self.project.get("week_start_day") or 0, self.now, self.stored)

    def stored(self, name: str, sampled: bool) -> str:
        """Return what stands in FROM for one of the project's tables, of which a sample may be taken."""
        is_explained = bool(self.modifiers.get("debug"))  # as servers explain it, who have it on disk
        return mirror().table(name, self.view, self.project_id, on_disk=sampled or is_explained)

    def find_view(self, name: str) -> nodes.Query | None:
        """Return the query that a view of the project is, if there is one of this name."""
        found = self.view.table("warehouse_saved_queries").first(
            name=name, project_id=self.project_id, deleted=False
        )  # fmt: skip
        return None if found is None else parse_select(found["query"]["query"])

    def find_cohort(self, key: Any) -> Cohort:
        """Return the cohort of an id or a name. Raises: QueryError."""
        cohorts = self.view.table("cohorts").find(project_id=self.project_id)
        alive = [cohort for cohort in cohorts if not cohort.get("deleted")]
        if isinstance(key, bool) or not isinstance(key, (int, float, str)):
            raise QueryError("cohort() takes exactly one string or integer argument")
        by = "name" if isinstance(key, str) else "id"
        found = [cohort for cohort in alive if cohort[by] == key]
        if not found:
            named = f"a cohort with the name '{key}'" if by == "name" else f"cohort with ID {key}"
            raise QueryError(f"Could not find {named}")
        if len(found) > 1:
            raise QueryError(f"Found multiple cohorts with name '{key}'")
        return Cohort(found[0]["id"], bool(found[0].get("is_static")), found[0].get("version") or 0)

    def find_action(self, key: Any, at: nodes.Node) -> nodes.Node:
        """Return what holds of an action's events; of nothing where a series names one that is not there.

        Raises: QueryError where a query's own text names it.
        """
        if at.start is not None:
            return action_condition(self, named_action(self, key, at))
        action = find_action(self, key)
        return nodes.constant(False) if action is None else action_condition(self, action)

    def guard(self, step: Callable[..., T], *args: Any) -> T:
        """Return what a step returns; a query too deep for it is refused. Raises: QueryError."""
        try:
            return step(*args)
        except RecursionError:
            raise QueryError(TOO_DEEP) from None

    def resolve(self, query: nodes.Query) -> nodes.Query:
        """Return a query with its names found. Raises: QueryError."""
        return resolve(query, self.context)

    def run(self, query: nodes.Query, **settings: int) -> Answered:
        """Return a query's answer; `settings` are ClickHouse's, for this query alone. Raises: QueryError."""
        return self.guard(self._run, query, settings)

    def _run(self, query: nodes.Query, settings: Mapping[str, int]) -> Answered:
        resolved = self.resolve(cap(query))
        with engine().lock:
            sql = print_clickhouse(resolved, self.printing)
            answer = engine().query(sql, **settings)
        columns = [self.column_name(item) for item in first_select(resolved).select]
        hogql = print_hogql(resolved, self.printing, pretty=True)
        names = [self._without_time(name) for name in answer.columns]
        types = [list(pair) for pair in zip(names, answer.types, strict=True)]
        return Answered(columns, types, convert_rows(answer.rows, answer.types), hogql, sql)

    def explain(self, answered: Answered) -> list[str]:
        """Return how the engine reads what a query needs, a line for each step."""
        plan = engine().query(f"EXPLAIN {answered.clickhouse}").rows
        return [OWN_NUMBER.sub("", line) for [line] in plan]

    def _without_time(self, name: str) -> str:
        """Return a column's name with the world's time told as what asked for it."""
        day = self.now.astimezone(ZoneInfo(self.timezone)).date()
        told = ((self.now, f"now64(6, '{self.timezone}')"), (day, "today()"), (day - timedelta(days=1), "yesterday()"))
        for moment, spelled in told:
            name = name.replace(clickhouse_value(moment, self.timezone), spelled)
        return name

    def column_name(self, item: nodes.Node) -> str:
        """Return what a column is called: its alias, or how it is written."""
        if isinstance(item, nodes.Alias):
            return item.alias
        text = print_hogql(item, self.printing)
        return f"({text})" if isinstance(item, (nodes.SelectQuery, nodes.SelectSetQuery)) else text


def first_select(query: nodes.Query) -> nodes.SelectQuery:
    """Return the SELECT whose columns are the query's."""
    while isinstance(query, nodes.SelectSetQuery):
        query = query.initial_select_query
    return query


def each_select(query: nodes.Query, change: Callable[[nodes.SelectQuery], nodes.Query]) -> nodes.Query:
    """Return a query of which each SELECT that gives rows of its own is changed."""
    if isinstance(query, nodes.SelectQuery):
        return change(query)
    following = tuple(
        replace(item, select_query=each_select(item.select_query, change)) for item in query.subsequent_select_queries
    )
    first = each_select(query.initial_select_query, change)
    return replace(query, initial_select_query=first, subsequent_select_queries=following)


def cap(query: nodes.Query) -> nodes.Query:
    """Return a query that answers no more rows than anyone may ask for."""
    return each_select(query, _capped)


def _capped(query: nodes.SelectQuery) -> nodes.SelectQuery:
    limit = query.limit
    if limit is None:
        return replace(query, limit=nodes.constant(DEFAULT_LIMIT))
    if isinstance(limit, nodes.Constant) and isinstance(limit.value, int):
        return replace(query, limit=nodes.constant(min(limit.value, MAX_LIMIT)))
    return replace(query, limit=nodes.call("min2", nodes.constant(MAX_LIMIT), limit))
