"""PostHog's clients for servers: Python's of three major versions, and Node's."""

from __future__ import annotations

import pytest

from mockserver.testing.worlds import PostHog
from tests.clients.conftest import Run

DECIDED_HERE = {"beta", "button", "pricing-page", "share-by-link", "audit-log", "large-uploads"}


def test_what_a_client_captures_arrives(posthog: PostHog, run: Run) -> None:
    run("capture")
    posthog.assert_captured("signed_up", distinct_id="visitor", properties={"plan": "pro"}, times=1, within=10)
    posthog.assert_captured("upgraded", properties={"$groups": {"company": "acme"}}, times=1, within=10)
    people = posthog.http.get(f"/api/projects/{posthog.project_id}/persons/", params={"distinct_id": "visitor"}).json()
    (ada,) = people["results"]
    assert set(ada["distinct_ids"]) == {"visitor", "ada"}
    known = {"email": "ada@acme.test", "first_seen_on": "a fair"}
    assert {name: ada["properties"].get(name) for name in known} == known
    (acme,) = [group for group in posthog.state()["tables"]["groups"] if group["group_key"] == "acme"]
    assert acme["group_properties"]["seats"] == 5


@pytest.mark.parametrize("run", ["python", "node"], indirect=True)
def test_batches_in_the_form_of_2026_arrive(posthog: PostHog, run: Run) -> None:
    run("capture", POSTHOG_CAPTURE_MODE="v1")
    posthog.assert_called(path="/i/v1/analytics/events", method="POST", status=200)
    posthog.assert_captured("signed_up", distinct_id="visitor", properties={"plan": "pro"}, times=1)
    posthog.assert_captured("upgraded", properties={"$groups": {"company": "acme"}}, times=1)


def test_a_client_is_told_of_flags_and_tells_that_it_asked(posthog: PostHog, run: Run) -> None:
    posthog.flag("button", variant="blue", payload={"size": 3})
    posthog.flag("staff", only={"email": "…@acme.test"})
    posthog.flag("firm", group="company")
    posthog.flag("old-banner", enabled=False)
    posthog.flag("beta", rollout=30)
    told = run("flags")
    ada = told["ada"]
    assert (ada["staff"], ada["firm"], ada["button"], ada.get("old-banner", False)) == (True, True, "blue", False)
    assert (told["button"], told["payload"]) == ("blue", {"size": 3})
    posthog.assert_flag_called("button", value="blue", distinct_id="ada", times=1, within=10)
    for here, afar in zip(told["here"], told["afar"], strict=True):
        assert here.keys() >= DECIDED_HERE
        assert here.items() <= {"old-banner": False, **afar}.items()  # only clients hear of what is switched off
    assert 40 <= sum(flags["beta"] for flags in told["here"]) <= 80
