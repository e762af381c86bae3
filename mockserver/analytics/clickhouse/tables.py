"""What a world holds, as the rows of tables in ClickHouse, and what these tables are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockserver.analytics.clickhouse.engine import encode
from mockserver.analytics.hogql.functions.money import RATES, SINCE
from mockserver.analytics.hogql.tables.system import SYSTEM, Kept
from mockserver.analytics.hogql.types import Kind
from mockserver.membership.members import member_uuids
from mockserver.store import Record, View

NOBODY = "00000000-0000-0000-0000-000000000000"
GROUPS = range(5)
LIFTED = ("$session_id", "$window_id", *(f"$group_{index}" for index in GROUPS))
"""Properties of events that have columns of their own."""
UNLIFTED = dict.fromkeys(LIFTED, "")
CHAIN = "$elements_chain"

# What is told of an event's chain of elements, as PostHog's own table of events tells it.
ELEMENTS = r"""
    elements_chain_href String DEFAULT extract(elements_chain, '(?::|")href="(.*?)"'),
    elements_chain_texts Array(String) DEFAULT arrayDistinct(extractAll(elements_chain, '(?::|")text="(.*?)"')),
    elements_chain_ids Array(String) DEFAULT arrayDistinct(extractAll(elements_chain, '(?::|")attr_id="(.*?)"')),
    elements_chain_elements
        Array(Enum8('a' = 1, 'button' = 2, 'form' = 3, 'input' = 4, 'select' = 5, 'textarea' = 6, 'label' = 7))
        DEFAULT arrayDistinct(
            extractAll(elements_chain, '(?:^|;)(a|button|form|input|select|textarea|label)(?:\\.|$|:)')
        )
"""
COLUMNS = {
    "events": (
        "uuid UUID, event String, properties String, timestamp DateTime64(6, 'UTC'), team_id Int64,"
        " distinct_id String, elements_chain String, created_at DateTime64(6, 'UTC'), `$session_id` String,"
        " `$window_id` String,"
        " person_id UUID, person_created_at DateTime64(3, 'UTC'), person_properties String,"
        + "".join(
            f" `$group_{index}` String, group{index}_created_at DateTime64(3, 'UTC'), group{index}_properties String,"
            for index in GROUPS
        )
        + ELEMENTS
    ),
    "persons": "id UUID, created_at DateTime64(3, 'UTC'), properties String, is_identified Int8",
    "person_distinct_ids": "distinct_id String, person_id UUID",
    "groups": (
        "`index` UInt8, key String, created_at DateTime64(3, 'UTC'), updated_at DateTime('UTC'), properties String"
    ),
    "cohort_people": "person_id UUID, cohort_id Int64, version UInt64",
    "static_cohort_people": "person_id UUID, cohort_id Int64",
    "query_log": (
        "query_id String, endpoint String, query String, query_start_time DateTime64(6, 'UTC'),"
        " query_duration_ms Float64, hogql_name String, created_by Int64, read_rows Int64, read_bytes Int64,"
        " result_rows Int64, result_bytes Int64, memory_usage Int64, status String, is_personal_api_key_request Bool"
    ),
    "exchange_rate": "currency String, date Date, rate Decimal64(10)",
    "nothing": (
        "session_id String, distinct_id String, timestamp DateTime64(6, 'UTC'),"
        " start_time DateTime64(6, 'UTC'), end_time DateTime64(6, 'UTC'),"
        " min_first_timestamp DateTime64(6, 'UTC'), max_last_timestamp DateTime64(6, 'UTC'), first_url String,"
        " click_count Int64, keypress_count Int64,"
        " mouse_activity_count Int64, active_milliseconds Int64, console_log_count Int64, console_warn_count Int64,"
        " console_error_count Int64, size Int64, event_count Int64, message_count Int64, snapshot_source String,"
        " x Int16, y Int16, scale_factor Int16, viewport_width Int16, viewport_height Int16, pointer_target_fixed Bool,"
        " current_url String, type String, app_source String, app_source_id String, instance_id String,"
        " metric_kind String, metric_name String, count Int64, log_source String, log_source_id String, message String,"
        " level String, person_id UUID, revenue Float64, revenue_last_30_days Float64, fingerprint String,"
        " issue_id UUID"
    ),
    **{kept.stored: kept.columns for kept in SYSTEM},
}
ORDERS = {
    "events": "(toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid)) SAMPLE BY cityHash64(distinct_id)",
}
SOURCES = {
    "events": ("events",),
    "persons": ("persons",),
    "person_distinct_ids": ("persons",),
    "groups": ("groups",),
    "cohort_people": ("cohorts", "cohort_members", "persons", "events"),
    "static_cohort_people": ("cohorts", "cohort_members"),
    "query_log": ("query_runs",),
    "exchange_rate": (),
    "nothing": (),
    **{kept.stored: (kept.records,) for kept in SYSTEM},
}


Rows = Callable[[View, int], Iterator[Mapping[str, Any]]]


class People:
    """When each person of a project was first seen, found once for many events."""

    def __init__(self, view: View) -> None:
        self._table = view.table("persons")
        self._created: dict[str, str] = {}

    def read_all(self) -> None:
        """Find out of everybody at once, for events of very many."""
        self._created = {person["uuid"]: clock(person["created_at"]) for person in self._table}

    def created_at(self, person_id: str) -> str:
        """Return when a person was created; the beginning of time for nobody."""
        if person_id not in self._created:
            person = self._table.first(uuid=person_id)
            self._created[person_id] = clock(person["created_at"]) if person else "1970-01-01 00:00:00"
        return self._created[person_id]


def clock(timestamp: str) -> str:
    """Return a time of the store's (ISO 8601 in UTC) as ClickHouse reads one."""
    return timestamp[:26].rstrip("Z").replace("T", " ")


def text(value: Any) -> str:
    """Return a JSON value as the text of a column kept apart."""
    if value is None:
        return ""
    return value if isinstance(value, str) else encode(value).decode()


def event_row(event: Record, people: People) -> dict[str, Any]:
    """Return an event as a row."""
    properties, person_id = event["properties"], event.get("person_id") or NOBODY
    return {
        "uuid": event["uuid"],
        "event": event["event"],
        "timestamp": clock(event["timestamp"]),
        "created_at": clock(event.get("created_at") or event["timestamp"]),
        "properties": encode(properties).decode(),
        "person_properties": encode(event.get("person_properties") or {}).decode(),
        "team_id": event["project_id"],
        "distinct_id": event["distinct_id"],
        "elements_chain": text(properties.get(CHAIN)),
        "person_id": person_id,
        "person_created_at": people.created_at(person_id),
        **lifted(properties),
    }


def lifted(properties: Record) -> dict[str, str]:
    """Return the properties that have columns of their own, blank where there is none."""
    return {**UNLIFTED, **{name: text(properties[name]) for name in LIFTED if name in properties}}


def _persons(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    for person in view.table("persons").find(project_id=project_id):
        yield {
            "id": person["uuid"],
            "created_at": clock(person["created_at"]),
            "properties": encode(person["properties"]).decode(),
            "is_identified": int(bool(person.get("is_identified"))),
        }


def _distinct_ids(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    for person in view.table("persons").find(project_id=project_id):
        for distinct_id in person["distinct_ids"]:
            yield {"distinct_id": distinct_id, "person_id": person["uuid"]}


def _groups(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    for group in view.table("groups").find(project_id=project_id):
        created = clock(group["created_at"])
        yield {
            "index": group["group_type_index"],
            "key": group["group_key"],
            "created_at": created,
            "updated_at": created[:19],
            "properties": spaced(group["group_properties"]),
        }


def spaced(value: Any) -> str:
    """Return JSON with blanks after commas and colons, as a group's properties are kept."""
    import json

    return json.dumps(value, ensure_ascii=False)


def _cohort_people(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    for cohort in view.table("cohorts").find(project_id=project_id):
        for person_id in member_uuids(view, cohort):
            yield {"person_id": person_id, "cohort_id": cohort["id"], "version": cohort.get("version") or 0}


def _static_cohort_people(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    for cohort in view.table("cohorts").find(project_id=project_id, is_static=True):
        for person_id in member_uuids(view, cohort):
            yield {"person_id": person_id, "cohort_id": cohort["id"]}


def _query_log(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    for run in view.table("query_runs").find(project_id=project_id):
        yield {
            "query_id": run["query_id"],
            "endpoint": run["endpoint"],
            "query": run["query"],
            "query_start_time": clock(run["query_start_time"]),
            "query_duration_ms": run["query_duration_ms"],
            "hogql_name": run["name"],
            "created_by": run["created_by"],
            "status": run["status"],
            "is_personal_api_key_request": run.get("by_key", True),
        }


def _exchange_rates(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    for currency, rate in RATES.items():
        yield {"currency": currency, "date": SINCE, "rate": rate}


def _kept(kept: Kept) -> Rows:
    """Return how the records of one of the tables `system.…` are told."""

    def rows(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
        for record in view.table(kept.records).find(project_id=project_id):
            named = ((name, record.get((kept.called or {}).get(name, name))) for name in kept.fields)
            yield {name: _column(value, kept.fields[name].kind) for name, value in named}

    return rows


def _column(value: Any, kind: Kind) -> Any:
    if kind is Kind.JSON:
        return encode(value).decode()
    if kind is Kind.DATETIME and isinstance(value, str):
        return clock(value)
    if kind is Kind.INTEGER:
        return int(value or 0) if value is None or isinstance(value, bool) else value
    return value


def _no_rows(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    return iter(())


ROWS: dict[str, Rows] = {
    "persons": _persons,
    "person_distinct_ids": _distinct_ids,
    "groups": _groups,
    "cohort_people": _cohort_people,
    "static_cohort_people": _static_cohort_people,
    "query_log": _query_log,
    "exchange_rate": _exchange_rates,
    "nothing": _no_rows,
    **{kept.stored: _kept(kept) for kept in SYSTEM},
}
