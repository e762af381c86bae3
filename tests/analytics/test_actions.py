"""Actions in queries: which events their steps match. Source: PostHog's `action_to_expr`."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.membership.selectors import chain_pattern
from tests.analytics.conftest import Asker

CLICK = (
    'button.btn.primary:attr__type="submit"attr_id="pay"nth-child="2"text="Pay now";'
    'form.checkout:nth-child="1";div:attr__class="card"nth-child="3"'
)
LINK = 'a.nav:href="/pricing"text="Prices"nth-child="1";nav:nth-child="1"'
EVENTS = [
    ("signed up", {"plan": "pro"}),
    ("signed up", {"plan": "free"}),
    ("$pageview", {"$current_url": "https://acme.test/pricing?a=1"}),
    ("$pageview", {"$current_url": "https://acme.test/docs"}),
    ("$autocapture", {"$elements_chain": CLICK}),
    ("$autocapture", {"$elements_chain": LINK}),
]
PRO = {"key": "plan", "type": "event", "value": "pro"}
DAYS = {"date_from": "2026-01-10", "date_to": "2026-01-10"}


@pytest.fixture
def shop(make_asker: Any) -> Asker:
    asker: Asker = make_asker()
    asker.load(
        persons=[{"distinct_ids": ["ann"]}],
        events=[
            {"event": event, "distinct_id": "ann", "timestamp": f"2026-01-10T0{n}:00:00Z", "properties": properties}
            for n, (event, properties) in enumerate(EVENTS)
        ],
    )
    return asker


def matched(asker: Asker, *steps: dict[str, Any]) -> list[int]:
    asker.load(actions=[{"id": 7, "name": "Bought", "steps": list(steps)}])
    rows = asker.rows("select toHour(timestamp) from events where matchesAction(7) order by timestamp")
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    "steps, hours",
    [
        ([{"event": "signed up"}], [0, 1]),
        ([{"event": "signed up", "properties": [PRO]}], [0]),
        ([{"event": "signed up", "properties": [PRO]}, {"event": "$pageview", "url": "/docs"}], [0, 3]),
        ([{"event": "$pageview", "url": "pricing", "url_matching": "contains"}], [2]),
        ([{"event": "$pageview", "url": "pricing"}], [2]),
        ([{"event": "$pageview", "url": "https://acme.test/docs", "url_matching": "exact"}], [3]),
        ([{"event": "$pageview", "url": "acme.test/(docs|blog)$", "url_matching": "regex"}], [3]),
        ([{"event": "$autocapture", "selector": "button.primary"}], [4]),
        ([{"event": "$autocapture", "selector": "form.checkout > button"}], [4]),
        ([{"event": "$autocapture", "selector": "#pay"}], [4]),
        ([{"event": "$autocapture", "selector": "[type='submit']"}], [4]),
        ([{"event": "$autocapture", "selector": "a:nth-child(2)"}], []),
        ([{"event": "$autocapture", "tag_name": "nav"}], [5]),
        ([{"event": "$autocapture", "href": "/pricing"}], [5]),
        ([{"event": "$autocapture", "href": "PRIC", "href_matching": "contains"}], [5]),
        ([{"event": "$autocapture", "text": "Pay now"}], [4]),
        ([{"event": "$autocapture", "text": "^P", "text_matching": "regex"}], [4, 5]),
        ([{"event": "$pageview", "selector": "button"}], [2, 3]),
        ([{"url": None}], [0, 1, 2, 3, 4, 5]),
        ([], [0, 1, 2, 3, 4, 5]),
    ],
)
def test_action_matches_events_by_any_of_its_steps(shop: Asker, steps: list[Any], hours: list[int]) -> None:
    assert matched(shop, *steps) == hours


# Source: PostHog's `property_to_expr` reads filters of elements as it reads the steps of actions.
@pytest.mark.parametrize(
    "wanted, hours",
    [
        ({"key": "selector", "value": "form.checkout > button"}, [4]),
        ({"key": "selector", "value": ["#pay", "a"]}, [4, 5]),
        ({"key": "tag_name", "value": "nav"}, [5]),
        ({"key": "tag_name", "value": ["nav", "div"], "operator": "is_not"}, [0, 1, 2, 3]),
        ({"key": "text", "value": "Prices"}, [5]),
    ],
)
def test_filters_of_elements_match_as_steps_do(shop: Asker, wanted: dict[str, Any], hours: list[int]) -> None:
    matching = [{"properties": [{"operator": "exact", **wanted, "type": "element"}]}]
    assert matched(shop, *matching) == hours


def test_selector_begins_at_an_element() -> None:
    assert chain_pattern("") == ""
    assert chain_pattern("a").startswith("(^|;)a")


def test_action_is_found_by_its_name_too(shop: Asker) -> None:
    shop.load(actions=[{"id": 7, "name": "Bought", "steps": [{"event": "signed up"}]}])
    assert shop.rows("select count() from events where matchesAction('Bought')") == [[2]]
    assert "'Sold'" in shop.error("select 1 from events where matchesAction('Sold')")["detail"]
    assert "8" in shop.error("select 1 from events where matchesAction(8)")["detail"]
    assert "constant" in shop.error("select 1 from events where matchesAction(event)")["detail"]


@pytest.fixture
def bought(shop: Asker) -> Asker:
    shop.load(actions=[{"id": 7, "name": "Bought", "steps": [{"event": "signed up"}]}])
    return shop


def results(asker: Asker, kind: str, **fields: Any) -> Any:
    series = {} if kind == "RetentionQuery" else {"series": [{"kind": "ActionsNode", "id": 7}]}
    response = asker.query({"kind": kind, "dateRange": DAYS, **series, **fields})
    assert response.status_code == 200, response.json
    return response.json["results"]


def test_insights_count_an_action_and_call_it_by_its_name(bought: Asker) -> None:
    [trend] = results(bought, "TrendsQuery")
    assert (trend["label"], trend["count"], trend["action"]["name"]) == ("Bought", 2, "Bought")
    [stickiness] = results(bought, "StickinessQuery")
    assert (stickiness["label"], stickiness["count"]) == ("Bought", 1)
    lifecycle = results(bought, "LifecycleQuery")
    assert {row["action"]["id"] for row in lifecycle} == {"7"} and "Bought - new" in {row["label"] for row in lifecycle}
    seen = {"kind": "EventsNode", "event": "$pageview"}
    steps = results(bought, "FunnelsQuery", series=[{"kind": "ActionsNode", "id": 7}, seen])
    assert [(step["name"], step["type"], step["count"]) for step in steps] == [
        ("Bought", "actions", 1), ("$pageview", "events", 1)]  # fmt: skip


def test_series_of_an_unknown_action_is_left_out(bought: Asker) -> None:
    assert results(bought, "TrendsQuery", series=[{"kind": "ActionsNode", "id": 8}]) == []
    assert results(bought, "StickinessQuery", series=[{"kind": "ActionsNode", "id": 8}]) == []


def test_retention_begins_with_an_action(bought: Asker) -> None:
    target = {"id": 7, "type": "actions"}
    retention = {"period": "Day", "totalIntervals": 1, "targetEntity": target, "returningEntity": target}
    rows = results(bought, "RetentionQuery", retentionFilter=retention)
    assert [row["values"][0]["count"] for row in rows] == [1]


def test_events_are_listed_by_action(bought: Asker) -> None:
    def listed(action: int) -> Any:
        return bought.query({"kind": "EventsQuery", "select": ["event"], "actionId": action, "after": "all"})

    assert listed(7).json["results"] == [["signed up"], ["signed up"]]
    assert listed(8).status_code == 400
