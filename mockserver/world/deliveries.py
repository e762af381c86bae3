"""Subscriptions as the clock carries them out: what is sent, to whom, and when the next is due.

Nothing leaves the machine: what would have been sent is kept in a table. Source: reading of the servers' sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mockserver.store import Record, Transaction, View
from mockserver.world import entropy
from mockserver.world.recurrence import Recurrence
from mockserver.world.tables import NEXT_SUBSCRIPTIONS

SUBSCRIPTIONS, TABLE = "subscriptions", "deliveries"
LEAD = timedelta(minutes=15)
"""How much time servers give themselves before the first delivery."""
MOST_AT_ONCE = 1000
"""How many deliveries of one subscription a single leap of the clock makes."""
MOST_INSIGHTS = 6
UNSUPPORTED = "{} is not supported"
SCHEDULED, CHANGED, TEST = "scheduled", "target_change", "manual"
"""What a delivery was made for: its time, a new or changed subscription, a wish."""


def rule_of(subscription: Mapping[str, Any]) -> Recurrence:
    """Return when a subscription is sent."""
    until = subscription.get("until_date")
    return Recurrence(
        subscription["frequency"], entropy.read_timestamp(subscription["start_date"]), subscription["interval"],
        subscription.get("byweekday") or (), subscription.get("bysetpos"), subscription.get("count"),
        entropy.read_timestamp(until) if until else None,
    )  # fmt: skip


def next_date(subscription: Mapping[str, Any], now: datetime) -> str | None:
    """Return when a subscription is sent next, if ever, seen from a moment."""
    found = rule_of(subscription).after(now + LEAD)
    return entropy.timestamp(found) if found else None


def earliest(view: View) -> datetime | None:
    """Return when the first subscription is sent, if one is."""
    rows, _ = view.table(SUBSCRIPTIONS).page(NEXT_SUBSCRIPTIONS, (False,), 0, 1)
    return _moment(rows[0]) if rows else None


def due(view: View) -> Sequence[Record]:
    """Return the subscriptions whose moment has come, the earliest first."""
    now = entropy.now(view)
    rows, _ = view.table(SUBSCRIPTIONS).page(NEXT_SUBSCRIPTIONS, (False,), 0, MOST_AT_ONCE)
    return [row for row in rows if (moment := _moment(row)) is not None and moment <= now]


def _moment(subscription: Record) -> datetime | None:
    date = subscription["next_delivery_date"]
    return entropy.read_timestamp(date) if date else None


def run(transaction: Transaction, subscription: Record) -> None:
    """Make every delivery of a subscription whose moment has come, each at its moment."""
    now = entropy.now(transaction)
    moment: datetime | None = entropy.read_timestamp(subscription["next_delivery_date"])
    rule = rule_of(subscription)
    for _ in range(MOST_AT_ONCE):
        if moment is None or moment > now:
            break
        if subscription.get("enabled", True):
            deliver(transaction, subscription, SCHEDULED, recipients_of(subscription), moment)
        moment = rule.after(moment)
    following = entropy.timestamp(moment) if moment else None
    if moment is not None and moment <= now:
        following = next_date(subscription, now)
    transaction.table(SUBSCRIPTIONS).update(subscription, {"next_delivery_date": following})


def recipients_of(subscription: Mapping[str, Any]) -> list[str]:
    """Return whom a subscription is sent to: addresses, or a channel."""
    value = str(subscription["target_value"])
    if subscription["target_type"] != "email":
        return [value]
    return [address.strip() for address in value.split(",") if address.strip()]


def deliver(
    transaction: Transaction, subscription: Record, trigger: str, recipients: Sequence[str], moment: datetime,
    message: str | None = None,
) -> Record:  # fmt: skip
    """Keep what would be sent of a subscription, and return it."""
    fails = subscription["target_type"] not in ("email", "slack")
    kind = "dashboard" if subscription["dashboard"] is not None else "insight"
    item = transaction.table(f"{kind}s").get(subscription[kind]) if subscription[kind] is not None else None
    when = entropy.timestamp(moment)
    return transaction.table(TABLE).insert({
        "id": transaction.next(f"ids.{TABLE}"),
        "project_id": subscription["project_id"],
        "subscription": subscription["id"],
        "trigger": trigger,
        "target_type": subscription["target_type"],
        "recipients": list(recipients),
        "title": subscription["title"],
        "invite_message": message,
        "resource": {"type": kind, "id": item["id"], "name": item.get("name")} if item else None,
        "insights": _insights(transaction, subscription, item),
        "scheduled_at": when,
        "delivered_at": when,
        "status": "failed" if fails else "delivered",
        "error": UNSUPPORTED.format(subscription["target_type"]) if fails else None,
    })  # fmt: skip


def _insights(view: View, subscription: Record, item: Record | None) -> list[dict[str, Any]]:
    """Return the insights that a delivery shows: the one, or the first of a dashboard or those chosen of it."""
    if item is None:
        return []
    if subscription["dashboard"] is None:
        found = [item]
    else:
        tiles = sorted(view.table("dashboard_tiles").find(dashboard=item["id"]), key=lambda tile: tile["id"])
        chosen = subscription.get("dashboard_export_insights") or ()
        ids = [tile["insight"] for tile in tiles if tile["insight"] is not None and not tile["deleted"]]
        ids = [number for number in ids if not chosen or number in chosen]
        insights = (view.table("insights").get(number) for number in ids)
        found = [one for one in insights if one is not None and not one["deleted"]][:MOST_INSIGHTS]
    return [{"id": one["id"], "short_id": one["short_id"], "name": one["name"] or one["derived_name"]} for one in found]
