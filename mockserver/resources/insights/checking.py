"""Alerts checked: what the watched series was in its last whole interval, held against the bounds of its threshold.

An alert is due some minutes after it was made and then at every interval, by the world's clock. It is checked by the
first look at alerts after that moment, as if it were that moment. Source: the task of PostHog's workers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from mockserver.errors import APIError
from mockserver.queries.bodies import Query, override_filters
from mockserver.queries.running import run
from mockserver.request.call import Call
from mockserver.resources.insights.questions import question, runnable
from mockserver.store import Record, View
from mockserver.world import entropy
from mockserver.world.moments import AtMoment

TABLE, CHECKS = "alerts", "alert_checks"
FIRING, NOT_FIRING, ERRORED, SNOOZED = "Firing", "Not firing", "Errored", "Snoozed"
FIRST = timedelta(minutes=2)
"""How long after an alert is made, or is about something else, it is checked first."""
MOST_AT_ONCE = 50
"""How many checks of one alert are made up for; of a longer time only the latest."""
MOST_KEPT = 500
SINGLE = frozenset({"BoldNumber", "ActionsPie", "ActionsBarValue", "ActionsTable", "WorldMap"})
"""Displays of one number for the whole range."""
SATURDAY = 5
UNITS = {"minute": "M", "hour": "h", "day": "d", "week": "w", "month": "m"}


def settle(call: Call) -> None:
    """Check what is due of the project's alerts, and let the call see what was found."""
    due = [
        alert
        for alert in call.table(TABLE).find(project_id=call.tenant.project_id, enabled=True)
        if _is_due(call.state, alert)
    ]
    for alert in due:
        _check_until_now(call, alert)
    if due:
        call.see_anew()


def add_check(
    call: Call, alert: Record, value: float | None, state: str, told: Sequence[str], at: str | None = None
) -> None:
    """Keep what was found."""
    checks = call.table(CHECKS)
    checks.insert({
        "id": call.new_uuid(), "project_id": alert["project_id"], "alert": alert["id"], "created_at": at or call.now(),
        "calculated_value": value, "state": state, "told": list(told),
    })  # fmt: skip
    kept = checks.find(alert=alert["id"])
    for old in kept[: max(len(kept) - MOST_KEPT, 0)]:
        checks.delete(old)


def _is_due(view: View, alert: Record) -> bool:
    return _moment(alert) <= entropy.now(view)


def _moment(alert: Record) -> datetime:
    """Return when an alert is to be checked next."""
    if alert["next_check_at"]:
        return entropy.read_timestamp(alert["next_check_at"])
    return entropy.read_timestamp(alert.get("marked_at") or alert["created_at"]) + FIRST


def _check_until_now(call: Call, alert: Record) -> None:
    now = entropy.now(call.state)
    moments = [_moment(alert)]
    while (following := next_check(call, alert, moments[-1])) <= now:
        moments.append(following)
    for moment in moments[-MOST_AT_ONCE:]:
        alert = _check(call, alert, moment)


def _check(call: Call, alert: Record, moment: datetime) -> Record:
    """Check an alert as if it were some moment, and return it as it is afterwards."""
    at, following = entropy.timestamp(moment), entropy.timestamp(next_check(call, alert, moment))
    snoozed = alert["snoozed_until"]
    is_asleep = bool(snoozed) and entropy.read_timestamp(snoozed) > moment
    changes: dict[str, Any] = {"next_check_at": following}
    found: tuple[float | None, str] | None = None
    if not is_asleep and not (alert["skip_weekend"] and _local(call, moment).weekday() >= SATURDAY):
        found = _found(call, alert, moment)
        changes |= {"last_checked_at": at, "state": found[1], "snoozed_until": None}
    with call.writing() as writing:
        current = writing.table(TABLE).get(alert["id"])
        if current is None or current["next_check_at"] != alert["next_check_at"]:  # changed, or checked by another
            return current or {**alert, "next_check_at": following}
        told: list[str] = []
        if found is not None and found[1] == FIRING and alert["state"] != FIRING:
            users = (writing.table("users").get(id) for id in alert["subscribed_users"])
            told = [user["email"] for user in users if user is not None]
            changes |= {"last_notified_at": at} if told else {}
        if found is not None:
            add_check(writing, current, found[0], found[1], told, at)
        return writing.table(TABLE).update(current, changes)


def _found(call: Call, alert: Record, moment: datetime) -> tuple[float | None, str]:
    """Return the value that is watched, as it was at some moment, and the state that it puts the alert in."""
    insight = call.table("insights").get(alert["insight"])
    query = runnable(question(insight)) if insight is not None and not insight["deleted"] else None
    if query is None:
        return None, ERRORED
    then = replace(call, state=cast(View, AtMoment(call.state, moment)))
    try:
        series = run(then, _last_intervals(query))["results"]
    except APIError:
        return None, ERRORED
    index = (alert["config"] or {}).get("series_index") or 0
    has_breakdown = bool((query.get("breakdownFilter") or {}).get("breakdown"))
    watched = series if has_breakdown else series[index : index + 1] if isinstance(index, int) else []
    values = [value for item in watched if (value := _value(alert, item)) is not None]
    if not values:
        return None, ERRORED
    fires = next((value for value in values if _is_out(alert, value)), None)
    return (values[0], NOT_FIRING) if fires is None else (fires, FIRING)


def _last_intervals(query: Query) -> Query:
    """Return a query of no more than the intervals that are looked at."""
    if _is_single(query):
        return query
    unit = UNITS.get(query.get("interval") or "day", "d")
    return override_filters(query, {"date_from": f"-{180 if unit == 'M' else 3}{unit if unit != 'M' else 'h'}"})


def _is_single(query: Query) -> bool:
    return (query.get("trendsFilter") or {}).get("display") in SINGLE


def _value(alert: Record, item: Mapping[str, Any]) -> float | None:
    """Return what a series is held against the threshold by: its last whole interval, or how that changed."""
    data = item.get("data") or []
    if not data:
        single = item.get("aggregated_value")
        return float(single) if isinstance(single, (int, float)) else None
    ongoing = bool((alert["config"] or {}).get("check_ongoing_interval"))
    last = [float(number) for number in (data if ongoing else data[:-1])]
    condition = (alert["condition"] or {}).get("type")
    if not last:
        return None
    if condition not in ("relative_increase", "relative_decrease"):
        return last[-1]
    if len(last) < 2:
        return None
    change = last[-1] - last[-2] if condition == "relative_increase" else last[-2] - last[-1]
    if alert["threshold"]["configuration"].get("type") == "percentage":
        return change / last[-2] if last[-2] else None
    return change


def _is_out(alert: Record, value: float) -> bool:
    bounds = alert["threshold"]["configuration"].get("bounds") or {}
    lower, upper = bounds.get("lower"), bounds.get("upper")
    return (lower is not None and value < lower) or (upper is not None and value > upper)


def next_check(call: Call, alert: Record, moment: datetime) -> datetime:
    """Return when an alert is checked after some moment: within the night that follows, in the project's zone."""
    local = _local(call, moment)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match alert["calculation_interval"]:
        case "hourly":
            return moment + timedelta(hours=1)
        case "weekly":
            return _utc(midnight + timedelta(days=7 - local.weekday()), 3)
        case "monthly":
            return _utc((midnight.replace(day=1) + timedelta(days=32)).replace(day=1), 4)
    return _utc(midnight + timedelta(days=1), 1)


def _utc(day: datetime, hour: int) -> datetime:
    return day.replace(hour=hour).astimezone(ZoneInfo("UTC"))


def _local(call: Call, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo((call.tenant.project or {}).get("timezone") or "UTC"))
