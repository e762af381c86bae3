"""Cohorts that a flag names, in the project that it is copied into: those of the same name there, or copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.membership.definitions import definition
from mockserver.membership.members import find_cohort
from mockserver.request.call import Call
from mockserver.store import Record


class CohortCopies:
    """The cohorts of one project as they are called in another, copied there as they are needed."""

    def __init__(self, there: Call, source: int) -> None:
        self._there = there
        self._source = source
        self._numbers: dict[int, int] = {}

    def renamed(self, value: Any) -> Any:
        """Return filters whose conditions name the other project's cohorts."""
        if isinstance(value, list):
            return [self.renamed(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if value.get("type") == "cohort" and "value" in value:
            cohort = find_cohort(self._there.state, self._source, value["value"])
            return {**value, "value": self._number(cohort)} if cohort is not None else dict(value)
        return {name: self.renamed(item) for name, item in value.items()}

    def _number(self, cohort: Record) -> int:
        """Return the id of the cohort of that name in the other project, made if there is none."""
        if cohort["id"] not in self._numbers:
            there, project = self._there, self._there.tenant.project_id
            named = there.table("cohorts").find(project_id=project, deleted=False)
            known = next((other for other in named if other["name"] == cohort["name"]), None)
            self._numbers[cohort["id"]] = known["id"] if known else self._copy(cohort, project)["id"]
        return self._numbers[cohort["id"]]

    def _copy(self, cohort: Record, project: int) -> Record:
        there = self._there
        number = there.next_id("cohorts")
        self._numbers[cohort["id"]] = number  # before what it refers to, which may refer back
        conditions = None if cohort["is_static"] else self.renamed(definition(cohort))
        return there.table("cohorts").insert({
            **cohort, "id": number, "project_id": project, "filters": conditions, "created_by": there.user["id"],
            "created_at": there.now(), "members": [], "is_due": not cohort["is_static"], "count": None,
            "version": None, "pending_version": None, "last_calculation": None,
        })  # fmt: skip
