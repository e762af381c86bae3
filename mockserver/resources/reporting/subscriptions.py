"""Subscriptions: insights and dashboards sent to somebody, again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.errors import Conflict, NotFound, ValidationError
from mockserver.listing.pagination import Page
from mockserver.request.call import Answer, Call
from mockserver.request.tenancy import integer, uuid
from mockserver.resources.behaviours import SoftDelete
from mockserver.resources.dashboards.placing import is_of_2026
from mockserver.resources.reporting.wishes import RULE, judge
from mockserver.resources.resource import Record, user_basic
from mockserver.store.orders import sort_key
from mockserver.validation import fields
from mockserver.world import deliveries, entropy

PERIODS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
EMPTY = "Either dashboard or insight is required for an export."
FOREIGN = "This {} does not belong to your team."
TARGETS = ("email", "slack", "webhook")
SORTED_BY = ("created_at", "next_delivery_date", "title", "created_by__email")
PASSING = ("invite_message",)
SHOWN = (
    "id", "subscription", "trigger", "target_type", "recipients", "status", "scheduled_at", "delivered_at",
)  # fmt: skip


class Subscriptions(SoftDelete):
    """What is sent of a project, and when; deleted ones are found by their id alone."""

    family = "subscriptions"
    table = deliveries.SUBSCRIPTIONS
    component = "Subscription"
    title = "Subscription"
    hides_deleted = False
    relations = {"created_by": "users"}
    depends_on = None

    # Lists

    def get_records(self, call: Call) -> Sequence[Record]:
        found = super().get_records(call)
        return list(reversed(found)) if is_of_2026(call) else found

    def is_filtered(self, call: Call) -> bool:
        return True

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        deleted = call.query.get("deleted")
        is_wanted = deleted is not None and deleted.lower() in ("true", "1", "yes", "on")
        records = [one for one in records if one["deleted"] == is_wanted]
        for name in ("dashboard", "insight"):
            text = call.query.get(name)
            if text:
                number = integer(text)
                if number is None:
                    raise ValidationError("A valid integer is required.", attr=name)
                records = [one for one in records if one[name] == number]
        return self._narrowed(call, records) if is_of_2026(call) else records

    def _narrowed(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        """Return what later servers narrow the list to, in the order that is asked for. Raises: ValidationError."""
        creator, kind, target = (call.query.get(name) for name in ("created_by", "resource_type", "target_type"))
        if creator:
            user = call.table("users").first(uuid=uuid(creator)) if uuid(creator) else None
            if uuid(creator) is None:
                raise ValidationError("Must be a valid UUID.", attr="created_by")
            records = [one for one in records if user is not None and one["created_by"] == user["id"]]
        if target and target not in TARGETS:
            raise ValidationError(f"Must be one of: {', '.join(TARGETS)}", attr="target_type")
        records = [one for one in records if not target or one["target_type"] == target]
        records = [one for one in records if not kind or kind_of(one) == kind]
        text = call.query.get("search", "").lower()
        records = [one for one in records if not text or any(text in name.lower() for name in self._names(call, one))]
        wanted = call.query.get("ordering", "")
        name = wanted.removeprefix("-")
        if name not in SORTED_BY:
            return records
        return sorted(records, key=lambda one: sort_key(self._sorted_by(call, one, name)), reverse=wanted[0] == "-")

    def _sorted_by(self, call: Call, record: Record, name: str) -> Any:
        if name != "created_by__email":
            return record[name]
        user = call.table("users").get(record["created_by"])
        return user["email"] if user else None

    def _names(self, call: Call, record: Record) -> list[str]:
        return [name for name in (record["title"], self._resource(call, record).get("name")) if name]

    # Writing

    def lookup(self, call: Call) -> fields.Lookup:
        """Return a test of whether a record exists, of whatever project: foreign ones are refused further on."""
        return lambda table, key: call.table(table).get(key) is not None

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        data = super().load(call, record, **how)
        if record is not None and not call.body:
            raise ValidationError(EMPTY)
        for name in ("dashboard", "insight"):
            found = call.table(f"{name}s").get(data[name]) if data.get(name) is not None else None
            if found is not None and found["project_id"] != call.tenant.project_id:
                raise ValidationError(FOREIGN.format(name), attr=name)
        judge(call, data, record)
        return data

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Store a subscription, and send it to whom it is meant for at once."""
        kept = {name: value for name, value in data.items() if name not in PASSING}
        when = deliveries.next_date(kept, entropy.now(call.state))
        made = super().perform_create(call, {**kept, "next_delivery_date": when})
        self._tell(call, made, None, data.get("invite_message"))
        return made

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"created_at": call.now(), "created_by": call.user["id"]}

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version; another rule has another next date, and whoever is new is sent it at once."""
        kept = {name: value for name, value in data.items() if name not in PASSING}
        whole = {**record, **kept}
        if any(whole.get(name) != record.get(name) for name in RULE):
            kept["next_delivery_date"] = deliveries.next_date(whole, entropy.now(call.state))
        updated = super().perform_update(call, record, kept)
        self._tell(call, updated, record, data.get("invite_message"))
        return updated

    def _tell(self, call: Call, record: Record, before: Record | None, message: str | None) -> None:
        """Send a subscription to those who did not get it before."""
        known = deliveries.recipients_of(before) if before is not None and not before["deleted"] else []
        new = [one for one in deliveries.recipients_of(record) if one not in known]
        if new and not record["deleted"] and record.get("enabled", True):
            now = entropy.now(call.state)
            deliveries.deliver(call.transaction, record, deliveries.CHANGED, new, now, message)

    # What later servers add

    def test_delivery(self, call: Call, record: Record) -> Any:
        """Send a subscription now. Raises: NotFound; 409 for one that is switched off."""
        if record["deleted"]:
            raise NotFound
        if not record["enabled"]:
            detail = "Subscription is disabled. Re-enable it before sending a test delivery."
            return Answer({"detail": detail}, Conflict.status)
        now = entropy.now(call.state)
        deliveries.deliver(call.transaction, record, deliveries.TEST, deliveries.recipients_of(record), now)
        return Answer(None, 202)

    def deliveries(self, call: Call, record: Record) -> Page:
        """Return what was sent of a subscription, the latest first."""
        found = list(reversed(call.table(deliveries.TABLE).find(subscription=record["id"])))

        def fetch(offset: int, limit: int) -> tuple[Sequence[Any], int]:
            return [show_delivery(one) for one in found[offset : offset + limit]], len(found)

        return self.pagination.page(call, fetch)

    def summary_quota(self, call: Call) -> Any:
        """Return how many subscriptions have summaries, which nothing limits here."""
        found = call.table(self.table).find(project_id=call.tenant.project_id, deleted=False)
        return {"active_count": sum(1 for one in found if one["summary_enabled"]), "limit": None, "at_limit": False}

    # Shown

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        resource = self._resource(call, record)
        return {
            "created_by": user_basic(call, record["created_by"]),
            "summary": summary_of(record),
            "invite_message": None,
            "resource_type": kind_of(record),
            "resource_name": resource.get("name") or resource.get("derived_name"),
            "insight_short_id": resource.get("short_id") if record["insight"] is not None else None,
        }

    def _resource(self, call: Call, record: Record) -> Mapping[str, Any]:
        kind = "insight" if record["insight"] is not None else "dashboard"
        found = call.table(f"{kind}s").get(record[kind]) if record[kind] is not None else None
        return found or {}


def kind_of(record: Mapping[str, Any]) -> str:
    """Return what a subscription sends."""
    if record["insight"] is not None:
        return "insight"
    return "ai_prompt" if record["dashboard"] is None and record.get("prompt") else "dashboard"


def summary_of(record: Mapping[str, Any]) -> str:
    """Return in words when a subscription is sent."""
    period, interval = PERIODS[record["frequency"]], record["interval"]
    said = f"sent every {interval} {period}s" if interval > 1 else f"sent every {period}"
    weekdays, place = record["byweekday"], record["bysetpos"]
    if not weekdays or not place:
        return said
    if place not in PLACES:
        return "sent on a schedule"
    return f"{said} on the {PLACES[place]} {weekdays[0].capitalize() if len(weekdays) == 1 else 'day'}"


def show_delivery(record: Record) -> dict[str, Any]:
    """Return what was sent, as it is listed."""
    return {name: record[name] for name in SHOWN}
