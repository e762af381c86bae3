"""People and texts of an imported project, replaced before anything is written down.

What stays is the vocabulary that code is written against: names of events and properties, keys of flags, values that
the contract lists, ids, times, switches and counts. Everything else that was written by or about somebody is invented
anew, unless its name is among those to keep. Tokens and keys are never written, kept or not; a project's public token
may be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from mockserver.contract import Contract, Document, Profile, for_profile
from mockserver.importing.pseudonyms import Pseudonyms, shape
from mockserver.importing.records import ImportFailure, Tables
from mockserver.world import filing
from mockserver.world.tables import TABLES

SECRET = re.compile(r"(?i).*(token|secret|password|webhook|api_?key|authorization|cookie|credential).*")
SECRET_VALUE = re.compile(r"\b(ph[a-z]_|sk_|pk_|gh[ps]_|xox[a-z]-)[\w-]{6,}|\bAKIA[0-9A-Z]{12,}|\beyJ[\w-]+\.[\w-]+\.")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PUBLIC = "projects.api_token"
"""The one token that every visitor of a site can read, and that may be kept by its name."""
PERSONAL = frozenset({"properties", "person_properties", "group_properties"})
"""Fields of persons, events and groups in which every value tells of somebody."""
PEOPLE = frozenset({"persons", "events", "groups"})
KINDS = {
    "first_name": "first_name", "last_name": "last_name", "email": "email", "content": "words", "description": "words",
    "url": "url", "icon": "url", "app_urls": "url", "recording_domains": "url",
}  # fmt: skip
"""What a field holds, by its name, where that tells more than its value's looks."""
PROPERTIES = {
    "name": "person", "full_name": "person", "first_name": "first_name", "last_name": "last_name", "company": "company",
    "organization": "company", "city": "city", "country": "country",
}  # fmt: skip
"""What a property of somebody holds, by its name."""
NAMES = {"organizations": "company", "projects": "company", "persons": "person"}
"""What the name of a table's records is; of others, a title."""
VOCABULARY = frozenset({
    "event", "key", "scope", "type", "group_type", "short_id", "item_id", "kind", "operator", "math", "math_property",
    "event_type", "time_interval", "interval", "operator_value", "person_display_name_properties", "data_attributes",
    "live_events_columns", "modifiers", "default_modifiers", "tag", "latest_tag", "plugin_type", "level", "source",
    "date_from", "date_to", "breakdown_type", "display", "explicit_datetime", "protocol", "variant", "timezone",
    "methods", "jobs", "scheduled_tasks", "href", "ref",
    "property_type", "property", "url_matching", "href_matching", "text_matching", "tag_name", "selector",
})  # fmt: skip
"""Fields whose text means something to the servers or names what code is written against."""
TREES = frozenset({("file_system", "path"), ("file_system_shortcuts", "path")})
"""Fields that say where in the tree of a project's things something stands."""
FOLDERS = frozenset({"Unfiled"} | {kind.folder for kind in filing.KINDS.values()} | {b[0][1] for b in filing.BORN_WITH})
"""Folders that the servers make."""
RULES = frozenset({"access_controls"})
"""Tables that hold kinds of things, levels and ids alone."""
DEFINITIONS = frozenset({"event_definitions", "property_definitions"})
"""Tables of names of events and properties."""
NAMING_FILTERS = frozenset({"cohort", "static-cohort", "precalculated-cohort", "behavioral", "flag"})
"""Types of filters whose value is no value of anybody's property."""
SESSIONS = frozenset({"$session_id", "$window_id"})
"""Properties that tie events together, and are drawn at random by the SDKs."""
LITERAL = re.compile(r"'((?:[^'\\]|\\.|'')*)'")
UNITS = re.compile(r"(second|minute|hour|day|week|month|quarter|year)s?|UTC|\$\w+|[%\w]?%[\w%:/ -]*")
"""Literals of HogQL that say how to compute, not about whom."""


class Masker:
    """Replaces what tells of people, in every table of one project."""

    def __init__(self, contract: Contract, *, seed: int = 0, keep: Iterable[str] = ()) -> None:
        self._contract = contract
        self._made = Pseudonyms(seed)
        self._keep = [tuple(pattern.split(".")) for pattern in keep]
        self.changed: Counter[str] = Counter()
        """How many values were replaced, by table and field."""
        self.removed: Counter[str] = Counter()
        """How many tokens and keys were left out."""
        self._let_through: set[str] = set()
        self.kept: set[tuple[str, ...]] = set()
        """The names to keep that were met."""

    @property
    def unmet(self) -> list[str]:
        """The names to keep that nothing was called."""
        return [".".join(pattern) for pattern in self._keep if pattern not in self.kept]

    def mask(self, tables: Tables) -> Tables:
        """Return the tables without people and secrets. Raises: ImportFailure where one came through all the same."""
        for person in tables.get("persons", ()):  # servers name somebody by the first, and list them in their order
            self._made.together(map(str, person.get("distinct_ids") or ()))
        masked = {name: [self._record(name, record) for record in records] for name, records in tables.items()}
        self._check(tables, masked)
        return masked

    # Records

    def _record(self, table: str, record: Mapping[str, Any]) -> dict[str, Any]:
        specs = self._specs(table)
        masked = {}
        for name, value in record.items():
            if self._is_secret(table, name, value):
                self.removed[f"{table}.{name}"] += 1
            else:
                masked[name] = self._field(table, name, value, specs.get(name, {}))
        return masked

    def _specs(self, table: str) -> Mapping[str, Document]:
        component = self._contract.components.get(TABLES[table].component or "", {})
        seen: Document = for_profile(component, Profile.OBSERVED)
        return {name: prop for name, prop in seen.get("properties", {}).items() if isinstance(prop, dict)}

    def _is_secret(self, table: str, name: str, value: Any) -> bool:
        if f"{table}.{name}" == PUBLIC and self._is_kept((table, name)):
            return False
        return bool(SECRET.fullmatch(name)) and isinstance(value, (str, Mapping, list))

    def _field(self, table: str, name: str, value: Any, spec: Document) -> Any:
        path = (table, name)
        if self._is_structure(table, name, spec) and _is_flat(value):
            return self._bare(value, path, asked=False)
        if self._is_kept(path):
            if f"{table}.{name}" == PUBLIC:
                self._let_through.add(str(value))
                return value
            return self._bare(value, path)
        if name in PERSONAL and table in PEOPLE:
            return self._personal(value, path)
        if name in ("distinct_ids", "distinct_id", "group_key"):
            return self._personal(value, path)
        return self._deep(value, path)

    def _is_structure(self, table: str, name: str, spec: Document) -> bool:
        """Return whether a field is an id, a reference, a time, or one of listed values."""
        described = TABLES[table]
        if name in (described.key, described.owner.value, "uuid", "members", *described.references):
            return True
        if table in RULES or (name == "name" and table in DEFINITIONS):
            return True
        if name in VOCABULARY or "enum" in spec or "x-choices" in spec or "x-references" in spec:
            return True
        return name.endswith("_at") or name == "timestamp" or spec.get("format") in ("uuid", "date-time", "decimal")

    # Values

    def _deep(self, value: Any, path: tuple[str, ...]) -> Any:
        """Return JSON whose texts are replaced, and whose keys, numbers and switches stay."""
        if isinstance(value, Mapping):
            return self._filter(value, path) if {"key", "value"} <= value.keys() else self._object(value, path)
        if isinstance(value, list):
            return [self._deep(item, path) for item in value]
        return self._text(value, path) if isinstance(value, str) else value

    def _object(self, value: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        masked: dict[str, Any] = {}
        for name, item in value.items():
            below = (*path, str(name))
            if SECRET.fullmatch(str(name)) and isinstance(item, str):
                self.removed[".".join(below)] += 1
            elif self._is_kept(below):
                masked[name] = self._bare(item, below)
            elif (name in VOCABULARY or name.endswith("_at")) and _is_flat(item):
                masked[name] = self._bare(item, below, asked=False)
            else:
                masked[name] = self._deep(item, below)
        return masked

    def _filter(self, value: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        """Return a filter: what it compares with is a value of the property that it names."""
        kind = value.get("type")
        masked = self._object({name: item for name, item in value.items() if name != "value"}, path)
        compared = value["value"]
        if kind not in NAMING_FILTERS:
            below = (path[0], "properties", str(value["key"]))
            compared = self._bare(compared, below) if self._is_kept(below) else self._personal(compared, below)
        if kind == "hogql":
            masked["key"] = self._query(str(value["key"]), path)
        return {
            name: compared if name == "value" else masked[name] for name in value if name == "value" or name in masked
        }

    def _personal(self, value: Any, path: tuple[str, ...]) -> Any:
        """Return JSON of which only the keys stay: even a number may tell who somebody is."""
        if isinstance(value, Mapping):
            masked = {}
            for name, item in value.items():
                below = (*path, str(name))
                if SECRET.fullmatch(str(name)) and isinstance(item, str):
                    self.removed[".".join(path)] += 1
                elif self._is_kept(below):
                    masked[name] = self._bare(item, below)
                elif name in SESSIONS and shape(str(item)) == "uuid":
                    masked[name] = item
                else:
                    masked[name] = self._personal(item, below)
            return masked
        if isinstance(value, list):
            return [self._personal(item, path) for item in value]
        if isinstance(value, str):
            return self._replaced(value, path, PROPERTIES.get(path[-1].lower(), ""))
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        self.changed[".".join(path[:2])] += 1
        return self._made.number(value)

    def _text(self, value: str, path: tuple[str, ...]) -> str:
        name = path[-1]
        if path in TREES:  # each thing is called there as it is elsewhere
            return "/".join(self._segment(segment, path) for segment in filing.split(value))
        if name in ("name", "label", "derived_name", "custom_name"):
            return self._replaced(value, path, NAMES.get(path[0], "title") if len(path) == 2 else "title")
        if "query" in path:  # what is no name in it is HogQL, or one of the words that it is made of
            return self._query(value, path)
        return self._replaced(value, path, KINDS.get(name, ""))

    def _segment(self, segment: str, path: tuple[str, ...]) -> str:
        return segment if segment in FOLDERS else filing.escape(self._replaced(segment, path, "title"))

    def _query(self, text: str, path: tuple[str, ...]) -> str:
        """Return HogQL with other literals, but for those that say how to compute."""

        def literal(found: re.Match[str]) -> str:
            inner = found[1]
            return found[0] if UNITS.fullmatch(inner) or not inner else f"'{self._replaced(inner, path, '')}'"

        return LITERAL.sub(literal, text)

    def _bare(self, value: Any, path: tuple[str, ...], *, asked: bool = True) -> Any:
        """Return JSON that stays as it is, but for what is a secret by its looks, and unless asked for, an address."""
        if isinstance(value, Mapping):
            return {name: self._bare(item, (*path, str(name)), asked=asked) for name, item in value.items()}
        if isinstance(value, list):
            return [self._bare(item, path, asked=asked) for item in value]
        if not isinstance(value, str):
            return value
        if SECRET_VALUE.search(value) or (not asked and _is_private(value)):
            return self._replaced(value, path, "")
        if asked:
            self._let_through.add(value)
        return value

    def _replaced(self, value: str, path: tuple[str, ...], kind: str) -> str:
        made = self._made.of(kind, value)
        if made != value:
            self.changed[".".join(path[:2])] += 1
        return made

    def _check(self, tables: Tables, masked: Tables) -> None:
        """Refuse to go on where an address or a secret came through. Raises: ImportFailure, naming the table."""
        private = {text for table in tables.values() for text in _texts(table) if _is_private(text)} - self._let_through
        for name, records in masked.items():
            if any(text in private for text in _texts(records)):
                raise ImportFailure(f"an e-mail address or a key would be written with the {name}; nothing was")

    def _is_kept(self, path: tuple[str, ...]) -> bool:
        """Return whether a name is one to keep: patterns are held against the end of it."""
        for pattern in self._keep:
            end = path[-len(pattern) :]
            if len(end) == len(pattern) and all(fnmatchcase(*pair) for pair in zip(end, pattern, strict=True)):
                self.kept.add(pattern)
                return True
        return False


def _is_flat(value: Any) -> bool:
    """Return whether a value is single, or a list of single ones: an object under any name may tell of people."""
    items = value if isinstance(value, list) else [value]
    return not any(isinstance(item, (Mapping, list)) for item in items)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _is_private(text: str) -> bool:
    return ADDRESS.search(text) is not None or SECRET_VALUE.search(text) is not None
