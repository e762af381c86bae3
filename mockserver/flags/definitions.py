"""Flags as SDKs evaluate them by themselves: their definitions, the cohorts that they name, the types of groups.

Source: recorded answers of local evaluation.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.flags.cohorts import named_cohorts
from mockserver.flags.conditions import dependency_id
from mockserver.flags.people import group_types
from mockserver.flags.secrets import encrypted
from mockserver.membership.definitions import conditions, definition
from mockserver.membership.members import find_cohort
from mockserver.store import Record, View

LEAF = ("key", "operator", "type", "negation")
"""The fields of a property of a cohort that are told first; its value is told last."""
SHOWN = (
    "id", "team_id", "name", "key", "filters", "deleted", "active", "ensure_experience_continuity",
    "has_encrypted_payloads", "version", "evaluation_runtime",
)  # fmt: skip


def minimal_flag(flag: Record, seed: int, filters: Any = None) -> dict[str, Any]:
    """Return what an SDK needs of a flag; `filters` in place of its own, encrypted payloads as they are kept."""
    shown = encrypted(flag, flag["filters"] if filters is None else filters, seed)
    told = {**flag, "team_id": flag["project_id"], "filters": shown}
    return {name: told.get(name) for name in SHOWN}


def definitions(view: View, project_id: int, seed: int, *, with_cohorts: bool, is_of_2025: bool) -> dict[str, Any]:
    """Return a project's flags, inactive ones too; with the trees of their cohorts, or with simple ones expanded.

    Servers of August 2025 named the flags that others depend on by their ids; since then it is by their keys, with the
    chain of those to evaluate first, as SDKs want it.
    """
    flags = view.table("feature_flags").find(project_id=project_id)
    told = [flag for flag in flags if not flag["deleted"] and not flag.get("is_remote_configuration")]
    cohorts = cohorts_of(view, project_id, told)
    chains = None if is_of_2025 else Chains(told)

    def show(flag: Record) -> Any:
        filters = flag["filters"] if with_cohorts else expanded(flag, cohorts, even_negated=is_of_2025)
        return chains.named(filters) if chains is not None and dependencies_of(flag) else filters

    mapping = {str(index): name for index, name in group_types(view, project_id).items()}
    return {
        "flags": [minimal_flag(flag, seed, show(flag)) for flag in told],
        "group_type_mapping": mapping,
        "cohorts": {
            str(number): _spelled(definition(cohort).get("properties"))
            for number, cohort in sorted(cohorts.items())
            if with_cohorts and not cohort["is_static"]
        },
    }


class Chains:
    """The flags that must be evaluated before others, by their keys."""

    def __init__(self, flags: Iterable[Record]) -> None:
        self._flags = {flag["id"]: flag for flag in flags}

    def named(self, filters: Any) -> Any:
        """Return filters in which a flag that another depends on is named by its key, and with what comes before it."""
        copied = copy.deepcopy(filters)
        for one in properties_of({"filters": copied}):
            number = dependency_id(one) if one.get("type") == "flag" else None
            if number is not None and isinstance(one, dict):
                chain = self._chain(number)
                one["dependency_chain"] = [self._flags[each]["key"] for each in chain]
                if number in self._flags:
                    one["key"] = self._flags[number]["key"]
        return copied

    def _chain(self, number: int) -> list[int]:
        """Return a flag and all that it depends on, what is evaluated first at the front; nothing for a circle."""
        order: list[int] = []
        waiting = [(number, False)]
        path: set[int] = set()
        while waiting:
            current, is_done = waiting.pop()
            if is_done:
                path.discard(current)
                order.append(current)
            elif current in path or current not in self._flags:
                return []
            elif current not in order:
                path.add(current)
                waiting.append((current, True))
                waiting += [(each, False) for each in dependencies_of(self._flags[current]) if each not in order]
        return order


def dependencies_of(flag: Record) -> list[int]:
    """Return the ids of the flags that a flag depends on."""
    found = (dependency_id(one) for one in properties_of(flag) if one.get("type") == "flag")
    return list(dict.fromkeys(number for number in found if number is not None))


def _spelled(node: Any) -> Any:
    """Return a tree whose properties have their fields in the order in which servers tell them."""
    if isinstance(node, list):
        return [_spelled(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    if "key" not in node:
        return {name: _spelled(value) for name, value in node.items()}
    first = [name for name in LEAF if name in node]
    rest = [name for name in node if name not in (*LEAF, "value")]
    return {name: node[name] for name in (*first, *rest, *(["value"] if "value" in node else []))}


def cohorts_of(view: View, project_id: int, flags: Iterable[Record]) -> dict[int, Record]:
    """Return the cohorts that flags name, and those that these name in turn, by id."""
    found: dict[int, Record] = {}
    waiting = [value for flag in flags for value in named_cohorts(properties_of(flag))]
    while waiting:
        cohort = find_cohort(view, project_id, waiting.pop(0))
        if cohort is None or cohort["deleted"] or cohort["id"] in found:
            continue
        found[cohort["id"]] = cohort
        waiting += named_cohorts(list(conditions(definition(cohort))))
    return found


def condition_sets(flag: Record) -> list[Mapping[str, Any]]:
    """Return the condition sets of a flag, as far as they are any."""
    sets = flag["filters"].get("groups") if isinstance(flag["filters"], Mapping) else None
    return [one for one in sets if isinstance(one, Mapping)] if isinstance(sets, list) else []


def properties_of(flag: Record) -> list[Mapping[str, Any]]:
    """Return the properties of all condition sets of a flag."""
    return [one for each in condition_sets(flag) for one in _properties_of_set(each)]


def _properties_of_set(one: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the properties of a condition set, as far as they are any."""
    listed = one.get("properties")
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def expanded(flag: Record, cohorts: Mapping[int, Record], *, even_negated: bool) -> Any:
    """Return a flag's filters with its one cohort, if it has one and that is simple, written out as condition sets.

    Simple is one of plain properties, none negated, that stands alone in its condition sets, none of which gives a
    variant; then all of its properties make one set, or each makes one. `even_negated` where a condition of not being
    in it is written out as one of being in it, as servers of 2025 did.
    """
    filters = flag["filters"]
    if len(named_cohorts(properties_of(flag))) != 1:
        return filters
    sets = []
    for one in condition_sets(flag):
        properties = _properties_of_set(one)
        if not named_cohorts(properties):
            sets.append(dict(one))
            continue
        written = _written_out(properties, cohorts, even_negated) if not one.get("variant") else None
        if written is None:
            return filters
        rest = {name: value for name, value in one.items() if name != "properties"}
        sets += [{"properties": each, "rollout_percentage": one.get("rollout_percentage"), **rest} for each in written]
    return {**filters, "groups": sets}


def _written_out(properties: list[Any], cohorts: Mapping[int, Record], even_negated: bool) -> list[list[Any]] | None:
    """Return the sets of properties that a cohort stands for; nothing for one that is not simple."""
    if len(properties) != 1 or not (even_negated or properties[0].get("operator") in (None, "in")):
        return None
    cohort = next((c for number, c in cohorts.items() if str(number) == str(properties[0].get("value"))), None)
    if cohort is None or cohort["is_static"]:
        return None
    tree = definition(cohort).get("properties")
    leaves = list(conditions(tree))
    if not leaves or any(leaf.get("type") not in ("person", None) or leaf.get("negation") for leaf in leaves):
        return None
    return _sets_of(tree)


def _sets_of(tree: Any) -> list[list[Any]] | None:
    """Return a tree's alternatives, each a list of properties; nothing for one that nests them."""
    values = tree.get("values")
    if not isinstance(values, list) or not all(isinstance(value, Mapping) for value in values):
        return None
    if all("key" in value for value in values):
        leaves = [_spelled(value) for value in values]
        return [leaves] if tree.get("type") == "AND" else [[leaf] for leaf in leaves]
    inner = [_sets_of(value) for value in values if isinstance(value.get("values"), list)]
    if len(inner) != len(values) or any(one is None for one in inner):
        return None
    if len(inner) == 1:
        return inner[0]
    if tree.get("type") == "OR":
        return [each for one in inner for each in one or []]
    return [[leaf for one in inner for leaf in (one or [[]])[0]]] if all(len(one or []) == 1 for one in inner) else None
