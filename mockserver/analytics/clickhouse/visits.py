"""Events that are told by the visit, put together by ClickHouse: what `Visits.records` does, in SQL.

A row stands for what a person did while one thing was known of them, with lists of what differs from event to event.
The few distinct deeds are a table of their own. So Python hands over some twenty bytes an event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from mockserver.analytics.clickhouse.tables import CHAIN, LIFTED, People, lifted
from mockserver.store import Record
from mockserver.world.entropy import SCATTER
from mockserver.world.visits import SESSION, WINDOW, Stretch, Visits

OF_DEEDS = "number UInt32, event String, properties String"
OF_STRETCHES = (
    "distinct_id String, properties String, person_id UUID, person_created_at DateTime64(3, 'UTC'),"
    " person_properties String,"
    + "".join(f" `{name}` String," for name in LIFTED)
    + " begun Array(UInt64), visit Array(UInt64), place Array(UInt64), moments Array(Array(UInt64)),"
    " deeds Array(Array(UInt32)), own Array(String)"
)
THREADS = 2
"""How many put events in order at once; each holds some of them in memory."""
MOST = 1_000
"""How many stretches a row tells: those of somebody who did very much are parted."""
READING = "input_format_json_read_objects_as_strings = 1"
APART = frozenset((*LIFTED, CHAIN))
"""Properties that have columns of their own: what a deed says of them is not told with all else of a visit."""
BY_VISIT = frozenset((SESSION, WINDOW, CHAIN))
"""Those of them that nobody brings along from visit to visit."""
TOLD = ("distinct_id", "person_id", "person_created_at", "person_properties", *LIFTED)
# To look for a chain of elements where there is none takes as long as all else.
CHAINLESS = {
    "elements_chain": "''", "elements_chain_href": "''", "elements_chain_texts": "[]", "elements_chain_ids": "[]",
    "elements_chain_elements": "[]",
}  # fmt: skip


def deed_rows(visits: Visits) -> Iterator[Mapping[str, Any]]:
    """Yield the deeds, with their numbers."""
    for number, deed in enumerate(visits.deeds):
        yield {"number": number, "event": deed.event, "properties": deed.properties}


def stretch_rows(visits: Visits, project_id: int, people: People, apart: list[Record]) -> Iterator[Mapping[str, Any]]:
    """Yield the stretches, those of a person together; events that are to be told one by one are added to `apart`."""
    odd = {number for number, deed in enumerate(visits.deeds) if not APART.isdisjoint(deed.properties)}
    for common, alike in groupby(visits.stretches(), key=attrgetter("common")):
        if common["project_id"] != project_id:
            continue
        properties = common["properties"]
        told: list[Stretch] = []
        for stretch in alike:
            if odd.isdisjoint(stretch.deeds) and APART.isdisjoint(stretch.own) and BY_VISIT.isdisjoint(properties):
                told.append(stretch)
            else:
                apart += visits.records(stretch)
        for first in range(0, len(told), MOST):
            _, begun, visit, place, moments, deeds, own = zip(*told[first : first + MOST], strict=True)
            yield {
                "distinct_id": common["distinct_id"],
                "properties": properties,
                "person_id": common["person_id"],
                "person_created_at": people.created_at(common["person_id"]),
                "person_properties": common["person_properties"],
                **lifted(properties),
                "begun": begun, "visit": visit, "place": place, "moments": moments, "deeds": deeds, "own": own,
            }  # fmt: skip


def stretches_in(row: Mapping[str, Any]) -> int:
    """Return how many stretches a row tells."""
    return len(row["begun"])


def telling(made: str, stretches: str, deeds: str, visits: Visits, project_id: int) -> str:
    """Return the command that puts the events of stretches into a table."""
    bases = visits.bases
    shared = ", ".join(f"`{name}`" for name in TOLD if name not in BY_VISIT)
    columns = {
        "team_id": str(project_id),
        **{f"`{name}`": f"`{name}`" for name in TOLD},
        "uuid": _uuid("moment", "place + number - 1", bases.event),
        "event": "names[deed]",
        "timestamp": "fromUnixTimestamp64Milli(toInt64(moment), 'UTC') AS at",
        "created_at": "at",
        "properties": "concat(brought, substring(if(own = '{}', spelled[deed], own), 2))",
        **CHAINLESS,
    }
    session, window = (f"toString({_uuid('begun', 'visit', base)})" for base in (bases.session, bases.window))
    by_visit = (
        f"SELECT {shared}, {session} AS `{SESSION}`, {window} AS `{WINDOW}`, place, moments, deeds, own,"
        f' concat(substring(properties, 1, length(properties) - 1), \',"{SESSION}":"\', `{SESSION}`,'
        f' \'","{WINDOW}":"\', `{WINDOW}`, \'",\') AS brought'
        f" FROM {stretches} ARRAY JOIN begun, visit, place, moments, deeds, own"
    )
    in_order = f"FROM (SELECT * FROM {deeds} ORDER BY number)"
    return (
        f"INSERT INTO {made} ({', '.join(columns)})"
        f" WITH (SELECT groupArray(event) {in_order}) AS names, (SELECT groupArray(properties) {in_order}) AS spelled"
        f" SELECT {', '.join(columns.values())} FROM ({by_visit})"
        " ARRAY JOIN moments AS moment, arrayMap(n -> n + 1, deeds) AS deed, arrayEnumerate(moments) AS number"
        f" SETTINGS max_insert_threads = {THREADS}"
    )


def _uuid(milliseconds: str, place: str, base: int) -> str:
    """Return `entropy.uuid7_at` in SQL."""
    word = f"({base} + toUInt64({place}) * {SCATTER})"
    first = f"bitOr(bitShiftLeft({milliseconds}, 16), bitOr(0x7000, bitShiftRight({word}, 52)))"
    second = f"bitOr(bitAnd({word}, {0x3FFF_FFFF_FFFF_FFFF}), {0x8000_0000_0000_0000})"
    return f"reinterpretAsUUID(bitOr(bitShiftLeft(toUInt128({second}), 64), toUInt128({first})))"
