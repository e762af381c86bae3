"""What an evaluation comes to: on or off, which variant, what payload, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a flag is on or off."""

    SUPER_CONDITION = "super_condition_value"
    HOLDOUT = "holdout_condition_value"
    MATCH = "condition_match"
    OUT_OF_ROLLOUT = "out_of_rollout_bound"
    NO_MATCH = "no_condition_match"
    NO_GROUP = "no_group_type"
    DISABLED = "disabled"
    MISSING_DEPENDENCY = "missing_dependency"
    MISSING_COHORT = "dependency_not_found_cohort"


RANKS = {Reason.OUT_OF_ROLLOUT: 3, Reason.NO_MATCH: 2, Reason.NO_GROUP: 1}
"""Of several conditions that do not match, the reason that is told is the highest, and of two the later."""

DESCRIPTIONS = {
    Reason.NO_MATCH: "No matching condition set",
    Reason.OUT_OF_ROLLOUT: "Out of rollout bound",
    Reason.NO_GROUP: "No group type",
    Reason.SUPER_CONDITION: "Super condition value",
    Reason.HOLDOUT: "Holdout condition value",
    Reason.DISABLED: "Feature flag is disabled",
    Reason.MISSING_DEPENDENCY: "Flag cannot be evaluated due to missing dependency",
    Reason.MISSING_COHORT: "Cohort dependency not found",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a flag is for somebody."""

    enabled: bool
    reason: Reason
    index: int | None = None
    variant: str | None = None
    payload: Any = None

    @property
    def value(self) -> bool | str:
        """The variant, or whether it is on."""
        return self.variant if self.enabled and self.variant is not None else self.enabled

    @property
    def description(self) -> str | None:
        """The reason in words."""
        if self.reason is Reason.MATCH:
            return f"Matched condition set {(self.index or 0) + 1}"
        return DESCRIPTIONS.get(self.reason)
