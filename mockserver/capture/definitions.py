"""Definitions: the events and properties that arrive, of what type these are, and which came together.

Source: the service of PostHog's that writes them; types are found from names and first values, and a definition that
exists is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mockserver.store import Transaction
from mockserver.world import entropy

OPERATIONS = frozenset({"$set", "$set_once", "$unset", "$groups", *(f"$group_{index}" for index in range(5))})
ALWAYS_TEXT = re.compile(r"utm_|\$feature/|\$feature_flag_response$|\$survey_response")
TIME_WORDS = re.compile(r"time|date|_at$|-at$|createdat|updatedat")
DATE = re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}([T ]\d{2}:\d{2}:\d{2}.*)?|\d{2}[-/]\d{2}[-/]\d{4} \d{2}:\d{2}:\d{2}")
LONGEST_NAME_BYTES = 200
HALF_A_YEAR_SECONDS = 15_768_000


class Definitions:
    """The definitions that a batch of events brings; `save` stores the new ones."""

    def __init__(self, transaction: Transaction, project_id: int, seed: int) -> None:
        self.transaction = transaction
        self.project_id = project_id
        self._seed = seed
        self._found: dict[tuple[str, str, int | None], str | None] = {}
        self._events: set[str] = set()
        self._pairs: set[tuple[str, str]] = set()
        self._now = entropy.now(transaction)
        self._recent_seconds = self._now.timestamp() - HALF_A_YEAR_SECONDS

    def note(self, event: Mapping[str, Any], group_type_index: int | None = None) -> None:
        """Note an event, its properties, and those it sets of its person or of a group, whose type is told by index."""
        name, properties = event["event"], event["properties"]
        self._events.add(name)
        if name == "$groupidentify":
            self._note("group", properties.get("$group_set"), index=group_type_index)
            return
        self._note("event", properties, without=OPERATIONS)
        self._pairs.update((name, property) for property in properties if property not in OPERATIONS)
        self._note("person", properties.get("$set"))
        self._note("person", properties.get("$set_once"))

    def _note(
        self, kind: str, properties: Any, without: frozenset[str] = frozenset(), index: int | None = None
    ) -> None:  # fmt: skip
        if not isinstance(properties, Mapping):
            return
        for name, value in properties.items():
            if name not in without and self._found.get((kind, name, index)) is None:
                self._found[kind, name, index] = self.type_of(name, value)

    def type_of(self, name: str, value: Any) -> str | None:
        """Return the type that a name and a value suggest: that of nothing, lists and objects is not known."""
        name = name.lower()
        if ALWAYS_TEXT.match(name):
            return "String"
        if isinstance(value, bool):
            return "Boolean"
        if isinstance(value, (int, float)):
            is_time = isinstance(value, int) and value >= self._recent_seconds and TIME_WORDS.search(name)
            return "DateTime" if is_time else "Numeric"
        if isinstance(value, str):
            text = value.strip()
            return (
                "Boolean" if text in ("true", "false", "TRUE", "FALSE") else "DateTime" if _is_date(text) else "String"
            )
        return None

    def save(self) -> None:
        """Store the definitions that are new, or of a type that was not known before."""
        self._save_events()
        self._save_pairs()
        table = self.transaction.table("property_definitions")
        for (kind, name, index), type in self._found.items():
            alike = table.find(name=name, project_id=self.project_id)
            known = next((r for r in alike if is_of(r, kind, index)), None)
            if known is not None:
                if known.get("property_type") is None and type is not None:
                    table.update(known, {"property_type": type, "is_numerical": type == "Numeric"})
            elif _is_short(name):
                table.insert({
                    "id": self._id(kind if index is None else f"{kind}:{index}", name), "project_id": self.project_id,
                    "name": name, "type": kind, "property_type": type, "is_numerical": type == "Numeric",
                    "group_type_index": index,
                })  # fmt: skip

    def _save_events(self) -> None:
        table, now = self.transaction.table("event_definitions"), entropy.timestamp(self._now)
        hour = entropy.timestamp(self._now.replace(minute=0, second=0, microsecond=0))
        for name in sorted(self._events):
            known = table.first(name=name, project_id=self.project_id)
            if known is not None:
                if known.get("last_seen_at") != hour:
                    table.update(known, {"last_seen_at": hour, "created_at": known.get("created_at") or now})
            elif _is_short(name):
                table.insert({
                    "id": self._id("name", name), "project_id": self.project_id, "name": name, "created_at": now,
                    "last_seen_at": hour,
                })  # fmt: skip

    def _save_pairs(self) -> None:
        table = self.transaction.table("event_properties")
        for event, property in sorted(self._pairs):
            if not (_is_short(event) and _is_short(property)):
                continue
            if table.first(event=event, property=property, project_id=self.project_id) is None:
                table.insert({
                    "id": self.transaction.next("ids.event_properties"), "project_id": self.project_id,
                    "event": event, "property": property,
                })  # fmt: skip

    def _id(self, kind: str, name: str) -> str:
        """Return a definition's id: a function of what it defines, in whatever order they come."""
        bits = entropy.draw(self._seed, f"definition:{self.project_id}:{kind}:{name}", 0, 10)
        return entropy.uuid7_of(int(self._now.timestamp() * 1000), int.from_bytes(bits, "big") >> 6)


def is_of(definition: Mapping[str, Any], kind: str, index: int | None) -> bool:
    """Return whether a definition is of a property of one kind of things: of groups, of one type of them."""
    return (definition.get("type") or "event") == kind and definition.get("group_type_index") == index


def _is_short(name: str) -> bool:
    return len(name.encode()) <= LONGEST_NAME_BYTES


def _is_date(text: str) -> bool:
    if DATE.fullmatch(text):
        return True
    if not text[-1:].isdigit() or text.count(":") != 2 or "," not in text:
        return False
    try:
        return parsedate_to_datetime(text) is not None
    except ValueError:
        return False
