"""One flag for one person: super condition, holdout, condition sets, variant, payload.

A flag is made once of its record, and then decided for as many people as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.flags.django import QueryFailed
from mockserver.flags.hashing import VARIANT, share
from mockserver.flags.matching.service import Filter
from mockserver.flags.reading import ConditionSet, Filters
from mockserver.flags.rules import Rules
from mockserver.flags.subjects import PERSON, Subject
from mockserver.flags.verdicts import RANKS, Reason, Verdict

Test = Callable[[Subject], bool]
MakeTest = Callable[[ConditionSet], Test]
WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition set ready to be asked: where it stands in the flag, its test, its share, its variant."""

    index: int
    test: Test | None
    most: float | None
    variant: str | None
    group_index: int | None


class Flag:
    """A flag ready to be decided."""

    def __init__(self, record: Mapping[str, Any], filters: Filters, rules: Rules, make_test: MakeTest) -> None:
        self.record = record
        self.id: int = record["id"]
        self.key: str = record["key"]
        self.filters = filters
        self.rules = rules
        self._prefix = f"{self.key}."
        self._keeps = bool(record.get("ensure_experience_continuity"))
        self._variants = _ranges(filters)
        self._keys = {key for key, _ in filters.variants}
        conditions = [_ready(number, one, make_test) for number, one in enumerate(filters.sets)]
        if rules.overrides_first:
            conditions.sort(key=lambda condition: not condition.variant)
        self._conditions = conditions
        self._super = _ready(0, filters.super_set, make_test) if filters.super_set else None
        self._enrollment = f"$feature_enrollment/{self.key}"

    @property
    def properties(self) -> list[Filter]:
        """The filters of all its conditions."""
        return [one for condition in self.filters.sets for one in condition.properties]

    def decide(self, subject: Subject) -> Verdict:
        """Return what the flag is for somebody. Raises: MissingCohort."""
        rules, index = self.rules, self.filters.group_index
        identifier = self._identifier(subject, index)
        if identifier is None and not rules.mixes_groups:
            return Verdict(False, Reason.NO_GROUP)
        early = self._enrolled(subject) or self._held_out(identifier)
        if early is not None:
            return early
        worst, place = (Reason.NO_GROUP if rules.mixes_groups else Reason.NO_MATCH), rules.index_of_nothing
        for condition in self._conditions:
            if condition.group_index != index or identifier is None:
                reason, found = self._ask_apart(condition, subject)
            else:
                reason, found = self._ask(condition, subject, identifier), identifier
            if reason is Reason.MATCH:
                variant = condition.variant if condition.variant in self._keys else self._variant(found)
                return Verdict(True, reason, condition.index, variant, self._payload(variant))
            rank = RANKS[reason]
            if rank > RANKS[worst] or (rank == RANKS[worst] and (place is None or condition.index >= place)):
                worst, place = reason, condition.index
        return Verdict(False, worst, place)

    def _identifier(self, subject: Subject, index: int | None) -> str | None:
        """Return what somebody is hashed by; nothing where their group is not given."""
        if index is not PERSON:
            return subject.groups.get(index) or None
        if self._keeps:
            kept = subject.hash_keys.get(self.key)
            if kept is not None:
                return kept
            if self.rules.assumes_anonymous and subject.anonymous_id:
                return subject.anonymous_id
        return subject.distinct_id

    def _ask(self, condition: Condition, subject: Subject, identifier: str) -> Reason:
        if condition.test is not None and not condition.test(subject):
            return Reason.NO_MATCH
        most = condition.most
        if most is None or share(self._prefix, identifier) <= most:
            return Reason.MATCH
        return Reason.OUT_OF_ROLLOUT

    def _ask_apart(self, condition: Condition, subject: Subject) -> tuple[Reason, str]:
        """Ask a condition set that is for another kind of group than its flag."""
        identifier = self._identifier(subject, condition.group_index)
        if identifier is None:
            return Reason.NO_GROUP, ""
        return self._ask(condition, subject, identifier), identifier

    def _enrolled(self, subject: Subject) -> Verdict | None:
        """Return the verdict of the super condition: early access that somebody took or refused.

        Django asked its one query whether the property is stored, whatever is given of it. Raises: QueryFailed.
        """
        if self.filters.enrollment and self.rules.knows_enrollment:
            chosen = subject.properties(PERSON).get(self._enrollment)
            if chosen is not None:
                return self._by_super(chosen is True or chosen == "true")
        first, filters = self._super, self.filters.super_set
        if first is None or filters is None:
            return None
        if subject.query_fails:
            raise QueryFailed
        identifier = self._identifier(subject, first.group_index) or ""
        if filters.properties:
            known = subject.properties(PERSON)
            if not any(str(one.get("key")) in known for one in filters.properties):
                return None
            return self._by_super(self._ask(first, subject, identifier) is Reason.MATCH)
        reason = self._ask(first, subject, identifier)
        return self._by_super(True) if reason is Reason.MATCH else Verdict(False, reason, 0)

    def _by_super(self, enabled: bool) -> Verdict:
        return Verdict(enabled, Reason.SUPER_CONDITION, 0, None, self._payload(None) if enabled else None)

    def _held_out(self, identifier: str | None) -> Verdict | None:
        holdout = self.filters.holdout
        if holdout is None or identifier is None:
            return None
        if holdout.share is not None and share("holdout-", identifier) > holdout.share / WHOLE:
            return None
        variant = holdout.variant or self._variant(identifier)
        return Verdict(True, Reason.HOLDOUT, self.rules.index_of_nothing, variant, self._payload(variant))

    def _variant(self, identifier: str) -> str | None:
        """Return the variant that somebody falls into by a second hash."""
        if not self._variants:
            return None
        place = share(self._prefix, identifier, VARIANT)
        return next((key for key, least, most in self._variants if least <= place < most), None)

    def _payload(self, variant: str | None) -> Any:
        payloads = self.filters.payloads
        return payloads.get("true" if variant is None else variant) if payloads else None


def _ready(number: int, one: ConditionSet, make_test: MakeTest) -> Condition:
    most = None if one.rollout is None or one.rollout == WHOLE else one.rollout / WHOLE
    return Condition(number, make_test(one) if one.properties else None, most, one.variant, one.group_index)


def _ranges(filters: Filters) -> list[tuple[str, float, float]]:
    """Return where each variant begins, itself included, and where it ends."""
    ranges, least = [], 0.0
    for key, percentage in filters.variants:
        most = least + percentage / WHOLE
        ranges.append((key, least, most))
        least = most
    return ranges
