"""Insights, their variables and alerts. Source: recorded answers; PostHog's sources where none are recorded."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.conftest import Client

INSIGHTS = "/api/projects/1/insights/"
VARIABLES = "/api/projects/1/insight_variables/"
ALERTS = "/api/projects/1/alerts/"
SESSION = "phx_mock_session"
EVENT = "insight tested"


def trend(**query: Any) -> dict[str, Any]:
    series = [{"kind": "EventsNode", "event": EVENT, "name": EVENT, "math": "total"}]
    return {"kind": "InsightVizNode", "source": {"kind": "TrendsQuery", "series": series, **query}}


def make(client: Client, **given: Any) -> dict[str, Any]:
    made = client.post(INSIGHTS, {"name": "Tested", "query": trend(), **given})
    assert made.status_code == 201, made.json
    return made.json  # type: ignore[no-any-return]


def happen(client: Client, *moments: str) -> None:
    events = [{"event": EVENT, "distinct_id": "tester", "timestamp": moment} for moment in moments]
    assert client.post("/__admin/worlds/default/load", {"events": events}).status_code == 201


def ask(client: Client, insight: dict[str, Any], **query: str) -> dict[str, Any]:
    answer = client.get(f"{INSIGHTS}{insight['id']}/", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json  # type: ignore[no-any-return]


def test_an_insight_answers_what_its_query_answers(either) -> None:
    happen(either, "-1h", "-2h")
    made = make(either, query=trend(dateRange={"date_from": "-3d"}))
    asked = either.post("/api/projects/1/query/", {"query": made["query"]}).json
    shown = ask(either, made)
    assert (shown["result"], shown["is_cached"]) == (asked["results"], True)
    assert sum(shown["result"][0]["data"]) == 2
    assert shown["filters_hash"] == asked["cache_key"]


@pytest.mark.parametrize(
    ("refresh", "empty", "kept"),
    [
        (None, "nothing", "given"),
        ("force_cache", "nothing", "given"),
        ("rubbish", "nothing", "given"),
        ("true", "computed", "computed"),
        ("1", "computed", "computed"),
        ("force_blocking", "computed", "computed"),
        ("blocking", "computed", "given"),
        ("async", "started", "given"),
        ("lazy_async", "started", "given"),
        ("force_async", "started", "started"),
    ],
)
def test_refresh_decides_what_is_computed(observed, refresh, empty, kept) -> None:
    def outcome() -> str:
        shown = ask(observed, made, **({"refresh": refresh} if refresh else {}))
        if shown["result"] is None:
            return "started" if shown["query_status"] else "nothing"
        return "given" if shown["is_cached"] else "computed"

    made = make(observed)
    assert outcome() == empty
    ask(observed, made, refresh="blocking")
    assert outcome() == kept


def test_what_others_change_of_insights_leaves_answers_fresh(either) -> None:
    made = make(either)
    ask(either, made, refresh="blocking")
    either.patch(f"{INSIGHTS}{made['id']}/", {"name": "Renamed"})
    assert ask(either, made, refresh="blocking")["is_cached"] is True
    happen(either, "-1h")
    assert ask(either, made, refresh="blocking")["is_cached"] is False


def test_older_filters_are_kept_and_computed(either) -> None:
    happen(either, "-1h")
    filters = {"insight": "TRENDS", "events": [{"id": EVENT}], "date_from": "-1d"}
    made = make(either, query=None, filters=filters)
    assert (made["filters"], made["query"]) == (filters, None)
    assert sum(ask(either, made, refresh="true")["result"][0]["data"]) == 1


@pytest.mark.parametrize(
    ("kind", "filters"),
    [
        ("FunnelsQuery", {"insight": "FUNNELS", "events": [{"id": EVENT, "order": 0}, {"id": EVENT, "order": 1}]}),
        ("RetentionQuery", {"insight": "RETENTION", "target_entity": {"id": EVENT, "type": "events"}}),
        ("PathsQuery", {"insight": "PATHS", "include_event_types": ["custom_event"], "step_limit": 3}),
        ("StickinessQuery", {"insight": "STICKINESS", "events": [{"id": EVENT}]}),
        ("LifecycleQuery", {"insight": "LIFECYCLE", "events": [{"id": EVENT}]}),
    ],
)
def test_older_filters_of_every_kind_can_be_computed(observed, kind, filters) -> None:
    happen(observed, "-2h", "-1h")
    shown = ask(observed, make(observed, query=None, filters={**filters, "date_from": "-2d"}), refresh="blocking")
    assert shown["result"] and shown["last_refresh"]


def test_filters_put_over_a_query_are_shown_and_computed(either) -> None:
    happen(either, "-1h")
    made = make(either, query=trend(dateRange={"date_from": "-3d"}))
    override = '{"date_from": "2020-01-01", "date_to": "2020-01-02"}'
    shown = ask(either, made, refresh="blocking", filters_override=override)
    source = shown["query"]["source"]
    assert (source["dateRange"]["date_from"], source["interval"], source["breakdownFilter"]) == (
        "2020-01-01",
        "day",
        None,
    )
    assert sum(shown["result"][0]["data"]) == 0
    assert "breakdownFilter" not in ask(either, made)["query"]["source"]


def test_variables_take_values_from_outside(either) -> None:
    session = either.as_key(SESSION)
    variable = session.post(VARIABLES, {"name": "Word", "type": "String", "default_value": "a"}).json
    assert variable["code_name"] == "word"
    used = {variable["id"]: {"variableId": variable["id"], "code_name": "word", "value": "b"}}
    source = {"kind": "HogQLQuery", "query": "select {variables.word}", "variables": used}
    made = make(either, query={"kind": "DataVisualizationNode", "source": source})
    assert ask(either, made, refresh="blocking")["result"] == [["b"]]
    override = f'{{"{variable["id"]}": {{"value": "c"}}}}'
    assert ask(either, made, refresh="blocking", variables_override=override)["result"] == [["c"]]


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"query": []}, "invalid_input", "query"),
        ({"query": {"kind": "Zzz"}}, "parse_error", None),
        ({"query": {"kind": "InsightVizNode", "source": {"kind": "TrendsQuery", "series": 1}}}, "parse_error", None),
        ([], "parse_error", None),
        ({"filters": None}, "null", "filters"),
        ({"filters": "x"}, "not_a_dict", "filters"),
        ({"dashboards": [999]}, "does_not_exist", "dashboards"),
        ({"dashboards": [3]}, "invalid_input", None),
        ({"tags": [1]}, "invalid_input", "tags"),
        ({"order": 2**31}, "max_value", "order"),
        ({"name": "n" * 401}, "max_length", "name"),
    ],
)
def test_bad_bodies_are_refused(either, body, code, attr) -> None:
    refused = either.post(INSIGHTS, body)
    assert (refused.status_code, refused.json["code"], refused.json["attr"]) == (400, code, attr), refused.json
    made = make(either)
    assert either.patch(f"{INSIGHTS}{made['id']}/", body).status_code == 400
    assert ask(either, made) == made


def test_dashboards_of_a_body_are_all_that_it_stands_on(either) -> None:
    made = make(either, dashboards=[1])
    path = f"{INSIGHTS}{made['id']}/"
    assert (made["dashboards"], made["dashboard_tiles"][0]["deleted"]) == ([1], None)
    assert either.patch(path, {"dashboards": [2]}).json["dashboards"] == [2]
    assert either.patch(path, {"deleted": True}).json["dashboards"] == []
    assert either.patch(path, {"name": "x"}).status_code == 404
    assert either.patch(path, {"deleted": False}).json["dashboards"] == []


def names(client: Client, **query: str) -> list[str]:
    found = client.get(INSIGHTS, query_string={"basic": "true", "limit": "500", **query})
    assert found.status_code == 200, found.json
    return [row["name"] for row in found.json["results"] if str(row["name"]).startswith("L ")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"search": "SECOND"}, {"L two"}),
        ({"search": "growth"}, {"L one"}),
        ({"saved": "true"}, {"L one", "L two"}),
        ({"saved": "false"}, {"L two", "L three"}),
        ({"favorited": "true"}, {"L three"}),
        ({"insight": "TRENDS"}, {"L one", "L three"}),
        ({"insight": "SQL"}, {"L two"}),
        ({"dashboards": "[1]"}, {"L two"}),
        ({"events": f'["{EVENT}"]'}, {"L one"}),
        ({"created_by": "1"}, {"L one", "L two", "L three"}),
        ({"user": "x"}, {"L one", "L two", "L three"}),
        ({"date_from": "-1d"}, {"L one", "L two", "L three"}),
        ({"date_to": "-1d"}, set()),
    ],
)
def test_the_list_is_narrowed(either, query, expected) -> None:
    make(either, name="L one", tags=["Growth"], saved=True)
    sql = {"kind": "DataVisualizationNode", "source": {"kind": "HogQLQuery", "query": "select 1"}}
    make(either, name="L two", description="the second", query=sql, dashboards=[1])
    make(either, name="L three", favorited=True, query=None, filters={"insight": "TRENDS"})
    assert set(names(either, **query)) == expected


@pytest.mark.parametrize("query", [{"dashboards": "x"}, {"events": "{}"}, {"created_by": "999"}, {"order": "zzz"}])
def test_a_list_is_not_narrowed_by_nonsense(either, query) -> None:
    assert either.get(INSIGHTS, query_string=query).status_code == 400


def test_the_list_is_ordered(either) -> None:
    for name in ("L b", "L a", "L c"):
        make(either, name=name)
    assert names(either, order="name") == ["L a", "L b", "L c"]
    assert names(either, order="-name") == ["L c", "L b", "L a"]


def test_who_may_not_view_an_insight_does_not_find_it(observed) -> None:
    member = observed.as_key("phx_mock_member")
    made = make(observed)
    rules = {"resource": "insight", "resource_id": str(made["id"]), "access_level": "none"}
    assert observed.post("/__admin/worlds/default/load", {"access_controls": [rules]}).status_code == 201
    assert member.get(INSIGHTS, query_string={"short_id": made["short_id"]}).json["count"] == 0
    assert member.get(f"{INSIGHTS}{made['id']}/").status_code == 403
    assert observed.as_key(None).get(INSIGHTS).status_code == 403


def test_views_are_told(client) -> None:
    session = client.as_key(SESSION)
    first, second = make(client, name="V one"), make(client, name="V two")
    for insight in (first, second, first):
        assert client.post(f"{INSIGHTS}{insight['id']}/viewed/").status_code == 201
        client.put("/__admin/worlds/default/clock", {"advance": 60})
    assert [row["name"] for row in session.get(f"{INSIGHTS}my_last_viewed/").json] == ["V one", "V two"]
    trending = client.get(f"{INSIGHTS}trending/").json["results"]
    assert [(row["name"], row["view_count"]) for row in trending[:2]] == [("V one", 1), ("V two", 1)]
    assert ask(client, first)["last_viewed_at"] is not None


def test_activity_tells_what_changed(observed) -> None:
    made = make(observed)
    path = f"{INSIGHTS}{made['id']}/"
    observed.patch(path, {"name": "Other", "dashboards": [1]})
    entries = observed.get(f"{path}activity/").json["results"]
    fields = [change["field"] for change in entries[0]["detail"]["changes"]]
    assert (fields, entries[1]["activity"], entries[1]["detail"]["changes"]) == (
        ["name", "dashboards"],
        "created",
        None,
    )
    assert observed.get(f"{INSIGHTS}999999/activity/").get_data() == b""
    observed.patch(path, {"query": trend(interval="week")})
    (told,) = observed.get(f"{path}activity/").json["results"][0]["detail"]["changes"]
    assert list(told["after"]["source"]) == ["kind", "series", "interval"]


def test_times_are_spelled_in_a_table_as_serializers_leave_them(observed) -> None:
    pytest.importorskip("chdb")
    shown = observed.get(f"{INSIGHTS}{make(observed)['id']}/?format=csv&refresh=blocking").get_data(as_text=True)
    header, row = csv.reader(io.StringIO(shown))
    told = dict(zip(header, row, strict=True))
    assert (told["created_at"][10], told["created_at"][-1]) == ("T", "Z")
    assert (told["last_refresh"][10], told["last_refresh"][-6:]) == (" ", "+00:00")


def test_a_trend_in_older_words_can_be_a_table(either) -> None:
    happen(either, "2026-01-10T10:00:00Z")
    asked = {"events": f'[{{"id": "{EVENT}"}}]', "date_from": "2026-01-10", "date_to": "2026-01-11", "format": "csv"}
    lines = either.get(f"{INSIGHTS}trend/", query_string=asked).get_data(as_text=True).splitlines()
    assert lines == ["series,10-Jan-2026,11-Jan-2026", f"{EVENT},1,0"]


def watch(client: Client, **given: Any) -> dict[str, Any]:
    insight = make(client, query=trend(interval="day", dateRange={"date_from": "-7d"}))
    made = client.post(ALERTS, {
        "name": "A", "insight": insight["id"], "subscribed_users": [1], "calculation_interval": "daily",
        "threshold": {"configuration": {"type": "absolute", "bounds": {"upper": 1}}},
        "condition": {"type": "absolute_value"}, "config": {"type": "TrendsAlertConfig", "series_index": 0}, **given,
    })  # fmt: skip
    assert made.status_code == 201, made.json
    return made.json  # type: ignore[no-any-return]


def test_an_alert_fires_when_the_clock_gets_there(client) -> None:
    session = client.as_key(SESSION)
    happen(client, "-1d", "-1d", "-1h")
    alert = watch(session)
    assert session.get(f"{ALERTS}{alert['id']}/").json["checks"] == []
    client.put("/__admin/worlds/default/clock", {"advance": 300})
    fired = session.get(f"{ALERTS}{alert['id']}/").json
    assert (fired["state"], [check["calculated_value"] for check in fired["checks"]]) == ("Firing", [2])
    assert fired["checks"][0]["targets_notified"] is True
    client.put("/__admin/worlds/default/clock", {"advance": 2 * 86400})
    later = session.get(f"{ALERTS}{alert['id']}/").json
    assert (later["state"], [check["calculated_value"] for check in later["checks"]]) == ("Not firing", [0, 1, 2])


def test_an_alert_that_sleeps_is_not_checked(client) -> None:
    session = client.as_key(SESSION)
    alert = watch(session)
    asleep = session.patch(f"{ALERTS}{alert['id']}/", {"snoozed_until": "3d"}).json
    assert asleep["state"] == "Snoozed"
    client.put("/__admin/worlds/default/clock", {"advance": 86400})
    assert session.get(f"{ALERTS}{alert['id']}/").json["last_checked_at"] is None


def test_only_trends_are_watched(either) -> None:
    session = either.as_key(SESSION)
    alert = watch(session)
    sql = {"kind": "DataVisualizationNode", "source": {"kind": "HogQLQuery", "query": "select 1"}}
    refused = session.patch(f"{ALERTS}{alert['id']}/", {"insight": make(either, query=sql)["id"]})
    assert (refused.status_code, refused.json["attr"]) == (400, "insight")
    either.patch(f"{INSIGHTS}{alert['insight']['id']}/", {"query": sql})
    assert session.get(f"{ALERTS}{alert['id']}/").status_code == 404


def test_later_servers_find_an_insight_by_its_short_id(client, observed) -> None:
    for asked, status in ((client, 200), (observed, 404)):
        made = make(asked)
        assert asked.get(f"{INSIGHTS}{made['short_id']}/").status_code == status
        assert asked.get(f"{INSIGHTS}{made['id']}/").status_code == 200
