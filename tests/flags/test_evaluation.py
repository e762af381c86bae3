"""Flags decided for somebody: conditions, variants, holdouts, dependencies, cohorts, in each engine's way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.flags.evaluating import Outcome, evaluate
from mockserver.flags.people import remember, subject_of
from mockserver.flags.projects import project_of
from mockserver.flags.rules import DJANGO, SERVICE_OF_2025, SERVICE_OF_2026, Rules
from mockserver.flags.verdicts import Reason
from mockserver.seeding import build_world, load
from mockserver.world.worlds import World

ENGINES = pytest.mark.parametrize("rules", [DJANGO, SERVICE_OF_2025, SERVICE_OF_2026], ids=["django", "2025", "2026"])
SERVICES = pytest.mark.parametrize("rules", [SERVICE_OF_2025, SERVICE_OF_2026], ids=["2025", "2026"])
PRO = {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}
HALVES = {"variants": [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]}


@pytest.fixture
def world(contract: Contract) -> World:
    return build_world(contract, scenario="empty")


@pytest.fixture
def put(contract: Contract, world: World) -> Any:
    def put(**tables: list[dict[str, Any]]) -> None:
        load(contract, world, tables)

    return put


def flag(key: str, *groups: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    beside = {name: more.pop(name) for name in ("id", "active", "ensure_experience_continuity") if name in more}
    return {"key": key, **beside, "filters": {"groups": list(groups) or [{"properties": []}], **more}}


def depends(number: int, value: Any = True) -> dict[str, Any]:
    one = {"key": str(number), "type": "flag", "operator": "flag_evaluates_to", "value": value}
    return {"properties": [one], "rollout_percentage": 100}


def ask(world: World, rules: Rules, distinct_id: str = "u", keys: list[str] | None = None, **told: Any) -> Outcome:
    view = world.view()
    return evaluate(project_of(view, 1, rules), subject_of(view, 1, distinct_id, rules, **told), rules, keys)


def values(outcome: Outcome) -> dict[str, Any]:
    return {key: verdict.value for key, verdict in outcome.verdicts.items()}


@ENGINES
def test_given_properties_win_over_stored_ones(world: World, put: Any, rules: Rules) -> None:
    put(persons=[{"distinct_ids": ["u"], "properties": {"plan": "pro", "seats": 3}}])
    put(feature_flags=[flag("pro", {"properties": [PRO]}), flag("both", {"properties": [
        PRO, {"key": "seats", "type": "person", "operator": "gt", "value": "2"}]})])  # fmt: skip
    assert values(ask(world, rules)) == {"pro": True, "both": True}
    assert values(ask(world, rules, given={"plan": "free"})) == {"pro": False, "both": False}
    assert values(ask(world, rules, "stranger", given={"plan": "pro"}))["pro"] is True


def test_conditions_that_give_a_variant_go_first_or_wait_their_turn(world: World, put: Any) -> None:
    put(feature_flags=[flag("f", {"properties": []}, {"properties": [], "variant": "b"}, multivariate=HALVES)])
    of_2025, of_2026 = (ask(world, rules, "u1").verdicts["f"] for rules in (SERVICE_OF_2025, SERVICE_OF_2026))
    assert (of_2025.variant, of_2025.index) == ("b", 1)
    assert (of_2026.variant, of_2026.index) == ("a", 0)


@ENGINES
def test_reasons_are_the_best_of_all_conditions(world: World, put: Any, rules: Rules) -> None:
    put(feature_flags=[
        flag("f", {"properties": [], "rollout_percentage": 0}, {"properties": [PRO]}, {"properties": [PRO]}),
        flag("g", {"properties": [PRO]}, {"properties": [PRO]}),
        flag("by-group", aggregation_group_type_index=0),
    ])  # fmt: skip
    found = ask(world, rules).verdicts
    assert (found["f"].reason, found["f"].index) == (Reason.OUT_OF_ROLLOUT, 0)
    assert (found["g"].reason, found["g"].index) == (Reason.NO_MATCH, 1)
    assert found["by-group"].reason is Reason.NO_GROUP


@ENGINES
def test_holdouts_and_early_access_go_before_conditions(world: World, put: Any, rules: Rules) -> None:
    early = {"key": "$feature_enrollment/early", "type": "person", "operator": "exact", "value": ["true"]}
    put(feature_flags=[
        flag("held", holdout_groups=[{"properties": [], "rollout_percentage": 100, "variant": "holdout-1"}]),
        flag("early", {"properties": [], "rollout_percentage": 0}, super_groups=[{"properties": [early]}]),
    ])  # fmt: skip
    assert ask(world, rules).verdicts["held"].variant == "holdout-1"
    assert [values(ask(world, rules, given={"$feature_enrollment/early": value}))["early"]
            for value in ("true", "false")] == [True, False]  # fmt: skip
    assert ask(world, rules).verdicts["early"].reason is Reason.OUT_OF_ROLLOUT


@ENGINES
def test_a_flag_that_cannot_be_read_is_left_out_and_no_other_is_lost(world: World, put: Any, rules: Rules) -> None:
    put(feature_flags=[flag("good"), {"key": "bad", "filters": {"groups": "all"}},
                       {"key": "worse", "filters": {"groups": [{"properties": [1]}]}}])  # fmt: skip
    outcome = ask(world, rules)
    assert (values(outcome), outcome.failed) == ({"good": True}, True)


@SERVICES
def test_an_operator_that_nobody_knows_makes_its_flag_unreadable(world: World, put: Any, rules: Rules) -> None:
    put(feature_flags=[flag("good"), flag("odd", {"properties": [{**PRO, "operator": "resembles"}]})])
    outcome = ask(world, rules)
    assert (values(outcome), outcome.failed) == ({"good": True}, True)


@SERVICES
def test_flags_are_evaluated_after_those_they_depend_on(world: World, put: Any, rules: Rules) -> None:
    put(feature_flags=[
        flag("last", depends(2), id=1), flag("middle", depends(3, "b"), id=2),
        flag("first", {"properties": [], "variant": "b"}, id=3, multivariate=HALVES),
        flag("not", depends(3, False), id=4),
    ])  # fmt: skip
    assert values(ask(world, rules)) == {"last": True, "middle": True, "first": "b", "not": False}


def test_who_depends_on_what_is_off_is_left_out_or_told_so(world: World, put: Any) -> None:
    put(feature_flags=[flag("base", id=1, active=False), flag("on-it", depends(1), id=2), flag("far", depends(2), id=3),
                       flag("good", id=4)])  # fmt: skip
    of_2025, of_2026 = (ask(world, rules) for rules in (SERVICE_OF_2025, SERVICE_OF_2026))
    assert (values(of_2025), of_2025.failed) == ({"good": True}, True)
    assert values(of_2026) == {"on-it": False, "far": False, "good": True}
    assert of_2026.verdicts["far"].reason is Reason.MISSING_DEPENDENCY


@SERVICES
def test_flags_in_a_circle_are_left_out(world: World, put: Any, rules: Rules) -> None:
    put(feature_flags=[flag("a", depends(2), id=1), flag("b", depends(1), id=2), flag("self", depends(3), id=3),
                       flag("good", id=4)])  # fmt: skip
    outcome = ask(world, rules)
    assert (values(outcome)["good"], outcome.failed) == (True, True)
    assert not {"a", "b", "self"} & set(outcome.verdicts)


@SERVICES
def test_a_chain_may_be_as_long_as_one_likes(world: World, put: Any, rules: Rules) -> None:
    put(feature_flags=[flag("f1", id=1), *(flag(f"f{n}", depends(n - 1), id=n) for n in range(2, 3000))])
    assert values(ask(world, rules, keys=["f2999"]))["f2999"] is True


def test_keys_bring_what_they_depend_on_into_the_answer_of_2025_alone(world: World, put: Any) -> None:
    put(feature_flags=[flag("base", id=1), flag("on-it", depends(1), id=2), flag("other", id=3)])
    assert set(ask(world, SERVICE_OF_2025, keys=["on-it"]).verdicts) == {"base", "on-it"}
    assert set(ask(world, SERVICE_OF_2026, keys=["on-it"]).verdicts) == {"on-it"}


def test_one_dependency_fails_every_flag_that_django_asks_its_database_for(world: World, put: Any) -> None:
    put(feature_flags=[flag("base", id=1), flag("on-it", depends(1), id=2), flag("pro", {"properties": [PRO]}, id=3)])
    outcome = ask(world, DJANGO)
    assert (values(outcome), outcome.failed) == ({"base": True}, True)
    assert values(ask(world, DJANGO, given={"plan": "pro"})) == {"base": True, "pro": True}


def cohort(number: int, *leaves: Any, kind: str = "AND") -> dict[str, Any]:
    tree = {"type": "OR", "values": [{"type": kind, "values": list(leaves)}]}
    return {"id": number, "name": f"c{number}", "filters": {"properties": tree}}


def of(number: int, **more: Any) -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "value": number, **more}


def test_cohorts_may_be_static_dynamic_nested_and_negated(world: World, put: Any) -> None:
    put(persons=[{"id": 1, "distinct_ids": ["u"], "properties": {"plan": "pro"}}, {"id": 2, "distinct_ids": ["v"]}])
    put(cohorts=[cohort(1, PRO), {"id": 2, "name": "by hand", "is_static": True, "members": [1]},
                 cohort(3, of(1), of(2, negation=True)), cohort(4, of(1), of(2))])  # fmt: skip
    put(feature_flags=[flag(f"in{n}", {"properties": [of(n, operator="in")]}) for n in (1, 2, 3, 4)])
    put(feature_flags=[flag("not2", {"properties": [of(2, operator="not_in")]})])
    of_2026, django, of_2025 = (values(ask(world, rules)) for rules in (SERVICE_OF_2026, DJANGO, SERVICE_OF_2025))
    assert of_2026 == {"in1": True, "in2": True, "in3": False, "in4": True, "not2": False}
    assert django == {**of_2026, "not2": True}  # the operator of a cohort means nothing there
    assert of_2025 == {**of_2026, "in4": False}  # static ones inside of others counted as false
    assert values(ask(world, SERVICE_OF_2026, "v")) == {**dict.fromkeys(of_2026, False), "not2": True}


@SERVICES
def test_a_cohort_that_is_gone_fails_its_flag_alone(world: World, put: Any, rules: Rules) -> None:
    put(cohorts=[{**cohort(1, PRO), "deleted": True}])
    put(feature_flags=[flag("gone", {"properties": [of(1)]}), flag("good")])
    outcome = ask(world, rules)
    assert (values(outcome), outcome.failed) == ({"gone": False, "good": True}, True)
    assert outcome.verdicts["gone"].reason is Reason.MISSING_COHORT


@SERVICES
def test_cohorts_in_a_circle_hold_nobody(world: World, put: Any, rules: Rules) -> None:
    put(cohorts=[cohort(1, of(2)), cohort(2, of(1))])
    put(feature_flags=[flag("f", {"properties": [of(1)]})])
    assert values(ask(world, rules)) == {"f": False}


@ENGINES
def test_who_was_anonymous_keeps_what_they_had(world: World, put: Any, rules: Rules) -> None:
    put(persons=[{"distinct_ids": ["u", "u2"]}])
    put(feature_flags=[flag("kept", ensure_experience_continuity=True, multivariate=HALVES)])
    before = {name: values(ask(world, rules, name))["kept"] for name in ("anon-1", "anon-2", "anon-3", "u", "u2")}
    other = next(name for name, value in before.items() if name.startswith("anon") and value != before["u"])
    with world.store.transaction() as transaction:
        remember(transaction, 1, ["u"], other, ["kept"])
        remember(transaction, 1, ["u"], "u", ["kept"])  # the first one wins
    assert [values(ask(world, rules, name))["kept"] for name in ("u", "u2")] == [before[other]] * 2


def test_a_mixed_flag_asks_each_condition_for_its_own_kind(world: World, put: Any) -> None:
    put(group_types=[{"group_type": "company", "group_type_index": 0}])
    put(feature_flags=[flag("mixed", {"properties": [PRO]}, {"properties": [], "aggregation_group_type_index": 0})])
    assert values(ask(world, SERVICE_OF_2026)) == {"mixed": False}
    assert values(ask(world, SERVICE_OF_2026, groups={"company": "acme"})) == {"mixed": True}
    assert values(ask(world, SERVICE_OF_2026, given={"plan": "pro"})) == {"mixed": True}
