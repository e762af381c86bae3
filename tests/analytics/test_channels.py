"""By which channel a visit came. Source: PostHog's page on channel types, and the order of its rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analytics.conftest import Asker

CAME: list[tuple[dict[str, Any], str]] = [
    ({"$referring_domain": "news.ycombinator.com"}, "Organic Social"),
    ({"$referring_domain": "www.google.co.uk"}, "Organic Search"),
    ({"$referring_domain": "yandex.com"}, "Organic Search"),
    ({"$referring_domain": "www.qwant.com"}, "Organic Search"),
    ({"$referring_domain": "www.amazon.de"}, "Organic Shopping"),
    ({"$referring_domain": "www.ebay.com"}, "Organic Shopping"),
    ({"$referring_domain": "m.youtube.com"}, "Organic Video"),
    ({"$referring_domain": "mail.google.com"}, "Email"),
    ({"$referring_domain": "blog.acme.test"}, "Referral"),
    ({"$referring_domain": "$direct"}, "Direct"),
    ({"$referring_domain": "$direct", "fbclid": "x"}, "Organic Social"),
    ({"$referring_domain": "$direct", "utm_source": "(direct)"}, "Direct"),
    ({"$referring_domain": "$direct", "utm_source": "news"}, "Direct"),
    ({}, "Unknown"),
    ({"utm_source": "Google"}, "Organic Search"),
    ({"utm_source": "ebay.com", "$referring_domain": "www.google.com"}, "Organic Shopping"),
    ({"utm_medium": "social"}, "Organic Social"),
    ({"utm_medium": "social media"}, "Organic Social"),
    ({"utm_medium": "push"}, "Push"),
    ({"utm_medium": "web-push"}, "Push"),
    ({"utm_medium": "display"}, "Display"),
    ({"utm_medium": "banner"}, "Display"),
    ({"utm_medium": "cpm"}, "Display"),
    ({"utm_medium": "audio"}, "Audio"),
    ({"utm_medium": "video"}, "Organic Video"),
    ({"utm_medium": "email"}, "Email"),
    ({"utm_medium": "affiliate"}, "Affiliate"),
    ({"utm_medium": "partnership"}, "Affiliate"),
    ({"utm_medium": "referral"}, "Referral"),
    ({"utm_medium": "sms"}, "Unknown"),
    ({"utm_campaign": "shop-all"}, "Organic Shopping"),
    ({"utm_campaign": "spring-video"}, "Organic Video"),
    ({"utm_campaign": "cross-network"}, "Cross Network"),
    ({"utm_medium": "cpc", "utm_source": "facebook"}, "Paid Social"),
    ({"utm_medium": "cpc", "utm_source": "youtube"}, "Paid Video"),
    ({"utm_medium": "cpc", "utm_source": "amazon"}, "Paid Shopping"),
    ({"utm_medium": "cpc", "utm_source": "bing"}, "Paid Search"),
    ({"utm_medium": "cpc", "utm_source": "acme"}, "Paid Unknown"),
    ({"utm_medium": "cpc", "$referring_domain": "www.google.com"}, "Paid Search"),
    ({"utm_medium": "cpc", "utm_campaign": "shopping"}, "Paid Shopping"),
    ({"utm_medium": "paid_video_ads", "utm_campaign": "a-video"}, "Paid Video"),
    ({"utm_medium": "retargeting"}, "Paid Unknown"),
    ({"gclid": "x"}, "Paid Unknown"),
    ({"gad_source": "1"}, "Paid Search"),
    ({"gad_source": "5"}, "Paid Unknown"),
    ({"gclid": "x", "utm_medium": "social"}, "Paid Social"),
]


@pytest.fixture
def visits(make_asker: Any) -> Asker:
    asker: Asker = make_asker()
    asker.load(
        persons=[
            {"distinct_ids": [f"v{n}"],
             "properties": {f"$initial_{key.lstrip('$')}": value for key, value in came.items()}}
            for n, (came, _) in enumerate(CAME)
        ],
        events=[
            {"event": "$pageview", "distinct_id": f"v{n}", "timestamp": "2026-01-10T00:00:00Z",
             "properties": {**came, "$session_id": f"019b0000-0000-7000-8000-{n:012d}"}}
            for n, (came, _) in enumerate(CAME)
        ],
    )  # fmt: skip
    return asker


def test_channel_is_told_from_where_a_visit_came(visits: Asker) -> None:
    rows = visits.rows("select $channel_type from sessions order by session_id")
    assert [(came, row[0]) for (came, _), row in zip(CAME, rows, strict=True)] == CAME
    of_events = visits.rows("select session.$channel_type from events order by $session_id")
    assert of_events == rows


def test_person_came_first_by_a_channel_as_a_session_does(visits: Asker) -> None:
    query = "select $virt_initial_channel_type from persons order by toInt(replaceOne(pdi.distinct_id, 'v', ''))"
    assert [(came, row[0]) for (came, _), row in zip(CAME, visits.rows(query), strict=True)] == CAME
    kinds = dict(
        visits.rows("select properties.$initial_referring_domain, $virt_initial_referring_domain_type from persons")
    )
    assert kinds["news.ycombinator.com"] == "Social"
    assert (kinds["$direct"], kinds["blog.acme.test"], kinds["www.amazon.de"]) == ("$direct", None, "Shopping")


def test_table_of_channels_tells_them_too(visits: Asker) -> None:
    query = {"kind": "WebStatsTableQuery", "breakdownBy": "InitialChannelType", "properties": [],
             "dateRange": {"date_from": "2026-01-09"}}  # fmt: skip
    channels = {row[0] for row in visits.query(query).json["results"]}
    assert {"Organic Social", "Paid Search", "Affiliate", "Direct"} <= channels


def rule(channel: str, *items: tuple[Any, ...], combiner: str = "AND") -> dict[str, Any]:
    told = [{"id": "i", "key": key, "op": how, "value": next(iter(value), None)} for key, how, *value in items]
    return {"id": "r", "channel_type": channel, "combiner": combiner, "items": told}


OWN: list[tuple[list[dict[str, Any]], set[str]]] = [
    ([rule("Ours", ("referring_domain", "exact", "blog.acme.test"))], {"blog"}),
    ([rule("Ours", ("referring_domain", "exact", ["blog.acme.test", "$direct"]))], {"blog", "direct"}),
    ([rule("Ours", ("utm_source", "is_set"), ("url", "icontains", "PRICING"))], {"ad"}),
    ([rule("Ours", ("utm_medium", "is_set"), ("pathname", "regex", "^/p"), combiner="OR")], {"ad", "blog"}),
    ([rule("Ours", ("hostname", "is_not", "www.acme.test"))], {"direct"}),
    ([rule("Ours", ("utm_campaign", "is_not_set"), ("url", "not_icontains", "?"))], {"direct", "blog"}),
    ([rule("Ours", ("pathname", "not_regex", "pricing"))], {"direct"}),
    ([rule("Theirs", ("utm_source", "exact", [])), rule("Ours")], set()),
]
VISITS = {
    "ad": {"utm_source": "acme", "utm_campaign": "x", "$current_url": "https://www.acme.test/pricing?a"},
    "blog": {"$referring_domain": "blog.acme.test", "$current_url": "https://www.acme.test/pricing"},
    "direct": {"$referring_domain": "$direct", "$current_url": "https://app.acme.test/"},
}


@pytest.fixture
def visited(make_asker: Any) -> Asker:
    asker: Asker = make_asker()
    asker.load(
        events=[
            {"event": "$pageview", "distinct_id": name, "timestamp": "2026-01-10T00:00:00Z",
             "properties": {**came, "$session_id": f"019b0000-0000-7000-8000-{n:012d}"}}
            for n, (name, came) in enumerate(VISITS.items())
        ],
    )  # fmt: skip
    return asker


@pytest.mark.parametrize("rules, ours", OWN)
def test_own_rules_come_first(visited: Asker, rules: list[dict[str, Any]], ours: set[str]) -> None:
    """Source: the official schema for the rules, PostHog's sources for what each operator compares."""
    query = "select distinct_id, $channel_type from sessions"
    rows = visited.rows(query, modifiers={"customChannelTypeRules": rules})
    assert {name for name, channel in rows if channel == "Ours"} == ours
    assert dict(visited.rows(query))["direct"] == "Direct"


def test_project_keeps_rules_and_other_modifiers(visited: Asker) -> None:
    kept = [rule("It's ours", ("referring_domain", "exact", "$direct"))]
    visited.client.patch("/api/projects/1/", {"modifiers": {"customChannelTypeRules": kept}})
    query = "select session.$channel_type from events where distinct_id = 'direct'"
    answer = visited.answer(query)
    assert answer["results"] == [["It's ours"]]
    assert answer["modifiers"]["customChannelTypeRules"] == kept
    assert visited.rows(query, modifiers={"customChannelTypeRules": []}) == [["Direct"]]
    visited.client.patch("/api/projects/1/", {"modifiers": {"customChannelTypeRules": [{"no": "rule"}]}})
    assert visited.rows(query) == [["Direct"]]
    refused = visited.error(query, modifiers={"customChannelTypeRules": [{"no": "rule"}]})
    assert "customChannelTypeRules.0.channel_type" in refused["detail"]
