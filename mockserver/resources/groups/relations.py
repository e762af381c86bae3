"""Who came together: the persons and groups in the events of a person or a group, of the last ninety days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from mockserver.request.call import Call
from mockserver.resources.actors.shapes import as_counted, as_group
from mockserver.store import Record
from mockserver.store.orders import sort_key
from mockserver.world import entropy

LATELY = timedelta(days=90)


def related_to(call: Call, index: int | None, key: str) -> list[dict[str, Any]]:
    """Return the actors of the events of a group of a type, or of a person where no type is named.

    Groups are not related to others of their own type. Source: PostHog's sources.
    """
    project = call.tenant.project_id
    events = list(_lately(call, _events_of(call, index, key)))
    found: list[dict[str, Any]] = []
    if index is not None:
        ids = dict.fromkeys(event["person_id"] for event in events)
        persons = (call.table("persons").first(uuid=uuid, project_id=project) for uuid in ids)
        found += [as_counted(person, call) for person in persons if person is not None]
    kinds = sorted(kind["group_type_index"] for kind in call.table("group_types").find(project_id=project))
    for other in kinds:
        if other == index:
            continue
        name = f"$group_{other}"
        keys = {str((event["properties"] or {}).get(name) or "") for event in events} - {""}
        for each in sorted(keys):
            group = call.table("groups").first(group_key=each, group_type_index=other, project_id=project)
            if group is not None:
                found.append(as_group(group))
    return found


def _events_of(call: Call, index: int | None, key: str) -> Iterable[Record]:
    table, project = call.table("events"), call.tenant.project_id
    if index is not None:
        name = f"$group_{index}"
        return (event for event in table.find(project_id=project) if (event["properties"] or {}).get(name) == key)
    person = call.table("persons").first(uuid=key.lower(), project_id=project)
    ids = person["distinct_ids"] if person is not None else ()
    return (event for one in ids for event in table.find(distinct_id=one, project_id=project))


def _lately(call: Call, events: Iterable[Record]) -> Iterable[Record]:
    now = entropy.now(call.state)
    first, last = (sort_key(entropy.timestamp(moment)) for moment in (now - LATELY, now))
    return (event for event in events if first < sort_key(event["timestamp"]) < last)
