"""Whatever stands in a flag, a cohort or a property: it is judged or left out, and nothing else happens."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.flags.definitions import definitions
from mockserver.flags.evaluating import evaluate
from mockserver.flags.matching.service import NEW
from mockserver.flags.people import subject_of
from mockserver.flags.projects import project_of
from mockserver.flags.rules import DJANGO, SERVICE_OF_2025, SERVICE_OF_2026
from mockserver.seeding import build_world

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 5.5, 1e308, 10**400, float("nan"), "", "5", "1e400", "inf", "2025-06-01", "0001-01-01", "-7d",
    "9999y", "(", "\ud800", "ééé", [], ["a"], [None], [[1]], {}, {"a": 1}, "true", "1.2.3", "*", "1748736000",
    "June 1, 2025",
)  # fmt: skip


class Maker:
    """Makes filters of which some are wrong, always the same for a seed."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)

    def one_of(self, *usual: Any, odd: float = 0.1) -> Any:
        return self.dice.choice(ODD) if self.dice.random() < odd else self.dice.choice(usual)

    def some(self, make: Any) -> Any:
        return self.one_of([make() for _ in range(self.dice.randint(0, 3))])

    def thinned(self, whole: dict[str, Any]) -> Any:
        return self.one_of({name: value for name, value in whole.items() if self.dice.random() > 0.2})

    def property(self) -> Any:
        return self.thinned({
            "key": self.one_of("k", "id", "1", "2"), "operator": self.one_of(*NEW),
            "type": self.one_of("person", "group", "cohort", "flag", "behavioral"),
            "value": self.one_of(1, 2, "3", odd=0.6), "negation": self.one_of(None, True),
        })  # fmt: skip

    def condition(self) -> Any:
        return self.thinned({
            "properties": self.some(self.property), "rollout_percentage": self.one_of(None, 0, 50),
            "variant": self.one_of(None, "a"), "aggregation_group_type_index": self.one_of(None, 0),
        })  # fmt: skip

    def variant(self) -> Any:
        return self.thinned({"key": self.one_of("a", "b"), "rollout_percentage": self.one_of(50, 100)})

    def filters(self) -> Any:
        return self.thinned({
            "groups": self.some(self.condition), "super_groups": self.some(self.condition),
            "multivariate": self.one_of({"variants": self.some(self.variant)}, None),
            "payloads": self.one_of({"true": "1"}),
            "holdout_groups": self.some(self.condition), "holdout": self.one_of({"id": 1, "exclusion_percentage": 5}),
            "aggregation_group_type_index": self.one_of(None, None, 0), "feature_enrollment": self.one_of(None, True),
        })  # fmt: skip

    def tree(self, depth: int = 0) -> Any:
        if depth > 3 or self.dice.random() < 0.4:
            return self.property()
        return self.thinned({"type": self.one_of("AND", "OR"), "values": self.some(lambda: self.tree(depth + 1))})


@pytest.mark.parametrize("seed", range(40))
def test_nothing_escapes_from_odd_filters(contract: Contract, seed: int) -> None:
    make, world = Maker(seed), build_world(contract, scenario="empty")
    common = {"project_id": 1, "name": "", "deleted": False, "created_at": "2026-01-01T00:00:00Z", "version": 1}
    person = {"id": 1, "uuid": "x", "distinct_ids": ["u"], "properties": {"k": make.dice.choice(ODD)}, **common}
    with world.store.transaction() as transaction:
        transaction.table("persons").insert(person)
        for number in range(1, 9):
            kept = {"ensure_experience_continuity": number == 1, "active": True, "filters": make.filters()}
            transaction.table("feature_flags").insert({"id": number, "key": f"f{number}", **common, **kept})
        for number in range(1, 4):
            told = {"filters": {"properties": make.tree()}, "groups": make.dice.choice(ODD), "is_static": False}
            transaction.table("cohorts").insert({"id": number, **common, **told})
    view = world.view()
    for rules in (DJANGO, SERVICE_OF_2025, SERVICE_OF_2026):
        subject = subject_of(view, 1, "u", rules, given={"k": make.dice.choice(ODD)}, groups={"company": 5})
        outcome = evaluate(project_of(view, 1, rules), subject, rules)
        assert outcome.failed or len(outcome.verdicts) == 8
    for is_of_2025 in (True, False):
        assert len(definitions(view, 1, 0, with_cohorts=False, is_of_2025=is_of_2025)["flags"]) == 8
