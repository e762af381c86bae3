"""Flags as a test sets them: on or off, for everybody or for some, with a variant and a payload."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.admin.plane import Plane
from mockserver.errors import NotFound, ValidationError
from mockserver.flags.evaluating import evaluate
from mockserver.flags.people import group_types, subject_of
from mockserver.flags.projects import project_of
from mockserver.flags.rules import SERVICE_OF_2025, SERVICE_OF_2026, is_of_2025
from mockserver.flags.verdicts import Reason, Verdict
from mockserver.seeding import LoadError, load
from mockserver.store import Record, Transaction, View
from mockserver.world import clockwork, entropy
from mockserver.world.tables import NEWEST_PERSONS
from mockserver.world.worlds import World

ANYTHING = "…"
WHOLE = 100
MOST_ASKED = 100
NOT_DECIDED = Verdict(False, Reason.DISABLED)
"""What a flag is that is switched off, or cannot be computed."""


def set_flag(plane: Plane, given: Mapping[str, Any], world: World, flag: str) -> dict[str, Any]:
    """Set a flag of the world's first project, in the place of what it was: on for everybody, where nothing is said."""
    project = next(iter(world.view().table("projects")), None)
    if project is None:
        raise NotFound("The world has no project.")
    filters = _filters(world.view(), project["id"], given)
    active = given.get("enabled") is not False
    with world.store.transaction() as transaction:
        known = find(transaction, project["id"], flag)
        if known is not None:
            changed = {"filters": filters, "active": active, "updated_at": entropy.timestamp(entropy.now(transaction))}
            return show(transaction.table("feature_flags").update(
                known, {**changed, "version": (known.get("version") or 0) + 1}
            ))  # fmt: skip
    record = {"key": flag, "filters": filters, "active": active, "project_id": project["id"], "version": 1}
    try:
        load(plane.contract, world, {"feature_flags": [record]})
    except LoadError as error:
        raise ValidationError(error.message, attr="flag") from None
    made = find(world.view(), project["id"], flag)
    assert made is not None
    return show(made)


def remove_flag(plane: Plane, given: Any, world: World, flag: str) -> None:
    """Remove a flag of the world's first project for good."""
    project = next(iter(world.view().table("projects")), None)
    with world.store.transaction() as transaction:
        known = find(transaction, project["id"], flag) if project else None
        if known is None:
            raise NotFound(f"Flag {flag!r} not found.")
        transaction.table("feature_flags").delete(known)


def list_verdicts(plane: Plane, given: Mapping[str, Any], world: World, flag: str) -> dict[str, Any]:
    """Say what a flag of the world's first project is for persons, or for groups, and why."""
    view = clockwork.settled(world)
    project = next(iter(view.table("projects")), None)
    record = find(view, project["id"], flag) if project else None
    if project is None or record is None:
        raise NotFound(f"Flag {flag!r} not found.")
    rules = SERVICE_OF_2025 if is_of_2025(world.profile) else SERVICE_OF_2026
    ready = project_of(view, project["id"], rules)
    index = (record.get("filters") or {}).get("aggregation_group_type_index")
    kind = None if index is None else group_types(view, project["id"]).get(index)
    asked, count = _asked(view, project["id"], index, given.get("limit", MOST_ASKED))
    verdicts, values = [], Counter[str]()
    for name, properties in asked:
        groups = {kind: name} if kind is not None else None
        subject = subject_of(view, project["id"], name, rules, groups=groups)
        verdict = evaluate(ready, subject, rules, [flag]).verdicts.get(flag, NOT_DECIDED)
        values[verdict.variant or str(verdict.enabled).lower()] += 1
        verdicts.append({
            "subject": name, "properties": properties, "enabled": verdict.enabled, "variant": verdict.variant,
            "reason": verdict.description, "payload": verdict.payload,
        })  # fmt: skip
    return {"group": kind, "verdicts": verdicts, "values": dict(values), "count": count}


def _asked(view: View, project_id: int, index: int | None, limit: int) -> tuple[list[tuple[str, Any]], int]:
    """Return the newest whom a flag is decided for, by their identifiers, each with their properties; and how many."""
    if index is None:
        people, count = view.table("persons").page(NEWEST_PERSONS, (project_id,), 0, limit)
        return [(person["distinct_ids"][0], person["properties"]) for person in people], count
    groups = view.table("groups").find(project_id=project_id, group_type_index=index)
    return [(group["group_key"], group["group_properties"]) for group in groups[::-1][:limit]], len(groups)


def find(view: View | Transaction, project_id: int, key: str) -> Record | None:
    """Return the living flag of a key, if there is one."""
    return view.table("feature_flags").first(key=key, project_id=project_id, deleted=False)


def show(flag: Record) -> dict[str, Any]:
    """Return a flag as the control plane shows it."""
    return {name: flag[name] for name in ("id", "key", "active", "filters")}


def _filters(view: View, project_id: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters of a flag that is for whom a test says."""
    rollout = given.get("rollout")
    index = _group_type(view, project_id, given.get("group"))
    properties = [_condition(name, value, index) for name, value in (given.get("only") or {}).items()]
    filters: dict[str, Any] = {
        "groups": [{"properties": properties, "rollout_percentage": WHOLE if rollout is None else rollout}]
    }
    if index is not None:
        filters["aggregation_group_type_index"] = index
    shares = _shares(given.get("variant"))
    if shares:
        filters["multivariate"] = {
            "variants": [{"key": key, "rollout_percentage": share} for key, share in shares.items()]
        }
    if given.get("payload") is not None:
        payload = orjson.dumps(given["payload"]).decode()
        filters["payloads"] = dict.fromkeys(shares or ["true"], payload)
    return filters


def _shares(variant: Any) -> dict[str, float]:
    if variant is None:
        return {}
    shares = variant if isinstance(variant, Mapping) else {str(variant): WHOLE}
    if sum(shares.values()) != WHOLE:
        raise ValidationError("The shares of the variants must sum to 100.", attr="variant")
    return dict(shares)


def _condition(name: str, value: Any, index: int | None) -> dict[str, Any]:
    about = {"key": name, "type": "person"} if index is None else {
        "key": name, "type": "group", "group_type_index": index,
    }  # fmt: skip
    if isinstance(value, str) and ANYTHING in value:
        pattern = ".*".join(re.escape(part) for part in value.split(ANYTHING))
        return {**about, "operator": "regex", "value": f"^{pattern}$"}
    return {**about, "operator": "exact", "value": value if isinstance(value, list) else [value]}


def _group_type(view: View, project_id: int, name: str | None) -> int | None:
    if name is None:
        return None
    found = view.table("group_types").first(group_type=name, project_id=project_id)
    if found is None:
        raise ValidationError(f"There is no group type {name!r}.", attr="group")
    return int(found["group_type_index"])
