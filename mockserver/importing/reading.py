"""A project, read through the operations of the contract: page by page, with a note of whatever could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from mockserver.contract import Contract
from mockserver.importing.sources import THEMSELVES, Source, fill, member_lists, queries, rules, sources

PAGE = 100
MOST = 1000
OF_GROUPS = "{group_type_index}"
MOST_SIBLINGS = 20
"""So many of an organization's other projects are read whole."""
MOST_PARENTS = 100
"""Of so many records of a table is read what belongs to each, which takes a request."""
EVENTS = (
    "select uuid, event, distinct_id, timestamp, properties from events order by timestamp desc limit {limit}"
)  # fmt: skip
GROUPS = "select index, key, properties, created_at from groups order by created_at limit {limit}"
EVENT_FIELDS = ("uuid", "event", "distinct_id", "timestamp", "properties")
GROUP_FIELDS = ("group_type_index", "group_key", "group_properties", "created_at")
ME = "@me"
RULES = "access controls"


class Answered(Protocol):
    """An answer, as a target gives it."""

    @property
    def status(self) -> int:
        """Its status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers."""

    @property
    def json(self) -> Any:
        """Its body, read."""


Ask = Callable[[str, str, Any], Answered]
"""Sends a method, a path and a JSON body, with a key; waits where it is told to."""
Progress = Callable[[str, int, int], None]
"""Told what is read, how much was, and how much there will be as far as is known."""


@dataclass
class Reading:
    """What was read of a project: rows as they were shown, and what was left, with the reason."""

    rows: list[tuple[Source, Mapping[str, Any], Mapping[str, Any]]] = field(default_factory=list)
    """Source, the ids of the records that a row belongs to, and the row."""
    siblings: list[Mapping[str, Any]] = field(default_factory=list)
    """The organization's other projects, whole where they may be read."""
    members: dict[Any, list[str]] = field(default_factory=dict)
    """UUIDs of the persons in a cohort, by the cohort's id."""
    rules: list[Mapping[str, Any]] = field(default_factory=list)
    """Who may do what with the project, with kinds of things, with single ones."""
    events: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    """What could not be read, or not all of it, and why."""
    cut: bool = False
    """Whether there was more of something than was to be read."""


class Reader:
    """Reads one project."""

    def __init__(
        self, contract: Contract, ask: Ask, ids: Mapping[str, Any], *, most: int = MOST, with_events: bool = True,
        progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self._contract = contract
        self._ask = ask
        self._ids = {"me": ME, **ids}
        self._most = most
        self._with_events = with_events
        self._progress = progress or (lambda what, done, total: None)
        self._of_project: str | None = None
        """The path of a project, once one was read."""
        self.reading = Reading()

    def read(self) -> Reading:
        """Read everything that the key may read, and return it."""
        every = sources(self._contract)
        for number, source in enumerate(every):
            self._progress(source.family, number, len(every) + 2)
            if source.table.name in THEMSELVES:
                self._read_one(source)
            else:
                for parents in self._parents(source):
                    self._read_list(source, parents)
        self._progress("cohort members", len(every), len(every) + 2)
        self._read_members()
        self._read_rules()
        self._progress("events", len(every) + 1, len(every) + 2)
        if self._with_events:
            self.reading.events = self._query("events", EVENTS, EVENT_FIELDS)
            self.reading.groups = self._query("groups", GROUPS, GROUP_FIELDS)
        self._progress("read", len(every) + 2, len(every) + 2)
        return self.reading

    # Records

    def _read_one(self, source: Source) -> None:
        path = self._fill(source.path, {"id": self._ids[THEMSELVES[source.table.name]]})
        row = self._get(source.family, f"{path}/")
        if not isinstance(row, Mapping):
            return
        self.reading.rows.append((source, {}, row))
        if source.table.name == "projects":  # not that which its owner last used, nor the organization of that one
            self._ids.update(project_id=row.get("id"), organization_id=row.get("organization"))
            self._of_project = source.path
        if source.table.name == "organizations":
            self._read_siblings(row.get("teams"))

    def _read_siblings(self, shown: Any) -> None:
        """Read the organization's other projects, of which it shows little; nothing of what is in them."""
        for row in shown if isinstance(shown, list) else ():
            if not isinstance(row, Mapping) or row.get("id") in (None, self._ids.get("project_id")):
                continue
            whole = None
            if self._of_project is not None and len(self.reading.siblings) < MOST_SIBLINGS:
                whole = self._get("other projects", f"{self._fill(self._of_project, {'id': row['id']})}/")
            self.reading.siblings.append({**row, **whole} if isinstance(whole, Mapping) else row)

    def _read_list(self, source: Source, parents: Mapping[str, Any]) -> None:
        for number, row in enumerate(self._pages(source.family, self._fill(source.path, parents))):
            if number == self._most:
                self._cut(source.family)
                return
            self.reading.rows.append((source, parents, self._whole(source, parents, row)))

    def _whole(self, source: Source, parents: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all that is shown of a record, where the list shows less."""
        if source.one is None or row.get("id") is None or not source.is_part(row):
            return row
        found = self._get(source.family, self._fill(source.one, {**parents, "id": row["id"]}) + "/")
        return {**row, **found} if isinstance(found, Mapping) else row

    def _parents(self, source: Source) -> Iterator[dict[str, Any]]:
        """Yield the ids of the records that a list belongs to: one for each that was read; none at all for most."""
        named = list(source.parents.items())
        if OF_GROUPS in source.path:
            projects = [row for other, _, row in self.reading.rows if other.table.name == "projects"]
            kinds = projects[0].get("group_types") if projects else None
            for kind in kinds if isinstance(kinds, list) else ():
                if isinstance(kind, Mapping) and isinstance(kind.get("group_type_index"), int):
                    yield {"group_type_index": kind["group_type_index"]}
        elif not named:
            yield {}
        for name, table in named[:1]:
            known = [row["id"] for row in self._rows_of(table)]
            yield from ({name: identifier} for identifier in known[:MOST_PARENTS])
            if len(known) > MOST_PARENTS:
                self._cut(source.family, f"of more than {MOST_PARENTS} {table.replace('_', ' ')}")

    def _read_members(self) -> None:
        path = member_lists(self._contract)
        for source, _, row in list(self.reading.rows):
            if path is None or source.table.name != "cohorts" or row.get("id") is None:
                continue
            if "cohort members" in self.reading.left:
                return
            filled = self._fill(path, {"id": row["id"]})
            members = [str(member["uuid"]) for member in self._pages("cohort members", filled) if member.get("uuid")]
            if "cohort members" not in self.reading.left:
                self.reading.members[row["id"]] = members[: self._most]

    def _read_rules(self) -> None:
        """Read who may do what; where it is not told of the project or of one thing, no other of its kind is asked."""
        for source in rules(self._contract):
            known = [{}] if source.table is None else [{"id": row["id"]} for row in self._rows_of(source.table)]
            for place in known[:MOST_PARENTS]:
                shown = self._get(RULES, f"{self._fill(source.path, place)}/")
                found = shown.get("access_controls") if isinstance(shown, Mapping) else None
                if not isinstance(found, list):
                    break
                self.reading.rules += [rule for rule in found if isinstance(rule, Mapping)]
            if len(known) > MOST_PARENTS:
                self.reading.left.setdefault(RULES, f"those of more than {MOST_PARENTS} {source.table} were not read")

    def _rows_of(self, table: str) -> list[Mapping[str, Any]]:
        """Return what was read of a table and can be named."""
        return [row for source, _, row in self.reading.rows if source.table.name == table and row.get("id")]

    # Queries

    def _query(self, what: str, text: str, names: Sequence[str]) -> list[dict[str, Any]]:
        path = queries(self._contract)
        if path is None:
            return []
        body = {"query": {"kind": "HogQLQuery", "query": text.format(limit=self._most)}, "refresh": "blocking"}
        answer = self._ask("POST", f"{self._fill(path, {})}/", body)
        found = answer.json
        rows = found.get("results") if answer.status == 200 and isinstance(found, Mapping) else None
        if not isinstance(rows, list):
            self.reading.left[what] = _why(answer)
            return []
        if len(rows) == self._most:
            self._cut(what)
        return [dict(zip(names, row, strict=False)) for row in rows if isinstance(row, list) and len(row) == len(names)]

    def _cut(self, what: str, much: str = "") -> None:
        self.reading.left[what] = f"{much or f'more than {self._most}'}, the others of which were not read"
        self.reading.cut = True

    # Pages

    def _pages(self, what: str, path: str) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of every page of a list; servers name the next one by an address of their own."""
        seen: set[str] = set()
        following: str | None = f"{path}/?limit={PAGE}"
        while following is not None and following not in seen:
            seen.add(following)
            page = self._get(what, following)
            rows = page.get("results") if isinstance(page, Mapping) else page
            if not isinstance(rows, list):
                return
            yield from (row for row in rows if isinstance(row, Mapping))
            link = page.get("next") if isinstance(page, Mapping) else None
            following = _path_of(link) if isinstance(link, str) and rows else None

    def _get(self, what: str, path: str) -> Any:
        """Return what a path shows; nothing where it is refused, of which a note is taken."""
        answer = self._ask("GET", path, None)
        if answer.status == 200 and isinstance(answer.json, (Mapping, list)):
            return answer.json
        self.reading.left.setdefault(what, _why(answer))
        return None

    def _fill(self, path: str, values: Mapping[str, Any]) -> str:
        return fill(path, {**self._ids, **values})


def _path_of(link: str) -> str:
    """Return the path and query of an address: behind a proxy, its host may be nobody's."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _why(answer: Answered) -> str:
    """Return in a few words what an answer says of why there is nothing in it."""
    body = answer.json
    said = body.get("detail") if isinstance(body, Mapping) else None
    return f"{answer.status}: {said}"[:200] if isinstance(said, str) and said else f"answered {answer.status}"
