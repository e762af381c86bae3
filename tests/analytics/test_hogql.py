"""HogQL, asked over HTTP: what it computes, how it is named, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.analytics.clickhouse import engine
from tests.analytics.conftest import Asker


def test_answer_tells_rows_columns_types_and_page(asker: Asker) -> None:
    answer = asker.answer("select event, count() as c from events group by event order by event")
    assert answer["results"] == [["bought", 2], ["opened", 2]]
    assert answer["columns"] == ["event", "c"]
    assert answer["types"] == [["event", "String"], ["c", "UInt64"]]
    assert (answer["limit"], answer["offset"], answer["hasMore"]) == (100, 0, False)


def test_query_is_shown_in_its_normal_form(asker: Asker) -> None:
    shown = asker.answer("select event from events where event='a' and 1 limit 3")["hogql"]
    assert shown == "SELECT\n    event\nFROM\n    events\nWHERE\n    and(equals(event, 'a'), 1)\nLIMIT 3"


def test_rows_are_paged_unless_a_limit_is_given(asker: Asker) -> None:
    page = asker.answer("select number from numbers(150)")
    assert (len(page["results"]), page["hasMore"]) == (100, True)
    whole = asker.answer("select number from numbers(150) limit 120")
    assert (len(whole["results"]), whole["hasMore"], whole["limit"]) == (120, None, None)


def test_nobody_gets_more_than_fifty_thousand_rows(asker: Asker) -> None:
    assert len(asker.rows("select number from numbers(60000) limit 60000")) == 50_000


@pytest.mark.parametrize(
    "expression, value",
    [
        ("1/0", None),
        ("18446744073709551615", 18446744073709551615),
        ("-7 % 3", -1),
        ("toDate('2026-01-31') + interval 1 month", "2026-02-28"),
        ("toDateTime('2026-01-01 10:00:00.5')", "2026-01-01T10:00:00.500000Z"),
        ("toDateTime('2026-07-01 01:02:03', 'America/New_York')", "2026-07-01T01:02:03-04:00"),
        ("toUUID('01890000-0000-7000-8000-000000000001')", "01890000-0000-7000-8000-000000000001"),
        ("tuple(1, 'x', null)", [1, "x", None]),
        ("map('a', 1)", {"a": 1}),
        ("toFloat('1')", 1.0),
        ("concat('a', null, 1)", "a1"),
        ("arrayMap(x -> x * 2, [1, 2])", [2, 4]),
        ("'it''s \\\\ \\'fine\\''", "it's \\ 'fine'"),
        ("null = null", 1),
        ("1 > 0 ? 'y' : 'n'", "y"),
        ("null ?? 'd'", "d"),
        ("sparkline([1])", ["__hx_tag", "Sparkline", "data", [1]]),
        ("unhex('ff41')", "�A"),
        ("md5('a')", "0CC175B9C0F1B6A831C399E269772661"),
        ("h3ToString(617420388351344639)", "89184926cc3ffff"),
    ],
)
def test_expression_has_its_value(asker: Asker, expression: str, value: Any) -> None:
    assert asker.value(expression) == value


def test_time_is_the_worlds(asker: Asker) -> None:
    assert asker.rows("select now(), today(), yesterday()") == [
        ["2026-01-15T12:00:00Z", "2026-01-15", "2026-01-14"]
    ]  # fmt: skip


def test_time_is_told_in_the_projects_zone(asker: Asker) -> None:
    asker.client.patch(f"/api/projects/{asker.project_id}/", json={"timezone": "Asia/Tokyo"})
    first = asker.rows("select timestamp, toDate(timestamp) from events order by timestamp limit 1")
    assert first == [["2026-01-10T10:00:00.250000+09:00", "2026-01-10"]]


@pytest.mark.parametrize(
    "expression, type, value",
    [
        ("toStartOfDay(timestamp)", "DateTime('UTC')", "2026-01-10T00:00:00Z"),
        ("dateTrunc('hour', timestamp)", "DateTime('UTC')", "2026-01-10T04:00:00Z"),
        ("max(toStartOfHour(timestamp))", "DateTime('UTC')", "2026-01-10T04:00:00Z"),
        ("nullIf(toStartOfDay(timestamp), now())", "Nullable(DateTime('UTC'))", "2026-01-10T00:00:00Z"),
        ("[toStartOfDay(timestamp)]", "Array(DateTime('UTC'))", ["2026-01-10T00:00:00Z"]),
        ("fromUnixTimestamp(0)", "DateTime", "1970-01-01T00:00:00"),
    ],
)
def test_time_of_whole_seconds_tells_its_zone_where_its_type_does(
    asker: Asker, expression: str, type: str, value: Any
) -> None:
    # Source: PostHog's database driver makes an aware time of a column whose type names a zone, a naive one of others.
    answer = asker.answer(f"select {expression} as t from events group by timestamp order by timestamp desc limit 1")
    assert (answer["types"], answer["results"]) == ([["t", type]], [[value]])


@pytest.mark.parametrize(
    "condition, count",
    [
        ("properties.amount > 9", 2),
        ("properties.amount = '2.5'", 1),
        ("properties.amount is null", 1),
        ("properties.ok", 1),
        ("not properties.ok", 1),
        ("properties.ok = false", 1),
        ("properties.$browser != 'Chrome'", 2),
        ("properties.$browser not in ('Chrome')", 2),
        ("properties.$browser like 'Ch%'", 2),
        ("properties.$browser =~ '^S'", 1),
        ("properties.none is null and properties.nope is null", 4),
        ("properties.empty is null", 3),
        ("properties.empty = ''", 1),
        ("properties.deep.er.est = '1'", 1),
        ("properties['deep']['er']['est'] = '1'", 1),
        ("has(JSONExtract(properties, 'tags', 'Array(String)'), 'b')", 1),
        ("timestamp >= '2026-01-10 02:00:00'", 3),
        ("timestamp between '2026-01-10 02:00:00' and '2026-01-10 04:00:00'", 2),
        ("person.properties.plan = 'pro'", 2),
        ("person.properties.age > 40", 1),
        ("person.properties.is_admin = true", 2),
        ("person_id in (select id from persons where properties.plan = 'free')", 1),
        ("pdi.person.properties.email ilike 'ANN%'", 2),
        ("session.$session_duration = 7200", 2),
        ("session.session_id_v7 > 0", 2),
        ("poe.$virt_initial_channel_type = 'Unknown'", 4),
        ("poe.$virt_revenue is null or poe.$virt_revenue = 0", 4),
        ("goe_0.key = '' and goe_0.properties.name is null", 4),
        ("person.team_id = team_id and session.team_id != 99", 4),
    ],
)
def test_condition_holds_for_so_many_events(asker: Asker, condition: str, count: int) -> None:
    assert asker.value(f"count() from events where {condition}") == count


def test_star_is_every_field_of_an_event(asker: Asker) -> None:
    answer = asker.answer("select * from events order by timestamp limit 1")
    event = dict(zip(answer["columns"], answer["results"][0], strict=True))
    assert list(event)[:5] == ["uuid", "event", "properties", "timestamp", "distinct_id"]
    assert event["$session_id"] == "019b0000-0000-7000-8000-000000000001"
    assert event["person_id"] == "01890000-0000-7000-8000-0000000000a1"


def test_joins_subqueries_and_ctes_work_together(asker: Asker) -> None:
    sql = """
        with spent as (select person_id as id, sum(properties.amount) as total from events group by person_id)
        select p.properties.email, s.total from spent s join persons p on s.id = p.id order by p.properties.email
    """
    assert asker.rows(sql) == [["ann@a.test", 109.5], ["bob@b.test", 2.5], [None, None]]


@pytest.mark.parametrize(
    "sql, rows",
    [
        ("with x as (select 1 as a) select x.a, y.a from x join x as y on x.a = y.a", [[1, 1]]),
        ("with 5 as n select n + 1", [[6]]),
        ("select distinct_id, x from events array join [1, 2] as x order by distinct_id, x limit 2",
         [["ann", 1], ["ann", 2]]),
        ("select event from events order by event limit 1 by event", [["bought"], ["opened"]]),
        ("select e.event, p.properties.plan from events e left join persons p on e.person_id = p.id"
         " where e.distinct_id = 'bob'", [["opened", "free"]]),
        ("select b.1, b.2 from (select tuple(1, 'x') as b)", [[1, "x"]]),
        ("select event as e, e as f from events where f = 'opened' limit 1", [["opened", "opened"]]),
        ("select sum(number) from numbers(1, 3)", [[6]]),
        ("select * from query_log", []),
    ],
)  # fmt: skip
def test_query_of_this_form_works(asker: Asker, sql: str, rows: Any) -> None:
    assert asker.rows(sql) == rows


def test_log_of_queries_has_those_that_were_run(asker: Asker) -> None:
    asker.rows("select 1 as first")
    sql = "select query, status, is_personal_api_key_request from query_log where query like '%first'"
    assert asker.rows(sql) == [["select 1 as first", "QueryFinish", True]]


def test_sample_is_of_whole_persons(asker: Asker) -> None:
    assert 0 <= asker.value("count() from events sample 1/2") <= 4
    assert asker.value("count() from events sample 1") == 4


def test_unions_and_windows_work(asker: Asker) -> None:
    assert asker.rows("select x from (select 1 as x union all select 2) order by x desc") == [[2], [1]]
    running = "select x, sum(x) over (order by x) from (select arrayJoin([1, 2, 3]) as x) order by x"
    assert asker.rows(running) == [[1, 1], [2, 3], [3, 6]]


def test_names_of_columns_are_those_of_posthog(asker: Asker) -> None:
    answer = asker.answer("select uniq(person_id), sum(properties.amount) from events")
    assert answer["columns"] == ["uniq(person_id)", "sum(properties.amount)"]
    assert [name for name, _ in answer["types"]] == [
        "uniq(if(not(empty(override.distinct_id)), override.person_id, event_person_id))",
        "sum(toFloat(properties.amount))",
    ]
    answer = asker.answer("select properties.amount, properties.amount * 2, person.properties.address.city from events")
    assert answer["columns"] == ["amount", "multiply(properties.amount, 2)", "address__city"]
    assert answer["types"][1][0].startswith("multiply(accurateCastOrNull(replaceRegexpAll(")


def test_names_do_not_tell_the_time(asker: Asker) -> None:
    types = asker.answer("select now() > toDateTime(0), now() < '2030-01-01'")["types"]
    assert types[0] == ["ifNull(greater(now64(6, 'UTC'), toDateTime(0, 'UTC')), 0)", "UInt8"]
    assert types[1][0].startswith("less(now64(6, 'UTC'), ")


def test_values_and_variables_are_put_in(asker: Asker) -> None:
    assert asker.rows("select {a}, {b}, {c}", values={"a": None, "b": True, "c": "it's"}) == [[None, 1, "it's"]]
    variables = {"1": {"variableId": "1", "code_name": "who", "value": "ann"}}
    assert asker.value("count() from events where distinct_id = {variables.who}", variables=variables) == 1


@pytest.mark.parametrize(
    "filters, count",
    [
        ({}, 4),
        ({"dateRange": {"date_from": "2026-01-10T02:00:00Z"}}, 3),
        ({"dateRange": {"date_from": "-7d", "date_to": "2026-01-10T03:00:00Z"}}, 2),
        ({"properties": [{"key": "plan", "value": "pro", "operator": "exact", "type": "person"}]}, 2),
        ({"properties": [{"key": "amount", "value": 5, "operator": "gt", "type": "event"}]}, 2),
        ({"properties": [{"key": "a"}]}, 4),
    ],
)
def test_filters_placeholder_is_what_the_filters_say(asker: Asker, filters: Any, count: int) -> None:
    assert asker.value("count() from events where {filters}", filters=filters) == count


@pytest.mark.parametrize(
    "sql, code, detail",
    [
        ("", "invalid_input", "mismatched input '<EOF>' expecting {SELECT, WITH, '{', '(', '<'}"),
        ("select 1;", "invalid_input", "no viable alternative at input 'select 1;'"),
        ("insert into events select 1", "invalid_input",
         "mismatched input 'insert' expecting {SELECT, WITH, '{', '(', '<'}"),
        ("select nope from events", "invalid_input", "Unable to resolve field: nope"),
        ("select person.nope from events", "invalid_input", "Field not found: nope"),
        ("select timestamp.x from events", "invalid_input",
         'Can not access property "x" on field "timestamp" of type: DateTimeDatabaseField'),
        ("select * from nope", "invalid_input", 'Unknown table "nope".'),
        ("select * from url('http://127.0.0.1/')", "invalid_input", 'Unknown table "url".'),
        ("select * from file('/etc/passwd')", "invalid_input", 'Unknown table "file".'),
        ("select * from system.one", "invalid_input", 'Unknown table "system.one".'),
        ("select version()", "invalid_input",
         "Unsupported function call 'version(...)'. Perhaps you meant 'sin(...)'?"),
        ("select lower()", "invalid_input", "Function 'lower' expects 1 argument, found 0"),
        ("select max(min(timestamp)) from events", "invalid_input",
         "Aggregation 'min' cannot be nested inside another aggregation 'max'."),
        ("select 1 as a, 2 as a", "invalid_input", "Cannot redefine an alias with the name: a"),
        ("select {x}", "invalid_input", "Global variable not found: x"),
        ("select toDateTime()", "invalid_input", "Function 'toDateTime' expects at least 1 argument, found 0"),
        ("select count() from persons where {filters}", "invalid_input",
         "Cannot use 'filters' placeholder in a SELECT clause that does not select from the events, sessions or logs"
         " table."),
        ("select count() from events where person_id in cohort 'no such'", "invalid_input",
         "Could not find a cohort with the name 'no such'"),
        ("select 1 in 'a'", "type_mismatch", "Cannot convert string 'a' to type UInt8. (TYPE_MISMATCH)"),
        ("select 1 union all select 1, 2", "union_all_result_structures_mismatch",
         "Mismatched number of columns in UNION ALL."),
    ],
)  # fmt: skip
def test_wrong_query_is_refused_in_posthogs_words(asker: Asker, sql: str, code: str, detail: str) -> None:
    error = {"type": "validation_error", "code": code, "detail": detail, "attr": None}
    assert asker.error(sql) == error


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 1000 + "1" + ")" * 1000,
        "select " + "not " * 1000 + "1",
        "select " + "+".join("1" * 900),
        "select a" + ".b" * 2000,
        "select " + "if(1, " * 300 + "1" + ", 1)" * 300,
        "select '" + "x" * 1_100_000 + "'",
        "select " + "9" * 5000,
        "select '\x00'",
        "select '\ud800'",
        "select `a%b`",
        "select cast(1 as Int)",
        "select 1 settings max_threads = 1",
        "select {a}",
        "select * from numbers()",
        "select numbers(3) from events",
        "select match('a', '(')",
    ],
)
def test_hostile_query_is_refused_at_once(asker: Asker, sql: str) -> None:
    assert asker.error(sql)["code"] in ("invalid_input", "parse_error", "cannot_compile_regexp")
    assert asker.value("1") == 1


@pytest.mark.parametrize("name", ["x", "a b", "it's", 'q"q', "back\\slash", "ünï", "--", "a.b", "1"])
def test_any_name_is_only_a_name(asker: Asker, name: str) -> None:
    quoted = "`" + name.replace("\\", "\\\\") + "`"
    answer = asker.answer(f"select 1 as {quoted}")
    assert (answer["columns"], answer["types"]) == ([name], [[name, "UInt8"]])


def test_failed_query_leaves_nothing_to_the_next(asker: Asker) -> None:
    asker.error("select row_number() from numbers(3)")
    answer = asker.answer("select 5 as x")
    assert (answer["columns"], answer["results"], answer["types"]) == (["x"], [[5]], [["x", "UInt8"]])


def test_runaway_query_is_stopped(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SETTINGS", {**engine.SETTINGS, "max_execution_time": 1})
    assert asker.error("select sum(sin(number)) from numbers(1000000000000)")["code"] == "timeout_exceeded"
    assert asker.value("1") == 1


def test_cohort_is_its_members(asker: Asker) -> None:
    body = {"name": "pros", "filters": {"properties": {"type": "OR", "values": [{"type": "AND", "values": [
        {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}]}]}}}  # fmt: skip
    made = asker.client.post(f"/api/projects/{asker.project_id}/cohorts/", body).json
    assert asker.value(f"count() from events where person_id in cohort {made['id']}") == 2
    assert asker.value("count() from events where person_id not in cohort 'pros'") == 2
