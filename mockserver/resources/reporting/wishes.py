"""What a subscription may ask for, beyond what its fields hold: servers of 2026 look closer than those of 2025."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.resources.dashboards.placing import is_of_2026
from mockserver.resources.tiles import insights_on
from mockserver.store import Record
from mockserver.world import deliveries, entropy

RULE = ("frequency", "interval", "byweekday", "bysetpos", "count", "start_date", "until_date")
CHOSEN = "dashboard_export_insights"
MOST_CHOSEN = 6
LAST_PLACE = 366
NO_TARGET = "A subscription must have an insight, a dashboard, or a prompt."
AT_ITS_END = "Subscription schedule has reached its end date. Extend until_date or remove count."


def judge(call: Call, data: Mapping[str, Any], record: Record | None) -> None:
    """Refuse what cannot be sent, or never. Raises: ValidationError."""
    whole = {**(record or {}), **data}
    place = whole.get("bysetpos")
    if place is not None and not 0 < abs(place) <= LAST_PLACE:  # where servers fail
        raise ValidationError("bysetpos must be between 1 and 366, or between -366 and -1", attr="bysetpos")
    if not is_of_2026(call):
        return
    if "interval" in data and data["interval"] < 1:
        raise ValidationError(
            "Ensure this value is greater than or equal to 1.", code="min_value", attr="interval"
        )  # fmt: skip
    _judge_target(call, whole, data, record)
    is_enabled = whole.get("enabled", True) and not whole.get("deleted")
    is_new = record is None or (data.get("enabled") and not record["enabled"])
    if is_enabled and is_new and deliveries.next_date(whole, entropy.now(call.state)) is None:
        raise ValidationError(AT_ITS_END, attr="start_date" if record is None else "enabled")


def _judge_target(call: Call, whole: Mapping[str, Any], data: Mapping[str, Any], record: Record | None) -> None:
    names = ("insight", "dashboard", "prompt")
    if record is not None and not any(name in data for name in (*names, CHOSEN, "target_type")):
        return
    insight, dashboard, prompt = (whole.get(name) for name in names)
    if not (insight or dashboard or prompt):
        raise ValidationError(NO_TARGET)
    if insight and (dashboard or prompt):
        raise ValidationError("Insight subscriptions cannot also set dashboard or prompt.")
    if dashboard and prompt:
        raise ValidationError("Dashboard subscriptions cannot also set insight or prompt.")
    chosen = whole.get(CHOSEN) or []
    if not dashboard:
        if chosen:
            raise ValidationError("Cannot set insights selection without a dashboard.", attr=CHOSEN)
    else:
        _judge_chosen(call, dashboard, chosen)
    if whole["target_type"] == "slack" and whole.get("integration_id") is None:
        raise ValidationError("A Slack integration is required for Slack subscriptions.", attr="integration_id")


def _judge_chosen(call: Call, dashboard: int, chosen: list[int]) -> None:
    if not chosen:
        raise ValidationError("Select at least one insight for this subscription.", attr=CHOSEN)
    if len(chosen) > MOST_CHOSEN:
        raise ValidationError(f"Cannot select more than {MOST_CHOSEN} insights.", attr=CHOSEN)
    there = {insight["id"] for insight in insights_on(call.state, dashboard)}
    invalid = [number for number in chosen if number not in there]
    known = (call.table("insights").get(number) for number in invalid)
    if any(one is None or one["project_id"] != call.tenant.project_id for one in known):
        raise ValidationError("Some insights do not belong to your team or do no longer exist.", attr=CHOSEN)
    if invalid:
        raise ValidationError(f"{len(invalid)} invalid insight(s) selected.", attr=CHOSEN)
