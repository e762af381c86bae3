"""Queries: how they are run. What they compute is tested with the analytics."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mockserver.analytics.clickhouse import choosing, engine
from tests.conftest import Client

pytest.importorskip("chdb", reason="queries are run by the extra `analytics`")

QUERY = "/api/environments/1/query/"
SQL = {"kind": "HogQLQuery", "query": "select 1"}


def ask(client: Client, sql: str = "select 1", **fields: Any) -> Any:
    return client.post(QUERY, {"query": {"kind": "HogQLQuery", "query": sql}, **fields})


def advance(client: Client, seconds: int) -> None:
    assert client.as_key(None).put("/__admin/worlds/default/clock", {"advance": seconds}).status_code == 200


def change_data(client: Client) -> None:
    assert client.post("/api/projects/1/annotations/", {"content": "x"}).status_code == 201


def test_answer_tells_how_long_it_is_good(either: Client) -> None:
    response = ask(either)
    assert response.status_code == 200
    answer = response.json
    assert (answer["results"], answer["is_cached"], answer["timezone"]) == ([[1]], False, "UTC")
    assert (answer["query_status"], answer["calculation_trigger"]) == (None, None)
    assert answer["last_refresh"] == "2026-01-15T12:00:00Z"
    assert answer["next_allowed_client_refresh"] == "2026-01-15T12:01:00Z"
    assert answer["cache_target_age"] == "2026-01-15T18:00:00Z"
    assert list(answer) == sorted(answer)


@pytest.mark.parametrize(
    "query, first, count",
    [
        (SQL, "./parse_select/parse_select_cpp", 44),
        ({**SQL, "query": "select count() from events"}, "./parse_select/parse_select_cpp", 47),
        (
            {**SQL, "query": "select {x}", "values": {"x": 1}},
            "./parse_select/parse_select_cpp/replace_placeholders",
            45,
        ),
        ({"kind": "EventsQuery", "select": ["event"]}, "./build_ast/columns/parse_expr_cpp", 54),
        ({"kind": "ActorsQuery", "select": ["id"]}, "./columns", 45),
        ({"kind": "TrendsQuery", "series": [{"kind": "EventsNode"}]}, "./trends_to_query", 45),
        ({"kind": "TrendsQuery", "series": []}, "./trends_to_query", 3),
    ],
)  # fmt: skip
def test_answer_tells_what_took_how_long(either: Client, query: Any, first: str, count: int) -> None:
    steps = either.post(QUERY, {"query": query}).json["timings"]
    assert (steps[0]["k"], steps[-1]["k"], len(steps)) == (first, ".", count)
    assert {step["t"] for step in steps} == {0.0}  # the clock stands


def test_same_query_is_answered_from_what_is_kept(either: Client) -> None:
    first = ask(either).json
    assert ask(either).json == {**first, "is_cached": True}
    wrapped = {"kind": "DataVisualizationNode", "source": SQL}
    assert either.post(QUERY, {"query": wrapped}).json["cache_key"] == first["cache_key"]
    assert ask(either, client_query_id="x").json["is_cached"] is True


def test_other_project_keeps_its_own_answers(either: Client) -> None:
    first = ask(either).json
    other = either.post("/api/projects/2/query/", {"query": SQL}).json
    assert other["is_cached"] is False and other["cache_key"] != first["cache_key"]


GIVEN, CALCULATED, STARTED, BOTH = "given", "calculated", "started", "both"


@pytest.mark.parametrize(
    "refresh, missing, fresh, stale, old",
    [
        (None, CALCULATED, GIVEN, CALCULATED, CALCULATED),
        ("blocking", CALCULATED, GIVEN, CALCULATED, CALCULATED),
        ("force_cache", CALCULATED, GIVEN, CALCULATED, CALCULATED),
        ("force_blocking", CALCULATED, CALCULATED, CALCULATED, CALCULATED),
        ("async", STARTED, GIVEN, BOTH, BOTH),
        ("async_except_on_cache_miss", CALCULATED, GIVEN, BOTH, BOTH),
        ("lazy_async", STARTED, GIVEN, GIVEN, BOTH),
        ("force_async", STARTED, STARTED, STARTED, STARTED),
    ],
)
def test_refresh(observed: Client, refresh: str | None, missing: str, fresh: str, stale: str, old: str) -> None:
    assert outcome(ask(observed, "select 1", refresh=refresh)) == missing
    ask(observed, "select 2")
    assert outcome(ask(observed, "select 2", refresh=refresh)) == fresh
    change_data(observed)
    assert outcome(ask(observed, "select 2", refresh=refresh)) == stale
    ask(observed, "select 3")
    advance(observed, 7 * 3600)
    assert outcome(ask(observed, "select 3", refresh=refresh)) == stale
    ask(observed, "select 4")
    advance(observed, 25 * 3600)
    assert outcome(ask(observed, "select 4", refresh=refresh)) == old


def outcome(response: Any) -> str:
    answer = response.json
    started = answer.get("query_status") is not None
    assert response.status_code == (202 if started else 200), response.text
    if started:
        return BOTH if "results" in answer else STARTED
    return GIVEN if answer["is_cached"] else CALCULATED


def test_background_query_runs_and_is_done(observed: Client) -> None:
    started = ask(observed, refresh="async", client_query_id="mine")
    status = started.json["query_status"]
    assert started.status_code == 202 and started.json["cache_key"]
    assert (status["id"], status["complete"], status["error"], status["results"]) == ("mine", False, False, None)
    assert (status["team_id"], status["query_async"], status["pickup_time"]) == (1, True, None)
    running = observed.get(f"{QUERY}mine/")
    assert running.status_code == 202 and running.json["query_status"]["complete"] is False
    done = observed.get(f"{QUERY}mine/")
    assert done.status_code == 200
    assert done.json["query_status"]["results"]["results"] == [[1]] and done.json["query_status"]["complete"] is True
    assert observed.get(f"{QUERY}mine/").json == done.json
    assert ask(observed, refresh="async").json["is_cached"] is True


def test_page_knows_no_status_but_200(client: Client) -> None:
    assert client.post(QUERY, {"query": SQL, "async": True, "client_query_id": "mine"}).status_code == 200
    assert client.get(f"{QUERY}mine/").status_code == client.get(f"{QUERY}mine/").status_code == 200
    assert ask(client, "selec", refresh="async", client_query_id="bad").status_code == 200
    failed = client.get(f"{QUERY}bad/")
    assert failed.status_code == 200 and failed.json["query_status"]["error"] is True


def test_query_without_an_id_is_given_one(either: Client) -> None:
    for fields in ({}, {"client_query_id": ""}, {"client_query_id": None}):
        status = ask(either, refresh="force_async", **fields).json["query_status"]
        assert len(status["id"]) == 32 and status["task_id"] != status["id"]


def test_background_query_is_done_by_itself_after_a_while(observed: Client) -> None:
    ask(observed, refresh="async", client_query_id="mine")
    advance(observed, 2)
    done = observed.get(f"{QUERY}mine/")
    assert (done.status_code, done.json["query_status"]["results"]["results"]) == (200, [[1]])
    assert ask(observed, "select 2", refresh="async", client_query_id="other").status_code == 202
    assert ask(observed, "select 2", refresh="async").status_code == 202
    advance(observed, 2)
    again = ask(observed, "select 2", refresh="async")
    assert (again.status_code, again.json["is_cached"], again.json["results"]) == (200, True, [[2]])
    assert observed.get(f"{QUERY}other/").status_code == 200


def test_background_answer_is_as_old_as_the_data_it_saw(observed: Client) -> None:
    ask(observed, refresh="async", client_query_id="mine")
    assert observed.get(f"{QUERY}mine/").status_code == 202  # computed here
    change_data(observed)
    assert observed.get(f"{QUERY}mine/").status_code == 200
    assert ask(observed).json["is_cached"] is False


def is_computing() -> bool:
    if not choosing.engine().lock.acquire(blocking=False):
        return True
    choosing.engine().lock.release()
    return False


def test_slow_query_holds_up_no_write(observed: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SETTINGS", {**engine.SETTINGS, "max_execution_time": 2})
    slow = "select sum(sin(number)) from numbers(1000000000000)"
    ask(observed)  # the engine is loaded by now
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, Client(observed.flask.application.test_client(), observed.key), slow)
        while not is_computing():
            time.sleep(0.001)
        change_data(observed)
        assert is_computing()
    assert asked.result().json["code"] == "timeout_exceeded"


def test_failing_background_query_tells_why(observed: Client) -> None:
    assert ask(observed, "selec", refresh="async", client_query_id="bad").status_code == 202
    failed = observed.get(f"{QUERY}bad/")
    status = failed.json["query_status"]
    assert failed.status_code == 400
    assert (status["complete"], status["error"], status["results"]) == (True, True, None)
    assert "selec" in status["error_message"]


def test_progress_is_told_when_asked_for(observed: Client) -> None:
    ask(observed, refresh="async", client_query_id="mine")
    assert observed.get(f"{QUERY}mine/?show_progress=true").json["query_status"]["query_progress"]["rows_read"] == 0
    assert observed.get(f"{QUERY}mine/").json["query_status"]["query_progress"] is None


@pytest.mark.parametrize("id", ["nope", "1", "x" * 300, "%20", "é"])
def test_unknown_query(either: Client, id: str) -> None:
    response = either.get(f"{QUERY}{id}/")
    assert response.status_code == 404
    assert response.json["detail"].startswith("Query ") and response.json["detail"].endswith(" not found for team 1")


def test_blocking_query_has_no_status(either: Client) -> None:
    ask(either, client_query_id="mine")
    assert either.get(f"{QUERY}mine/").status_code == 404


def test_query_of_another_project_is_not_there(either: Client) -> None:
    ask(either, refresh="async", client_query_id="mine")
    assert either.get("/api/projects/2/query/mine/").json["detail"] == "Query mine not found for team 2"


def test_status_is_forgotten_after_twenty_minutes(either: Client) -> None:
    ask(either, refresh="async", client_query_id="mine")
    advance(either, 21 * 60)
    assert either.get(f"{QUERY}mine/").status_code == 404


def test_cancelled_query_is_forgotten(observed: Client) -> None:
    ask(observed, refresh="async", client_query_id="mine")
    assert observed.delete(f"{QUERY}mine/").json == {"message": "Cancelled query on clickhouse"}
    assert observed.get(f"{QUERY}mine/").status_code == 404
    assert observed.delete(f"{QUERY}mine/").json == {"message": "Cancelled query on clickhouse"}
    dequeued = observed.delete(f"{QUERY}mine/?dequeue_only=true").json
    assert dequeued == {"message": "Only tried to dequeue, not cancelling query on clickhouse"}


def test_query_that_is_done_is_not_cancelled(observed: Client) -> None:
    ask(observed, refresh="async", client_query_id="mine")
    for _ in range(2):
        observed.get(f"{QUERY}mine/")
    assert observed.delete(f"{QUERY}mine/").json == {"message": "Query already complete"}
    assert observed.get(f"{QUERY}mine/").status_code == 200


def test_page_cancels_without_a_word(client: Client) -> None:
    response = client.delete(f"{QUERY}nope/")
    assert (response.status_code, response.data) == (204, b"")


def test_same_id_again_is_the_same_query(observed: Client) -> None:
    first = ask(observed, refresh="async", client_query_id="mine").json["query_status"]
    assert ask(observed, refresh="async", client_query_id="mine").json["query_status"] == first
    again = ask(observed, refresh="force_async", client_query_id="mine").json["query_status"]
    assert again["task_id"] != first["task_id"]


def test_log_has_the_runs_of_a_query(either: Client) -> None:
    session = either.as_key("phx_mock_session")
    ask(either, client_query_id="mine")
    log = session.get(f"{QUERY}mine/log/").json
    row = dict(zip(log["columns"], log["results"][0], strict=True))
    assert (row["query_id"], row["query"], row["status"], row["created_by"]) == ("mine", "select 1", "QueryFinish", 1)
    assert session.get(f"{QUERY}nope/log/").json["results"] == []
    assert session.get("/api/projects/2/query/mine/log/").json["results"] == []
    advance(either, 2 * 86400)
    assert session.get(f"{QUERY}mine/log/").json["results"] == []


@pytest.mark.parametrize("kind", ["EventsNode", "ActionsNode", "PersonsNode", "DataWarehouseNode", "SavedInsightNode"])
def test_parts_of_queries_cannot_be_run(either: Client, kind: str) -> None:
    fields = {"ActionsNode": {"id": 1}, "SavedInsightNode": {"shortId": "a"}, "DataWarehouseNode": WAREHOUSE}
    response = either.post(QUERY, {"query": {**fields.get(kind, {}), "kind": kind}})
    assert response.status_code == 400
    assert response.json["detail"] == f"Unsupported query kind: {kind}"


WAREHOUSE = {"kind": "DataWarehouseNode", "id": "a", "id_field": "a", "table_name": "a", "timestamp_field": "t",
             "distinct_id_field": "d"}  # fmt: skip


def test_funnel_over_the_data_warehouse_is_refused(either: Client) -> None:
    response = either.post(QUERY, {"query": {"kind": "FunnelsQuery", "series": [{"kind": "EventsNode"}, WAREHOUSE]}})
    detail = "Data warehouse tables are not supported in funnels just yet."
    assert response.status_code == 400 and response.json["detail"].startswith(detail)


MISTAKES = {
    "Field required": {},
    "Unable to extract tag using discriminator 'kind'": {"query": {}},
    "Input tag 'Tomato Soup' found using 'kind' does not match": {"query": {"kind": "Tomato Soup"}},
    "Input tag 'PersonsQuery' found using 'kind' does not match": {"query": {"kind": "PersonsQuery"}},
    "nope\n  Extra inputs are not permitted": {"query": SQL, "nope": 1},
    "Input should be a valid string": {"query": {**SQL, "query": 5}},
    "refresh\n  Input should be 'async'": {"query": SQL, "refresh": False},
    "name\n  String should have at most 128 characters": {"query": SQL, "name": "x" * 129},
}


@pytest.mark.parametrize("message", MISTAKES)
def test_body_is_refused_in_pydantics_words(either: Client, message: str) -> None:
    response = either.post(QUERY, MISTAKES[message])
    assert (response.status_code, response.json["type"], response.json["code"]) == (
        400, "invalid_request", "parse_error",
    )  # fmt: skip
    assert response.json["detail"].startswith("JSON parse error - 1 validation error for QueryRequest\n")
    assert message in response.json["detail"]


@pytest.mark.parametrize("body", [[], "x", 5, {"query": "\ud800"}, {"query": {"kind": "\x00"}}])
def test_body_that_is_no_request_is_refused(either: Client, body: Any) -> None:
    response = either.post(QUERY, body)
    assert (response.status_code, response.json["code"]) == (400, "parse_error")
    assert response.json["detail"].startswith("JSON parse error - 1 validation error for QueryRequest\n")


def test_form_is_no_query(either: Client) -> None:
    response = either.post(QUERY, data={"query": "undefined"})
    assert (response.status_code, response.json["code"]) == (400, "parse_error")


def test_refused_query_keeps_nothing(either: Client) -> None:
    for _ in range(2):
        response = ask(either, "select nope from events", client_query_id="bad")
        assert (response.status_code, response.json["type"]) == (400, "validation_error")
    assert either.as_key("phx_mock_session").get(f"{QUERY}bad/log/").json["results"] == []


def test_values_may_hold_any_text(either: Client) -> None:
    query = {**SQL, "values": {"x": "\ud800", "y": "\x00", "z": 10**30}}
    for refresh in ("blocking", "force_async"):
        assert either.post(QUERY, {"query": query, "refresh": refresh}).status_code in (200, 202)


def test_variables_are_overridden(either: Client) -> None:
    variable = {"code_name": "x", "variableId": "v", "value": 1}
    query = {"kind": "HogQLQuery", "query": "select {variables.x}", "variables": {"v": variable}}
    override = {"v": {"value": 7}, "other": {"value": 8}}
    response = either.post(QUERY, {"query": query, "variables_override": override})
    assert response.json["results"] == [[7]], response.text


def test_queries_are_upgraded(either: Client) -> None:
    session = either.as_key("phx_mock_session")
    old = {"kind": "InsightVizNode", "source": {"kind": "RetentionQuery", "retentionFilter": {"showMean": True}}}
    upgraded = session.post(f"{QUERY}upgrade/", {"query": old}).json["query"]
    source = {"kind": "RetentionQuery", "retentionFilter": {"meanRetentionCalculation": "simple"}, "version": 2}
    assert upgraded == {"kind": "InsightVizNode", "source": source}
    assert session.post(f"{QUERY}upgrade/", {"query": upgraded}).json["query"] == upgraded
    refused = session.post(f"{QUERY}upgrade/", {})
    assert refused.status_code == 400 and "1 validation error for QueryUpgradeRequest\n" in refused.json["detail"]


def test_one_may_query(either: Client) -> None:
    assert either.as_key("phx_mock_session").post(f"{QUERY}check_auth_for_async/", {}).json == {"user": "ok"}


@pytest.mark.parametrize("prompt, code", [("", "required"), ("x" * 401, "too_long")])
def test_refused_prompt(either: Client, prompt: str, code: str) -> None:
    response = either.as_key("phx_mock_session").get(f"{QUERY}draft_sql/", query_string={"prompt": prompt})
    assert (response.status_code, response.json["code"], response.json["attr"]) == (400, code, "prompt")


@pytest.mark.parametrize(
    "prompt, sql",
    [
        ("How many events are there?", "SELECT count() AS total\nFROM events"),
        ("pageviews per day in the last 7 days",
         "SELECT toStartOfDay(timestamp) AS period, count() AS total\nFROM events\nWHERE event IN ('$pageview')"
         " AND timestamp >= now() - INTERVAL 7 day\nGROUP BY period\nORDER BY period"),
        ("top 3 unique users by $browser with a pageview",
         "SELECT properties.`$browser` AS value, count(DISTINCT person_id) AS total\nFROM events\n"
         "WHERE event IN ('$pageview')\nGROUP BY value\nORDER BY total DESC\nLIMIT 3"),
        ("new users, weekly", "SELECT toStartOfWeek(created_at) AS period, count() AS total\nFROM persons\n"
                              "GROUP BY period\nORDER BY period"),
        ("count of sessions in the past month",
         "SELECT count() AS total\nFROM sessions\nWHERE $start_timestamp >= now() - INTERVAL 1 month"),
    ],
)  # fmt: skip
def test_question_is_drafted_as_a_query_that_runs(either: Client, prompt: str, sql: str) -> None:
    session = either.as_key("phx_mock_session")
    assert session.get(f"{QUERY}draft_sql/", query_string={"prompt": prompt}).json == {"sql": sql}
    answer = ask(either, sql)
    assert answer.status_code == 200 and answer.json["results"], answer.text


def test_question_about_nothing_known_is_unclear(either: Client) -> None:
    response = either.as_key("phx_mock_session").get(f"{QUERY}draft_sql/?prompt=hello")
    assert (response.status_code, response.json["code"], response.json["attr"]) == (400, "unclear", "prompt")


@pytest.mark.parametrize("method, path", [("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("PATCH", "x/")])
def test_wrong_method_names_no_action_that_a_key_may_do(either: Client, method: str, path: str) -> None:
    response = either(method, QUERY + path, {} if method != "GET" else None)
    assert (response.status_code, response.json["code"]) == (403, "permission_denied")
    assert either.as_key("phx_mock_session")(method, QUERY + path).status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "DataVisualizationNode", "source": {"query": "select 1"}},
        {"kind": "FunnelCorrelationQuery", "funnelCorrelationType": "events",
         "source": {"source": {"series": [{"event": "signed_up"}, {"event": "$pageview"}]}}},
    ],
    ids=["visualization", "correlation"],
)  # fmt: skip
def test_kind_that_can_be_but_one_need_not_be_said(either: Client, query: Any) -> None:
    """As models of pydantic have it: a constant is its own default."""
    assert either.post(QUERY, {"query": query}).status_code == 200
