"""HogQL drafted from a question, by the names in it: servers ask a language model, and there is none here.

The tables, events and properties of the project are looked for in the question, and a few words that say how to count.
What none of these is found in is unclear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mockserver.analytics.hogql.literals import clickhouse_string, typed_identifier
from mockserver.errors import ValidationError
from mockserver.queries.running import run
from mockserver.request.call import Call

UNCLEAR = "I do not understand the question: it names no table, event or property of this project."
TABLES = {"event": "events", "person": "persons", "people": "persons", "user": "persons", "session": "sessions",
          "group": "groups"}  # fmt: skip
BUCKETS = {"hour": "toStartOfHour", "day": "toStartOfDay", "week": "toStartOfWeek", "month": "toStartOfMonth"}
ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
UNIQUE = re.compile(r"\b(?:unique|distinct|different|persons?|people|users?|visitors?)\b")
BUCKET = re.compile(r"\b(?:by|per|each|every)\s+(hour|day|week|month)\b|\b(hourly|daily|weekly|monthly)\b")
LAST = re.compile(r"\b(?:last|past)\s+(?:(\d{1,4})\s+)?(hour|day|week|month)s?\b")
TOP = re.compile(r"\btop\s+(\d{1,4})\b")
BY = re.compile(r"\b(?:by|per|for each)\s+([$\w]+)")


def draft(call: Call, prompt: str) -> str:
    """Return HogQL that answers a question. Raises: ValidationError for one that is unclear."""
    text = prompt.lower()
    definitions = call.table("property_definitions").find(project_id=call.tenant.project_id)
    events = _named(text, _events(call))
    kinds = {item["name"]: item.get("type") or "event" for item in definitions}
    kinds |= {item["name"]: "event" for item in definitions if item.get("type") in (None, "event")}
    table = "events" if events else next((name for word, name in TABLES.items() if re.search(rf"\b{word}", text)), None)
    if table is None:
        raise ValidationError(UNCLEAR, code="unclear", attr="prompt")
    return _spelled(text, table, events, kinds)


def _events(call: Call) -> list[str]:
    """Return the names of the project's events, longest first: a name may begin another."""
    found = run(call, {"kind": "HogQLQuery", "query": "SELECT DISTINCT event FROM events LIMIT 1000"})["results"]
    return sorted((name for (name,) in found), key=lambda name: (-len(name), name))


def _named(text: str, names: Iterable[str]) -> list[str]:
    found = []
    for name in names:
        spoken = re.escape(name.lower().lstrip("$")).replace("_", r"[_\s]").replace(r"\ ", r"[_\s]")
        if re.search(rf"\b{spoken}s?\b", text):
            found.append(name)
            text = re.sub(rf"\b{spoken}s?\b", " ", text)
    return sorted(found)


def _spelled(text: str, table: str, events: list[str], kinds: dict[str, str]) -> str:
    moment = {"events": "timestamp", "sessions": "$start_timestamp"}.get(table, "created_at")
    columns, where = [], []
    bucket = BUCKET.search(text)
    if bucket:
        columns.append(f"{BUCKETS[bucket[1] or ADVERBS[bucket[2]]]}({moment}) AS period")
    for found in BY.finditer(text):
        if any(column.endswith(" AS value") for column in columns):
            break
        name = next((name for name in kinds if name.lower().lstrip("$") == found[1].lstrip("$")), None)
        if name is not None and table == ("persons" if kinds[name] == "person" and table != "events" else "events"):
            of_person = kinds[name] == "person" and table == "events"
            columns.append(f"{'person.' if of_person else ''}properties.{typed_identifier(name)} AS value")
        elif found[1] == "event" and table == "events":
            columns.append("event")
    if events:
        where.append(f"event IN ({', '.join(map(clickhouse_string, events))})")
    last = LAST.search(text)
    if last:
        where.append(f"{moment} >= now() - INTERVAL {int(last[1] or 1)} {last[2]}")
    counted = "count(DISTINCT person_id)" if table == "events" and UNIQUE.search(text) else "count()"
    lines = [f"SELECT {', '.join([*columns, f'{counted} AS total'])}", f"FROM {table}"]
    lines += [f"WHERE {' AND '.join(where)}"] if where else []
    if columns:
        lines.append(f"GROUP BY {', '.join(column.rpartition(' AS ')[2] for column in columns)}")
        lines.append("ORDER BY period" if bucket else "ORDER BY total DESC")
    top = TOP.search(text)
    return "\n".join([*lines, *([f"LIMIT {int(top[1])}"] if top else [])])
