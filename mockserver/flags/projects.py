"""The flags of a project, made ready once for as long as neither they nor what they refer to change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import partial
from typing import Any

from mockserver.flags.cohorts import Cohorts, Find
from mockserver.flags.conditions import ServiceConditions, dependency_id
from mockserver.flags.django import DjangoConditions
from mockserver.flags.evaluation import Flag
from mockserver.flags.matching.errors import Unreadable
from mockserver.flags.reading import read_filters
from mockserver.flags.rules import Rules
from mockserver.membership.members import context_of, find_cohort
from mockserver.store import Record, View
from mockserver.store.remembering import Remembered

MOST_KEPT = 64
READ_FROM = ("feature_flags", "cohorts", "projects")


@dataclass
class Project:
    """A project's flags: those that can be decided, by key, and the keys of those that cannot."""

    flags: dict[str, Flag] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    by_id: dict[int, Flag] = field(default_factory=dict)
    needs: dict[int, list[int]] = field(default_factory=dict)
    """The ids of the flags that a flag depends on."""
    order: list[Flag] = field(default_factory=list)
    """The flags, each after those that it depends on."""
    circular: frozenset[int] = frozenset()
    """Ids of the flags that have no place there: they depend on themselves, or on one that does."""

    @property
    def keeps_people(self) -> list[str]:
        """Keys of the flags that whoever was anonymous keeps once identified."""
        return [key for key, flag in self.flags.items() if flag.record.get("ensure_experience_continuity")]

    def with_needs(self, numbers: Iterable[int]) -> set[int]:
        """Return the ids of flags, and of all that they depend on."""
        found: set[int] = set()
        waiting = list(numbers)
        while waiting:
            number = waiting.pop()
            if number not in found and number in self.by_id:
                found.add(number)
                waiting += self.needs[number]
        return found

    def arrange(self) -> Project:
        """Put the flags in order."""
        open_needs = {number: {n for n in needs if n in self.by_id} for number, needs in self.needs.items()}
        needed_by: dict[int, list[int]] = {}
        for number, needs in open_needs.items():
            for other in needs:
                needed_by.setdefault(other, []).append(number)
        ready = [number for number, needs in open_needs.items() if not needs]
        for number in ready:  # which grows as flags become ready
            self.order.append(self.by_id[number])
            for other in needed_by.get(number, ()):
                open_needs[other].discard(number)
                if not open_needs[other]:
                    ready.append(other)
        self.circular = frozenset(self.by_id) - {flag.id for flag in self.order}
        return self


_kept = Remembered[Project](READ_FROM, MOST_KEPT)


def project_of(view: View, project_id: int, rules: Rules) -> Project:
    """Return a project's flags, ready to be decided by an engine's rules."""
    return _kept.find(view, partial(_make, view, project_id, rules), project_id, rules)


def active_flags(view: View, project_id: int) -> list[Record]:
    """Return the records of a project's flags that are switched on, in the order in which they were made."""
    flags = view.table("feature_flags").find(project_id=project_id)
    return [flag for flag in flags if flag["active"] and not flag["deleted"]]


def _make(view: View, project_id: int, rules: Rules) -> Project:
    zone = context_of(view, project_id).zone
    project = Project()

    def find(value: Any) -> Record | None:
        cohort = find_cohort(view, project_id, value)
        return None if cohort is None or cohort["deleted"] else cohort

    for record in active_flags(view, project_id):
        try:
            flag = make_flag(record, rules, zone, find)
        except Unreadable:
            project.unreadable.append(record["key"])
            continue
        project.flags[flag.key] = project.by_id[flag.id] = flag
        project.needs[flag.id] = _dependencies(flag)
    return project.arrange()


def make_flag(record: Record, rules: Rules, zone: tzinfo, find: Find) -> Flag:
    """Return a flag ready to be decided. Raises: Unreadable for one that cannot be."""
    filters = read_filters(record["filters"], mixed=rules.mixes_groups)
    if rules.state is None:
        return Flag(record, filters, rules, DjangoConditions(find).test)
    cohorts = Cohorts(find, rules.state, zone, nests=rules.nests_cohorts)
    return Flag(record, filters, rules, ServiceConditions(rules.state, zone, cohorts).test)


def _dependencies(flag: Flag) -> list[int]:
    found = (dependency_id(one) for one in flag.properties if one.get("type") == "flag")
    return list(dict.fromkeys(-1 if number is None else number for number in found))
