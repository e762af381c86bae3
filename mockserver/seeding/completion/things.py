"""What people make in a project: as the API makes it, of somebody."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.seeding.completion.surroundings import Finish, Given, Surroundings, Whole
from mockserver.world import entropy, filing
from mockserver.world.deliveries import next_date

FOLLOWS_FROM_ACTIONS = (
    "is_action", "is_calculating", "team_id", "bytecode_error", "creation_context", "user_access_level",
    "reference_count",
)  # fmt: skip
FOLLOWS_FROM_FLAGS = (
    "is_simple_flag", "rollout_percentage", "experiment_set", "surveys", "features", "can_edit", "user_access_level",
    "status",
)  # fmt: skip


def _annotations(around: Surroundings, whole: Whole, given: Given) -> Whole:
    project = around.transaction.table("projects").get(whole["project_id"])
    organization_id = project["organization_id"] if project else None
    return {**whole, "organization_id": organization_id, "created_by": around.creator(whole, given)}


def _comments(around: Surroundings, whole: Whole, given: Given) -> Whole:
    return {**whole, "created_by": around.creator(whole, given)}


def _feature_flags(around: Surroundings, whole: Whole, given: Given) -> Whole:
    """Let a flag be as the API makes one: of somebody, in its first version; what follows from it is not kept."""
    for name in FOLLOWS_FROM_FLAGS:
        whole.pop(name, None)
    creator = whole.get("created_by") or around.first_member(whole["project_id"])
    moment = whole["created_at"]
    return {
        **whole, "created_by": creator, "last_modified_by": whole.get("last_modified_by") or creator,
        "version": 1 if given.get("version") is None else whole["version"],
        "updated_at": whole["updated_at"] if given.get("updated_at") else moment,
    }  # fmt: skip


def _file_system(around: Surroundings, whole: Whole, given: Given) -> Whole:
    return {**whole, "shortcut": bool(whole["shortcut"]), **filing.placed(whole["path"])}


def _actions(around: Surroundings, whole: Whole, given: Given) -> Whole:
    """Let an action be as the API makes one: of somebody, calculated when it was made, with whole steps."""
    for name in FOLLOWS_FROM_ACTIONS:
        whole.pop(name, None)
    parts = around.contract.components["ActionStep"]["properties"]
    steps = [{name: step.get(name, part.get("default")) for name, part in parts.items()} for step in whole["steps"]]
    return {
        **whole, "steps": steps, "created_by": around.creator(whole, given),
        "last_calculated_at": whole["last_calculated_at"] or whole["created_at"],
    }  # fmt: skip


def _subscriptions(around: Surroundings, whole: Whole, given: Given) -> Whole:
    """Let a subscription be as the API makes one; when it is sent next follows from its rule."""
    for name in ("summary", "resource_type", "resource_name", "insight_short_id", "invite_message"):
        whole.pop(name, None)
    if not given.get("next_delivery_date"):
        whole["next_delivery_date"] = next_date(whole, entropy.read_timestamp(around.now))
    return {**whole, "created_by": around.creator(whole, given)}


def _event_definitions(around: Surroundings, whole: Whole, given: Given) -> Whole:
    return _said(around, whole, given, ("owner", "default_columns", "primary_property"))


def _property_definitions(around: Surroundings, whole: Whole, given: Given) -> Whole:
    return _said(around, whole, given)


def _said(around: Surroundings, whole: Whole, given: Given, also: tuple[str, ...] = ()) -> Whole:
    """Return a definition without what nobody says of it; with something said, it is as if somebody had said it."""
    said = ("description", "tags", "verified", "verified_at", "verified_by", "hidden", *also)
    if all(given.get(name) in (None, []) for name in said):
        return {name: value for name, value in whole.items() if name not in said}
    somebody = around.first_member(whole["project_id"]) if whole["verified"] else None
    return {
        **whole, "extended": True, "description": whole["description"] or "", "verified": bool(whole["verified"]),
        "hidden": bool(whole["hidden"]), "updated_at": around.now, "updated_by": None,
        "verified_at": whole["verified_at"] or (around.now if whole["verified"] else None),
        "verified_by": whole["verified_by"] or somebody,
    }  # fmt: skip


FINISHES: Mapping[str, Finish] = {
    "annotations": _annotations,
    "comments": _comments,
    "feature_flags": _feature_flags,
    "file_system": _file_system,
    "actions": _actions,
    "subscriptions": _subscriptions,
    "event_definitions": _event_definitions,
    "property_definitions": _property_definitions,
}
"""What each of these tables adds to a record, once its own fields are filled in."""
