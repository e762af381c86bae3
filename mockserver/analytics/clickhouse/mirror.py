"""What a world holds, as tables in ClickHouse: made when first asked of, and kept up as the world changes.

A table stands for one version of one of the store's tables, so worlds that hold the same share it: a fork that has
written nothing copies nothing, and one that added events gets a clone (which shares its parts) and those events.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from typing import Any

from mockserver.analytics.clickhouse.engine import Engine, encode, engine
from mockserver.analytics.hogql.functions.money import RATES, SINCE
from mockserver.membership.members import member_uuids
from mockserver.store import Record, Repository, View

KEPT = 64
BATCH = 20_000
NOBODY = "00000000-0000-0000-0000-000000000000"
GROUPS = range(5)

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
}


@dataclass(frozen=True)
class Held:
    """A table in ClickHouse: of events also how far it has come, to go on from there."""

    name: str
    mark: int = 0
    rows: int = 0
    last: Record | None = None


class Mirror:
    """The tables made so far, the least lately used dropped first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: OrderedDict[tuple[Any, ...], Held] = OrderedDict()
        self._numbers = count(1)
        self._lock = threading.RLock()

    def table(self, name: str, view: View, project_id: int) -> str:
        """Return what ClickHouse calls the table that holds a project's rows."""
        key = (name, project_id, *(view.version(source) for source in SOURCES[name]))
        with self._lock:
            held = self._held.get(key)
            if held is None:
                held = self._make(name, view, project_id)
                self._held[key] = held
                self._drop_oldest()
            self._held.move_to_end(key)
        return held.name

    def _drop_oldest(self) -> None:
        while len(self._held) > KEPT:
            _, held = self._held.popitem(last=False)
            self._engine.command(f"DROP TABLE {held.name}")

    def _make(self, name: str, view: View, project_id: int) -> Held:
        made = f"{name}_{next(self._numbers)}"
        if name == "events":
            return self._make_events(made, view, project_id)
        self._create(made, name)
        self._fill(made, ROWS[name](view, project_id))
        return Held(made)

    def _make_events(self, made: str, view: View, project_id: int) -> Held:
        table = view.table("events")
        base = self._base(view, project_id)
        added = table.since(base.mark if base else 0)
        if base:
            self._engine.command(f"CREATE TABLE {made} CLONE AS {base.name}")
        else:
            self._create(made, "events")
        people = People(view)
        last = base.last if base else None

        def rows() -> Iterator[Mapping[str, Any]]:
            nonlocal last
            for last in added.records:
                if last["project_id"] == project_id:
                    yield event_row(last, people)

        self._fill(made, rows())
        return Held(made, added.mark, len(table), last)

    def _base(self, view: View, project_id: int) -> Held | None:
        """Return a table that holds a beginning of these events and nothing else."""
        table = view.table("events")
        for key, held in reversed(self._held.items()):
            if key[:2] != ("events", project_id) or held.last is None or not holds(table, held.last):
                continue
            if held.rows + table.since(held.mark).count == len(table):
                return held
        return None

    def _create(self, made: str, name: str) -> None:
        order = ORDERS.get(name, "tuple()")
        self._engine.command(f"CREATE TABLE {made} ({COLUMNS[name]}) ENGINE = MergeTree ORDER BY {order}")

    def _fill(self, made: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to a table; while ClickHouse writes a batch, outside Python, the next one is made."""
        with ThreadPoolExecutor(max_workers=1) as writer:
            written: Future[None] | None = None
            for lines in json_lines(rows):
                if written:
                    written.result()
                written = writer.submit(self._engine.insert, made, lines)
            if written:
                written.result()


def holds(table: Repository, event: Record) -> bool:
    """Return whether a table holds this very event: one that is like it, in another world, may follow upon others.

    What a block of events makes anew each time it is read is known by what it says.
    """
    return any(
        found is event or (found == event and again is not found)
        for found, again in zip(table.find(uuid=event["uuid"]), table.find(uuid=event["uuid"]), strict=True)
    )


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield rows by the batch, each row as a line of JSON."""
    waiting = iter(rows)
    while lines := b"\n".join(encode(row) for row in islice(waiting, BATCH)):
        yield lines.decode()


class People:
    """When each person of a project was first seen, found once for many events."""

    def __init__(self, view: View) -> None:
        self._table = view.table("persons")
        self._created: dict[str, str] = {}

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
    properties = event["properties"]
    person_id = event.get("person_id") or NOBODY
    timestamp = clock(event["timestamp"])
    return {
        "uuid": event["uuid"],
        "event": event["event"],
        "properties": encode(properties).decode(),
        "timestamp": timestamp,
        "team_id": event["project_id"],
        "distinct_id": event["distinct_id"],
        "elements_chain": text(properties.get("$elements_chain")),
        "created_at": clock(event.get("created_at") or event["timestamp"]),
        "$session_id": text(properties.get("$session_id")),
        "$window_id": text(properties.get("$window_id")),
        "person_id": person_id,
        "person_created_at": people.created_at(person_id),
        "person_properties": encode(event.get("person_properties") or {}).decode(),
        **{f"$group_{index}": text(properties.get(f"$group_{index}")) for index in GROUPS},
    }


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


def _no_rows(view: View, project_id: int) -> Iterator[Mapping[str, Any]]:
    return iter(())


Rows = Callable[[View, int], Iterator[Mapping[str, Any]]]
ROWS: dict[str, Rows] = {
    "persons": _persons,
    "person_distinct_ids": _distinct_ids,
    "groups": _groups,
    "cohort_people": _cohort_people,
    "static_cohort_people": _static_cohort_people,
    "query_log": _query_log,
    "exchange_rate": _exchange_rates,
    "nothing": _no_rows,
}


@cache
def mirror() -> Mirror:
    """Return the mirror of this process's engine."""
    return Mirror(engine())
