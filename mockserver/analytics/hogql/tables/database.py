"""The tables that HogQL knows, as one project sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mockserver.analytics.hogql.tables.channel_rules import Rule
from mockserver.analytics.hogql.tables.channels import Arrival, channel_type, referring_domain_type
from mockserver.analytics.hogql.tables.schema import (
    ARRAY,
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INTEGER,
    JSON,
    STRING,
    UUID,
    Computed,
    Joined,
    Path,
    Plain,
    Table,
    TableField,
    Within,
)  # fmt: skip
from mockserver.analytics.hogql.tables.session_fields import sessions_fields
from mockserver.analytics.hogql.tables.system import SYSTEM
from mockserver.analytics.hogql.types import Kind, Type

GROUPS = range(5)
OVERRIDDEN = "if(not(empty(override.distinct_id)), override.person_id, event_person_id)"

DISABLED = "disabled"
NO_OVERRIDE = "person_id_no_override_properties_on_events"
ON_EVENTS = "person_id_override_properties_on_events"
JOINED = "person_id_override_properties_joined"


def events_fields(mode: str, group_types: Mapping[int, str], rules: tuple[Rule, ...]) -> dict[str, TableField]:
    """Return the fields of events; `mode` says whose person and which of its properties an event has."""
    fields: dict[str, TableField] = {
        "uuid": Plain(UUID),
        "event": Plain(STRING),
        "properties": Plain(JSON),
        "timestamp": Plain(DATETIME),
        "team_id": Plain(INTEGER, is_starred=False),
        "distinct_id": Plain(STRING),
        "elements_chain": Plain(STRING),
        "created_at": Plain(DATETIME),
        "$session_id": Plain(STRING),
        "$window_id": Plain(STRING),
        "pdi": Joined("person_distinct_ids", "distinct_id", "distinct_id", is_inner=True),
        "poe": Within(
            {
                "id": Plain(UUID, "person_id"),
                "created_at": Plain(DATETIME, "person_created_at"),
                "properties": Plain(JSON, "person_properties"),
                **_virtual("poe.", rules),
                **{name: Path(("pdi", "person", name)) for name in _REVENUE},
            },
            properties="person",
        ),
        **{f"goe_{index}": _group_on_event(index) for index in GROUPS},
        "person": _person(mode),
        "person_id": _person_id(mode),
    }
    for index in GROUPS:
        fields[f"$group_{index}"] = Plain(STRING)
        fields[f"group_{index}"] = Joined("groups", f"$group_{index}", "key", f"index = {index}")
    fields |= {
        "session": Joined("sessions", "$session_id", "session_id"),
        "elements_chain_href": Plain(STRING),
        "elements_chain_texts": Plain(ARRAY),
        "elements_chain_ids": Plain(ARRAY),
        "elements_chain_elements": Plain(ARRAY),
        "event_person_id": Plain(UUID, "person_id"),
        "override": Joined("person_distinct_id_overrides", "distinct_id", "distinct_id"),
        "event_issue_id": Computed("toUUID(properties.$exception_issue_id)", Type(Kind.UUID)),
        "exception_issue_override": Joined(
            "error_tracking_issue_fingerprint_overrides", "properties.$exception_fingerprint", "fingerprint"
        ),
        "issue_id": Computed("event_issue_id", Type(Kind.UUID)),
    }
    for index, name in sorted(group_types.items()):
        fields.setdefault(name, Path((f"group_{index}",)))
    return fields


def _person(mode: str) -> TableField:
    if mode == DISABLED:
        return Path(("pdi", "person"))
    return Path(("poe",)) if mode in (NO_OVERRIDE, ON_EVENTS) else Joined("persons", "person_id", "id")


def _group_on_event(index: int) -> TableField:
    """Return a group as it was when the event came: ingestion keeps no more of it than its key."""
    told = {
        "key": Plain(STRING, f"$group_{index}"),
        "created_at": Plain(DATETIME, f"group{index}_created_at"),
        "properties": Plain(JSON, f"group{index}_properties"),
    }
    return Within(told, properties=f"group_{index}")


def _person_id(mode: str) -> TableField:
    if mode == DISABLED:
        return Path(("pdi", "person_id"))
    return Plain(UUID) if mode == NO_OVERRIDE else Computed(OVERRIDDEN, UUID)


def _columns(**types: Type) -> dict[str, TableField]:
    return {name: Plain(type) for name, type in types.items()}


def _virtual(owner: str, rules: tuple[Rule, ...]) -> dict[str, Computed]:
    """Return the fields that tell how a person first came, from the properties of `owner`."""
    arrival = Arrival.of_person(owner)
    return {
        "$virt_initial_referring_domain_type": referring_domain_type(arrival),
        "$virt_initial_channel_type": channel_type(arrival, rules),
    }


def _persons_fields(rules: tuple[Rule, ...]) -> dict[str, TableField]:
    """Return the fields of persons."""
    return {
        "id": Plain(UUID),
        "created_at": Plain(DATETIME),
        "team_id": _TEAM,
        "properties": Plain(JSON),
        "is_identified": Plain(BOOLEAN),
        "pdi": Joined("person_distinct_ids", "id", "person_id"),
        "revenue_analytics": Joined("raw_persons_revenue_analytics", "id", "person_id"),
        **_virtual("", rules),
        **_REVENUE,
    }


_REVENUE = {
    "$virt_revenue": Path(("revenue_analytics", "revenue")),
    "$virt_revenue_last_30_days": Path(("revenue_analytics", "revenue_last_30_days")),
}
_TEAM = Plain(INTEGER, "{team_id}", is_starred=False)
_DISTINCT_IDS: dict[str, TableField] = {
    "team_id": _TEAM,
    "distinct_id": Plain(STRING),
    "person_id": Plain(UUID),
    "person": Joined("persons", "person_id", "id"),
}
_GROUPS: dict[str, TableField] = {
    "index": Plain(INTEGER),
    "team_id": _TEAM,
    "key": Plain(STRING),
    "created_at": Plain(DATETIME),
    "updated_at": Plain(DATETIME),
    "properties": Plain(JSON),
}
_COHORT_PEOPLE: dict[str, TableField] = {
    "person_id": Plain(UUID),
    "cohort_id": Plain(INTEGER),
    "team_id": _TEAM,
    "person": Joined("persons", "person_id", "id"),
}
_STATIC: dict[str, TableField] = {**_COHORT_PEOPLE}
_RAW_COHORT: dict[str, TableField] = {**_COHORT_PEOPLE, "sign": Plain(INTEGER, "1"), "version": Plain(INTEGER)}

_NOTHING = "nothing"  # tables that stay empty here: recordings, heatmaps, logs
_EMPTY: dict[str, dict[str, TableField]] = {
    "raw_persons_revenue_analytics": _columns(person_id=UUID, revenue=FLOAT, revenue_last_30_days=FLOAT),
    "error_tracking_issue_fingerprint_overrides": {
        "team_id": _TEAM, **_columns(fingerprint=STRING, issue_id=UUID),
    },
    "session_replay_events": _columns(
        session_id=STRING, start_time=DATETIME, end_time=DATETIME, distinct_id=STRING, min_first_timestamp=DATETIME,
        max_last_timestamp=DATETIME,
        first_url=STRING, click_count=INTEGER, keypress_count=INTEGER, mouse_activity_count=INTEGER,
        active_milliseconds=INTEGER, console_log_count=INTEGER, console_warn_count=INTEGER,
        console_error_count=INTEGER, size=INTEGER, event_count=INTEGER, message_count=INTEGER, snapshot_source=STRING,
    ),
    "heatmaps": _columns(
        session_id=STRING, distinct_id=STRING, x=INTEGER, y=INTEGER, scale_factor=INTEGER, viewport_width=INTEGER,
        viewport_height=INTEGER, pointer_target_fixed=BOOLEAN, current_url=STRING, timestamp=DATETIME, type=STRING,
    ),
    "app_metrics": _columns(
        app_source=STRING, app_source_id=STRING, instance_id=STRING, timestamp=DATETIME, metric_kind=STRING,
        metric_name=STRING, count=INTEGER,
    ),
    "log_entries": _columns(
        log_source=STRING, log_source_id=STRING, instance_id=STRING, timestamp=DATETIME, message=STRING, level=STRING,
    ),
}  # fmt: skip
_QUERY_LOG = _columns(
    query_id=STRING, endpoint=STRING, query=STRING, query_start_time=DATETIME, query_duration_ms=FLOAT,
    hogql_name=STRING, created_by=INTEGER, read_rows=INTEGER, read_bytes=INTEGER, result_rows=INTEGER,
    result_bytes=INTEGER, memory_usage=INTEGER, status=STRING, is_personal_api_key_request=BOOLEAN,
)  # fmt: skip
_SHOWN = {"app_metrics": "app_metrics2"}
_ALIKE = {
    "raw_session_replay_events": "session_replay_events",
    "console_logs_log_entries": "log_entries",
    "batch_export_log_entries": "log_entries",
}


@dataclass(frozen=True)
class Database:
    """All tables, as one project sees them."""

    mode: str = JOINED
    group_types: tuple[tuple[int, str], ...] = ()
    rules: tuple[Rule, ...] = ()
    """The project's own channels of visits."""
    tables: Mapping[str, Table] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", {table.name: table for table in self._tables()})

    def _tables(self) -> list[Table]:
        events = events_fields(self.mode, dict(self.group_types), self.rules)
        persons = _persons_fields(self.rules)
        return [
            Table("events", "events", events, is_direct=True, properties="event"),
            Table("persons", "persons", persons, properties="person"),
            Table("raw_persons", "persons", persons, properties="person"),
            Table("person_distinct_ids", "person_distinct_ids", _DISTINCT_IDS, opaque=True),
            Table("raw_person_distinct_ids", "person_distinct_ids", _DISTINCT_IDS),
            Table("person_distinct_id_overrides", "person_distinct_ids", _DISTINCT_IDS, opaque=True),
            Table("raw_person_distinct_id_overrides", "person_distinct_ids", _DISTINCT_IDS),
            Table("sessions", "events", sessions_fields(self.rules), group_by="`$session_id`",
                  where="`$session_id` != ''", opaque=True),
            Table("groups", "groups", _GROUPS, properties="group", opaque=True, group_by="`index`, key",
                  latest="updated_at"),
            Table("raw_groups", "groups", _GROUPS, properties="group"),
            Table("cohort_people", "cohort_people", _COHORT_PEOPLE, opaque=True),
            Table("raw_cohort_people", "cohort_people", _RAW_COHORT),
            Table("static_cohort_people", "static_cohort_people", _STATIC),
            Table("numbers", "numbers", _columns(number=INTEGER), function=(1, 2)),
            Table("query_log", "query_log", _QUERY_LOG),
            Table("exchange_rate", "exchange_rate", _columns(currency=STRING, date=DATE, rate=DECIMAL)),
            *(kept.table() for kept in SYSTEM),
            *(Table(name, _NOTHING, fields, shown=_SHOWN.get(name)) for name, fields in _EMPTY.items()),
            *(Table(name, _NOTHING, _EMPTY[like]) for name, like in _ALIKE.items()),
        ]  # fmt: skip

    def find(self, name: str) -> Table | None:
        """Return the table of a name."""
        return self.tables.get(name)


@lru_cache(maxsize=64)
def database(mode: str, group_types: tuple[tuple[int, str], ...], rules: tuple[Rule, ...] = ()) -> Database:
    """Return the tables as a project with these group types, and channels of its own, sees them."""
    return Database(mode, group_types, rules)
