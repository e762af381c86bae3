"""Actions: what people do, under a name: the events that meet one of several steps.

How steps match is told by `analytics/conditions/actions` for queries, and by `membership/actions` for stored events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import ValidationError
from mockserver.listing.pagination import Page
from mockserver.request import access
from mockserver.request.call import Call
from mockserver.resources.access_controlled import AccessControlled
from mockserver.resources.actions.references import reference_counts, references
from mockserver.resources.actions.steps import Steps
from mockserver.resources.behaviours import ActivityLogged, SoftDelete
from mockserver.resources.filing import Filed
from mockserver.resources.resource import Record
from mockserver.resources.tagged import Tagged
from mockserver.validation.fields import Items, Text, Timestamp

LATER = {"x-since": "2026-09"}
"""The servers that keep some from actions, and refuse an empty name. Source: their code, read and not run."""
COUNT = "reference_count"
CHANGED = "PatchedAction"


class Actions(Tagged, Filed, AccessControlled, SoftDelete, ActivityLogged):
    """The actions of a project; deleted ones can still be looked up by their id."""

    family = "actions"
    table = "actions"
    component = "Action"
    title = "Action"
    renders = ("json", "csv")
    hides_deleted = False
    relations = {"created_by": "users"}
    depends_on = None
    tags_follow = "description"
    access_resource = "action"
    activity_scope = "Action"
    changes_on_create = None
    logged_fields = ("name", "description", "steps", "post_to_slack", "slack_message_format", "pinned_at", "deleted")

    def __init__(self, contract: Contract) -> None:
        made = {
            "name": Text(max_length=400, allow_none=True, required=True), "steps": Steps(contract),
            "last_calculated_at": Timestamp(), "tags": Items(Text(), load_default=list),
        }  # fmt: skip
        self.field_overrides = made  # type: ignore[misc]  # of the contract
        super().__init__(contract)

    # Reading

    def list(self, call: Call) -> Any:
        """Return all actions that are not deleted; nothing pages or narrows them."""
        self._require(self.level(call), access.VIEWER)
        records: Sequence[Any] = self.get_records(call)
        if call.query.get("include_reference_count"):
            counts = reference_counts(call)
            records = [{**self.show(each, call), COUNT: counts.get(str(each["id"]), 0)} for each in records]
        return Page(records, {"results": ()})

    def get_records(self, call: Call) -> Sequence[Record]:
        alive = [record for record in super().get_records(call) if not record.get("deleted")]
        alive.sort(key=lambda record: (record["name"] is None, record["name"]))
        return sorted(alive, key=lambda record: record["last_calculated_at"], reverse=True)

    def references(self, call: Call, record: Record) -> Any:
        """Return what refers to an action."""
        return references(call, record)

    def level(self, call: Call, record: Record | None = None) -> str:
        return super().level(call, record) if call.profile.is_dated_within(LATER) else access.MANAGER

    def show(self, record: Record, call: Call, component: str | None = None) -> Any:
        shown = super().show(record, call, component)
        shown.pop(COUNT, None)  # told where it is asked for
        if component == CHANGED:
            del shown["is_action"]
        return shown

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {
            "team_id": record["project_id"], "is_action": True, "is_calculating": False, "bytecode_error": None,
            "creation_context": None, "user_access_level": self.level(call, record),
        }  # fmt: skip

    # Writing

    def update(self, call: Call, record: Record) -> Any:
        """Change an action as PATCH does: servers ask for nothing."""
        return self.partial_update(call, record)

    def partial_update(self, call: Call, record: Record) -> Any:
        """Change some fields; a pin that is set is told as it is set, not as it is read later."""
        changed = super().partial_update(call, record)
        if record.get("pinned_at") or not changed["pinned_at"]:
            return changed
        shown = self.show(changed, call, CHANGED if call.operation.method == "patch" else self.component)
        return {**shown, "pinned_at": changed["pinned_at"].replace("Z", "+00:00")}

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        data = super().load(call, record, **how)
        if "name" in data:
            self._refuse_name(call, data["name"], record)
        return data

    def _refuse_name(self, call: Call, name: str | None, record: Record | None) -> None:
        """Refuse a name that another action has, and in later servers an empty one. Raises: ValidationError."""
        if name == "" and call.profile.is_dated_within(LATER):
            raise ValidationError("This field may not be blank.", code="blank", attr="name")
        own = record["id"] if record is not None else None
        for other in call.table(self.table).find(name=name, project_id=call.tenant.project_id):
            if not other.get("deleted") and other["id"] != own:
                detail = f"This project already has an action with this name, ID {other['id']}"
                raise ValidationError(detail, code="unique", attr="name")

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"created_by": call.user["id"], "created_at": call.now()}

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Store an action, calculated now unless it says when."""
        return super().perform_create(call, {"last_calculated_at": call.now(), **data})

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version; it is pinned now, whenever the body says, and no second time."""
        if data.get("pinned_at"):
            data = {**data, "pinned_at": record.get("pinned_at") or call.now()}
        return super().perform_update(call, record, data)

    def log(
        self, call: Call, record: Record, activity: str, changes: Any, **about: Any
    ) -> None:  # fmt: skip
        is_removed = any(change["field"] == "deleted" and change["after"] for change in changes or ())
        super().log(call, record, "deleted" if is_removed else activity, changes, **about)
