"""Feature flags: who a piece of code is switched on for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.errors import ValidationError
from mockserver.flags.calls import last_call
from mockserver.listing.pagination import whole_number
from mockserver.request.call import Answer, Call
from mockserver.resources.access_controlled import SAFE, AccessControlled
from mockserver.resources.behaviours import ActivityLogged, SoftDelete
from mockserver.resources.feature_flags import standing, usage
from mockserver.resources.feature_flags.audience import FlagAudience
from mockserver.resources.feature_flags.conflicts import refuse_conflict
from mockserver.resources.feature_flags.dependencies import refuse_deletion
from mockserver.resources.feature_flags.editors import NoEditor, may_edit
from mockserver.resources.feature_flags.evaluation import EvaluatedAfar
from mockserver.resources.feature_flags.features import IN_USE, features_of, has_features, show_short
from mockserver.resources.feature_flags.fields import NO_SETS, Dashboard, Filters, Key, defaults, of_flag
from mockserver.resources.feature_flags.inquiries import FlagInquiries
from mockserver.resources.feature_flags.naming import named
from mockserver.resources.feature_flags.secrets import logged, shown_filters
from mockserver.resources.filing import Filed
from mockserver.resources.resource import Record
from mockserver.resources.tagged import Tagged, Tags, refusal_of, texts_of
from mockserver.store.orders import sort_key
from mockserver.validation.fields import References
from mockserver.world import entropy
from mockserver.world.tables import NEWEST_FLAGS

PASSING = ("version", "creation_context", "_should_create_usage_dashboard")
"""What of a body is not stored: the version that it was made of, and what is for the making alone."""


class FeatureFlags(
    Tagged, AccessControlled, SoftDelete, FlagInquiries, FlagAudience, EvaluatedAfar, Filed, ActivityLogged
):  # fmt: skip
    """The flags of a project; deleted ones can still be looked up by their id."""

    family = "feature_flags"
    table = "feature_flags"
    component = "FeatureFlag"
    title = "Feature Flag"
    order = NEWEST_FLAGS
    narrowing = ("search", "active", "type", "created_by_id", "evaluation_runtime", "order")
    hides_deleted = False
    relations = {"created_by": "users", "last_modified_by": "users"}
    depends_on = None
    tags_follow = "can_edit"
    access_resource = "feature_flag"
    activity_scope = "FeatureFlag"
    logged_fields = (
        "key", "name", "filters", "deleted", "active", "version", "rollback_conditions", "performed_rollback",
        "ensure_experience_continuity", "has_enriched_analytics", "is_remote_configuration", "has_encrypted_payloads",
        "evaluation_runtime",
    )  # fmt: skip
    field_overrides = {
        "key": Key(required=True, max_length=400),
        "filters": Filters(),
        "analytics_dashboards": References(Dashboard()),
        "tags": Tags(),
    }

    # Reading

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        text, creator = call.query.get("search", "").lower(), whole_number(call, "created_by_id", 0)
        kind, runtime = standing.KINDS.get(call.query.get("type", "")), call.query.get("evaluation_runtime")
        state, now = call.query.get("active"), entropy.now(call.state)
        found = [
            record
            for record in records
            if (text in record["key"].lower() or text in (record["name"] or "").lower())
            and (not creator or record["created_by"] == creator)
            and (not kind or kind(record))
            and (not runtime or record.get("evaluation_runtime") == runtime)
            and (not state or standing.is_in_state(record, state, now))
        ]
        return self._ordered(call, found)

    def _ordered(self, call: Call, records: list[Record]) -> Sequence[Record]:
        wanted = call.query.get("order")
        if not wanted:
            return records
        name = wanted.removeprefix("-")
        if name not in self._layout(self.component, call.profile):
            raise ValidationError(f"Cannot order by {name!r}.", attr="order")
        return sorted(records, key=lambda record: sort_key(record.get(name)), reverse=wanted.startswith("-"))

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        level = self.level(call, record)
        return {
            **standing.derived(record, entropy.now(call.state)),
            "filters": named(shown_filters(record, call), call.state, record["project_id"]),
            "features": [show_short(feature, record) for feature in features_of(call.state, record)],
            "user_access_level": level,
            "can_edit": level in ("editor", "manager") and may_edit(call, self.contract, record),
            "last_called_at": last_call(call.state, record),
        }

    def activity_name(self, record: Record) -> str | None:
        return str(record["key"])

    def log(
        self, call: Call, record: Record, activity: str, changes: list[dict[str, Any]] | None, **about: Any
    ) -> None:  # fmt: skip
        super().log(call, record, activity, changes and logged(call, record, changes), **about)

    # Writing

    def get_record(self, call: Call, key: str) -> Record:
        record = super().get_record(call, key)
        if call.operation.method not in SAFE and not may_edit(call, self.contract, record):
            raise NoEditor
        return record

    def create(self, call: Call) -> Any:
        """Store a flag. Raises: ValidationError.

        Some mistakes the servers find out when they have stored it, and leave it behind. Source: recorded lists.
        """
        data = self.load(call)
        problem = _unstorable(data)
        if problem is None:
            return self.perform_create(call, data)
        if not call.is_observed:
            raise problem
        self.perform_create(call, {**data, "tags": texts_of(data["tags"]), "_should_create_usage_dashboard": False})
        return Answer(problem.body, problem.status)

    def update(self, call: Call, record: Record) -> Any:
        """Change a flag; whatever the body leaves out, and only the key it may not, stays as it is."""
        data = self.load(call, record, replacing=True)
        return self.perform_update(call, record, {name: data[name] for name in data if name in call.body})

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        if record is None and call.is_form and "filters" not in call.body:  # which a form cannot leave out
            raise ValidationError(NO_SETS, attr="filters")
        with of_flag(call, record):
            data = super().load(call, record, **how)
        if record is None:
            data = {**defaults(self.contract), **data}
        if data.get("active") and isinstance(call.body, Mapping) and "active" in call.body:
            data["performed_rollback"] = False
        return data

    def server_fields(self, call: Call) -> dict[str, Any]:
        user = call.user["id"]
        return {"created_by": user, "last_modified_by": user, "version": 1, "updated_at": call.now()}

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Store a flag, in the place of a deleted one that had its key, and make the dashboard of its usage."""
        for gone in call.table(self.table).find(key=data["key"], project_id=call.tenant.project_id, deleted=True):
            call.table(self.table).delete(gone)
        wants_dashboard = data.get("_should_create_usage_dashboard", True)
        dashboard = usage.make_dashboard(call, data["key"]) if wants_dashboard else None
        return super().perform_create(
            call, {"created_at": call.now(), "usage_dashboard": dashboard, **_kept(data)}
        )  # fmt: skip

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version, unless somebody else changed the same, or something still needs what is deleted."""
        refuse_conflict(call, record, data)
        if data.get("deleted") and not record["deleted"]:
            if has_features(call.state, record):
                raise ValidationError(IN_USE)
            refuse_deletion(call.state, record)
        changed = _kept(data)
        if changed.get("key", record["key"]) != record["key"]:
            usage.rename(call, record, changed["key"])
            filters = changed.get("filters") or record["filters"] or {}
            changed["filters"] = _renamed(filters, record["key"], changed["key"])
        stamped = {"last_modified_by": call.user["id"], "updated_at": call.now(), "version": record["version"] + 1}
        return super().perform_update(call, record, {**changed, **stamped})


def _unstorable(data: Mapping[str, Any]) -> ValidationError | None:
    """Return what of a new flag cannot be stored: a tag that is no text, a key too long to name its dashboard by."""
    problem = refusal_of(data["tags"])
    if problem is not None:
        return problem
    longest = usage.LONGEST_NAME - len(usage.name_of(""))
    if len(data["key"]) > longest:
        return ValidationError(
            f"Ensure this field has no more than {longest} characters.", code="max_length", attr="key"
        )  # fmt: skip
    return None


def _kept(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in PASSING}


def _renamed(filters: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Return filters whose enrolment conditions, which hold a flag's key, follow a new one."""
    sets = filters.get("super_groups")
    if not isinstance(sets, list):
        return dict(filters)
    before, after = f"$feature_enrollment/{old}", f"$feature_enrollment/{new}"
    renamed = [
        {**one, "properties": [
            {**item, "key": after} if item.get("key") == before else item for item in one.get("properties") or []
        ]}
        for one in sets
    ]  # fmt: skip
    return {**filters, "super_groups": renamed}
