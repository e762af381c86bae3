"""Families that no world here holds anything of: they answer what a fresh server does, and say what is not modelled.

Their lists have no rows, their records are not there, who may not ask is refused as everywhere. What a request would
make or compute is not modelled, unless it is refused before. Source: recorded answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from mockserver.analytics.dates import parse_date
from mockserver.analytics.errors import QueryError
from mockserver.errors import APIError, BareError, NotFound, NotModelled, PermissionDenied, ValidationError
from mockserver.request.call import Call
from mockserver.request.tenancy import integer
from mockserver.resources.resource import Resource
from mockserver.world import entropy

NOT_STAFF = "You are not a staff user, contact your instance admin."
NOT_CONFIGURED = "Kind not configured"
ACCOUNTS = (
    "slack", "salesforce", "hubspot", "google-pubsub", "google-cloud-storage", "google-ads", "google-sheets",
    "snapchat", "linkedin-ads", "reddit-ads", "tiktok-ads", "intercom", "email", "linear", "github", "meta-ads",
    "twilio", "clickup",
)  # fmt: skip
DESTINATIONS = ("S3", "Snowflake", "Postgres", "Redshift", "BigQuery", "HTTP", "NoOp")


class Vacant(Resource):
    """A family without records."""

    table = "vacant"
    component = "Vacant"
    tells_fields = False


class BatchExports(Vacant):
    """Exports that run by themselves."""

    family = "batch_exports"
    title = "Batch Export"

    def create(self, call: Call) -> Any:
        """Refuse what no server takes, and say of the rest that it is not modelled."""
        body = _object(call.body)
        for name in ("name", "destination", "interval"):
            if name not in body:
                raise ValidationError("This field is required.", code="required", attr=name)
        destination = body["destination"]
        if not isinstance(destination, Mapping):
            detail = f"Invalid data. Expected a dictionary, but got {type(destination).__name__}."
            raise ValidationError(detail, attr="destination")
        for name in ("type", "config"):
            if name not in destination:
                raise ValidationError("This field is required.", code="required", attr=f"destination__{name}")
        if destination["type"] not in DESTINATIONS:
            raise _no_choice(destination["type"], "destination__type")
        raise NotModelled("Batch exports are not modelled.")


class Integrations(Vacant):
    """Accounts elsewhere, of which this installation knows no secrets."""

    family = "integrations"
    title = "Integration"

    def create(self, call: Call) -> Any:
        """Refuse: what there is no secret for cannot be linked."""
        body = _object(call.body)
        if "kind" not in body:
            raise ValidationError("This field is required.", code="required", attr="kind")
        if body["kind"] not in ACCOUNTS:
            raise _no_choice(body["kind"], "kind")
        raise ValidationError(NOT_CONFIGURED)

    def authorize(self, call: Call) -> Any:
        """Refuse: there is no secret to go to another service with."""
        raise ValidationError(NOT_CONFIGURED)


class QueryTabState(Vacant):
    """Tabs of the editor of SQL."""

    family = "query_tab_state"
    title = "Query Tab State"

    def user(self, call: Call) -> Any:
        """Refuse the tabs of nobody, and say of others that they are not modelled."""
        if not call.query.get("user_id"):
            raise BareError({"error": "user_id is required"})
        raise NotModelled("Tabs of the editor are not modelled.")


class AppMetrics(Vacant):
    """What plugins did: none runs here, so each did nothing."""

    family = "app_metrics"
    title = "App Metrics"
    counts: ClassVar[tuple[str, ...]] = ("successes", "successes_on_retry", "failures")
    most_days: ClassVar[int] = 400

    def retrieve(self, call: Call) -> Any:  # type: ignore[override]
        """Count by the day what a plugin did."""
        if integer(call.path["id"]) is None:
            raise NotFound
        days = self._days(call)
        zeros = {name: [0] * len(days) for name in self.counts}
        return {"metrics": {"dates": days, **zeros, "totals": dict.fromkeys(self.counts, 0)}, "errors": []}

    def error_details(self, call: Call) -> Any:
        """Return no failures."""
        return {"result": []}

    def _days(self, call: Call) -> Any:
        now = entropy.now(call.state)
        timezone = call.tenant.project["timezone"] if call.tenant.project else "UTC"
        try:
            first = parse_date(call.query.get("date_from") or "-30d", now, timezone)
            last = parse_date(call.query["date_to"], now, timezone) if call.query.get("date_to") else now
        except QueryError as error:
            raise ValidationError(str(error)) from None
        start, end = (moment.astimezone(ZoneInfo(timezone)).date() for moment in (first, last))
        return [(start + timedelta(days=n)).isoformat() for n in range(min((end - start).days + 1, self.most_days))]


EMPTY = {
    "warehouse_tables": "Table", "warehouse_view_links": "View Link", "external_data_sources": "External Data Source",
    "web_experiments": "Web Experiment", "managed_migrations": "Managed Migration", "hog_flows": "Hog Flow",
    "messaging_templates": "Message Templates", "user_interviews": "User Interview",
    "organization_batch_exports": "Batch Export",
}  # fmt: skip
"""Families of lists without rows, each with its title."""

REFUSING: tuple[tuple[str, str, str, type[APIError], str], ...] = (
    ("lineage", "Lineage", "get_upstream", NotModelled, "Lineage is not modelled."),
    ("metalytics", "Metalytics", "create", NotModelled, "Metalytics are not modelled."),
    ("async_migrations", "Async Migration", "list", PermissionDenied, NOT_STAFF),
    ("instance_status", "Instance Status", "list", NotModelled, "The status of the installation is not modelled."),
    ("debug_ch_queries", "Debug Ch Queries", "list", NotModelled, "ClickHouse's own log of queries is not modelled."),
    ("revenue_analytics", "Revenue Analytics", "taxonomy_values", NotModelled, "Revenue analytics are not modelled."),
)
"""Families that refuse the one action that they have: family, title, action, error, what it says."""


def _family(name: str, title: str, **actions: Callable[[Resource, Call], Any]) -> type[Resource]:
    """Return a family that differs from others in nothing but its name, its title and what it refuses."""
    return type(
        name.title().replace("_", ""), (Vacant,), {"family": name, "title": title, "__module__": __name__, **actions}
    )


def _refusing(error: type[APIError], detail: str) -> Callable[[Resource, Call], Any]:
    def refuse(self: Resource, call: Call) -> Any:
        """Refuse, whatever is asked."""
        raise error(detail)

    return refuse


VACANT: dict[str, type[Resource]] = {
    **{name: _family(name, title) for name, title in EMPTY.items()},
    **{
        name: _family(name, title, **{action: _refusing(error, detail)})
        for name, title, action, error, detail in REFUSING
    },
    **{family.family: family for family in (BatchExports, Integrations, QueryTabState, AppMetrics)},
}


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
    return body


def _no_choice(value: Any, attr: str) -> ValidationError:
    return ValidationError(f'"{value}" is not a valid choice.', code="invalid_choice", attr=attr)
