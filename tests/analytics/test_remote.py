"""A ClickHouse server in the place of the embedded engine: the client, its SQL and its failures."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("chdb", reason="the server of these tests is the embedded engine")
pytest.importorskip("clickhouse_connect", reason="a ClickHouse server is asked by the extra `clickhouse`")

from mockserver.analytics.clickhouse import choosing
from mockserver.analytics.clickhouse.matcher import FUNCTIONS
from mockserver.analytics.clickhouse.mirror import Mirror
from mockserver.analytics.clickhouse.remote import RemoteEngine
from mockserver.analytics.errors import QueryError
from mockserver.errors import NotModelled
from mockserver.serving.app import close, create_app
from tests.analytics.clickhouse_server import ClickHouseServer, clickhouse_server

MOMENT = "2026-01-15T12:00:00Z"
KEY = {"Authorization": "Bearer phx_mock_all_access"}
FUNNEL = {
    "kind": "FunnelsQuery",
    "series": [{"kind": "EventsNode", "event": "$pageview"}, {"kind": "EventsNode", "event": "$identify"}],
}


@pytest.fixture(scope="module")
def server() -> Iterator[ClickHouseServer]:
    with clickhouse_server() as made:
        yield made


@pytest.fixture
def engine(server: ClickHouseServer) -> Iterator[RemoteEngine]:
    made = RemoteEngine(server.url)
    yield made
    server.refused.clear()
    made.close()


@pytest.fixture
def embedded() -> Iterator[None]:
    """The choice that the other tests rely on, afterwards."""
    yield
    choosing.choose(None)


def databases(server: ClickHouseServer) -> set[str]:
    return set(server.answer(b"SHOW DATABASES", {}).decode().split())


def test_the_mirror_holds_there_what_it_holds_here(engine: RemoteEngine, server: ClickHouseServer, world) -> None:
    there, here = Mirror(engine), choosing.mirror()
    for table in ("events", "persons", "groups", "system_cohorts", "exchange_rate"):
        rows = [
            mirror.engine.query(f"SELECT * FROM {mirror.table(table, world.view(), 1)} ORDER BY ALL").rows
            for mirror in (there, here)
        ]
        assert rows[0] == rows[1]
        assert rows[0] or table == "groups"
    sent = [(given, encoding) for text, given, encoding in server.asked if "FORMAT JSONColumns" in text]
    assert {encoding for _, encoding in sent} == {"lz4"}
    assert {given["database"] for given, _ in sent} == {engine.database}
    assert not any("JSONEachRow" in text for text, _, _ in server.asked)


def test_a_table_is_cloned_or_copied_where_the_server_cannot(engine: RemoteEngine, server: ClickHouseServer) -> None:
    engine.command("CREATE TABLE one (a Int64) ENGINE = MergeTree ORDER BY a")
    engine.insert("one", b'{"a": 1}\n{"a": 2}')
    engine.clone("two", "one")
    server.refused["CREATE TABLE three CLONE"] = (
        "Code: 62. DB::Exception: Syntax error: failed at CLONE. (SYNTAX_ERROR)"
    )
    engine.clone("three", "one")
    assert engine.query("SELECT count() FROM two").rows == engine.query("SELECT count() FROM three").rows == [[2]]


def test_a_table_is_copied_where_a_user_may_not_clone(engine: RemoteEngine, server: ClickHouseServer) -> None:
    engine.command("CREATE TABLE four (a Int64) ENGINE = MergeTree ORDER BY a")
    engine.insert("four", b'{"a": 1}\n{"a": 2}')
    engine.command("CREATE TABLE five AS four")  # which a server does before it asks for the right to attach parts
    server.refused["CREATE TABLE five CLONE"] = (
        "Code: 497. DB::Exception: tester: Not enough privileges. To execute this query, it's necessary to have the "
        "grant INSERT, ALTER DELETE ON mockserver.five. (ACCESS_DENIED)"
    )
    engine.clone("five", "four")
    assert engine.query("SELECT count() FROM five").rows == [[2]]


def test_queries_have_the_same_bounds_and_settings(engine: RemoteEngine) -> None:
    with pytest.raises(QueryError, match="took too long"):
        engine.query("SELECT sum(sin(number)) FROM numbers(1000000000000)", max_execution_time=1)
    assert engine.query("SELECT getSetting('compatibility'), getSetting('readonly')").rows == [["24.8", 2]]
    with pytest.raises(QueryError, match="Unknown table expression identifier 'nope'") as raised:
        engine.query("SELECT 1 FROM nope")
    assert raised.value.code == "unknown_table"


def test_a_server_without_our_functions_is_told_of(engine: RemoteEngine, server: ClickHouseServer) -> None:
    server.refused["SELECT match_funnel"] = (
        "Code: 46. DB::Exception: Function with name `match_funnel_steps` does not exist. (UNKNOWN_FUNCTION)"
    )
    with pytest.raises(NotModelled, match="has no function match_funnel_steps") as raised:
        engine.query("SELECT match_funnel_steps('[]')")
    assert "secret" not in str(raised.value)


def test_a_process_leaves_nothing_behind(server: ClickHouseServer) -> None:
    engine = RemoteEngine(server.url)
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    left = engine.database.rsplit("_", 2)[0] + f"_{ended.stdout.strip()}_0a1b2c3d"
    server.answer(f"CREATE DATABASE {left}".encode(), {})
    assert {engine.database, left} <= databases(server)
    engine.close()
    RemoteEngine(server.url).close()
    assert not {engine.database, left} & databases(server)


def test_an_application_answers_as_with_the_embedded_engine(contract, server: ClickHouseServer, embedded) -> None:
    answers = []
    for url in (None, server.url):
        app = create_app(freeze_time=MOMENT, contract=contract, clickhouse=url)
        client = app.test_client()
        query = {"kind": "HogQLQuery", "query": "select event, count() from events group by event order by event"}
        asked = [client.post("/api/projects/1/query/", headers=KEY, json={"query": each}) for each in (query, FUNNEL)]
        assert [answer.status_code for answer in asked] == [200, 200]
        answers.append([answer.json["results"] for answer in asked])
        close(app)
    assert answers[0] == answers[1]
    assert answers[0][0]
    granted = re.findall(r"^GRANT (.*) ON", Path("docs/keeping.md").read_text(), re.MULTILINE)
    rights = {right for line in granted for right in line.split(", ")}
    asked_for = {text for text, _, _ in server.asked if not text.startswith(tuple(rights))}
    assert not {text for text in asked_for if not text.startswith(("WITH", "SET"))}


def test_a_server_that_is_away_is_told_and_asked_again(contract, embedded) -> None:
    with clickhouse_server() as away:
        app = create_app(freeze_time=MOMENT, contract=contract, clickhouse=away.url)
        query = {"query": {"kind": "HogQLQuery", "query": "select count() from events"}, "refresh": "force_blocking"}
        statuses = []
        for away.is_away in (True, False, True, False):  # before it was ever asked, and later
            answer = app.test_client().post("/api/projects/1/query/", headers=KEY, json=query)
            statuses.append(answer.status_code)
            if away.is_away:
                assert (answer.json["code"], answer.headers["Retry-After"]) == ("clickhouse_unavailable", "5")
        assert statuses == [503, 200, 503, 200]
        close(app)


def test_a_server_that_began_anew_is_filled_again(contract, embedded) -> None:
    with clickhouse_server() as server:
        app = create_app(freeze_time=MOMENT, contract=contract, clickhouse=server.url)
        query = {"query": {"kind": "HogQLQuery", "query": "select count() from events"}, "refresh": "force_blocking"}
        answers = []
        for _ in range(3):
            answers.append(app.test_client().post("/api/projects/1/query/", headers=KEY, json=query))
            if len(answers) == 1:
                server.answer(f"DROP DATABASE {choosing.engine().database}".encode(), {})
        assert [answer.status_code for answer in answers] == [200, 503, 200]
        assert answers[1].headers["Retry-After"] == "5"
        assert answers[0].json["results"] == answers[2].json["results"]
        close(app)


def test_what_is_no_server_is_refused(contract, embedded) -> None:
    with pytest.raises(ValueError, match="no ClickHouse server"):
        create_app(contract=contract, clickhouse="tcp://x:9000")


def test_the_matcher_runs_as_a_program_of_a_server() -> None:
    asked = '[1,86400,"first_touch","ordered",[""],[],[[1,"e1","",[1]]]]'
    given = f"1\n{asked}\n2\n{asked}\n{asked}\n"
    program = [sys.executable, "-m", "mockserver.analytics.clickhouse.matcher", "match_funnel_steps"]
    done = subprocess.run(program, input=given, capture_output=True, text=True, check=True)
    assert done.stdout == f"{FUNCTIONS['match_funnel_steps'](asked)}\n" * 3
