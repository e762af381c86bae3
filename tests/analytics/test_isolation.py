"""Attempts to read what is another world's, another project's, the machine's or the engine's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.analytics.conftest import Asker
from tests.conftest import Client

OWN, SECRET = "word-of-mine", "secret-of-another"
PERSON = "01890000-0000-7000-8000-0000000000a1"
FOREIGN = [
    "system.tables", "system.one", "system.query_log", "information_schema.tables", "INFORMATION_SCHEMA.COLUMNS",
    "default.events", "events_1", "`events_1`", "persons_1", "_local.default", "`default`.`events_1`",
    "`events` as e join events_1 as f on 1 = 1", "merge", "cluster", "remote", "s3_table", "`system`.`tables`",
]  # fmt: skip
FUNCTIONS = [
    "url('http://127.0.0.1/')", "file('/etc/passwd')", "s3('http://127.0.0.1/x')", "remote('127.0.0.1', 'system.one')",
    "mysql('127.0.0.1', 'a', 'b', 'c', 'd')", "postgresql('127.0.0.1', 'a', 'b', 'c', 'd')", "merge('^events_')",
    "merge('default', '^events_')", "cluster('default', system.one)", "executable('id', 'TSV', 'a String')",
    "input('a String')", "generateRandom('a String')", "view(select 1)", "sqlite('/etc/passwd', 'x')", "python('x')",
    "numbers(1, 2, 3)", "loop(events)", "dictionary('x')", "null('a String')", "values('a String', 'x')",
    "hdfs('x')", "mongodb('x')", "jdbc('x')", "odbc('x')", "deltaLake('x')", "fuzzJSON('x')", "clusterAllReplicas('x')",
]  # fmt: skip
CALLS = [
    "version()", "hostName()", "currentUser()", "currentDatabase()", "getSetting('max_threads')", "file('/etc/passwd')",
    "dictGet('a', 'b', 1)", "getMacro('a')", "uptime()", "tcpPort()", "serverUUID()", "addressToLine(1)",
    "joinGet('a', 'b', 1)",
    "catboostEvaluate('a', 1)", "sleep(1)", "sleepEachRow(1)", "throwIf(1)", "initializeAggregation('sum', 1)",
    "evalMLMethod(1)", "defaultValueOfTypeName('Int8')", "hasColumnInTable('default', 'events_1', 'uuid')",
    "filesystemAvailable()", "structureToCapnProtoSchema('a')", "getOSKernelVersion()", "buildId()", "queryID()",
    "shardNum()", "fqdn()", "environment('PATH')", "showCertificate()", "lowCardinalityIndices('x')", "partitionId(1)",
]  # fmt: skip


def make(client: Client, word: str) -> Asker:
    world = client.as_key(None).post("/__admin/worlds", {"scenario": "empty", "profile": "observed"}).json
    made = Asker(client.as_key(world["api_key"]), world["id"], world["project_id"])
    made.load(
        persons=[{"uuid": PERSON, "distinct_ids": ["ann"], "properties": {"x": word}}],
        events=[{"event": word, "distinct_id": "ann", "properties": {"x": word}}],
        cohorts=[{"id": 7, "name": word, "is_static": True}],
    )
    made.rows("select count() from events e join persons p on e.person_id = p.id")  # both are in the engine now
    return made


@pytest.fixture(scope="module")
def both(apps: Callable[[str], Flask]) -> tuple[Asker, Asker]:
    """Two worlds with the same project and the same persons, each with something of its own; nobody writes to them."""
    client = Client(apps("observed").test_client())
    return make(client, OWN), make(client, SECRET)


@pytest.mark.parametrize("table", FOREIGN)
def test_foreign_table_is_not_known(both: tuple[Asker, Asker], table: str) -> None:
    for sql in (
        f"select * from {table}",
        f"select 1 where 1 in (select 1 from {table})",
        f"with a as (select 1 from {table}) select * from a",
        f"select 1 union all select 1 from {table}",
        f"select * from events e left join {table.partition(' ')[0]} t on 1 = 1",
    ):
        error = both[0].error(sql)
        assert error["code"] == "invalid_input" and SECRET not in error["detail"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_that_reaches_out_is_not_a_table(both: tuple[Asker, Asker], function: str) -> None:
    for sql in (f"select * from {function}", f"with a as (select * from {function}) select * from a",
                f"select * from events e join {function} f on 1 = 1"):  # fmt: skip
        assert both[0].error(sql)["code"] == "invalid_input"


@pytest.mark.parametrize("call", CALLS)
def test_function_that_tells_of_the_machine_is_refused(both: tuple[Asker, Asker], call: str) -> None:
    for sql in (f"select {call}", f"select arrayMap(x -> {call}, [1])", f"select 1 where {call} = 1",
                f"select 1 order by {call}", f"select count() from events having {call} = 1"):  # fmt: skip
        assert both[0].error(sql)["code"] == "invalid_input"


NAMES = [
    "events_1",
    "a`; drop table events_1; --", "a\\`b", "a' or '1'='1", "*/ select 1 /*", "-- x",
    "x\ny", "x) from events_1 --",
    "events_1.event", "settings readonly = 0", "{filters}", "$1", "#", "a;b", "\u2028", "`", "\\", "''",
    "/*", "from", "select",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_name_and_text_stay_name_and_text(both: tuple[Asker, Asker], name: str) -> None:
    mine = both[0]
    quoted = "`" + name.replace("\\", "\\\\").replace("`", "``").replace("\n", "\\n") + "`"
    literal = "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
    assert mine.rows(f"select {literal}, {{x}}", values={"x": name}) == [[name, name]]
    assert mine.rows(f"select properties.{quoted} from events") == [[None]]
    assert mine.rows(f"select 1 from events as {quoted} where {quoted}.event = '{OWN}'") == [[1]]
    assert mine.rows(f"with {quoted} as (select 5 as a) select a from {quoted}") == [[5]]
    named = {"key": name, "value": name, "operator": "exact", "type": "event"}
    assert mine.rows("select count() from events where {filters}", filters={"properties": [named]}) == [[0]]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1; select * from system.tables",
        "select 1 settings readonly = 0",
        "select 1 format JSON",
        "select 1 into outfile '/tmp/x'",
        "select * from events final settings max_threads = 1",
        "insert into events select 1",
        "drop table events_1",
        "set readonly = 0",
        "system reload config",
        "attach table x",
        "explain select 1",
        "show tables",
        "describe table events_1",
        "use system",
        "select * from {x}",
        "select * from (show tables)",
        "select 1 -- \n; drop table events_1",
        "select 1 /* */; /* */ select 2",
        "select columns('.*') from events_1",
        "select * from events prewhere 1 from events_1",
    ],
)
def test_statement_that_is_no_select_is_refused(both: tuple[Asker, Asker], sql: str) -> None:
    assert both[0].error(sql, values={"x": "events_1"})["code"] == "invalid_input"
    assert both[0].rows("select event from events") == [[OWN]]


READS: list[dict[str, Any]] = [
    {"kind": "HogQLQuery", "query": "select * from events"},
    {"kind": "HogQLQuery", "query": "select event, person.properties.x, pdi.person.properties.x from events"},
    {"kind": "HogQLQuery", "query": "select * from persons"},
    {"kind": "HogQLQuery", "query": "select * from raw_persons union all select * from persons"},
    {"kind": "HogQLQuery", "query": "select a.event, b.event from events a cross join events b"},
    {"kind": "HogQLQuery", "query": "select x from events array join [1, 2] as x where person_id in cohort 7"},
    {"kind": "HogQLQuery", "query": f"select 1 from events where event = '{SECRET}' or properties.x = '{SECRET}'"},
    {"kind": "HogQLQuery", "query": "select 1 from events where team_id != 1"},
    {"kind": "HogQLQuery", "query": "select * from query_log"},
    {"kind": "EventsQuery", "select": ["*", "person"], "after": "all"},
    {"kind": "EventsQuery", "select": ["event"], "after": "all", "where": ["1 = 1 or 1 = 1"]},
    {"kind": "ActorsQuery"},
    {"kind": "ActorsQuery", "search": SECRET},
    {"kind": "TrendsQuery", "series": [{"kind": "EventsNode"}], "breakdownFilter": {"breakdown": "x"}},
    {"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["custom_event"]}},
    {"kind": "SessionsTimelineQuery", "after": "2020-01-01"},
    {"kind": "HogQLAutocomplete", "language": "hogQL", "query": "select ", "startPosition": 7, "endPosition": 7},
    {"kind": "DatabaseSchemaQuery"},
]  # fmt: skip


@pytest.mark.parametrize("query", READS, ids=lambda query: str(query.get("query") or query["kind"])[:60])
def test_answer_holds_nothing_of_another_world(both: tuple[Asker, Asker], query: Any) -> None:
    for asker, foreign in zip(both, (SECRET, OWN), strict=True):
        response = asker.query(query)
        assert response.status_code == 200, response.json
        results = {key: value for key, value in response.json.items() if key not in ("hogql", "clickhouse", "query")}
        assert foreign not in str(results).replace(query.get("query", "-"), "")


def test_cohort_of_another_world_is_not_known(both: tuple[Asker, Asker]) -> None:
    detail = both[0].error(f"select 1 from events where person_id in cohort '{SECRET}'")["detail"]
    assert detail == f"Could not find a cohort with the name '{SECRET}'"


def test_error_tells_no_name_of_our_own_tables(both: tuple[Asker, Asker]) -> None:
    for sql in (
        "select arrayElement(event, 1) from events",
        "select event from events group by distinct_id",
        "select sum(event) from events",
        "select if(event, 1, 2) from persons p join events e on 1 = 1",
    ):
        response = both[0].query({"kind": "HogQLQuery", "query": sql})
        assert "events_" not in response.text and "persons_" not in response.text
