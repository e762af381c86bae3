"""Event and property definitions. Source: recorded answers, and the servers' code for what is of later."""

from __future__ import annotations

import pytest

from tests.conftest import Client

EVENTS = "/api/projects/1/event_definitions/"
PROPERTIES = "/api/projects/1/property_definitions/"
NOBODY = "01a00000-0000-0000-0000-000000000000"


def capture(client: Client, event: str, **properties) -> None:
    body = {"api_key": "phc_mock_project_token", "event": event, "distinct_id": "ann", "properties": properties}
    assert client.as_key(None).post("/capture/", body).status_code == 200


def found(client: Client, path: str, name: str) -> dict:
    return next(row for row in client.get(path).json["results"] if row["name"] == name)


def names(client: Client, path: str) -> list[str]:
    response = client.get(path)
    assert response.status_code == 200, response.json
    return [row["name"] for row in response.json["results"]]


@pytest.mark.parametrize("kind", ["event", "property"])
def test_who_reads_a_definition_first_makes_what_is_said_of_it(either: Client, kind) -> None:
    capture(either, "spun", thing="x")
    listing, name = (f"{EVENTS}?search=spun", "spun") if kind == "event" else (f"{PROPERTIES}?search=thing", "thing")
    path = f"/api/projects/1/{kind}_definitions/"
    before = found(either, listing, name)
    assert [before[field] for field in ("description", "verified", "hidden", "updated_at")] == [None] * 4
    read = either.get(f"{path}{before['id']}/").json
    assert [read[field] for field in ("description", "verified", "hidden")] == ["", False, False]
    assert found(either, listing, name) == read != before


@pytest.mark.parametrize("kind", ["event", "property"])
def test_verified_and_hidden_exclude_each_other(either: Client, kind) -> None:
    capture(either, "spun", thing="x")
    listing = f"{EVENTS}?search=spun" if kind == "event" else f"{PROPERTIES}?search=thing"
    item = f"/api/projects/1/{kind}_definitions/{either.get(listing).json['results'][0]['id']}/"
    verified = either.patch(item, {"verified": True, "tags": [" B", "b", "a"]}).json
    assert (verified["verified"], verified["verified_by"]["id"], verified["tags"]) == (True, 1, ["a", "b"])
    hidden = either.patch(item, {"hidden": True}).json
    told = ("verified", "verified_at", "verified_by", "hidden")
    assert [hidden[field] for field in told] == [False, None, None, True]
    assert names(either, f"{listing}&exclude_hidden=true") == []
    assert [either.patch(item, {"verified": True}).json[field] for field in ("verified", "hidden")] == [True, False]
    refused = either.patch(item, {"verified": True, "hidden": True})
    assert refused.status_code == 400
    assert refused.json["detail"].endswith("cannot be both hidden and verified")
    assert (either.delete(item).status_code, either.get(item).status_code) == (204, 404)


def test_a_change_tells_whether_it_is_posted_only_where_the_body_does(observed: Client) -> None:
    capture(observed, "spun")
    item = f"{EVENTS}{found(observed, EVENTS, 'spun')['id']}/"
    assert "post_to_slack" not in observed.patch(item, {"owner": 1}).json
    assert observed.patch(item, {"post_to_slack": True}).json["post_to_slack"] is True
    assert observed.put(item, {}).json["post_to_slack"] is False
    assert observed.get(item).json["owner"]["id"] == 1
    refused = observed.patch(item, {"owner": 9999}).json
    assert (refused["code"], refused["attr"]) == ("does_not_exist", "owner")


def test_a_list_of_events_is_narrowed_and_sorted(either: Client) -> None:
    for event in ("paid_bill", "paid", "$screen"):
        capture(either, event)
    assert names(either, f"{EVENTS}?search=BILL%20pai") == ["paid_bill"]
    assert "$screen" in names(either, f"{EVENTS}?event_type=event_posthog")
    assert not any(name.startswith("$") for name in names(either, f"{EVENTS}?event_type=event_custom"))
    every = names(either, f"{EVENTS}?ordering=-name")
    assert every == sorted(every, reverse=True)
    assert either.get(f"{EVENTS}?event_type=zzz").status_code == 400
    assert either.get(f"{EVENTS}{NOBODY}/").status_code == 404
    assert either.get(f"{EVENTS}abc/").status_code == 404


def test_a_list_of_properties_knows_the_events_that_had_them(either: Client) -> None:
    capture(either, "one", alpha=1, beta="x", **{"$os": "Linux"})
    capture(either, "two", beta="x", gamma=True)
    path = f'{PROPERTIES}?properties=alpha,beta,gamma,$os&event_names=["one"]'
    seen = {row["name"]: row["is_seen_on_filtered_events"] for row in either.get(path).json["results"]}
    assert seen == {"$os": True, "alpha": True, "beta": True, "gamma": False}
    assert list(seen)[-1] == "gamma"
    assert names(either, f"{path}&filter_by_event_names=true&is_numerical=true") == ["alpha"]
    assert names(either, f"{path}&exclude_core_properties=true") == ["alpha", "beta", "gamma"]
    assert names(either, f'{path}&excluded_properties=["beta"]') == ["$os", "alpha", "gamma"]
    asked = f"{PROPERTIES}seen_together/?event_names=one&event_names=two&property_name=alpha"
    assert either.get(asked).json == {"one": True, "two": False}


@pytest.mark.parametrize(
    ("query", "detail", "attr"),
    [
        ("type=group", "`group_type_index` must be set for `group` type", None),
        ("group_type_index=1", "`group_type_index` can only set for `group` type", None),
        ("type=group&group_type_index=9", "Invalid value for `group_type_index`", None),
        ('type=person&event_names=["x"]', "`event_names` can only be set for `event` type", None),
        ("type=zzz", '"zzz" is not a valid choice.', "type"),
        ("exclude_hidden=x", "Must be a valid boolean.", "exclude_hidden"),
        ("group_type_index=x", "A valid integer is required.", "group_type_index"),
        ("event_names=x", "Value must be valid JSON.", "event_names"),
    ],
)
def test_what_a_list_of_properties_refuses(observed: Client, query, detail, attr) -> None:
    refused = observed.get(f"{PROPERTIES}?{query}")
    assert (refused.status_code, refused.json["detail"], refused.json["attr"]) == (400, detail, attr)


def test_the_last_page_of_persons_goes_on_with_what_is_worked_out(either: Client) -> None:
    capture(either, "$set", **{"$set": {"aaa": 1}})
    whole = either.get(f"{PROPERTIES}?type=person").json
    virtual = [row for row in whole["results"] if row.get("virtual")]
    stored = whole["count"] - len(virtual)
    assert [row["id"] for row in whole["results"][stored:]] == [f"$builtin_{row['name']}" for row in virtual]
    first = either.get(f"{PROPERTIES}?type=person&limit=1").json
    assert (first["count"], len(first["results"]), bool(first["next"])) == (whole["count"], 1, True)
    assert len(either.get(f"{PROPERTIES}?type=person&offset={stored - 1}").json["results"]) == 1 + len(virtual)


def test_properties_of_groups_stand_under_their_type(either: Client) -> None:
    known = either.get("/api/projects/1/property_definitions/?type=group&group_type_index=0").json["count"]
    capture(either, "$groupidentify", **{"$group_type": "fleet", "$group_key": "a", "$group_set": {"ships": 3}})
    assert names(either, f"{PROPERTIES}?type=group&group_type_index=1") == ["ships"]
    assert either.get(f"{PROPERTIES}?type=group&group_type_index=0").json["count"] == known


def test_queries_read_values_as_of_the_type_that_is_said(client: Client) -> None:
    for size in ("10", "9"):
        capture(client, "weighed", weight=size)
    item = f"{PROPERTIES}{found(client, f'{PROPERTIES}?search=weight', 'weight')['id']}/"
    sql = "select max(properties.weight) from events where event = 'weighed'"

    def asked() -> object:
        query = {"kind": "HogQLQuery", "query": sql}
        return client.post("/api/environments/1/query/", {"query": query}).json["results"][0][0]

    assert asked() == "9"
    changed = client.patch(item, {"property_type": "Numeric"}).json
    assert (changed["property_type"], changed["is_numerical"]) == ("Numeric", True)
    assert asked() == 10
    assert client.patch(item, {"property_type": None}).json["is_numerical"] is False
    assert asked() == "9"


def test_an_event_to_come_is_defined_and_found_by_its_name(client: Client) -> None:
    made = client.post(EVENTS, {"name": "trial", "verified": True, "primary_property": "plan"}).json
    assert (made["created_at"], made["verified"], made["description"]) == (None, True, "")
    assert client.post(EVENTS, {"name": "trial"}).json["detail"] == "Event definition with name 'trial' already exists"
    assert client.get(f"{EVENTS}by_name/?name=trial").json["id"] == made["id"]
    assert client.get(f"{EVENTS}by_name/").json == {"detail": "Query parameter 'name' is required"}
    assert client.get(f"{EVENTS}by_name/?name=x").status_code == 404
    assert client.get(f"{EVENTS}primary_properties/?names=trial").json == {"primary_properties": {"trial": "plan"}}
    tagged = client.post(f"{EVENTS}bulk_update_tags/", {"ids": [made["id"], NOBODY], "action": "add", "tags": ["X"]})
    assert tagged.json == {
        "updated": [{"id": made["id"], "tags": ["x"]}], "skipped": [{"id": NOBODY, "reason": "Not found"}],
    }  # fmt: skip
    many = {"ids": [made["id"]], "verified": False}
    assert client.post(f"{EVENTS}bulk_update_verified/", many).json["updated"] == [
        {"id": made["id"], "verified": False}
    ]
    capture(client, "trial")
    assert client.get(f"{EVENTS}{made['id']}/").json["created_at"] is not None


def test_metrics_count_the_queries_that_asked_for_an_event(client: Client) -> None:
    capture(client, "spun")
    path = f"{EVENTS}{found(client, EVENTS, 'spun')['id']}/metrics/"
    assert client.get(path).json == {"query_usage_30_day": 0}
    query = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "spun"}]}
    client.post("/api/environments/1/query/", {"query": query})
    assert client.get(path).json == {"query_usage_30_day": 1}


def test_who_bears_a_session_is_told_what_may_be_said(observed: Client) -> None:
    capture(observed, "spun")
    path = f"{EVENTS}{found(observed, EVENTS, 'spun')['id']}/"
    told = observed.as_key("phx_mock_session")("OPTIONS", path).json["actions"]["PUT"]
    assert [told[name]["read_only"] for name in ("name", "description", "verified", "tags")] == [
        True,
        False,
        False,
        False,
    ]
