"""Web analytics, timelines of sessions and calendars: kinds that look at sessions, days and hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.analytics.conftest import Asker

FIRST, SECOND = "019b0000-0000-7000-8000-000000000001", "019b0000-0000-7000-8000-000000000002"
JANUARY = {"dateRange": {"date_from": "2026-01-01", "date_to": "2026-01-31"}, "properties": []}


def view(distinct_id: str, at: str, path: str, session: str | None, **fields: Any) -> dict[str, Any]:
    properties = {"$pathname": path, "$current_url": f"https://a.test{path}", **fields}
    if session:
        properties["$session_id"] = session
    return {"event": "$pageview", "distinct_id": distinct_id, "timestamp": f"2026-01-{at}Z", "properties": properties}


@pytest.fixture
def web(make_asker: Callable[..., Asker]) -> Asker:
    """Ann looks at two pages in ten minutes and buys; a day later Bob at one, and at another outside of any session."""
    made = make_asker()
    made.load(events=[
        view("ann", "12T10:00:00", "/", FIRST, utm_source="news"),
        view("ann", "12T10:10:00", "/docs", FIRST),
        {"event": "bought", "distinct_id": "ann", "timestamp": "2026-01-12T10:10:00Z",
         "properties": {"$session_id": FIRST}},
        view("bob", "13T11:00:00", "/docs", SECOND),
        view("bob", "14T20:00:00", "/docs", None),
    ])  # fmt: skip
    return made


def ask(asker: Asker, kind: str, **fields: Any) -> Any:
    response = asker.query({"kind": kind, **fields})
    assert response.status_code == 200, response.json
    return response.json


def numbers(answer: Any, part: str = "value") -> dict[str, Any]:
    return {item["key"]: item[part] for item in answer["results"]}


def test_overview_counts_sessions_whole(web: Asker) -> None:
    answer = ask(web, "WebOverviewQuery", **JANUARY)
    assert numbers(answer) == {
        "visitors": 2.0, "views": 3.0, "sessions": 2.0, "session duration": 300.0, "bounce rate": 50.0,
    }  # fmt: skip
    assert set(numbers(answer, "previous").values()) == {None}
    assert (answer["dateFrom"], answer["dateTo"]) == ("2026-01-01 00:00:00", "2026-01-31 23:59:59")


def test_overview_compares_with_the_days_before(web: Asker) -> None:
    dates = {"date_from": "2026-01-13", "date_to": "2026-01-13"}
    answer = ask(web, "WebOverviewQuery", properties=[], dateRange=dates, compareFilter={"compare": True})
    assert (numbers(answer)["views"], numbers(answer, "previous")["views"]) == (1.0, 2.0)
    assert numbers(answer, "changeFromPreviousPct")["views"] == -50


@pytest.mark.parametrize("goal, reached", [({"customEventName": "bought"}, 1), ({"customEventName": "left"}, 0),
                                           ({"actionId": 5}, 0)])  # fmt: skip
def test_overview_tells_who_reached_a_goal(web: Asker, goal: Any, reached: int) -> None:
    assert numbers(ask(web, "WebOverviewQuery", **JANUARY, conversionGoal=goal)) == {
        "visitors": 2.0, "total conversions": reached, "unique conversions": reached, "conversion rate": reached * 50.0,
    }  # fmt: skip


def test_overview_of_nothing_is_nothing(make_asker: Callable[..., Asker]) -> None:
    assert numbers(ask(make_asker(), "WebOverviewQuery", **JANUARY)) == {
        "visitors": 0.0, "views": 0.0, "sessions": 0.0, "session duration": None, "bounce rate": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "breakdown, rows",
    [
        ("Page", [["/docs", 2.0, 3.0], ["/", 1.0, 1.0]]),
        ("InitialPage", [["/", 1.0, 2.0], ["/docs", 1.0, 1.0]]),
        ("ExitPage", [["/docs", 2.0, 3.0]]),
        ("InitialUTMSource", [[None, 1.0, 2.0], ["news", 1.0, 2.0]]),
        ("InitialUTMSourceMediumCampaign",
         [["(none) / (none) / (none)", 1.0, 2.0], ["news / (none) / (none)", 1.0, 2.0]]),
        ("Browser", []),
        ("Viewport", []),
        ("City", []),
    ],
)  # fmt: skip
def test_stats_are_broken_down(web: Asker, breakdown: str, rows: Any) -> None:
    found = ask(web, "WebStatsTableQuery", **JANUARY, breakdownBy=breakdown)["results"]
    assert sorted([[row[0], row[1][0], row[2][0]] for row in found], key=str) == sorted(rows, key=str)


def test_stats_have_shares_bounces_and_pages(web: Asker) -> None:
    query = {**JANUARY, "breakdownBy": "Page", "includeBounceRate": True, "limit": 1}
    answer = ask(web, "WebStatsTableQuery", **query)
    names = [name.removeprefix("context.columns.") for name in answer["columns"]]
    assert names == ["breakdown_value", "visitors", "views", "bounce_rate", "ui_fill_fraction", "cross_sell"]
    assert answer["results"] == [["/docs", [2.0, 0.0], [2.0, 0.0], [1.0, None], 2 / 3, ""]]
    assert answer["hasMore"] is True
    assert ask(web, "WebStatsTableQuery", **{**query, "offset": 1})["results"][0][0] == "/"
    assert ask(web, "WebStatsTableQuery", **{**query, "orderBy": ["Views", "ASC"]})["results"][0][0] == "/"


def test_stats_compare_with_the_days_before(web: Asker) -> None:
    dates = {"date_from": "2026-01-13", "date_to": "2026-01-14"}
    query = {"properties": [], "dateRange": dates, "breakdownBy": "Page", "compareFilter": {"compare": True}}
    assert ask(web, "WebStatsTableQuery", **query)["results"][0][:3] == ["/docs", [1.0, 1.0], [1.0, 1.0]]


def test_stats_tell_who_reached_a_goal(web: Asker) -> None:
    query = {**JANUARY, "breakdownBy": "InitialPage", "conversionGoal": {"customEventName": "bought"}}
    rows = ask(web, "WebStatsTableQuery", **query)["results"]
    assert [row[:5] for row in rows] == [
        ["/", [1.0, None], [1.0, None], [1.0, None], [1.0, None]],
        ["/docs", [1.0, None], [0.0, None], [0.0, None], [0.0, None]],
    ]


def test_previous_pages_are_of_the_same_site_or_of_another(make_asker: Callable[..., Asker]) -> None:
    made = make_asker()
    made.load(events=[
        view("ann", "12T10:00:00", "/docs", FIRST, **{"$prev_pageview_pathname": "/"}),
        view("ann", "12T10:01:00", "/help", FIRST, **{"$referrer": "https://a.test/docs?x=1"}),
        view("bob", "12T10:02:00", "/docs", SECOND, **{"$referrer": "https://b.test/list"}),
    ])  # fmt: skip
    rows = ask(made, "WebStatsTableQuery", **JANUARY, breakdownBy="PreviousPage")["results"]
    assert sorted(row[0] for row in rows) == ["/", "/docs", "https://b.test/list"]


def test_time_zones_are_told_in_hours_east(make_asker: Callable[..., Asker]) -> None:
    made = make_asker()
    made.load(events=[view("ann", "12T10:00:00", "/", FIRST, **{"$timezone_offset": -570})])
    assert ask(made, "WebStatsTableQuery", **JANUARY, breakdownBy="Timezone")["results"][0][0] == 9.5


def test_pages_that_frustrate_are_told_by_what_happened_on_them(make_asker: Callable[..., Asker]) -> None:
    made = make_asker()
    kinds = [
        ("$rageclick", "/a"),
        ("$exception", "/b"),
        ("$exception", "/b"),
        ("$dead_click", "/a"),
        ("$pageview", "/c"),
    ]
    made.load(events=[{**view("ann", f"12T10:0{n}:00", path, FIRST), "event": event}
                      for n, (event, path) in enumerate(kinds)])  # fmt: skip
    answer = ask(made, "WebStatsTableQuery", **JANUARY, breakdownBy="FrustrationMetrics")
    names = [name.removeprefix("context.columns.") for name in answer["columns"]]
    assert names == ["breakdown_value", "rage_clicks", "dead_clicks", "errors", "cross_sell"]
    assert [[row[0], *(pair[0] for pair in row[1:4])] for row in answer["results"]] == [
        ["/b", 0, 0, 2],
        ["/a", 1, 1, 0],
    ]


def test_pages_tell_how_far_those_who_left_had_scrolled(web: Asker) -> None:
    left = {"$prev_pageview_pathname": "/docs", "$prev_pageview_max_scroll_percentage": 0.5,
            "$prev_pageview_max_content_percentage": 0.9}  # fmt: skip
    web.load(events=[{**view("ann", "12T10:11:00", "/", FIRST, **left), "event": "$pageleave"}])
    query = {**JANUARY, "breakdownBy": "Page", "includeBounceRate": True, "includeScrollDepth": True, "limit": 1}
    answer = ask(web, "WebStatsTableQuery", **query)
    assert answer["columns"][4] == "context.columns.average_scroll_percentage"
    assert answer["results"][0][4:6] == [[0.5, None], [1.0, None]]


def test_a_language_is_told_with_its_commonest_dialect(make_asker: Callable[..., Asker]) -> None:
    made = make_asker()
    told = [("ann", FIRST, "en-GB"), ("bob", SECOND, "en-GB"), ("eve", FIRST[:-1] + "9", "en-US")]
    made.load(events=[view(who, f"12T10:0{n}:00", "/", session, **{"$browser_language": language})
                      for n, (who, session, language) in enumerate(told)])  # fmt: skip
    answer = ask(made, "WebStatsTableQuery", **JANUARY, breakdownBy="Language")
    assert answer["results"] == [["en-GB", [3.0, None], [3.0, None], ""]]
    assert "context.columns.aggregation_value" not in answer["columns"]


def test_rows_are_filled_by_their_part_of_what_they_are_in_order_of(web: Asker) -> None:
    query = {**JANUARY, "breakdownBy": "Page", "orderBy": ["Views", "ASC"]}
    assert [row[3] for row in ask(web, "WebStatsTableQuery", **query)["results"]] == [1 / 4, 3 / 4]


def test_goals_are_actions_done_and_by_which_part_of_the_visitors(web: Asker) -> None:
    web.load(actions=[{"name": "Bought", "steps": [{"event": "bought"}]},
                      {"name": "Read", "steps": [{"event": "$pageview", "url": "docs"}]}])  # fmt: skip
    rows = ask(web, "WebGoalsQuery", **JANUARY, orderBy=["ConvertingUsers", "DESC"])["results"]
    assert rows == [["Read", [2, None], [2, None], [1.0, None]], ["Bought", [1, None], [1, None], [0.5, None]]]


def test_a_goal_may_be_an_action(web: Asker) -> None:
    web.load(actions=[{"id": 7, "name": "Bought", "steps": [{"event": "bought"}]}])
    assert numbers(ask(web, "WebOverviewQuery", **JANUARY, conversionGoal={"actionId": 7}))["conversion rate"] == 50.0


def test_clicks_to_other_sites_are_counted_by_address(make_asker: Callable[..., Asker]) -> None:
    made = make_asker()
    urls = ["https://b.test/x?y=1", "https://b.test/x", "https://www.a.test/own"]
    made.load(events=[
        {**view("ann", f"12T10:0{n}:00", "/", FIRST,
                **{"$event_type": "click", "$external_click_url": url, "$host": "a.test"}), "event": "$autocapture"}
        for n, url in enumerate(urls)
    ])  # fmt: skip
    assert len(ask(made, "WebExternalClicksTableQuery", **JANUARY)["results"]) == 2
    rows = ask(made, "WebExternalClicksTableQuery", **JANUARY, stripQueryParams=True)["results"]
    assert rows == [["https://b.test/x", [1.0, 0.0], [2.0, 0.0]]]


def test_vitals_put_pages_into_bands(make_asker: Callable[..., Asker]) -> None:
    made = make_asker()
    values = {"/quick": 100, "/passable": 300, "/slow": 900}
    made.load(events=[{**view("ann", f"12T10:0{n}:00", path, FIRST, **{"$web_vitals_INP_value": value}),
                       "event": "$web_vitals"} for n, (path, value) in enumerate(values.items())])  # fmt: skip
    asked = {"metric": "INP", "percentile": "p90", "thresholds": [200, 500]}
    [bands] = ask(made, "WebVitalsPathBreakdownQuery", **JANUARY, **asked)["results"]
    assert {band: [item["path"] for item in items] for band, items in bands.items()} == {
        "good": ["/quick"], "needs_improvements": ["/passable"], "poor": ["/slow"],
    }  # fmt: skip


def test_vitals_are_a_trend_of_theirs(web: Asker) -> None:
    series = [{"kind": "EventsNode", "event": "$pageview"}]
    trend = {"kind": "TrendsQuery", "series": series, "dateRange": JANUARY["dateRange"]}
    assert ask(web, "WebVitalsQuery", properties=[], source=trend)["results"][0]["count"] == 4


def test_addresses_are_found_by_what_stands_in_them(web: Asker) -> None:
    answer = ask(web, "WebPageURLSearchQuery", properties=[], searchTerm="DOC", limit=5)
    assert (answer["results"], answer["hasMore"]) == ([{"count": 3.0, "url": "https://a.test/docs"}], False)


def test_sessions_are_told_by_where_they_came_from(web: Asker) -> None:
    answer = ask(web, "SessionAttributionExplorerQuery", groupBy=["Source"])
    assert answer["columns"][:2] == ["context.columns.count", "context.columns.channel_type"]
    assert sorted((row[0], row[3]) for row in answer["results"] if row[3]) == [(1, "news")]


@pytest.mark.parametrize(
    ("key", "values"),
    [("$entry_pathname", ["/", "/docs"]), ("$entry_utm_source", ["news"]), ("$is_bounce", ["1", "0"]),
     ("$channel_type", ["Organic Search"]), ("$pageview_count", []), ("bogus", [])],
)  # fmt: skip
def test_values_of_sessions_are_told(web: Asker, key: str, values: list[str]) -> None:
    made = web.client.as_key(None).post(f"/__admin/worlds/{web.world}/api_keys", {"scopes": []}).json["api_key"]
    search = {"value": "search"} if key == "$channel_type" else {}
    session = web.client.as_key(made)
    found = session.get("/api/projects/1/sessions/values/", query_string={"key": key, **search}).json
    assert [item["name"] for item in found if item["name"] != "Paid Search"] == values


def test_vitals_of_a_page_are_those_of_the_last_week(make_asker: Callable[..., Asker]) -> None:
    made = make_asker()
    now = made.client.as_key(None).get(f"/__admin/worlds/{made.world}/clock").json["now"][:10]
    values = [("/a", 100), ("/b", 900)]
    made.load(events=[{"event": "$web_vitals", "distinct_id": "ann", "timestamp": f"{now}T00:00:00Z",
                       "properties": {"$pathname": path, "$web_vitals_INP_value": value}}
                      for path, value in values])  # fmt: skip
    answer = made.client.get("/api/environments/1/web_vitals/", query_string={"pathname": "/a"}).json
    assert [line["action"]["custom_name"] for line in answer["results"]] == ["INP", "LCP", "CLS", "FCP"]
    assert 100 in answer["results"][0]["data"] and 900 not in answer["results"][0]["data"]


def test_what_was_clicked_on_is_counted_by_its_elements(web: Asker) -> None:
    chain = 'a.small.red:attr_id="go"href="/x"nth-child="1"text="Go; \\"now\\""data-id="7";div:nth-of-type="2"'
    clicks = [("ann", chain), ("bob", chain), ("bob", "button")]
    web.load(events=[{"event": "$autocapture", "distinct_id": who, "timestamp": f"2026-01-12T10:0{n}:00Z",
                      "properties": {"$elements_chain": each}} for n, (who, each) in enumerate(clicks)])  # fmt: skip
    made = web.client.as_key(None).post(f"/__admin/worlds/{web.world}/api_keys", {"scopes": []}).json["api_key"]
    dates = {"date_from": "2026-01-01", "date_to": "2026-01-31"}
    first, _ = web.client.as_key(made).get("/api/projects/1/elements/stats/", query_string=dates).json["results"]
    assert (first["count"], first["type"], len(first["elements"])) == (2, "$autocapture", 2)
    assert first["elements"][0] == {
        "text": 'Go; "now"', "tag_name": "a", "attr_class": ["small", "red"], "href": "/x", "attr_id": "go",
        "nth_child": 1, "nth_of_type": None, "attributes": {"data-id": "7"}, "order": 0,
    }  # fmt: skip


def test_no_campaign_costs_anything(web: Asker) -> None:
    answer = ask(web, "MarketingAnalyticsTableQuery", **JANUARY)
    assert (answer["results"], answer["columns"][:2], answer["hasMore"]) == ([], ["Campaign", "Source"], False)


def test_timeline_puts_events_into_their_sessions(web: Asker) -> None:
    answer = ask(web, "SessionsTimelineQuery", after="2026-01-12", before="2026-01-15")
    told = [(entry["sessionId"], [event["event"] for event in entry["events"]]) for entry in answer["results"]]
    assert told[0] == (None, ["$pageview"]) and told[1] == (SECOND, ["$pageview"])
    assert told[2][0] == FIRST and sorted(told[2][1]) == ["$pageview", "$pageview", "bought"]
    event = answer["results"][0]["events"][0]
    assert (event["distinct_id"], event["timestamp"]) == ("bob", "2026-01-14T20:00:00+00:00")
    assert (answer["hasMore"], answer["modifiers"], answer["results"][0]["recording_duration_s"]) == (False, None, None)


def test_timeline_is_of_the_last_day_and_of_one_person(web: Asker) -> None:
    assert len(ask(web, "SessionsTimelineQuery")["results"]) == 1
    ann = web.value("person_id from events where distinct_id = 'ann' limit 1")
    (entry,) = ask(web, "SessionsTimelineQuery", after="2026-01-01", personId=ann)["results"]
    assert entry["sessionId"] == FIRST


def test_timeline_joins_what_lies_close_together(web: Asker) -> None:
    web.load(events=[view("eve", f"15T0{hour}:{minute}:00", "/", None) for hour, minute in
                     ((1, "00"), (1, "20"), (3, "00"))])  # fmt: skip
    sizes = [len(entry["events"]) for entry in ask(web, "SessionsTimelineQuery", after="2026-01-15")["results"]]
    assert sizes == [1, 2]


SHOWN: dict[str, dict[str, Any]] = {
    "CalendarHeatmapQuery": {},
    "TrendsQuery": {"trendsFilter": {"display": "CalendarHeatmap"}},
}


@pytest.mark.parametrize("shown", ["CalendarHeatmapQuery", "TrendsQuery"])
@pytest.mark.parametrize("math, everything, docs_day, hour", [(None, 4, 1, 20), ("dau", 2, 1, 11)])
def test_calendar_counts_by_day_and_hour(
    web: Asker, shown: str, math: str | None, everything: int, docs_day: int, hour: int
) -> None:
    """Users count where their sessions began. Source: a recorded answer, PostHog's sources."""
    series = [{"kind": "EventsNode", "event": "$pageview", "math": math}]
    results = ask(web, shown, series=series, **JANUARY, **SHOWN[shown])["results"]
    if shown == "TrendsQuery":
        [trend] = results
        assert (trend["label"], trend["data"], trend["count"]) == ("$pageview", [], everything)
        results = trend["calendar_heatmap_data"]
    assert results["allAggregations"] == everything
    assert {"row": 2, "value": docs_day} in results["rowAggregations"]
    assert {"column": hour, "value": 1} in results["columnAggregations"]
    assert (hour, 1) in [(cell["column"], cell["value"]) for cell in results["data"]]
