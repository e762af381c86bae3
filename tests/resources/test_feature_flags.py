"""Feature flags over REST. Source, unless said otherwise: recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

FLAGS = "/api/projects/1/feature_flags/"
SESSION = "phx_session"
EVERYBODY = {"groups": [{"properties": [], "rollout_percentage": 100}]}


@pytest.fixture
def make(observed):
    def make(key: str = "beta", **body: Any) -> dict[str, Any]:
        answer = observed.post(FLAGS, {"key": key, **body})
        assert answer.status_code == 201, answer.json
        return answer.json

    return make


@pytest.fixture
def session(observed):
    load = observed.flask.post("/__admin/worlds/default/load", json={"api_keys": [{"value": SESSION, "user_id": 1}]})
    assert load.status_code == 201
    return observed.as_key(SESSION)


def conditions(*properties: Any, **one: Any) -> dict[str, Any]:
    return {"groups": [{"properties": list(properties), "rollout_percentage": 100, **one}]}


def about(key: str, value: Any, operator: str = "exact", type: str = "person") -> dict[str, Any]:
    return {"key": key, "value": value, "operator": operator, "type": type}


def insights_on(tables: dict[str, Any], dashboard: int) -> list[dict[str, Any]]:
    """Return the insights on a dashboard, as the state of a world has them."""
    shown = {tile["insight"] for tile in tables["dashboard_tiles"] if tile["dashboard"] == dashboard}
    return [insight for insight in tables["insights"] if insight["id"] in shown]


def test_a_flag_has_a_dashboard_of_its_usage(observed, make) -> None:
    flag = make("checkout")
    dashboards = observed.flask.get("/__admin/worlds/default/state").json["tables"]["dashboards"]
    held = {dashboard["id"]: dashboard["name"] for dashboard in dashboards}
    assert held[flag["usage_dashboard"]] == "Generated Dashboard: checkout Usage"
    observed.patch(f"{FLAGS}{flag['id']}/", {"key": "till"})
    tables = observed.flask.get("/__admin/worlds/default/state").json["tables"]
    assert {d["name"] for d in tables["dashboards"] if d["id"] == flag["usage_dashboard"]} == {
        "Generated Dashboard: till Usage"
    }
    queries = [insight["query"] for insight in insights_on(tables, flag["usage_dashboard"])]
    assert len(queries) == 2
    assert all('"value":"till"' in str(query).replace("'", '"').replace(": ", ":") for query in queries)


@pytest.mark.parametrize(
    ("body", "attr", "code", "detail"),
    [
        ({}, "key", "required", "This field is required."),
        ({"key": "a b"}, "key", "invalid_key", "Only letters, numbers, hyphens (-) & underscores (_) are allowed."),
        ({"key": "taken"}, "key", "unique", "There is already a feature flag with this key."),
        ({"key": "x", "filters": None}, "filters", "null", "This field may not be null."),
        ({"key": "x", "analytics_dashboards": [98765]}, "analytics_dashboards", "does_not_exist", "98765"),
        ({"key": "x", "tags": "one"}, "tags", "not_a_list", "Expected a list"),
        ({"key": "x", "evaluation_runtime": "moon"}, "evaluation_runtime", "invalid_choice", "moon"),
    ],
)
def test_what_a_flag_may_not_be(either, body, attr, code, detail) -> None:
    either.post(FLAGS, {"key": "taken"})
    answer = either.post(FLAGS, body)
    assert (answer.status_code, answer.json["attr"], answer.json["code"]) == (400, attr, code)
    assert detail in answer.json["detail"]


INVALID = "invalid_input"
SHORT = {"variants": [{"key": "a", "rollout_percentage": 90}]}


@pytest.mark.parametrize(
    ("filters", "code", "detail"),
    [
        ({}, INVALID, "must have at least one condition set"),
        ({"groups": "x"}, INVALID, "list of condition sets"),
        (conditions(about("a", "b", type="event")), INVALID, "can only use person, cohort, and flag properties"),
        (conditions(about("9", True, type="flag")), INVALID, "must use the 'flag_evaluates_to' operator"),
        (conditions(about("9", True, "flag_evaluates_to", "flag")), INVALID, "non-existent flag with ID 9"),
        ({**conditions(about("a", "b")), "aggregation_group_type_index": 0}, INVALID, "only use group properties"),
        (conditions(about("a", 5, "gt")), "invalid_value", "Invalid value for operator gt: 5"),
        (conditions(about("a", ["x"], "icontains")), "invalid_value", "Invalid value for operator icontains: ['x']"),
        (conditions(about("a", "soonish", "is_date_before")), "invalid_date", "Invalid date value: soonish"),
        (conditions(about("a", list(range(1001)))), INVALID, "of type a cannot contain more than 1000 values"),
        (conditions(variant="zz"), INVALID, "variant override does not exist"),
        ({**EVERYBODY, "multivariate": SHORT}, INVALID, "must sum to 100"),
        ({**EVERYBODY, "payloads": {"no": "1"}}, INVALID, "Payload keys must be 'true' for boolean flags"),
        ({**EVERYBODY, "payloads": {"true": "{"}}, INVALID, "Payload value is not valid JSON"),
        (conditions(about("id", 404, type="cohort")), "cohort_does_not_exist", "404"),
        (conditions({"type": "person", "value": 1}), INVALID, "needs a key"),
        (conditions(about("a", None)), INVALID, "needs a value"),
    ],
)
def test_what_the_filters_of_a_flag_may_not_be(either, filters, code, detail) -> None:
    answer = either.post(FLAGS, {"key": "x", "filters": filters})
    assert (answer.status_code, answer.json["attr"], answer.json["code"]) == (400, "filters", code)
    assert detail in answer.json["detail"]


def test_a_cohort_of_events_cannot_be_used(observed) -> None:
    condition = {
        "type": "behavioral", "key": "$pageview", "value": "performed_event", "event_type": "events",
        "time_value": 30, "time_interval": "day",
    }  # fmt: skip
    group = {"type": "AND", "values": [{"type": "AND", "values": [condition]}]}
    cohort = observed.post("/api/projects/1/cohorts/", {"name": "seen", "filters": {"properties": group}}).json
    answer = observed.post(FLAGS, {"key": "x", "filters": conditions(about("id", cohort["id"], "in", "cohort"))})
    assert answer.json["code"] == "behavioral_cohort_found"
    assert answer.json["detail"] == "Cohort 'seen' with filters on events cannot be used in feature flags."


def test_a_key_is_free_again_when_its_flag_is_deleted(observed, make) -> None:
    old = make("again")
    observed.patch(f"{FLAGS}{old['id']}/", {"deleted": True})
    assert observed.get(f"{FLAGS}{old['id']}/").json["status"] == "DELETED"
    make("again")
    assert observed.get(f"{FLAGS}{old['id']}/").status_code == 404


@pytest.mark.parametrize("tags", [[None], ["a", 1], [["a"]]])
def test_tags_that_are_no_text_are_not_kept(either, tags) -> None:
    made = either.post(FLAGS, {"key": "kept", "filters": EVERYBODY, "tags": ["one"]}).json
    path = f"{FLAGS}{made['id']}/"
    refused = either.patch(path, {"tags": tags})
    assert (refused.status_code, refused.json["attr"]) == (400, "tags")
    assert either.get(path).json["tags"] == ["one"]


def test_every_change_counts_and_what_is_left_out_stays(observed, make) -> None:
    flag = make("steady", active=False, tags=["One", " one "], filters=EVERYBODY)
    path = f"{FLAGS}{flag['id']}/"
    assert flag["tags"] == ["one"]
    changed = observed.patch(path, {"filters": {}}).json
    assert (changed["version"], changed["filters"]) == (2, EVERYBODY)
    changed = observed.put(path, {"key": "steady-2"}).json
    assert (changed["active"], changed["tags"], changed["filters"], changed["version"]) == (
        False,
        ["one"],
        EVERYBODY,
        3,
    )
    assert observed.put(path, {"name": "no key"}).json["attr"] == "key"


def test_switching_on_forgets_a_rollback(observed, make) -> None:
    flag = make("rolled", performed_rollback=True)
    path = f"{FLAGS}{flag['id']}/"
    assert flag["performed_rollback"] is True
    assert observed.patch(path, {"name": "x"}).json["performed_rollback"] is True
    assert observed.patch(path, {"active": True}).json["performed_rollback"] is False


def test_who_comes_second_is_told(observed, make) -> None:
    first = make("shared", name="one")
    path = f"{FLAGS}{first['id']}/"
    observed.patch(path, {"name": "two"})
    stale = {"version": first["version"], "original_flag": first}
    answer = observed.patch(path, {"name": "three", **stale})
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert answer.json["detail"].startswith("The feature flag was updated by ")
    assert observed.patch(path, {"active": False, **stale}).status_code == 200
    assert observed.patch(path, {"name": "four", "version": 1}).status_code == 200


def test_flags_ask_for_flags_and_not_in_circles(observed, make) -> None:
    base = make("base")
    asks = conditions(about(str(base["id"]), True, "flag_evaluates_to", "flag"))
    child = make("child", filters=asks)
    path = f"{FLAGS}{base['id']}/"
    itself = observed.patch(path, {"filters": asks}).json["detail"]
    assert itself == "Feature flag 'base' cannot depend on itself"
    circle = conditions(about(str(child["id"]), True, "flag_evaluates_to", "flag"))
    assert observed.patch(path, {"filters": circle}).json["detail"] == (
        "Circular dependency detected: base → child → base"
    )
    refused = observed.patch(path, {"deleted": True})
    assert refused.status_code == 400
    assert f"other flags depend on it: child (ID: {child['id']})" in refused.json["detail"]
    observed.patch(f"{FLAGS}{child['id']}/", {"active": False})
    assert observed.patch(path, {"deleted": True}).status_code == 200


def test_renaming_takes_the_enrolment_along(observed, make) -> None:
    enrolled = about("$feature_enrollment/old", ["true"])
    flag = make("old", filters={**EVERYBODY, "super_groups": [{"properties": [enrolled], "rollout_percentage": 100}]})
    changed = observed.patch(f"{FLAGS}{flag['id']}/", {"key": "new"}).json
    assert changed["filters"]["super_groups"][0]["properties"][0]["key"] == "$feature_enrollment/new"


def test_encrypted_payloads_are_read_by_keys_alone(observed, make, session) -> None:
    secret = {**EVERYBODY, "payloads": {"true": '{"secret": 5}'}}
    made = make("sealed", filters=secret, is_remote_configuration=True, has_encrypted_payloads=True)
    path = f"{FLAGS}{made['id']}/"
    assert made["filters"]["payloads"]["true"].startswith("gAAAAA")
    assert observed.get(path).json["filters"] == secret
    assert session.get(path).json["filters"]["payloads"] == {"true": '"********* (encrypted)"'}
    session.patch(path, {"filters": session.get(path).json["filters"]})
    assert observed.get(path).json["filters"] == secret
    observed.patch(path, {"filters": {**EVERYBODY, "payloads": {"true": '{"secret": 6}'}}})
    assert "secret" not in observed.get(f"{path}activity/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("active=true", ["everywhere", "stale", "many"]),
        ("active=false", ["off"]),
        ("active=zzz", ["off"]),
        ("active=STALE", ["stale"]),
        ("type=multivariant", ["many"]),
        ("type=boolean", ["off", "everywhere", "stale"]),
        ("type=remote_config", ["everywhere"]),
        ("type=experiment", []),
        ("search=VERYw", ["everywhere"]),
        ("search=said", ["off"]),
        ("evaluation_runtime=server", ["many"]),
        ("created_by_id=98765", []),
        ("order=key", ["everywhere", "many", "off", "stale"]),
        ("nonsense=1", ["off", "everywhere", "stale", "many"]),
    ],
)
def test_flags_are_listed(observed, make, query, keys) -> None:
    for flag in observed.get(FLAGS).json["results"]:
        observed.patch(f"{FLAGS}{flag['id']}/", {"deleted": True})
    variants = {"variants": [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]}
    make("many", filters={**EVERYBODY, "multivariate": variants}, evaluation_runtime="server", created_at="2025-12-27")
    make("stale", filters=EVERYBODY, created_at="2025-12-01")
    make("everywhere", is_remote_configuration=True, created_at="2025-12-28")
    make("off", active=False, name="What is Said", created_at="2025-12-29")
    found = [flag["key"] for flag in observed.get(f"{FLAGS}?{query}").json["results"]]
    assert sorted(found) == sorted(keys)


def test_an_order_by_nothing_is_refused(either) -> None:
    answer = either.get(f"{FLAGS}?order=zzz")
    assert (answer.status_code, answer.json["attr"]) == (400, "order")


def test_changes_are_logged(observed, make) -> None:
    flag = make("logged")
    observed.patch(f"{FLAGS}{flag['id']}/", {"active": False})
    latest, first = observed.get(f"{FLAGS}{flag['id']}/activity/").json["results"]
    assert (first["activity"], first["detail"]["name"], first["detail"]["changes"]) == ("created", "logged", [])
    assert [(c["field"], c["before"], c["after"]) for c in latest["detail"]["changes"]] == [
        ("active", True, False),
        ("version", 1, 2),
    ]


def test_status_says_why(observed, make) -> None:
    flag = make("young", filters=EVERYBODY)
    assert observed.get(f"{FLAGS}{flag['id']}/status/").json == {
        "status": "active", "reason": "Flag is not fully rolled out and may still be active",
    }  # fmt: skip
    gone = observed.get(f"{FLAGS}99999/status/")
    assert (gone.status_code, gone.json["status"]) == (404, "unknown")


def test_keys_of_many_flags(session, make) -> None:
    flag = make("named")
    assert session.post(f"{FLAGS}bulk_keys/", {"ids": [flag["id"]]}).json == {"keys": {str(flag["id"]): "named"}}
    assert "abc" in session.post(f"{FLAGS}bulk_keys/", {"ids": [flag["id"], "abc"]}).json["warning"]
    assert session.post(f"{FLAGS}bulk_keys/", {"ids": ["abc"]}).json == {"error": "Invalid flag IDs provided"}


def test_what_only_a_session_may_ask(observed, make) -> None:
    flag = make("kept")
    for path in (f"{FLAGS}bulk_keys/", f"{FLAGS}{flag['id']}/dashboard/"):
        answer = observed.post(path, {})
        assert (answer.status_code, answer.json["detail"]) == (
            403, "This action does not support Personal API Key access",
        )  # fmt: skip


def test_a_legacy_address_is_the_current_projects(observed, make) -> None:
    make("old-way")
    assert "old-way" in {flag["key"] for flag in observed.get("/api/feature_flag/").json["results"]}


def test_enriched_analytics_are_added_once(session, make) -> None:
    flag = make("rich", has_enriched_analytics=True)
    path = f"{FLAGS}{flag['id']}/enrich_usage_dashboard/"
    assert [session.post(path, {}).json for _ in range(2)] == [{"success": True}] * 2
    tables = session.flask.get("/__admin/worlds/default/state").json["tables"]
    assert len(insights_on(tables, flag["usage_dashboard"])) == 4
    poor = make("poor")
    assert session.post(f"{FLAGS}{poor['id']}/enrich_usage_dashboard/", {}).json["success"] is False


# Whom flags are for


@pytest.fixture
def people(session):
    """Two persons on a plan of their own, and the session of somebody who is one of them."""
    user = session.get("/api/users/@me/").json
    persons = [
        {"distinct_ids": [user["distinct_id"]], "properties": {"tier": "gold"}},
        {"distinct_ids": ["silver"], "properties": {"tier": "silver"}},
    ]
    groups = [{"group_type_index": 4, "group_key": "acme", "group_properties": {"tier": "gold"}}]
    types = [{"group_type_index": 4, "group_type": "guild"}]
    tables = {"persons": persons, "group_types": types, "groups": groups}
    assert session.flask.post("/__admin/worlds/default/load", json=tables).status_code == 201
    return session


GOLD = conditions(about("tier", ["gold"]))


def test_what_flags_are_for_the_asker(people, make) -> None:
    make("golden", filters=GOLD)
    make("switched-off", active=False)
    mine = {item["feature_flag"]["key"]: item["value"] for item in people.get(f"{FLAGS}my_flags/").json}
    assert (mine["golden"], mine["switched-off"]) == (True, False)


def test_why_a_flag_is_what_it_is(people, make) -> None:
    make("golden", filters=GOLD)
    make("switched-off", active=False)
    told = people.get(f"{FLAGS}evaluation_reasons/?distinct_id=silver").json
    assert told["golden"] == {"value": False, "evaluation": {"reason": "no_condition_match", "condition_index": 0}}
    assert told["switched-off"]["evaluation"]["reason"] == "disabled"
    assert people.get(f"{FLAGS}evaluation_reasons/").json["detail"] == "distinct_id is required"
    assert people.get(f"{FLAGS}evaluation_reasons/?distinct_id=x&groups={{").json["attr"] == "groups"


def test_how_many_a_condition_would_reach(people) -> None:
    everybody = people.post(f"{FLAGS}user_blast_radius/", {"condition": {"properties": []}}).json
    assert everybody["users_affected"] == everybody["total_users"] > 2
    body = {"condition": {"properties": [about("tier", ["gold"])], "rollout_percentage": 1}}
    assert people.post(f"{FLAGS}user_blast_radius/", body).json == {
        "users_affected": 1, "total_users": everybody["total_users"],
    }  # fmt: skip
    of_groups = {**about("tier", ["gold"], type="group"), "group_type_index": 4}
    body = {"condition": {"properties": [of_groups]}, "group_type_index": 4}
    assert people.post(f"{FLAGS}user_blast_radius/", body).json == {"users_affected": 1, "total_users": 1}
    refused = people.post(f"{FLAGS}user_blast_radius/", {**body, "group_type_index": 3}).json
    assert refused["detail"] == "Invalid group type index for feature flag condition."
    assert people.post(f"{FLAGS}user_blast_radius/", {}).json["detail"].startswith("Missing condition")


def test_a_cohort_of_those_whom_a_flag_is_on_for(people, make) -> None:
    flag = make("golden", filters=GOLD)
    answer = people.post(f"{FLAGS}{flag['id']}/create_static_cohort_for_flag/", {})
    cohort = answer.json["cohort"]
    assert (answer.status_code, cohort["is_static"], cohort["count"]) == (201, True, None)
    assert cohort["name"] == "Users with feature flag golden enabled at 2026-01-15 12:00:00"
    held = people.get(f"/api/projects/1/cohorts/{cohort['id']}/persons/").json["results"]
    assert [person["properties"]["tier"] for person in held] == ["gold"]
    assert people.get(f"/api/projects/1/cohorts/{cohort['id']}/").json["count"] == 1


def test_a_cohort_that_a_flag_names_stays_as_it_must(observed, make) -> None:
    group = {"type": "AND", "values": [{"type": "AND", "values": [about("tier", ["gold"])]}]}
    cohort = observed.post("/api/projects/1/cohorts/", {"name": "x", "filters": {"properties": group}}).json
    flag = make("named", filters=conditions(about("id", cohort["id"], "in", "cohort")))
    path = f"/api/projects/1/cohorts/{cohort['id']}/"
    refused = observed.patch(path, {"deleted": True})
    assert refused.json["detail"].startswith("This cohort is used in 1 active feature flag(s): named. ")
    seen = {
        "type": "behavioral", "key": "$pageview", "value": "performed_event", "event_type": "events",
        "time_value": 30, "time_interval": "day",
    }  # fmt: skip
    events = {"properties": {"type": "AND", "values": [{"type": "AND", "values": [seen]}]}}
    assert observed.patch(path, {"filters": events}).json["code"] == "behavioral_cohort_found"
    observed.patch(f"{FLAGS}{flag['id']}/", {"active": False})
    assert observed.patch(path, {"filters": events}).status_code == 200
    assert observed.patch(path, {"deleted": True}).status_code == 200


def test_a_flag_knows_when_it_was_last_called(client) -> None:
    flag = client.post(FLAGS, {"key": "called"}).json
    assert flag["last_called_at"] is None
    call = {"event": "$feature_flag_called", "distinct_id": "u", "properties": {"$feature_flag": "called"}}
    for hour in ("10:00", "11:00", "09:00"):
        client.flask.post(
            "/e/", json={**call, "token": "phc_mock_project_token", "timestamp": f"2026-01-15T{hour}:00Z"}
        )
    shown = client.get(f"{FLAGS}{flag['id']}/").json
    assert shown["last_called_at"].startswith("2026-01-15T11:00:00") and shown["version"] == flag["version"]
