"""What two servers' answers to the same request have that differs, value by value.

Identifiers differ between servers and mean the same: whatever stands in the same place of two answers is taken for each
other's counterpart, and must be so from then on. Times and tokens are compared by kind. How much of the rest must agree
depends on whether the two hold the same data (twins) or not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mockserver.replay.script import Answer
from mockserver.world.entropy import read_timestamp

UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?")
TOKEN = re.compile(r"ph[a-z]_\w+")
MASK = re.compile(r"ph[a-z]_\.{3}\w{4}")
"""What is shown of a token that is drawn: its two ends."""
RANDOM = re.compile(r"[A-Za-z0-9]{42,43}")
"""What a user is given as distinct id, and a personal API key as its own; a number, which may begin with a zero."""
CACHE_KEY = re.compile(r"cache_[0-9a-f]{32}")
SETS = frozenset({"tags"})
"""Fields that hold sets of texts: servers tell them in the order of a hash, another one in each process."""
TEXTUAL = frozenset({"short_id", "insight_short_id", "access_token"})
"""Fields whose text names something."""
NUMBER_IN_PATH = re.compile(r"(?<!/projects/)(?<!/environments/)(?<=[a-z]/)\d+(?=/)")
HOST = re.compile(r"https?://[^/\s\"'?]+")
HEADERS = ("content-type", "allow", "location", "www-authenticate", "retry-after", "vary")
"""The headers that mean something to a client."""
CROSS_ORIGIN = ("access-control-allow-origin", "access-control-allow-methods", "access-control-allow-credentials")
"""Headers that mean something where a page of another origin asked."""
OF_INSTALLATION = frozenset({"vary"})
"""Headers that depend on which middleware a server runs (CORS, sessions)."""
NEGOTIATED = frozenset({"accept"})
"""What of `Vary` PostHog's views decide; the rest is middleware."""
VOLATILE = frozenset({
    "last_calculation", "last_refresh",
    "next_allowed_client_refresh", "cache_target_age", "live_events_token", "timings", "clickhouse", "cache_key",
    "start_time", "end_time", "pickup_time", "expiration_time", "task_id", "duration_seconds", "query_progress",
    "instance_id", "cursor", "duration_ms", "filters_hash", "is_cached", "date_joined",
    "last_login",
})  # fmt: skip
"""Fields whose values say something of the moment or the machine, beside those that end with `_at`."""
TOOK = ".timings[].t"
"""Where it says how long a part of a query took."""


@dataclass(frozen=True)
class Difference:
    """One thing that two answers do not have in common."""

    place: str
    """`status`, `header allow`, `$.results[].id`."""
    kind: str
    """`status`, `header`, `missing`, `added`, `type`, `null`, `format`, `value`, `length`, `order`, `body`, `slow`."""
    left: str
    right: str

    def reversed(self) -> Difference:
        """Return the same difference as seen from the other side."""
        kind = {"missing": "added", "added": "missing"}.get(self.kind, self.kind)
        return Difference(self.place, kind, self.right, self.left)

    def __str__(self) -> str:
        return f"{self.place}: {self.left} / {self.right}" if self.left or self.right else f"{self.place}: {self.kind}"


@dataclass
class Alignment:
    """The counterparts of one server's identifiers on another, and how strictly the two are compared."""

    twins: bool
    """Whether both hold the same data, so that every value is determined."""
    alike: bool = True
    """Whether both run the same code, so that the order of keys is, too."""
    counts_alike: bool = False
    """Whether both give their records the same numbers: both began with the same, and were asked the same."""
    counterparts: dict[Any, Any] = field(default_factory=dict)
    headers: tuple[str, ...] = HEADERS
    """Which headers are compared."""
    sent: set[tuple[str, str]] = field(default_factory=set)
    """Fields and the values that requests gave them: where one of them is shown, it is determined."""
    given: frozenset[str | datetime] = frozenset()
    """Identifiers and moments that both were given, which are therefore determined, whatever the field."""
    tolerance: float = 0.0
    """How far numbers may differ, relative to their size."""
    unheld: frozenset[str] = frozenset()
    """Fields of what is shown that only one of the two may hold a value of: what it once computed."""

    def note_sent(self, body: Any, name: str = "") -> None:
        """Take note of the fields that a request sets, and of what it sets them to."""
        if isinstance(body, Mapping):
            for key, value in body.items():
                self.note_sent(value, str(key))
        elif isinstance(body, list):
            for value in body:
                self.note_sent(value, name)
        else:
            self.sent.add((name, str(body)))

    def differences(self, left: Answer, right: Answer, *, cross_origin: bool = False) -> list[Difference]:
        """Return what differs between two answers, each place and kind once.

        `cross_origin` says that a page of another origin asked, which makes the headers of that count.
        """
        if left.status != right.status:
            return [Difference("status", "status", _status(left), _status(right))]
        names = (*self.headers, *CROSS_ORIGIN) if cross_origin else self.headers
        found = list(_of_headers(names, left.headers, right.headers))
        if bool(left.body) != bool(right.body):
            found.append(Difference("body", "body", _size(left.body), _size(right.body)))
        elif left.body:
            found += self._of_values("$", "", left.json, right.json)
        return list({(difference.place, difference.kind): difference for difference in found}.values())

    def _of_values(self, place: str, name: str, left: Any, right: Any) -> Iterator[Difference]:
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            yield from self._of_objects(place, left, right)
        elif isinstance(left, list) and isinstance(right, list):
            yield from self._of_lists(place, name, left, right)
        elif left is None or right is None:
            differs = left is not None or right is not None
            if differs and self._is_determined(place, name, left, right) and not _is_volatile(name):
                yield Difference(place, "null", _short(left), _short(right))
        elif _kind(left) != _kind(right):
            yield Difference(place, "type", f"{_kind(left)} {_short(left)}", f"{_kind(right)} {_short(right)}")
        else:
            yield from self._of_scalars(place, name, left, right)

    def _of_objects(self, place: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[Difference]:
        free = not self.twins and _is_free(place)
        for name in [*left, *(key for key in right if key not in left)] if not free else []:
            if name not in right:
                yield Difference(f"{place}.{name}", "missing", _short(left[name]), "")
            elif name not in left:
                yield Difference(f"{place}.{name}", "added", "", _short(right[name]))
        if (
            self.twins
            and self.alike
            and list(left) != list(right)
            and left.keys() == right.keys()
            and not _is_free(place)
        ):
            yield Difference(place, "order", ", ".join(left)[:120], ", ".join(right)[:120])
        names_cohort = str(left.get("type")) in COHORT_FILTERS
        for name in left:
            if name in self.unheld and None in (left[name], right.get(name)):
                continue
            if name in right and (not free or self._was_sent(name)):
                meaning = "id" if names_cohort and name == "value" else name
                yield from self._of_values(f"{place}.{name}", meaning, left[name], right[name])

    def _of_lists(self, place: str, name: str, left: list[Any], right: list[Any]) -> Iterator[Difference]:
        if self.twins and len(left) != len(right):
            yield Difference(place, "length", f"{len(left)} items", f"{len(right)} items")
            return
        if name in SETS and not _is_free(place) and all(isinstance(value, str) for value in (*left, *right)):
            left, right = sorted(left), sorted(right)
        if self.twins and not self.alike:
            left, right = _ranked(left), _ranked(right)
        if self.twins and left != right:
            moved = self._reordered(name, left, right)
            if moved is not None:
                at = next(place for place, row in enumerate(moved) if row is not right[place])
                yield Difference(place, "order", _short(left[at]), _short(right[at]))
                right = moved
        if not self.twins and left and right and len(left) != len(right):
            # Other data: the shape of one row stands for all.
            yield from replace(self, sent=set())._of_values(f"{place}[]", name, left[0], right[0])
            return
        for ours, theirs in zip(left, right, strict=False):
            if self.twins and self.counts_alike and self._is_another_row(ours, theirs):
                yield Difference(f"{place}[].id", "value", _short(ours["id"]), _short(theirs["id"]))
                continue
            knows = self if self._is_same_row(ours, theirs) else replace(self, sent=set())
            if self.twins and _are_called_otherwise(ours, theirs):
                knows = replace(self, counterparts=dict(self.counterparts))
            yield from knows._of_values(f"{place}[]", name, ours, theirs)

    def _reordered(self, name: str, left: list[Any], right: list[Any]) -> list[Any] | None:
        """Return the rows of the right list as the left one has them, where they are the same in another order.

        None where they stand alike, or where the lists do not hold the same. Rows are the same as far as what they hold
        is determined; an identifier is, once it has a counterpart.
        """
        if not all(isinstance(row, Mapping) for row in (*left, *right)):
            return None
        known = {**self.counterparts, **{value: value for value in self.given}}
        ours = [_print(name, row, known) for row in left]
        theirs = [_print(name, row, {value: value for value in known.values()}) for row in right]
        if ours == theirs or sorted(ours) != sorted(theirs):
            return None
        waiting: dict[str, list[Any]] = {}
        for row, told in zip(right, theirs, strict=True):
            waiting.setdefault(told, []).append(row)
        return [waiting[told].pop(0) for told in ours]

    def _is_another_row(self, left: Any, right: Any) -> bool:
        """Return whether two rows of one place are two records, since their numbers are two."""
        if not isinstance(left, Mapping) or not isinstance(right, Mapping):
            return False
        ours, theirs = left.get("id"), right.get("id")
        are_numbers = isinstance(ours, int) and isinstance(theirs, int)
        return are_numbers and ours != theirs and self.counterparts.get(ours) != theirs

    def _is_same_row(self, left: Any, right: Any) -> bool:
        """Return whether two rows are the same record, as far as they have identifiers."""
        if self.twins or not isinstance(left, Mapping) or not isinstance(right, Mapping) or "id" not in left:
            return True
        known = self.counterparts.get(_number(left["id"])) if isinstance(left["id"], (str, int)) else None
        return bool(known == _number(right.get("id")))

    def _of_scalars(self, place: str, name: str, left: Any, right: Any) -> Iterator[Difference]:
        if left == right:
            return
        if _is_identifier(name, left, right):
            left, right = _number(left), _number(right)
            known = left if left in self.given else self.counterparts.setdefault(left, right)
            if known != right and self.twins:
                yield Difference(place, "value", _short(left), _short(right))
            return
        if isinstance(left, str) and _format(left) != _format(right):
            if self._is_determined(place, name, left, right) or _is_volatile(name):
                yield Difference(place, "format", _short(left), _short(right))
            return
        if isinstance(left, int | float) and math.isclose(left, right, rel_tol=self.tolerance, abs_tol=self.tolerance):
            return
        is_volatile = _is_volatile(name) or place.endswith(TOOK)
        if (is_volatile and not self._is_given(left)) or not self._is_determined(place, name, left, right):
            return
        if isinstance(left, str) and self._translate_link(_plain(left)) == _plain(right):
            return
        if isinstance(left, str) and not self.twins and _blur(left) == _blur(right):
            return
        yield Difference(place, "value", _short(left), _short(right))

    def _is_determined(self, place: str, name: str, left: Any, right: Any) -> bool:
        """Return whether a field's value is the same on any server: it was sent, or says what the server decided."""
        if self.twins or (name in DETERMINED and place == f"$.{name}"):
            return True
        return any((name, str(value)) in self.sent for value in (left, right))

    def _was_sent(self, name: str) -> bool:
        return any(sent == name for sent, _ in self.sent)

    def _is_given(self, value: Any) -> bool:
        """Return whether a moment is one that both were given."""
        is_moment = isinstance(value, str) and bool(self.given) and TIME.fullmatch(value) is not None
        return is_moment and read_timestamp(value) in self.given

    def translate(self, text: str) -> str:
        """Return text with the first server's identifiers replaced by their counterparts."""
        for ours, theirs in self.counterparts.items():
            if isinstance(ours, str) and ours in text:
                text = text.replace(ours, str(theirs))
        return text

    def _translate_link(self, text: str) -> str:
        return NUMBER_IN_PATH.sub(self._counterpart, self.translate(text))

    def _counterpart(self, found: re.Match[str]) -> str:
        return str(self.counterparts.get(int(found[0]), found[0]))


DETERMINED = frozenset({"type", "code", "detail", "attr", "error", "success"})
"""Fields of an answer itself whose values say what the server decided, whatever its data."""
RANKED = frozenset({"name", "count"})
"""The fields of rows that say how often something occurs."""
COHORT_FILTERS = frozenset({"cohort", "static-cohort", "precalculated-cohort"})
"""Types of filters whose value is the id of a cohort."""
FREE = ("properties", "config", "filters", "query", "$set", "metrics", "hedgehog_config", "notification_settings",
        "capabilities", "config_schema", "extra_settings", "item_context", "params", "modifiers",
        "variables")  # fmt: skip


def _are_called_otherwise(left: Any, right: Any) -> bool:
    """Return whether two rows have names that differ: they are other records, whose identifiers are no counterparts."""
    are_records = all(isinstance(row, Mapping) and "id" in row and "name" in row for row in (left, right))
    return are_records and left["name"] != right["name"]


def _ranked(rows: list[Any]) -> list[Any]:
    """Return rows that are ranked by how often each occurs with equal ranks by name: servers do not order those."""
    if not all(isinstance(row, Mapping) and row.keys() == RANKED for row in rows):
        return rows
    ranks = [row["count"] for row in rows]
    spans = [(ranks.index(rank), str(row["name"])) for rank, row in zip(ranks, rows, strict=True)]
    return [row for _, row in sorted(zip(spans, rows, strict=True), key=lambda pair: pair[0])]


def _print(name: str, value: Any, known: Mapping[Any, Any]) -> str:
    """Return what a value says that is determined; of an identifier that is known, its counterpart."""
    if isinstance(value, Mapping):
        return repr({key: _print(key, value[key], known) for key in sorted(value)})
    if isinstance(value, list):
        told = [_print(name, item, known) for item in value]
        return repr(sorted(told) if name in SETS else told)
    if value is None:
        return "" if _is_volatile(name) else "null"
    if _is_identifier(name, value, value):
        return str(known.get(_number(value), "<new>"))
    if _is_volatile(name):
        return ""
    return _plain(TIME.sub("<time>", value)) if isinstance(value, str) else repr(value)


def _is_volatile(name: str) -> bool:
    return name in VOLATILE or name.endswith("_at")


def _is_free(place: str) -> bool:
    """Return whether an object's keys are data, not shape."""
    return any(part.removesuffix("[]") in FREE for part in place.split("."))


def _is_identifier(name: str, left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, int) and isinstance(right, int):
        return name in ("id", "pk", "item_id") or name.endswith("_id")
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    if name in ("item_id", "id") and left.isdigit() and right.isdigit():
        return True
    if name in TEXTUAL and left and right:
        return True
    return any(
        pattern.fullmatch(left) and pattern.fullmatch(right) for pattern in (UUID, TOKEN, MASK, RANDOM, CACHE_KEY)
    )


def _number(value: Any) -> Any:
    """Return an identifier as the number that it is, where it is one written as text."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _format(text: str) -> str:
    if UUID.fullmatch(text):
        return "uuid"
    found = TIME.fullmatch(text)
    if found:
        zone = "offset" if found[4] and found[4] != "Z" else found[4] or "no zone"
        return f"time {'T' if found[1] else 'date'} {zone}"
    if HOST.match(text):
        return "url"
    return "token" if TOKEN.fullmatch(text) else "text"


def _of_headers(names: Sequence[str], left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[Difference]:
    ours, theirs = ({name.lower(): value for name, value in headers.items()} for headers in (left, right))
    for name in names:
        if _header(name, ours.get(name)) != _header(name, theirs.get(name)):
            yield Difference(f"header {name}", "header", str(ours.get(name)), str(theirs.get(name)))


def _header(name: str, value: str | None) -> Any:
    if name == "vary":
        return NEGOTIATED & {part.strip().lower() for part in (value or "").split(",")}
    if value is None:
        return None
    if name == "allow":
        return frozenset(part.strip().lower() for part in value.split(","))
    if name == "retry-after":
        return True
    if name == "content-type":
        return value.replace(" ", "").lower()
    return _plain(value)


def _plain(text: str) -> str:
    return HOST.sub("", text)


def _blur(text: str) -> str:
    """Return text without what differs from server to server: addresses, identifiers, times, numbers."""
    return re.sub(r"\d+", "0", TIME.sub("<time>", UUID.sub("<uuid>", _plain(text))))


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
        case Mapping():
            return "object"
    return "null"


def _status(answer: Answer) -> str:
    body = answer.json
    code = f" {body.get('code')}" if isinstance(body, Mapping) and "code" in body else ""
    return f"{answer.status}{code}"


def _size(body: bytes) -> str:
    return f"{len(body)} bytes" if body else "empty"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:99] + "…"
