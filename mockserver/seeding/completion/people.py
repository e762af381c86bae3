"""Persons, and cohorts of them."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.cohorts.progression import asked
from mockserver.membership.members import add_members
from mockserver.seeding.completion.surroundings import Finish, Given, Surroundings, Whole
from mockserver.seeding.kinds import LoadError
from mockserver.world import entropy
from mockserver.world.entropy import person_uuid


def _persons(around: Surroundings, whole: Whole, given: Given) -> Whole:
    """Give a person the UUID that follows from project and distinct id, as captured events do."""
    whole.pop("name", None)  # worked out when it is shown
    whole["properties"] = whole["properties"] or {}
    if not given.get("uuid"):
        follows = person_uuid(whole["project_id"], whole["distinct_ids"][0])
        taken = around.transaction.table("persons").first(uuid=follows) is not None
        whole["uuid"] = entropy.uuid7(around.world.seed, around.transaction) if taken else follows
    return whole


def _cohorts(around: Surroundings, whole: Whole, given: Given) -> Whole:
    """Let members be given by UUID, by integer id or by distinct id; a dynamic cohort is yet to be calculated.

    Of a static one that has members the last calculation was when these were put in.
    """
    persons = around.transaction.table("persons")
    members = []
    for number, member in enumerate(whole["members"]):
        is_id = isinstance(member, int) and not isinstance(member, bool)
        names = ("id",) if is_id else ("uuid", "distinct_ids")
        found = (persons.first(**{name: member, "project_id": whole["project_id"]}) for name in names)
        person = next((person for person in found if person is not None), None)
        if person is None:
            raise LoadError(f"there is no person {member!r} in the project", "members", number)
        members.append(person)
    whole.pop("members")
    whole["created_by"] = around.creator(whole, given)
    if whole["is_static"]:
        if members and "last_calculation" not in given:
            whole["last_calculation"] = whole["created_at"]
        count = add_members(around.transaction, whole, members)
        return {**whole, "count": count if given.get("count") is None else whole["count"], "is_due": False}
    uuids = list(dict.fromkeys(person["uuid"] for person in members))
    return {**whole, "members": uuids, **(asked(whole) if given.get("count") is None else {"is_due": False})}


FINISHES: Mapping[str, Finish] = {
    "persons": _persons,
    "cohorts": _cohorts,
}
"""What each of these tables adds to a record, once its own fields are filled in."""
