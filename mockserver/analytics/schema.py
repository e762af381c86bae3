"""The tables that HogQL knows: their fields, and how one leads to another.

A table is read from one of ours (`stored`), through a subquery that asks for no more than the query names; events
alone are read directly. `*` stands for the plain and the computed fields, in this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from mockserver.analytics.types import Kind, Type


@dataclass(frozen=True)
class Plain:
    """A field kept as a column; `sql` says how it is read where that is more than its name."""

    type: Type
    sql: str | None = None
    is_starred: bool = True


@dataclass(frozen=True)
class Computed:
    """A field that is a HogQL expression over others of its table."""

    expression: str
    type: Type
    is_starred: bool = True


@dataclass(frozen=True)
class Joined:
    """A table joined when a field of it is named: `on` is a HogQL expression here, `to` the field there."""

    table: str
    on: str
    to: str
    where: str | None = None


@dataclass(frozen=True)
class Within:
    """Fields of the same table under a name of their own."""

    fields: Mapping[str, Plain]


@dataclass(frozen=True)
class Path:
    """Another name for what stands at the end of a path."""

    chain: tuple[str, ...]


TableField = Plain | Computed | Joined | Within | Path


@dataclass(frozen=True)
class Table:
    """A table of HogQL's."""

    name: str
    stored: str
    fields: Mapping[str, TableField]
    is_direct: bool = False
    group_by: str | None = None
    where: str | None = None
    properties: str | None = None
    """Of which kind its `properties` are: event, person or group."""
    opaque: bool = False
    """Whether its fields come out of aggregates, so that nothing is known of their types."""
    shown: str | None = None
    """What HogQL calls it when it is printed again, where that is not its name."""
    function: tuple[int, int] | None = None
    """How few and how many arguments it takes, if it is a function."""


def _not_null(kind: Kind) -> Type:
    return Type(kind, nullable=False)


STRING, INTEGER, FLOAT = _not_null(Kind.STRING), _not_null(Kind.INTEGER), _not_null(Kind.FLOAT)
DATE = _not_null(Kind.DATE)
DATETIME, UUID, JSON = _not_null(Kind.DATETIME), _not_null(Kind.UUID), _not_null(Kind.JSON)
ARRAY, BOOLEAN, UNKNOWN = _not_null(Kind.ARRAY), _not_null(Kind.BOOLEAN), Type()

GROUPS = range(5)
OVERRIDDEN = "if(not(empty(override.distinct_id)), override.person_id, event_person_id)"

DISABLED = "disabled"
NO_OVERRIDE = "person_id_no_override_properties_on_events"
ON_EVENTS = "person_id_override_properties_on_events"
JOINED = "person_id_override_properties_joined"


def events_fields(mode: str, group_types: Mapping[int, str]) -> dict[str, TableField]:
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
        "person_id": _person_id(mode),
        **{f"$group_{index}": Plain(STRING) for index in GROUPS},
        "elements_chain_href": Plain(STRING),
        "elements_chain_texts": Plain(ARRAY),
        "elements_chain_ids": Plain(ARRAY),
        "elements_chain_elements": Plain(ARRAY),
        "event_person_id": Plain(UUID, "person_id"),
        "event_issue_id": Computed("toUUID(properties.$exception_issue_id)", Type(Kind.UUID)),
        "issue_id": Computed("event_issue_id", Type(Kind.UUID)),
        "pdi": Joined("person_distinct_ids", "distinct_id", "distinct_id"),
        "override": Joined("person_distinct_id_overrides", "distinct_id", "distinct_id"),
        "poe": Within(
            {
                "id": Plain(UUID, "person_id"),
                "created_at": Plain(DATETIME, "person_created_at"),
                "properties": Plain(JSON, "person_properties"),
            }
        ),
        "person": Path(("poe",)) if mode in (NO_OVERRIDE, ON_EVENTS) else Joined("persons", "person_id", "id"),
        "session": Joined("sessions", "$session_id", "session_id"),
    }
    if mode == DISABLED:
        fields["person"] = Path(("pdi", "person"))
    for index in GROUPS:
        fields[f"group_{index}"] = Joined("groups", f"$group_{index}", "key", f"index = {index}")
    for index, name in sorted(group_types.items()):
        fields.setdefault(name, Path((f"group_{index}",)))
    return fields


def _person_id(mode: str) -> TableField:
    if mode == DISABLED:
        return Path(("pdi", "person_id"))
    return Plain(UUID) if mode == NO_OVERRIDE else Computed(OVERRIDDEN, UUID)


def _event_property(name: str) -> str:
    return f"JSONExtractString(properties, '{name}')"


def _first(sql: str) -> str:
    return f"nullIf(nullIf(argMin({sql}, timestamp), 'null'), '')"


def _last(sql: str) -> str:
    return f"nullIf(nullIf(argMax({sql}, timestamp), 'null'), '')"


CAMPAIGN = ("utm_source", "utm_campaign", "utm_medium", "utm_term", "utm_content", "gclid", "gad_source", "gclsrc",
            "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "twclid", "li_fat_id", "mc_cid", "igshid", "ttclid",
            "_kx", "irclid")  # fmt: skip
SEARCH = "'google.com', 'bing.com', 'duckduckgo.com', 'yahoo.com', 'baidu.com', 'yandex.ru', 'ecosia.org', 'brave.com'"
SOCIAL = (
    "'facebook.com', 'twitter.com', 't.co', 'x.com', 'linkedin.com', 'instagram.com', 'reddit.com', 'pinterest.com',"
    " 'tiktok.com', 'news.ycombinator.com'"
)
VIDEO = "'youtube.com', 'vimeo.com', 'twitch.tv'"


def _channel() -> str:
    """Return how a session's channel is told from where its first event came."""
    domain, source = _first(_event_property("$referring_domain")), _first(_event_property("utm_source"))
    medium, campaign = _first(_event_property("utm_medium")), _first(_event_property("utm_campaign"))
    clicked = f"notEmpty({_first_or_empty('gclid')})"
    paid = f"(match(lower(ifNull({medium}, '')), '^(.*cp.*|ppc|retargeting|paid.*)$') OR {clicked})"
    came = f"cutToFirstSignificantSubdomain(concat('https://', ifNull({domain}, '')))"
    return (
        f"multiIf(match(lower(ifNull({campaign}, '')), 'cross-network'), 'Cross Network',"
        f" {paid} AND ({came} IN ({SEARCH}) OR lower(ifNull({source}, '')) IN ('google', 'bing')), 'Paid Search',"
        f" {paid} AND {came} IN ({SOCIAL}), 'Paid Social', {paid} AND {came} IN ({VIDEO}), 'Paid Video',"
        f" {paid}, 'Paid Unknown',"
        f" {domain} = '$direct' AND {medium} IS NULL AND ifNull({source}, 'direct') IN ('(direct)', 'direct'),"
        f" 'Direct',"
        f" lower(ifNull({medium}, '')) IN ('email', 'e-mail', 'newsletter'), 'Email',"
        f" lower(ifNull({medium}, '')) = 'affiliate', 'Affiliate', {came} IN ({SEARCH}), 'Organic Search',"
        f" {came} IN ({SOCIAL}), 'Organic Social', {came} IN ({VIDEO}), 'Organic Video',"
        f" match(ifNull({campaign}, ''), 'video'), 'Organic Video', match(ifNull({medium}, ''), 'push$'), 'Push',"
        f" {domain} = '$direct', 'Direct', {domain} IS NOT NULL, 'Referral', 'Unknown')"
    )


def _first_or_empty(name: str) -> str:
    return f"ifNull({_first(_event_property(name))}, '')"


def sessions_fields() -> dict[str, TableField]:
    """Return the fields of sessions, each told from the session's events."""
    url = _event_property("$current_url")
    entry, end = _first(url), _last(url)
    pageviews, screens = "countIf(event = '$pageview')", "countIf(event = '$screen')"
    autocaptures = "countIf(event = '$autocapture')"
    duration = "dateDiff('second', min(timestamp), max(timestamp))"
    text, count = Type(Kind.STRING), Type(Kind.INTEGER)
    fields: dict[str, TableField] = {
        "id": Plain(text, "`$session_id`"),
        "session_id": Plain(text, "`$session_id`"),
        "distinct_id": Plain(text, "argMax(distinct_id, timestamp)"),
        "$start_timestamp": Plain(Type(Kind.DATETIME), "min(toTimeZone(timestamp, {timezone}))"),
        "$end_timestamp": Plain(Type(Kind.DATETIME), "max(toTimeZone(timestamp, {timezone}))"),
        "max_inserted_at": Plain(Type(Kind.DATETIME), "max(toTimeZone(timestamp, {timezone}))"),
        "$urls": Plain(Type(Kind.ARRAY), f"arrayDistinct(groupArrayIf({url}, {url} != ''))"),
        "$num_uniq_urls": Plain(count, f"uniqIf({url}, {url} != '')"),
        "$entry_current_url": Plain(text, entry),
        "$entry_pathname": Plain(text, f"path({entry})"),
        "$entry_hostname": Plain(text, f"domain({entry})"),
        "$end_current_url": Plain(text, end),
        "$end_pathname": Plain(text, f"path({end})"),
        "$end_hostname": Plain(text, f"domain({end})"),
        "$entry_referring_domain": Plain(text, _first(_event_property("$referring_domain"))),
        "$entry_referrer": Plain(text, _first(_event_property("$referrer"))),
    }
    for name in CAMPAIGN:
        fields[f"$entry_{name}"] = Plain(text, _first(_event_property(name)))
    return fields | {
        "$pageview_count": Plain(count, pageviews),
        "$autocapture_count": Plain(count, autocaptures),
        "$screen_count": Plain(count, screens),
        "$channel_type": Plain(text, _channel()),
        "$session_duration": Plain(count, duration),
        "duration": Plain(count, duration),
        "$is_bounce": Plain(
            Type(Kind.BOOLEAN),
            f"if({pageviews} = 0, NULL, not({pageviews} > 1 OR {autocaptures} > 0 OR {duration} >= 10))",
        ),
        "$last_external_click_url": Plain(text, _last(_event_property("$external_click_url"))),
        "$exit_current_url": Plain(text, end),
        "$exit_pathname": Plain(text, f"path({end})"),
    }


def _columns(**types: Type) -> dict[str, TableField]:
    return {name: Plain(type) for name, type in types.items()}


_CAME = "cutToFirstSignificantSubdomain(concat('https://', properties.$initial_referring_domain))"
_DOMAIN_TYPE = (
    f"multiIf({_CAME} in ({SEARCH}), 'Search', {_CAME} in ({SOCIAL}), 'Social', {_CAME} in ({VIDEO}), 'Video', null)"
)
_CHANNEL_TYPE = (
    f"multiIf({_CAME} in ({SEARCH}), 'Organic Search', {_CAME} in ({SOCIAL}), 'Organic Social',"
    f" {_CAME} in ({VIDEO}), 'Organic Video', properties.$initial_referring_domain = '$direct', 'Direct',"
    f" properties.$initial_referring_domain is not null, 'Referral', 'Unknown')"
)
_PERSONS: dict[str, TableField] = {
    "id": Plain(UUID),
    "created_at": Plain(DATETIME),
    "properties": Plain(JSON),
    "is_identified": Plain(BOOLEAN),
    "$virt_initial_referring_domain_type": Computed(_DOMAIN_TYPE, Type(Kind.STRING)),
    "$virt_initial_channel_type": Computed(_CHANNEL_TYPE, STRING),
    "pdi": Joined("person_distinct_ids", "id", "person_id"),
}
_DISTINCT_IDS: dict[str, TableField] = {
    "distinct_id": Plain(STRING),
    "person_id": Plain(UUID),
    "person": Joined("persons", "person_id", "id"),
}
_GROUPS: dict[str, TableField] = {
    "index": Plain(INTEGER),
    "key": Plain(STRING),
    "created_at": Plain(DATETIME),
    "updated_at": Plain(DATETIME),
    "properties": Plain(JSON),
}
_COHORT_PEOPLE: dict[str, TableField] = {
    "person_id": Plain(UUID),
    "cohort_id": Plain(INTEGER),
    "person": Joined("persons", "person_id", "id"),
}
_STATIC: dict[str, TableField] = {**_COHORT_PEOPLE}
_RAW_COHORT: dict[str, TableField] = {**_COHORT_PEOPLE, "sign": Plain(INTEGER, "1"), "version": Plain(INTEGER)}

_NOTHING = "nothing"  # tables that stay empty here: recordings, heatmaps, logs
_EMPTY = {
    "session_replay_events": _columns(
        session_id=STRING, distinct_id=STRING, min_first_timestamp=DATETIME, max_last_timestamp=DATETIME,
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
    "query_log": _columns(
        query_id=STRING, query=STRING, query_start_time=DATETIME, query_duration_ms=INTEGER, created_by=INTEGER,
        read_rows=INTEGER, read_bytes=INTEGER, result_rows=INTEGER, result_bytes=INTEGER, memory_usage=INTEGER,
        status=STRING, kind=STRING, query_type=STRING, is_personal_api_key_request=BOOLEAN, name=STRING,
        client_query_id=STRING, event_date=DATE, exception_code=INTEGER, exception_name=STRING,
    ),
}  # fmt: skip
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
    tables: Mapping[str, Table] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", {table.name: table for table in self._tables()})

    def _tables(self) -> list[Table]:
        events = events_fields(self.mode, dict(self.group_types))
        return [
            Table("events", "events", events, is_direct=True, properties="event"),
            Table("persons", "persons", _PERSONS, properties="person"),
            Table("raw_persons", "persons", _PERSONS, properties="person"),
            Table("person_distinct_ids", "person_distinct_ids", _DISTINCT_IDS, opaque=True),
            Table("raw_person_distinct_ids", "person_distinct_ids", _DISTINCT_IDS),
            Table("person_distinct_id_overrides", "person_distinct_ids", _DISTINCT_IDS, opaque=True),
            Table("raw_person_distinct_id_overrides", "person_distinct_ids", _DISTINCT_IDS),
            Table("sessions", "events", sessions_fields(), group_by="`$session_id`", where="`$session_id` != ''",
                  opaque=True),
            Table("groups", "groups", _GROUPS, properties="group", opaque=True),
            Table("raw_groups", "groups", _GROUPS, properties="group"),
            Table("cohort_people", "cohort_people", _COHORT_PEOPLE, opaque=True),
            Table("raw_cohort_people", "cohort_people", _RAW_COHORT),
            Table("static_cohort_people", "static_cohort_people", _STATIC),
            Table("numbers", "numbers", _columns(number=INTEGER), function=(1, 2)),
            *(Table(name, _NOTHING, fields, shown=_SHOWN.get(name)) for name, fields in _EMPTY.items()),
            *(Table(name, _NOTHING, _EMPTY[like]) for name, like in _ALIKE.items()),
        ]  # fmt: skip

    def find(self, name: str) -> Table | None:
        """Return the table of a name."""
        return self.tables.get(name)


@cache
def database(mode: str, group_types: tuple[tuple[int, str], ...]) -> Database:
    """Return the tables as a project with these group types sees them."""
    return Database(mode, group_types)
