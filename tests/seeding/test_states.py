"""A world's whole state, out and in."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest

from mockserver.contract import Contract, Profile
from mockserver.seeding import build_world
from mockserver.seeding.kinds import LoadError
from mockserver.seeding.states import export_state, import_state
from mockserver.world import entropy
from mockserver.world.worlds import World

NOON = "2026-01-15T12:00:00Z"


@pytest.fixture(scope="module")
def template(contract: Contract) -> World:
    return build_world(contract, scenario="demo", seed=4, freeze_time=NOON)


@pytest.fixture
def full(template: World) -> World:
    return template.fork("full")


@pytest.fixture(scope="module")
def state(template: World) -> Any:
    return orjson.loads(orjson.dumps(export_state(template)))


def test_state_put_into_another_world_is_the_same(contract: Contract, full: World, state: Any) -> None:
    other = build_world(contract, scenario="blank", seed=9, profile=Profile.OBSERVED)
    import_state(other, state)
    assert orjson.dumps(export_state(other)) == orjson.dumps(state)
    assert (other.seed, other.profile) == (4, Profile.DOCUMENTED)


def test_world_goes_on_as_the_one_it_was_taken_from(contract: Contract, full: World, state: Any) -> None:
    other = build_world(contract, scenario="blank")
    import_state(other, state)
    drawn = []
    for world in (full, other):
        with world.store.transaction() as transaction:
            drawn.append((transaction.next("ids.persons"), entropy.uuid7(world.seed, transaction)))
    assert drawn[0] == drawn[1]


def test_everything_that_was_there_is_gone(full: World, state: Any) -> None:
    import_state(full, {**state, "tables": {}, "values": {}})
    assert export_state(full) == {**state, "tables": {}, "values": {}}
    assert len(full.view().table("events")) == 0


def test_sequences_go_on_after_the_ids_that_are_there(full: World, state: Any) -> None:
    import_state(full, {**state, "values": {}})
    with full.store.transaction() as transaction:
        assert transaction.next("ids.annotations") == max(r["id"] for r in state["tables"]["annotations"]) + 1


def broken(state: Any, path: list[Any], value: Any) -> Any:
    twin = copy.deepcopy({**state, "tables": {name: rows[:2] for name, rows in state["tables"].items()}})
    node = twin
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    return twin


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["format"], 2, "expected format 1"),
        (["format"], True, "expected format 1"),
        (["horses"], 1, "there is no part 'horses'"),
        (["seed"], "x", "an integer"),
        (["profile"], "x", "'x' is no profile: documented, observed"),
        (["tables"], [], "an object"),
        (["tables", "horses"], [], "there is no table"),
        (["tables", "persons"], {}, "a list of records"),
        (["tables", "persons", 1], 5, "an object"),
        (["tables", "persons", 1], {}, "an integer above 0"),
        (["tables", "persons", 1, "id"], 1, "given twice"),
        (["tables", "persons", 1, "distinct_ids"], "a", "a list"),
        (["tables", "persons", 1, "properties"], 5, "an object"),
        (["tables", "persons", 1, "created_at"], 5, "text or null"),
        (["tables", "comments", 1, "id"], None, "text that is not empty"),
        (["tables", "api_keys", 1, "user_id"], 99, "no record 99 in users"),
        (["tables", "projects", 1, "organization_id"], None, "no record None in organizations"),
        (["values", "clock"], 5, "an object"),
        (["values", "clock"], {"frozen": "noon"}, "a time"),
        (["values", "clock"], {"offset_seconds": 1e300}, "a number of seconds"),
        (["values", "ids.persons"], -1, "a count"),
        (["values", "ids.persons"], "x", "a count"),
        (["values", "ids.persons"], [1], "a count"),
        (["values", "some_counter"], "x", "a count"),
        (["values", "faults"], 5, "a list of objects"),
        (["values", "stubs"], [5], "a list of objects"),
    ],
)
def test_state_that_does_not_fit_is_refused_and_nothing_changes(
    full: World, state: Any, path: list[Any], value: Any, message: str
) -> None:
    before = full.view()
    with pytest.raises(LoadError) as caught:
        import_state(full, broken(state, path, value))
    assert message in caught.value.message
    assert full.view().version("persons") == before.version("persons")
    assert full.seed == 4


@pytest.mark.parametrize("state", [None, [], 5, {}, {"format": 1}])
def test_what_is_no_state_is_refused(full: World, state: Any) -> None:
    with pytest.raises(LoadError):
        import_state(full, state)
