"""Actions. Source: recorded answers, and the servers' code for what is of later."""

from __future__ import annotations

import pytest

from tests.conftest import Client

ACTIONS = "/api/projects/1/actions/"
KEYS = ("event", "properties", "selector", "tag_name", "text", "text_matching", "href", "href_matching", "url")
EMPTY = {**dict.fromkeys(KEYS), "url_matching": "contains"}


def make(client: Client, name: str, **fields) -> dict:
    response = client.post(ACTIONS, {"name": name, **fields})
    assert response.status_code == 201, response.json
    return response.json


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, EMPTY),
        ({"event": "bought ", "nonsense": 1}, {**EMPTY, "event": "bought "}),
        ({"event": 4, "url_matching": None}, {**EMPTY, "event": "4", "url_matching": None}),
        ({"selector": " a ", "text": " Buy ", "url": " /x"}, {**EMPTY, "selector": "a", "text": " Buy ", "url": "/x"}),
        ({"properties": [{"type": "zzz"}]}, {**EMPTY, "properties": [{"type": "zzz"}]}),
    ],
)
def test_a_step_has_all_of_its_keys(either: Client, given, kept) -> None:
    assert make(either, "x", steps=[given])["steps"] == [kept]


NOT_A_LIST = "[ErrorDetail(string='Expected a list of items but got type \"dict\".', code='not_a_list')]"
NO_CHOICE = "[ErrorDetail(string='\"like\" is not a valid choice.', code='invalid_choice')]"
NO_OBJECT = "[ErrorDetail(string='Invalid data. Expected a dictionary, but got str.', code='invalid')]"
BLANK = "[ErrorDetail(string='This field may not be blank.', code='blank')]"


@pytest.mark.parametrize(
    ("steps", "code", "detail"),
    [
        ([{"properties": {}}], "{'properties': ['not_a_list']}", f"{{'properties': {NOT_A_LIST}}}"),
        ([{"href_matching": "like"}], "{'href_matching': ['invalid_choice']}", f"{{'href_matching': {NO_CHOICE}}}"),
        (["x"], "{'non_field_errors': ['invalid']}", f"{{'non_field_errors': {NO_OBJECT}}}"),
        (
            [{"url_matching": "like", "event": ""}],
            "{'event': ['blank'], 'url_matching': ['invalid_choice']}",
            f"{{'event': {BLANK}, 'url_matching': {NO_CHOICE}}}",
        ),
        ([{}, {"event": ""}], "{}", "{}"),
    ],
)
def test_mistakes_in_a_step_are_told_as_python_spells_them(observed: Client, steps, code, detail) -> None:
    refused = observed.post(ACTIONS, {"name": "x", "steps": steps})
    assert refused.status_code == 400
    assert refused.json == {"type": "validation_error", "code": code, "detail": detail, "attr": "steps"}


def test_names_are_unique_among_those_that_live(either: Client) -> None:
    first = make(either, "Bought")
    refused = either.post(ACTIONS, {"name": "Bought"})
    assert (refused.status_code, refused.json["code"], refused.json["attr"]) == (400, "unique", "name")
    assert refused.json["detail"].endswith(f"ID {first['id']}")
    make(either, "bought")
    gone = either.patch(f"{ACTIONS}{first['id']}/", {"deleted": True}).json
    assert gone["deleted"] and "is_action" not in gone
    make(either, "Bought")
    assert either.patch(f"{ACTIONS}{first['id']}/", {"name": "Bought", "deleted": False}).status_code == 400
    assert either.patch(f"{ACTIONS}{first['id']}/", {"name": "Sold", "deleted": False}).status_code == 200


def test_the_list_is_whole_and_the_last_calculated_first(either: Client) -> None:
    for name, moment in (("old", "2020-01-01T00:00:00Z"), ("b", "2021-01-01T00:00:00Z"), ("a", "2021-01-01T00:00:00Z")):
        make(either, name, last_calculated_at=moment)
    gone = make(either, "gone")
    assert either.delete(f"{ACTIONS}{gone['id']}/").status_code == 405
    either.patch(f"{ACTIONS}{gone['id']}/", {"deleted": True})
    listed = either.get(f"{ACTIONS}?limit=1&search=old")
    assert [action["name"] for action in listed.json["results"]][-3:] == ["a", "b", "old"]
    assert list(listed.json) == ["results"]
    assert either.get(f"{ACTIONS}{gone['id']}/").json["deleted"] is True
    assert "last_calculated_at" in either.get(f"{ACTIONS}?format=csv").text.splitlines()[0]


def test_pinning_is_done_once_and_now(either: Client) -> None:
    made = make(either, "x", pinned_at="2020-01-01T00:00:00Z")
    assert made["pinned_at"] == "2020-01-01T00:00:00Z"
    path = f"{ACTIONS}{made['id']}/"
    assert either.patch(path, {"pinned_at": "2021-01-01T00:00:00Z"}).json["pinned_at"] == made["pinned_at"]
    assert either.patch(path, {"pinned_at": None}).json["pinned_at"] is None
    assert either.put(path, {"pinned_at": "2021-01-01T00:00:00Z"}).json["pinned_at"] > "2025"


def test_what_refers_to_an_action(client: Client) -> None:
    made = make(client, "x")
    condition = {"type": "behavioral", "value": "performed_event", "key": made["id"], "event_type": "actions",
                 "time_value": 30, "time_interval": "day"}  # fmt: skip
    filters = {"properties": {"type": "OR", "values": [{"type": "AND", "values": [condition]}]}}
    cohort = client.post("/api/projects/1/cohorts/", {"name": "Doers", "filters": filters}).json
    [found] = client.get(f"{ACTIONS}{made['id']}/references/").json
    assert (found["type"], found["id"], found["url"]) == ("cohort", str(cohort["id"]), f"/cohorts/{cohort['id']}")
    counted = client.get(f"{ACTIONS}?include_reference_count=1").json["results"]
    assert {action["name"]: action["reference_count"] for action in counted}["x"] == 1


CLICK = 'button.btn.primary:attr__type="submit"attr_id="pay"nth-child="2"text="Pay now";form.checkout:nth-child="1"'
LINK = 'a.nav:href="/pricing"text="Prices"nth-child="1";nav:nth-child="1"'
WHO_DID = {
    "ann": ("bought", {"amount": 12}), "bob": ("bought", {"amount": 3}), "cat": ("$pageview", {"$current_url": "https://x.test/Docs?a_b"}),
    "dan": ("$autocapture", {"$elements_chain": CLICK}), "eve": ("$autocapture", {"$elements_chain": LINK}),
    "fay": ("$pageview", {}),
}  # fmt: skip
STEPS = {
    "ann": [{"event": "bought", "properties": [{"key": "amount", "value": 10, "operator": "gt", "type": "event"}]}],
    "ann bob": [{"event": "bought"}],
    "ann cat": [
        {"event": "bought", "properties": [{"key": "amount", "value": "12", "type": "event"}]},
        {"url": "/Docs"},
    ],
    "bob": [
        {"event": "bought", "properties": [{"key": "team", "value": ["red"], "type": "person", "operator": "exact"}]}
    ],
    "cat": [{"event": "$pageview", "url": "x.test/[A-D]ocs", "url_matching": "regex"}],
    "cat ": [{"event": "$pageview", "url": "https://x.test/Docs?a_b", "url_matching": "exact"}],
    "": [{"event": "$pageview", "url": "/docs"}],
    "dan": [{"event": "$autocapture", "selector": "form.checkout > button"}],
    "dan ": [{"event": "$autocapture", "text": "pay", "text_matching": "contains"}],
    "eve": [{"event": "$autocapture", "tag_name": "nav", "href": "/pricing"}],
    "dan eve": [{"event": "$autocapture"}],
    "cat fay": [{"event": "$pageview", "selector": "button"}],
}


def test_queries_and_cohorts_find_the_same_people(client: Client) -> None:
    own = "/api/projects/1/"
    for who, (event, properties) in WHO_DID.items():
        told = {**properties, "$set": {"team": "red"}} if who == "bob" else properties
        client.as_key(None).post("/capture/", {"api_key": "phc_mock_project_token", "event": event, "distinct_id": who,
                                               "properties": told})  # fmt: skip
    ids = {who: make(client, f"of {who}!", steps=steps)["id"] for who, steps in STEPS.items()}
    ours = ", ".join(f"'{who}'" for who in WHO_DID)
    columns = ", ".join(f"arraySort(groupUniqArrayIf(distinct_id, matchesAction({id})))" for id in ids.values())
    query = {"kind": "HogQLQuery", "query": f"select {columns} from events where distinct_id in ({ours})"}
    [row] = client.post(f"{own}query/", {"query": query}).json["results"]
    assert dict(zip(ids, row, strict=True)) == {who: who.split() for who in STEPS}
    for who, id in ids.items():
        condition = {"type": "behavioral", "value": "performed_event", "key": id, "event_type": "actions",
                     "time_value": 1, "time_interval": "hour"}  # fmt: skip
        filters = {"properties": {"type": "OR", "values": [{"type": "AND", "values": [condition]}]}}
        cohort = client.post(f"{own}cohorts/", {"name": who, "filters": filters}).json["id"]
        members = client.get(f"{own}cohorts/{cohort}/persons/").json["results"]
        assert sorted(ours for person in members for ours in person["distinct_ids"] if ours in WHO_DID) == who.split()
