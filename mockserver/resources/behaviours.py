"""Behaviours that several families share, each changing several actions at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mockserver.errors import HardDeleteRefused, NotFound
from mockserver.listing.jsonb import as_kept
from mockserver.listing.pagination import Page, PageNumber
from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource
from mockserver.world.tables import NEWEST_ACTIVITY

SIDES = ("before", "after")


class SoftDelete(Resource):
    """Records are marked as deleted and can be restored; DELETE is refused, even for a record that does not exist."""

    hides_deleted: ClassVar[bool] = True
    """Whether a deleted record is found by anything but PATCH."""

    def destroy(self, call: Call) -> Any:  # type: ignore[override]
        """Refuse: 405, an empty body, and the record untouched."""
        raise HardDeleteRefused

    def get_record(self, call: Call, key: str) -> Record:
        record = super().get_record(call, key)
        if self.hides_deleted and record.get("deleted") and call.operation.method != "patch":
            raise NotFound
        return record


class Personal(Resource):
    """Records belong to the user who asks; those of other users are not there."""

    def tenant_key(self, call: Call) -> dict[str, Any]:
        """Return the fields that tie a record to the tenant and to the user."""
        return {**super().tenant_key(call), "user_id": call.user["id"]}


class OnlyAsked(Resource):
    """What is asked and never written, so that no fields are told and no scope for writing is known.

    Answers are kept among those of queries, if at all.
    """

    table = "queries"
    tells_fields = False
    has_writing_scope = False


class Unsorted(Resource):
    """Records that lists show in no order of theirs: as the servers' database holds them, the last changed last."""

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version, in `observed` behind the others, where PostgreSQL writes it."""
        if not call.is_observed:
            return super().perform_update(call, record, data)
        table = call.table(self.table)
        table.delete(record)
        return table.insert({**record, **data})


class ActivityLogged(Resource):
    """Changes leave an entry in the activity log, which the family's `activity` pages show."""

    activity_scope: ClassVar[str]
    logged_fields: ClassVar[Sequence[str]] = ()
    """Fields whose change is worth an entry."""
    changes_on_create: ClassVar[list[Any] | None] = []

    def activity(self, call: Call, record: Record | None = None) -> Page:
        """Return a page of the log, newest first: of one record, or of all of the family."""
        entries = call.table("activity_log")
        group = (call.tenant.project["id"] if call.tenant.project else None, self.activity_scope)

        def fetch(offset: int, limit: int) -> tuple[Sequence[Any], int]:
            if record is None:
                rows, count = entries.page(NEWEST_ACTIVITY, group, offset, limit)
            else:
                item = self.activity_item(record)
                found = [e for e in entries.find(item_id=item) if e["scope"] == self.activity_scope]
                found.sort(key=lambda entry: (entry["created_at"], entry["number"]), reverse=True)
                rows, count = found[offset : offset + limit], len(found)
            return [show_entry(call, entry) for entry in rows], count

        return PageNumber().page(call, fetch)

    def activity_item(self, record: Record) -> str:
        """Return what the log calls a record."""
        return str(record[self.key])

    def activity_name(self, record: Record) -> str | None:
        """Return the name that an entry gives a record."""
        return record.get("name")

    def log(
        self, call: Call, record: Record, activity: str, changes: list[dict[str, Any]] | None,
        *, name: str | None = None, scope: str | None = None, **detail: Any,
    ) -> None:  # fmt: skip
        """Write an entry about a record."""
        log_activity(
            call, scope or self.activity_scope, self.activity_item(record), activity,
            {"changes": changes, "trigger": None, "name": name, "short_id": None, "type": None, **detail},
        )  # fmt: skip

    def change(self, field: str | None, before: Any, after: Any, action: str | None = None) -> dict[str, Any]:
        """Return one change of an entry; without an action it follows from what is null."""
        if action is None:
            action = "created" if before is None else "deleted" if after is None else "changed"
        return {"type": self.activity_scope, "action": action, "field": field, "before": before, "after": after}

    def changes(self, before: Record, after: Record) -> list[dict[str, Any]]:
        """Return what differs between two versions, among the fields that are logged."""
        pairs = ((name, before.get(name), after.get(name)) for name in self.logged_fields)
        return [self.change(name, old, new) for name, old, new in pairs if old != new]

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        record = super().perform_create(call, data)
        self.log(call, record, "created", self.changes_on_create, name=self.activity_name(record))
        return record

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        updated = super().perform_update(call, record, data)
        changes = self.changes(record, updated)
        if changes:
            self.log(call, updated, "updated", changes, name=self.activity_name(updated))
        return updated


def log_activity(call: Call, scope: str, item_id: str | None, activity: str, detail: dict[str, Any]) -> None:
    """Write an entry into the tenant's activity log."""
    tenant = call.tenant
    call.table("activity_log").insert(
        {
            "id": call.new_uuid(),
            "number": call.transaction.next("activity"),
            "project_id": tenant.project["id"] if tenant.project else None,
            "organization_id": tenant.organization["id"] if tenant.organization else None,
            "user_id": call.user["id"],
            "activity": activity,
            "scope": scope,
            "item_id": item_id,
            "detail": detail,
            "created_at": call.now(),
        }
    )


def show_entry(call: Call, entry: Record) -> dict[str, Any]:
    """Return an entry as the API shows it, what changed as their database keeps JSON. Servers of 2025 show no `id`."""
    user = call.table("users").get(entry["user_id"])
    shown = {
        "id": entry["id"],
        "user": {"first_name": user["first_name"], "email": user["email"]}
        if user
        else {"first_name": "System", "email": None, "is_system": True},
        **{name: entry[name] for name in ("activity", "scope", "item_id")},
        "detail": _as_kept(entry["detail"]),
        "created_at": entry["created_at"],
    }
    if call.is_observed:
        del shown["id"]
    return shown


def _as_kept(detail: dict[str, Any]) -> dict[str, Any]:
    """Return what an entry tells, the values before and after a change with their keys as the database orders them."""
    changes = detail.get("changes")
    if not changes:
        return detail
    told = [{**change, **{side: as_kept(change[side]) for side in SIDES if side in change}} for change in changes]
    return {**detail, "changes": told}
