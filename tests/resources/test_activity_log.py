"""The activity log of a project. Source: recorded answers, PostHog's sources."""

from __future__ import annotations

import pytest

LOG = "/api/projects/1/activity_log/"
FLAGS = "/api/projects/1/feature_flags/"


@pytest.fixture
def logged(observed):
    """A client of a world in which a flag was made and changed, and a cohort made."""
    observed.flag = observed.post(FLAGS, {"key": "logged", "filters": {"groups": []}}).json["id"]
    observed.patch(f"{FLAGS}{observed.flag}/", {"active": False})
    observed.cohort = observed.post(
        "/api/projects/1/cohorts/", {"name": "Logged", "groups": [], "is_static": True}
    ).json
    return observed


def told(answer) -> list[tuple[str, str]]:
    return [(entry["scope"], entry["activity"]) for entry in answer.json["results"]]


CREATED, UPDATED, COHORT = ("FeatureFlag", "created"), ("FeatureFlag", "updated"), ("Cohort", "created")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [COHORT, UPDATED, CREATED]),
        ("?scope=Cohort", [COHORT]),
        ("?scopes=Cohort,FeatureFlag&limit=1", [COHORT, UPDATED, CREATED]),
        ("?item_id={flag}", [UPDATED, CREATED]),
        ("?user=1", [COHORT, UPDATED, CREATED]),
        ("?user=2", []),
        ("?page_size=2", [COHORT, UPDATED]),
        ("?page=2&page_size=2", [CREATED]),
        ("?page=last&page_size=2", [CREATED]),
    ],
)
def test_the_log_is_listed(logged, query, found) -> None:
    assert told(logged.get(LOG + query.format(flag=logged.flag)))[: len(found) or None] == found


def test_numbered_pages_are_counted(logged) -> None:
    first = logged.get(f"{LOG}?user=1&page_size=2").json
    assert first["next"].endswith("/activity_log/?page=2&page_size=2&user=1")
    second = logged.get(first["next"]).json
    assert (second["count"], second["previous"][-18:]) == (first["count"], "page_size=2&user=1")
    assert "count" not in logged.get(LOG).json
    for number in ("999", "0", "x"):
        assert logged.get(f"{LOG}?page={number}").status_code == 404


def test_an_entry_tells_who_it_was(logged) -> None:
    entry = logged.get(LOG).json["results"][0]
    assert (entry["user"]["email"], entry["user"]["id"]) == ("owner@hedgebox.test", 1)
    assert (entry["is_system"], entry["was_impersonated"], entry["unread"]) == (False, False, False)
    assert entry["detail"]["name"] == "Logged"
    assert logged.get(f"{LOG}?user=x").status_code == 400


def test_one_is_told_what_others_do_to_ones_things(logged) -> None:
    mine, path = logged.as_key("phx_mock_session"), "/api/projects/1/my_notifications/"
    assert mine.get(path).json == {"results": [], "last_read": None}
    logged.as_key("phx_mock_admin").patch(f"{FLAGS}{logged.flag}/", {"active": True})
    entries = mine.get(path).json["results"]
    assert [(entry["user"]["id"], entry["item_id"]) for entry in entries] == [(2, str(logged.flag))]
    mine.post(f"{path}bookmark/", {"bookmark": "2026-01-15T12:00:00Z"})
    assert mine.get(f"{path}?unread=true").json == {"results": [], "last_read": "2026-01-15T12:00:00Z"}
    assert len(mine.get(path).json["results"]) == 1
    assert mine.get(LOG).json["results"][0]["unread"] is False
    assert logged.get(path).status_code == 403
