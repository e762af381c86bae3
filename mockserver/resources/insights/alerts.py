"""Alerts: what is watched of an insight, and who is told when it leaves its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import marshmallow

from mockserver.analytics.dates import is_relative, parse_date, read_absolute
from mockserver.contract import Contract
from mockserver.errors import ValidationError
from mockserver.listing.jsonb import as_shown
from mockserver.request.call import Call
from mockserver.resources.insights.checking import CHECKS, NOT_FIRING, SNOOZED, add_check, settle
from mockserver.resources.insights.questions import question, runnable
from mockserver.resources.insights.showing import ShownInsights
from mockserver.resources.resource import Record, Resource, user_basic
from mockserver.validation import fields
from mockserver.validation.fields import Detail, Reference, refuse
from mockserver.world import entropy

WATCHED = "TrendsQuery"
UNSUPPORTED = "Alerts are not supported for this insight."
FOREIGN = "This insight does not belong to your team."
STRANGER = "User does not belong to the same organization as the alert's team."
NOT_TEXT = "snoozed_until has to be passed in string format"
SHOWN_CHECKS = 5
CHECK_FIELDS = ("id", "created_at", "calculated_value", "state")
RESETTING = ("threshold", "condition", "config")
"""Fields of which a change makes what was found before worthless."""


class Threshold(fields.Object):
    """Between what a value may lie."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            refuse(f"Invalid data. Expected a dictionary, but got {type(value).__name__}.")
        configuration = value.get("configuration")
        if configuration is None:
            raise marshmallow.ValidationError({"configuration": [Detail("This field is required.", "required")]})
        problem = next(_problems(configuration), None)
        if problem:
            raise marshmallow.ValidationError({"configuration": [Detail(problem)]})
        name = value.get("name")
        return {"name": name if isinstance(name, str) else "", "configuration": dict(configuration)}


class Alerts(Resource):
    """The alerts of a project; those that are due are checked before anybody looks at them."""

    family = "alerts"
    table = "alerts"
    component = "Alert"
    title = "Alert"
    relations = {"created_by": "users"}
    depends_on = None
    reads_first = frozenset({"list", "retrieve"})
    field_overrides = {
        "insight": Reference("insights", required=True),
        "subscribed_users": fields.References(Reference("users"), required=True),
        "threshold": Threshold(required=True),
        "config": fields.Object(allow_none=True, load_default=None),
        "condition": fields.Object(allow_none=True, load_default=dict),
    }

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._insights = ShownInsights(contract)

    def lookup(self, call: Call) -> fields.Lookup:
        """Return a test of whether a record exists; of whatever project, which is refused further on."""
        return lambda table, key: call.table(table).get(key) is not None

    def get_records(self, call: Call) -> Sequence[Record]:
        return alerts_of(call)

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        wanted = {call.query[name] for name in ("insight", "insight_id") if call.query.get(name)}
        text, maker = call.query.get("search", "").lower(), _maker(call)
        return [
            record
            for record in records
            if all(str(record["insight"]) == id for id in wanted)
            and text in record["name"].lower()
            and (maker is None or record["created_by"] == maker)
        ]

    def is_filtered(self, call: Call) -> bool:
        return True

    def list(self, call: Call) -> Any:
        """Return a page of alerts, those that are due checked."""
        settle(call)
        return super().list(call)

    def retrieve(self, call: Call) -> Any:  # type: ignore[override]
        """Return an alert, and the latest checks of it."""
        settle(call)
        return self.show(self.get_record(call, call.path["id"]), call, "AlertWithChecks")

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        insight = call.table("insights").get(record["insight"])
        checks = checks_of(call, record)
        return {
            **as_shown(record, ("condition", "config"), call.body),
            "insight": self._insights.basic(insight, call, None) if insight is not None else None,
            "subscribed_users": [user for id in record["subscribed_users"] if (user := user_basic(call, id))],
            "last_value": checks[0]["calculated_value"] if checks else None,
            "checks": [_show_check(check) for check in checks[:SHOWN_CHECKS]],
            "checks_total": len(checks),
        }

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        self._require_watchable(call, data)
        data = self._of_threshold(call, None, data)
        until, now = data.get("snoozed_until"), call.now()
        moment = read_absolute(until, ZoneInfo("UTC")) if until is not None else None
        if until is not None and moment is None:  # only a change of an alert takes a time that is relative
            raise ValidationError(f"Cannot read the date {until!r}.", attr="snoozed_until")
        made = {
            "state": NOT_FIRING, "last_notified_at": None, "last_checked_at": None, "next_check_at": None,
            "created_at": now, "created_by": call.user["id"], "marked_at": now,
            "snoozed_until": entropy.timestamp(moment) if moment is not None else None,
        }  # fmt: skip
        return super().perform_create(call, {**data, **made})

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version; what was found before is forgotten where it was about something else."""
        self._require_watchable(call, data)
        data = self._of_threshold(call, record, data)
        snoozes, until = "snoozed_until" in data, data.pop("snoozed_until", None)
        if any(name in data and data[name] != record[name] for name in RESETTING):
            data |= {"state": NOT_FIRING, "next_check_at": None, "last_notified_at": None, "marked_at": call.now()}
        elif "calculation_interval" in data and data["calculation_interval"] != record["calculation_interval"]:
            data |= {"next_check_at": None, "marked_at": call.now()}
        updated = super().perform_update(call, record, data)
        return self._snooze(call, updated, until) if snoozes else updated

    def perform_destroy(self, call: Call, record: Record) -> None:
        remove(call, record)

    def _require_watchable(self, call: Call, data: Mapping[str, Any]) -> None:
        """Refuse what cannot be watched, and who cannot be told. Raises: ValidationError."""
        if "insight" in data:
            insight = call.table("insights").get(data["insight"])
            if insight is None or insight["project_id"] != call.tenant.project_id:
                raise ValidationError(FOREIGN, attr="insight")
            if not is_watchable(insight):
                raise ValidationError(UNSUPPORTED, attr="insight")
        for id in data.get("subscribed_users") or ():
            member = call.table("organization_memberships").first(
                user_id=id, organization_id=call.tenant.organization_id
            )
            if member is None:
                raise ValidationError(STRANGER, attr="subscribed_users")
        until = data.get("snoozed_until")
        if until is not None and not isinstance(until, str):
            raise ValidationError(NOT_TEXT, attr="snoozed_until")

    def _of_threshold(self, call: Call, record: Record | None, data: dict[str, Any]) -> dict[str, Any]:
        """Return the values to store, of a threshold as it was made first."""
        if "threshold" not in data:
            return data
        known = record["threshold"] if record is not None else {"id": call.new_uuid(), "created_at": call.now()}
        return {**data, "threshold": {"id": known["id"], "created_at": known["created_at"], **data["threshold"]}}

    def _snooze(self, call: Call, record: Record, until: str | None) -> Record:
        """Let nobody be told for a while, or again; either is kept among the checks."""
        if until is None:
            changes: dict[str, Any] = {"state": NOT_FIRING, "snoozed_until": None}
        else:
            changes = {"state": SNOOZED, "snoozed_until": entropy.timestamp(_ahead(until, entropy.now(call.state)))}
        updated = call.table(self.table).update(record, changes)
        add_check(call, updated, None, updated["state"], told=())
        return updated


def alerts_of(call: Call, insight: int | None = None) -> list[Record]:
    """Return the alerts of the project, or those on one insight, the newest first."""
    wanted: dict[str, Any] = {"project_id": call.tenant.project_id}
    found = call.table("alerts").find(**wanted, **({} if insight is None else {"insight": insight}))
    return sorted(found, key=lambda alert: str(alert["created_at"]), reverse=True)


def checks_of(call: Call, alert: Record) -> list[Record]:
    """Return the checks of an alert, the latest first."""
    return list(reversed(call.table(CHECKS).find(alert=alert["id"])))


def is_watchable(insight: Record) -> bool:
    """Return whether an insight can have alerts: trends can."""
    query = runnable(question(insight))
    return query is not None and query["kind"] == WATCHED


def remove(call: Call, alert: Record) -> None:
    """Remove an alert and its checks."""
    for check in call.table(CHECKS).find(alert=alert["id"]):
        call.table(CHECKS).delete(check)
    call.table("alerts").delete(alert)


def _show_check(check: Record) -> dict[str, Any]:
    return {**{name: check[name] for name in CHECK_FIELDS}, "targets_notified": bool(check["told"])}


def _maker(call: Call) -> int | None:
    """Return the id of who made the alerts that are asked for. Raises: ValidationError for what is no UUID."""
    text = call.query.get("created_by")
    if not text:
        return None
    try:
        user = call.table("users").first(uuid=str(UUID(text)))
    except ValueError:
        raise ValidationError("Not a valid UUID.", attr="created_by") from None
    return user["id"] if user is not None else -1


def _ahead(text: str, now: datetime) -> datetime:
    """Return a time; one that is relative lies ahead, as in `2d`, at the beginning of its day or its hour.

    Raises: ValidationError for what is none, where servers fail.
    """
    absolute = read_absolute(text, ZoneInfo("UTC"))
    if absolute is not None:
        return absolute
    if not is_relative(text):
        raise ValidationError(f"Cannot read the date {text!r}.", attr="snoozed_until")
    moment = now + (now - parse_date(text, now, "UTC"))
    return moment.replace(hour=moment.hour if text[-1] in "hH" else 0, minute=0, second=0, microsecond=0)


def _problems(configuration: Any) -> Iterator[str]:
    """Yield what is wrong with the bounds of a threshold."""
    if not isinstance(configuration, Mapping):
        yield f"Invalid data. Expected a dictionary, but got {type(configuration).__name__}."
        return
    if configuration.get("type") not in ("absolute", "percentage"):
        yield f'"{configuration.get("type")}" is not a valid choice.'
    bounds = configuration.get("bounds")
    if bounds is None:
        return
    if not isinstance(bounds, Mapping):
        yield "Bounds must be an object."
        return
    numbers = [bounds.get(name) for name in ("lower", "upper")]
    if any(isinstance(n, bool) or not isinstance(n, (int, float)) for n in numbers if n is not None):
        yield "Bounds must be numbers."
    elif None not in numbers and numbers[0] > numbers[1]:  # type: ignore[operator]
        yield "Lower threshold must be less than upper threshold"
