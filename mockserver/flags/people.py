"""Who is asked about, as a world knows them: the person, their groups, their cohorts, what they were remembered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.flags.matching.texts import text_of
from mockserver.flags.rules import Rules
from mockserver.flags.subjects import PERSON, Properties, Subject
from mockserver.membership.members import MEMBERS
from mockserver.store import Record, Transaction, View
from mockserver.world import entropy

HASH_KEYS = "flag_hash_keys"


def subject_of(
    view: View, project_id: int, distinct_id: str, rules: Rules, *, given: Properties | None = None,
    groups: Mapping[str, Any] | None = None, given_of_groups: Mapping[str, Properties] | None = None,
    anonymous_id: str | None = None, only_given: bool = False,
) -> Subject:  # fmt: skip
    """Return somebody to evaluate flags for; groups are named by their types, and properties of groups as well.

    `only_given` leaves out what is stored of the person.
    """
    person = find_person(view, project_id, distinct_id)
    types = group_types(view, project_id)
    keys = {index: key for index, name in types.items() if (key := group_key((groups or {}).get(name)))}
    stored: dict[int | None, Properties | None] = {PERSON: person["properties"] if person and not only_given else None}
    for index, key in keys.items():
        stored[index] = _group_properties(view, project_id, index, key)
    told = given_of_groups or {}
    uuid = person["uuid"] if person else None
    members = view.table(MEMBERS)

    def is_member(cohort_id: int) -> bool:
        return uuid is not None and members.first(cohort_id=cohort_id, person_uuid=uuid) is not None

    return Subject(
        distinct_id,
        entropy.now(view),
        {PERSON: given or {}, **{index: told[name] for index, name in types.items() if name in told}},
        stored,
        keys,
        hash_keys(view, project_id, [distinct_id, *([anonymous_id] if anonymous_id else [])]),
        anonymous_id,
        is_member,
        fills_initials=rules.assumes_anonymous,
    )


def find_person(view: View, project_id: int, distinct_id: str) -> Record | None:
    """Return the person of a distinct id, if there is one."""
    return view.table("persons").first(distinct_ids=distinct_id, project_id=project_id)


def group_types(view: View, project_id: int) -> dict[int, str]:
    """Return the names of a project's group types, by their index."""
    types = view.table("group_types").find(project_id=project_id)
    return {record["group_type_index"]: record["group_type"] for record in sorted(types, key=_index)}


def _index(record: Record) -> int:
    return int(record["group_type_index"])


def group_key(value: Any) -> str:
    """Return the key that a group is given by: text, or a number's text; nothing else is one."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return text_of(value)


def _group_properties(view: View, project_id: int, index: int, key: str) -> Properties | None:
    group = view.table("groups").first(group_key=key, group_type_index=index, project_id=project_id)
    return group["group_properties"] if group else None


# Experience continuity


def hash_keys(view: View, project_id: int, distinct_ids: Sequence[str]) -> dict[str, str]:
    """Return what the persons of some distinct ids are remembered by, by flags' keys; the first id goes before."""
    table, found = view.table(HASH_KEYS), dict[str, str]()
    if not len(table):
        return found
    for distinct_id in distinct_ids:
        person = find_person(view, project_id, distinct_id)
        for row in table.find(person_uuid=person["uuid"], project_id=project_id) if person else ():
            found.setdefault(row["key"], row["hash_key"])
    return found


def remember(
    transaction: Transaction, project_id: int, distinct_ids: Sequence[str], hash_key: str, flags: Sequence[str]
) -> None:
    """Remember every known person of some distinct ids by a hash key, for flags that do not remember them yet."""
    table = transaction.table(HASH_KEYS)
    for distinct_id in distinct_ids:
        person = find_person(transaction, project_id, distinct_id)
        if person is None:
            continue
        known = {row["key"] for row in table.find(person_uuid=person["uuid"], project_id=project_id)}
        table.insert_many(
            {
                "id": transaction.next(f"ids.{HASH_KEYS}"), "project_id": project_id, "person_uuid": person["uuid"],
                "key": key, "hash_key": hash_key,
            }
            for key in flags if key not in known
        )  # fmt: skip


def replace_person(transaction: Transaction, gone: str, stays: str) -> None:
    """Let a person be remembered by what another was who is one with them now; what they have goes before."""
    table = transaction.table(HASH_KEYS)
    known = {row["key"] for row in table.find(person_uuid=stays)}
    for row in table.find(person_uuid=gone):
        if row["key"] in known:
            table.delete(row)
        else:
            table.update(row, {"person_uuid": stays})
