"""Scenario files: what they hold, how their mistakes are reported, and the populations that they describe."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from mockserver.contract import Contract
from mockserver.seeding import build_world
from mockserver.seeding.finding import ScenarioError, find
from mockserver.serving.app import create_app
from mockserver.world.worlds import World

NOON = "2026-01-15T12:00:00Z"
ORGANIZATION = "01890000-0000-7000-8000-000000000001"
HEAD = """\
organizations:
  - {name: Hedgebox}
projects:
  - {id: 1}
"""
PEOPLE = """\
generate:
  persons: 40
  events: 800
  days: 20
  traits:
    client:
      - {weight: 3, $browser: Chrome}
      - {weight: 1, $browser: Firefox}
  members:
    name: {faker: name}
    email: {email: '{name}', at: [example.com]}
    plan: {choose: {free: 3, pro: 1}}
    age: {between: [18, 75]}
    job: {faker: job, chance: 0.5}
  groups:
    company: {count: 3, properties: {name: {faker: company}}}
  funnel:
    - {path: /}
    - {event: $identify, path: /signup, chance: 0.6}
    - {event: signed_up, path: /welcome}
  usage:
    - {weight: 2, event: file_uploaded, path: /files, properties: {size: {between: [0.5, 2.5]}}}
    - {path: /files}
"""
Build = Callable[..., World]


@pytest.fixture
def build(contract: Contract, tmp_path: Path) -> Build:
    """Build a world from the text of a scenario, its clock stopped at noon."""

    def built(text: str, seed: int = 1) -> World:
        file = tmp_path / "own.yaml"
        file.write_text(text, encoding="utf-8")
        return build_world(contract, scenario=str(file), seed=seed, freeze_time=NOON)

    return built


@pytest.fixture(scope="module")
def demo(contract: Contract) -> World:
    return build_world(contract, scenario="demo", freeze_time=NOON)


def records(world: World, table: str, **equal: Any) -> list[Any]:
    return world.view().table(table).find(**equal) if equal else list(world.view().table(table))


# Files


def test_own_file_is_found_by_path(build: Build) -> None:
    assert len(records(build(HEAD), "projects")) == 1


def test_empty_file_is_a_blank_world(build: Build) -> None:
    assert not records(build("# nothing\n"), "organizations")


@pytest.mark.parametrize("name", ["nowhere", "../demo", "", "a\x00b", "x" * 5000, "/"])
def test_scenario_that_is_not_there_names_those_that_are(name: str) -> None:
    with pytest.raises(ScenarioError, match="neither one of blank, demo, empty, large"):
        find(name)


MISTAKES = [
    ("- a\n", 1, "expected tables by their names"),
    ("a: [\n", 2, "not a scenario"),
    ("a: 1\na: 2\n", 2, "'a' is given twice"),
    ("a: !!python/object:os.system {}\n", 1, "not a scenario"),
    ("horses: []\n", 1, "there is no table 'horses'"),
    (HEAD + "persons: 5\n", 5, "expected a list of records"),
    (HEAD + "persons:\n  - distinct_ids: [a]\n    uuid: x\n", 7, "persons/0/uuid: expected a UUID, got 'x'"),
    (HEAD + "persons:\n  - distinct_ids:\n      - a\n      - 5\n", 8, "persons/0/distinct_ids/1: expected text"),
    (HEAD + "persons:\n  - {}\n", 6, "distinct_ids is required"),
    (HEAD + "annotations:\n  - {content: a}\n  - {created_at: soon}\n", 7, "annotations/1/created_at: expected a time"),
    (HEAD + "annotations:\n  - {created_by: 7}\n", 6, "there is no record 7 in users"),
    (HEAD + "persons:\n  - {distinct_ids: [a], properties: {a: .nan, 1: x}}\n", 6, "cannot be written as JSON"),
    (HEAD + "generate: 5\n", 5, "generate/0: expected an object"),
    (HEAD + "generate:\n  persons: 5\n", 5, "funnel is required"),
    (HEAD + PEOPLE.replace("persons: 40", "persons: many"), 6, "generate/0/persons: expected an integer from 1"),
    (HEAD + PEOPLE.replace("persons: 40", "people: 40"), 6, "there is no field 'people'; known: browsing, days"),
    (HEAD + PEOPLE.replace("events: 800", "events: 8"), 7, "expected at least 120"),
    (
        HEAD + PEOPLE.replace("weight: 3, $browser", "weight: -3, $browser"),
        11,
        "traits/client/0/weight: expected a number",
    ),
    (HEAD + PEOPLE.replace("faker: name}", "faker: nome}"), 14, "Faker has no provider 'nome'"),
    (HEAD + PEOPLE.replace("faker: name}", "faker: seed_instance}"), 14, "the name of a Faker provider"),
    (HEAD + PEOPLE.replace("[18, 75]", "[75, 18]"), 17, "two numbers, the lower one first"),
    (HEAD + PEOPLE.replace("free: 3", "free: no"), 16, "members/plan/choose/free: expected a weight above 0"),
    (HEAD + PEOPLE.replace("chance: 0.5", "chance: 5"), 18, "members/job/chance: expected a number from 0 to 1"),
    (HEAD + PEOPLE.replace("chance: 0.6", "chance: 6"), 23, "funnel/1/chance: expected a number from 0 to 1"),
    (HEAD + PEOPLE.replace("  days: 20", "  project_id: 9"), 8, "there is no record 9 in projects"),
    (HEAD + "persons: [{distinct_ids: [user_7]}]\n" + PEOPLE, 6, "distinct id 'user_7' is taken"),
    (HEAD + "group_types: [{group_type: company, group_type_index: 1}]\n" + PEOPLE, 21, "'company', or its index 0"),
]


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES)
def test_mistake_is_reported_with_file_and_line(build: Build, text: str, line: int, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        build(text)
    assert f"own.yaml:{line}: " in str(caught.value)
    assert message in str(caught.value)


def test_times_in_files_stay_text(build: Build) -> None:
    text = HEAD + "persons: [{distinct_ids: [a], properties: {since: 2026-01-01}, created_at: 2026-01-01T00:00:00Z}]\n"
    [person] = records(build(text), "persons")
    assert person["properties"] == {"since": "2026-01-01"}
    assert person["created_at"] == "2026-01-01T00:00:00Z"


# Populations


def test_population_has_the_size_that_it_says(build: Build) -> None:
    world = build(HEAD + PEOPLE)
    assert len(records(world, "persons")) == 40
    assert len(records(world, "events")) == 800 == len(world.view().table("events"))
    assert len({event["uuid"] for event in records(world, "events")}) == 800


def test_events_belong_to_their_persons_and_lie_in_their_days(build: Build) -> None:
    world = build(HEAD + PEOPLE)
    persons = {person["uuid"]: person for person in records(world, "persons")}
    latest: dict[str, str] = {}
    for event in records(world, "events"):
        person = persons[event["person_id"]]
        assert event["distinct_id"] in person["distinct_ids"]
        assert "2025-12-26T12:00:00" <= event["timestamp"] < "2026-01-15T12:00:00"
        assert person["created_at"][:19] <= event["timestamp"][:19]
        assert latest.get(person["uuid"], "") <= event["timestamp"]
        latest[person["uuid"]] = event["timestamp"]


def test_whoever_signed_up_is_identified_and_known(build: Build) -> None:
    persons = records(build(HEAD + PEOPLE), "persons")
    members = [person for person in persons if person["is_identified"]]
    assert 0 < len(members) < len(persons)
    assert all(set(person["properties"]) >= {"name", "email", "plan", "age"} for person in members)
    assert all("email" not in person["properties"] for person in persons if not person["is_identified"])
    assert len({person["properties"]["email"] for person in members}) == len(members)
    assert {person["properties"]["plan"] for person in members} == {"free", "pro"}


def test_identifying_tells_who_the_visitor_was(build: Build) -> None:
    world = build(HEAD + PEOPLE)
    identified = records(world, "events")
    event = next(event for event in identified if event["event"] == "$identify")
    [person] = records(world, "persons", distinct_ids=event["distinct_id"])
    assert event["properties"]["$anon_distinct_id"] == person["distinct_ids"][0]
    assert event["properties"]["$set"].items() <= person["properties"].items()


def test_sessions_are_told_apart(build: Build) -> None:
    sessions: dict[str, list[Any]] = {}
    for event in records(build(HEAD + PEOPLE), "events"):
        sessions.setdefault(event["properties"]["$session_id"], []).append(event)
    assert len(sessions) > 80
    assert all(len({event["person_id"] for event in events}) == 1 for events in sessions.values())
    assert {session[14] for session in sessions} == {"7"}


def test_groups_and_definitions_are_known(build: Build) -> None:
    world = build(HEAD + PEOPLE)
    assert [record["group_type"] for record in records(world, "group_types")] == ["company"]
    keys = {record["group_key"] for record in records(world, "groups")}
    carried = {event["properties"].get("$group_0") for event in records(world, "events")} - {None}
    assert carried and carried <= keys
    types = {(r["type"], r["name"]): r["property_type"] for r in records(world, "property_definitions")}
    assert types["person", "age"] == "Numeric"
    assert types["event", "size"] == "Numeric"
    assert types["person", "email"] == types["group", "name"] == "String"


def test_events_are_found_by_uuid_and_distinct_id(build: Build) -> None:
    table = build(HEAD + PEOPLE).view().table("events")
    whole = list(table)
    for event in whole[::41]:
        assert table.get(event["uuid"]) == event
        same = [other for other in whole if other["distinct_id"] == event["distinct_id"]]
        assert table.find(distinct_id=event["distinct_id"], project_id=1) == same
    for nobody in ("user_0", "user_41", "user_x", "nobody", "0198f000-0000-7000-8000-000000000000", 5):
        assert table.find(distinct_id=nobody) == []
    assert table.get("0198f000-0000-7000-8000-000000000000") is None


def test_single_event_read_first_is_the_same(build: Build) -> None:
    whole = records(build(HEAD + PEOPLE), "events")
    table = build(HEAD + PEOPLE).view().table("events")
    assert table.get(whole[-1]["uuid"]) == whole[-1]


def test_other_seed_makes_others(build: Build) -> None:
    first, second = (records(build(HEAD + PEOPLE, seed), "persons") for seed in (1, 2))
    assert first != second


def test_generated_persons_can_be_members(build: Build) -> None:
    world = build(HEAD + PEOPLE + "cohorts: [{is_static: true, members: [1, 3]}]\n")
    uuids = [person["uuid"] for person in records(world, "persons") if person["id"] in (1, 3)]
    assert [row["person_uuid"] for row in records(world, "cohort_members")] == uuids


def test_progress_is_told(contract: Contract, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(HEAD + PEOPLE.replace("persons: 40", "persons: 4000").replace("events: 800", "events: 20000"))
    told: list[tuple[str, int, int]] = []
    create_app(scenario=str(file), contract=contract, progress=lambda *step: told.append(step))
    assert told == [("persons", 2000, 4000), ("persons", 4000, 4000), ("events", 20000, 20000)]


# The scenarios that are shipped


@pytest.mark.parametrize("scenario", ["empty", "demo", "large"])
def test_every_scenario_has_the_same_beginnings(contract: Contract, scenario: str) -> None:
    content = find(scenario).read_text()
    for fact in (ORGANIZATION, "phc_mock_project_token", "phx_mock_all_access", "phx_mock_read_only"):
        assert fact in content


def test_blank_holds_nothing(contract: Contract) -> None:
    view = build_world(contract, scenario="blank").view()
    assert not any(len(view.table(name)) for name in ("organizations", "users", "projects", "api_keys", "persons"))


def test_empty_holds_one_of_each(contract: Contract) -> None:
    world = build_world(contract, scenario="empty")
    assert [len(records(world, name)) for name in ("organizations", "users", "projects", "persons")] == [1, 1, 1, 0]
    [project] = records(world, "projects")
    assert (project["id"], project["api_token"]) == (1, "phc_mock_project_token")


def test_demo_keeps_its_keys(demo: World) -> None:
    keys = {key["value"]: key for key in records(demo, "api_keys")}
    assert next(iter(keys)) == "phx_mock_all_access"
    assert keys["phx_mock_all_access"]["scopes"] == ["*"]
    assert keys["phx_mock_session"]["scopes"] == []
    assert len(keys["phx_mock_read_only"]["scopes"]) >= 11


@pytest.mark.parametrize(
    "table",
    ["annotations", "cohorts", "comments", "dashboards", "groups", "group_types", "insights", "persisted_folders",
     "plugin_configs", "plugin_log_entries", "plugins", "property_definitions", "role_memberships", "roles",
     "dashboard_tiles", "texts", "subscriptions"],
)  # fmt: skip
def test_demo_holds_some_of_everything(demo: World, table: str) -> None:
    assert records(demo, table)


def test_demo_is_a_believable_company(demo: World) -> None:
    persons, events = records(demo, "persons", project_id=1), records(demo, "events", project_id=1)
    assert len(persons) == 150
    assert 3000 <= len(events) <= 6000
    told = Counter(event["event"] for event in events)
    assert told["$pageview"] > told["signup_started"] > told["signed_up"] > 20
    assert len({event["timestamp"][:10] for event in events}) == 31
    for name, least in (("$browser", 4), ("$geoip_country_code", 5), ("plan", 2)):
        assert len({person["properties"].get(name) for person in persons}) >= least
    latest = {event["person_id"]: event["timestamp"] for event in sorted(events, key=lambda event: event["timestamp"])}
    assert sum(moment < "2026-01-05" for moment in latest.values()) > 20  # some lapsed
    assert sum(moment > "2026-01-13" for moment in latest.values()) > 10  # some are about


def test_demo_is_answered(either: Any) -> None:
    page = either.get("/api/projects/1/persons/?limit=5").json
    assert len(page["results"]) == 5
    assert either.get("/api/projects/1/annotations/").json["count"] >= 5


PROGRAM = """
import hashlib, sys, orjson
from mockserver.contract import Contract
from mockserver.seeding import build_world
from mockserver.seeding.states import export_state
world = build_world(Contract.read(), scenario="demo", seed=5, freeze_time="2026-01-15T12:00:00Z")
print(hashlib.sha256(orjson.dumps(export_state(world))).hexdigest())
"""


def test_two_processes_make_the_same_bytes() -> None:
    def digest(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    first = digest("1")
    assert first == digest("2")
    assert first != hashlib.sha256(orjson.dumps({})).hexdigest()
