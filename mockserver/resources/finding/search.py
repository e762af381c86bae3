"""Search: things of a project of every kind, by the words in their names and descriptions.

Source: recorded answers; PostHog's code for what later servers look through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.errors import ValidationError
from mockserver.listing import ranking
from mockserver.request import access
from mockserver.request.call import Call
from mockserver.resources.behaviours import OnlyAsked
from mockserver.resources.resource import Record
from mockserver.validation import TRUE
from mockserver.world.tables import TABLES

MOST = 25
LATER = {"x-since": "2026-09"}
TEXTS = {"name": "A", "description": "C"}


@dataclass(frozen=True)
class Kind:
    """One kind of things: where they lie, what of them is searched with what weight, and what is told of them."""

    table: str
    searched: Mapping[str, str]
    told: tuple[str, ...]
    key: str = "id"
    is_later: bool = False
    hides_deleted: bool = False

    def title(self, record: Record) -> Any:
        """Return what a list is sorted by."""
        return record.get("name") if "name" in self.told else record.get("title")


KINDS: Mapping[str, Kind] = {
    "insight": Kind("insights", TEXTS, ("name", "query", "description"), "short_id", hides_deleted=True),
    "dashboard": Kind("dashboards", TEXTS, ("name", "description"), hides_deleted=True),
    "experiment": Kind("experiments", TEXTS, ("name", "description")),
    "feature_flag": Kind("feature_flags", {"key": "A", "name": "C"}, ("key", "name")),
    "notebook": Kind("notebooks", {"title": "A", "text_content": "C"}, ("title", "content"), "short_id"),
    "action": Kind("actions", TEXTS, ("name", "description")),
    "cohort": Kind("cohorts", TEXTS, ("name", "description")),
    "event_definition": Kind("event_definitions", {"name": "A"}, ("name",)),
    "property_definition": Kind("property_definitions", {"name": "A"}, ("name",), is_later=True),
    "survey": Kind("surveys", TEXTS, ("name", "description")),
    "early_access_feature": Kind("early_access_features", TEXTS, ("name", "description"), is_later=True),
    "hog_flow": Kind("hog_flows", TEXTS, ("name", "description"), is_later=True),
}  # fmt: skip
RULED = frozenset({"insight", "dashboard", "feature_flag", "notebook", "experiment", "survey", "action"})
"""The kinds that rules of access are about."""


class Search(OnlyAsked):
    """What a project has of every kind."""

    family = "search"
    component = "Found"
    title = "Search"

    def list(self, call: Call) -> Any:
        """Return the things that the words are found in, the best first, or all; and how many of each kind."""
        known = {name: kind for name, kind in KINDS.items() if not kind.is_later or _is_later(call)}
        asked = call.query.getlist("entities")
        for name in asked:
            if name not in known:
                raise ValidationError(f'"{name}" is not a valid choice.', code="invalid_choice", attr="entities")
        words = ranking.sought(call.query.get("q", ""))
        found: list[tuple[float, str, Any, dict[str, Any]]] = []
        counts: dict[str, int | None] = dict.fromkeys(known)
        for name in asked or known:
            hits = list(_found(call, name, known[name], words))
            counts[name] = len(hits)
            found += hits
        found.sort(key=lambda hit: (-hit[0], hit[1], hit[2] is not None, hit[2]))
        answer: dict[str, Any] = {"results": [shown for *_, shown in found[:MOST]]}
        told = call.query.get("include_counts", "true")
        return {**answer, "counts": counts} if told in TRUE else answer


def _is_later(call: Call) -> bool:
    return call.profile.is_dated_within(LATER)


def _found(
    call: Call, name: str, kind: Kind, words: Sequence[ranking.Sought]
) -> Iterator[tuple[float, str, Any, dict[str, Any]]]:
    """Yield the things of a kind that words are found in: rank, kind, title, and what is told of them."""
    for record in _visible(call, name, kind):
        rank = ranking.rank([(record.get(field), letter) for field, letter in kind.searched.items()], words)
        if words and rank <= ranking.LEAST:
            continue
        told = sorted(kind.told, key=lambda field: (len(field), field))  # as PostgreSQL keeps the keys of an object
        shown = {
            "type": name, "result_id": str(record[kind.key]),
            "extra_fields": {field: record.get(field) for field in told},
            **({"rank": ranking.shortest(rank)} if words else {}),
            **({"user_access_level": _level(call, name, record)} if _is_later(call) else {}),
        }  # fmt: skip
        yield rank if words else 0.0, name, kind.title(record), shown


def _visible(call: Call, name: str, kind: Kind) -> Iterator[Record]:
    if kind.table not in TABLES:
        return
    is_ruled = name in RULED and call.table(access.TABLE).first(
        project_id=call.tenant.project_id, resource=name
    )  # fmt: skip
    for record in call.table(kind.table).find(project_id=call.tenant.project_id):
        if kind.hides_deleted and record.get("deleted"):
            continue
        if name == "dashboard" and record.get("creation_mode") == "template":
            continue
        if not is_ruled or _level(call, name, record) != "none":
            yield record


def _level(call: Call, name: str, record: Record) -> str | None:
    return access.level_of(call.state, call.tenant, call.user, name, record) if name in RULED else None
