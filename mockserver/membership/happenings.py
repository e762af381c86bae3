"""Who did what, and when: the conditions of cohorts that are about events, in plain Python.

An event belongs to the person who has its distinct id; where nobody has it, to the id that it was given when it came,
somebody who is counted and never shown. Source: recorded members and counts of dynamic cohorts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mockserver.errors import ValidationError
from mockserver.listing.comparing import read_moment
from mockserver.listing.filtering import Context, Test, cohort_number, everyone
from mockserver.membership.actions import Judging, action_test
from mockserver.membership.grammar import BEHAVIORAL
from mockserver.store import Record, View
from mockserver.world import entropy

Condition = Mapping[str, Any]
Times = Sequence[datetime]  # of one person's events that a condition is about, ascending
SPANS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
MONTHS = {"month": 1, "year": 12}
DEFAULT_SPAN = (30, "day")
MOST_PERIODS = 1000
NOBODY: Record = {"properties": {}}
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
COUNTS: Mapping[str, Callable[[int, int], bool]] = {
    "gte": int.__ge__, "lte": int.__le__, "gt": int.__gt__, "lt": int.__lt__, "eq": int.__eq__, "exact": int.__eq__,
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """Events of one name that pass a test."""

    name: str
    passes: Test


class Happenings:
    """The events of a project, read once for all conditions that are about them."""

    def __init__(
        self, view: View, project_id: int, context: Context, persons: Context, holds: Callable[[int, str], bool]
    ) -> None:
        self.view = view
        self.project_id = project_id
        self.context = replace(context, is_member=lambda cohort_id, event: holds(cohort_id, self._owner(event)))
        self.judging = Judging(self.context, persons, self._person)
        self._events: dict[str, list[Record]] = {}
        self._owners: dict[str, str] = {}
        self._times: dict[str, dict[str, list[datetime]]] = {}

    def who(self, condition: Condition) -> frozenset[str]:
        """Return the ids of the persons who meet a condition, were it not negated. Raises: ValidationError."""
        problem = next(BEHAVIORAL.check(condition, ()), None)  # what no grammar judged: groups of old, loaded records
        if problem is not None:
            raise ValidationError(f"Behavioral filter: {problem['msg']}")
        kind = condition.get("value")
        judge = JUDGES.get(kind) if isinstance(kind, str) else None
        if judge is None:
            raise ValidationError(f"Behavioral filter {kind!r} is not supported.")
        filters = condition.get("event_filters") or ()
        times = self._of(condition.get("key"), condition.get("event_type"), filters)
        return frozenset(judge(self, condition, times))

    def strangers(self) -> list[str]:
        """Return the ids, in order, of those whose events a condition was about and who are nobody."""
        known = self.view.table("persons")
        ids = {identifier for times in self._times.values() for identifier in times}
        return [identifier for identifier in sorted(ids) if known.first(uuid=identifier) is None]

    def _of(self, name: Any, kind: Any, filters: Sequence[Condition] = ()) -> dict[str, list[datetime]]:
        """Return when each person did an event, or an action, that passes a condition's own filters."""
        key = f"{kind}\n{name}\n{filters!r}"
        if key not in self._times:
            passes = self.judging.test(list(filters)) if filters else everyone
            found: dict[str, list[datetime]] = {}
            for event in self._called(str(name)) if kind == "events" else self._acted(name):
                if passes(event):
                    moment = entropy.read_timestamp(event["timestamp"])
                    found.setdefault(self._owner(event), []).append(moment)
            for times in found.values():
                times.sort()
            self._times[key] = found
        return self._times[key]

    def _called(self, name: str) -> list[Record]:
        """Return the project's events of a name."""
        if name not in self._events:
            events, project_id = self.view.table("events"), self.project_id
            self._events[name] = [e for e in events if e["event"] == name and e["project_id"] == project_id]
        return self._events[name]

    def _acted(self, key: Any) -> Iterator[Record]:
        """Yield the project's events that are an action; none of one that is not there."""
        actions = self.view.table("actions")
        action = actions.first(id=cohort_number(key), project_id=self.project_id)
        if action is not None:
            meets = action_test(action, self.judging)
            yield from (e for e in self.view.table("events") if e["project_id"] == self.project_id and meets(e))

    def _person(self, event: Record) -> Record:
        """Return whose event it is, as a record with properties."""
        return self.view.table("persons").first(uuid=self._owner(event)) or NOBODY

    def _owner(self, event: Record) -> str:
        """Return whose event it is."""
        distinct_id = event["distinct_id"]
        if distinct_id not in self._owners:
            person = self.view.table("persons").first(distinct_ids=distinct_id, project_id=self.project_id)
            self._owners[distinct_id] = person["uuid"] if person else event.get("person_id") or distinct_id
        return self._owners[distinct_id]

    # Conditions

    def performed(self, condition: Condition, times: Mapping[str, Times]) -> Iterable[str]:
        """Yield who did it in the time that the condition names."""
        start, end = self._window(condition)
        return (person for person, found in times.items() if between(found, start, end))

    def performed_multiple(self, condition: Condition, times: Mapping[str, Times]) -> Iterable[str]:
        """Yield who did it so often; never somebody who did not do it at all."""
        start, end = self._window(condition)
        suits = count_test(condition)
        counts = ((person, between(found, start, end)) for person, found in times.items())
        return (person for person, count in counts if count and suits(count))

    def performed_first_time(self, condition: Condition, times: Mapping[str, Times]) -> Iterable[str]:
        """Yield who did it in that time, and never before."""
        start, end = self._window(condition)
        return (person for person, found in times.items() if start <= found[0] < end)

    def performed_regularly(self, condition: Condition, times: Mapping[str, Times]) -> Iterable[str]:
        """Yield who did it so often in so many of the last periods, counted back from now."""
        total, least = number(condition, "total_periods", 1), number(condition, "min_periods", 1)
        if least > total:
            raise ValidationError("min_periods must be less than or equal to total_periods")
        if total > MOST_PERIODS:
            raise ValidationError(f"total_periods must be at most {MOST_PERIODS}")
        suits, now = count_test(condition), self.context.now
        length, unit = self._span(condition)
        edges = [before(now, length * back, unit) for back in range(total + 1)]
        for person, found in times.items():
            counts = [between(found, edges[back + 1], edges[back]) for back in range(total)]
            if sum(1 for count in counts if count and suits(count)) >= least:
                yield person

    def performed_sequence(self, condition: Condition, times: Mapping[str, Times]) -> Iterable[str]:
        """Yield who did it in that time, and then, soon enough, the other event."""
        start, end = self._window(condition)
        length, unit = self._span(condition, "seq_")
        then = self._of(condition.get("seq_event"), condition.get("seq_event_type") or "events")
        for person, found in times.items():
            later = then.get(person, ())
            if any(start < first < end and between(later, first, after(first, length, unit)) for first in found):
                yield person

    def stopped(self, condition: Condition, times: Mapping[str, Times]) -> Iterable[str]:
        """Yield who did it in that time, but not of late."""
        start, late, now = self._periods(condition)
        return (
            person for person, found in times.items() if between(found, start, late) and not between(found, late, now)
        )

    def restarted(self, condition: Condition, times: Mapping[str, Times]) -> Iterable[str]:
        """Yield who did it before that time, not in it, and again of late."""
        start, late, now = self._periods(condition)
        for person, found in times.items():
            if between(found, BEGINNING, start) and not between(found, start, late) and between(found, late, now):
                yield person

    def _periods(self, condition: Condition) -> tuple[datetime, datetime, datetime]:
        start, now = self._window(condition)
        late = before(now, *self._span(condition, "seq_"))
        if late < start:
            raise ValidationError("The recent period must be shorter than the whole one.")
        return start, late, now

    def _window(self, condition: Condition) -> tuple[datetime, datetime]:
        """Return the time that a condition names: since a moment, or so long until now."""
        now = self.context.now
        explicit = condition.get("explicit_datetime")
        if not explicit:
            return before(now, *self._span(condition)), now
        found = self._moment(explicit)
        if found is None:
            raise ValidationError(f"Date {explicit!r} cannot be read.")
        return found, now

    def _moment(self, text: Any) -> datetime | None:
        """Return the moment that a text names: a date, or so long before now, as in `-30d`."""
        units = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
        if isinstance(text, str) and text[:1] == "-" and text[-1:] in units and text[1:-1].isdecimal():
            return before(self.context.now, int(text[1:-1]), units[text[-1]])
        return read_moment(text, self.context.zone)

    def _span(self, condition: Condition, prefix: str = "") -> tuple[int, str]:
        unit = condition.get(f"{prefix}time_interval") or DEFAULT_SPAN[1]
        if unit not in SPANS and unit not in MONTHS:
            raise ValidationError(f"Time interval {unit!r} is not supported.")
        return number(condition, f"{prefix}time_value", DEFAULT_SPAN[0]), unit


Judge = Callable[[Happenings, Condition, Mapping[str, Times]], Iterable[str]]
JUDGES: Mapping[str, Judge] = {
    "performed_event": Happenings.performed,
    "performed_event_multiple": Happenings.performed_multiple,
    "performed_event_first_time": Happenings.performed_first_time,
    "performed_event_regularly": Happenings.performed_regularly,
    "performed_event_sequence": Happenings.performed_sequence,
    "stopped_performing_event": Happenings.stopped,
    "restarted_performing_event": Happenings.restarted,
}


def between(times: Times, start: datetime, end: datetime) -> int:
    """Return how many moments lie after one and up to another."""
    return bisect_right(times, end) - bisect_left(times, start) if start <= end else 0


def count_test(condition: Condition) -> Callable[[int], bool]:
    """Return the test of how often something was done. Raises: ValidationError."""
    operator, wanted = condition.get("operator") or "eq", number(condition, "operator_value", 0)
    if operator not in COUNTS:
        raise ValidationError(f"Operator {operator!r} is not supported.")
    compare = COUNTS[operator]
    return lambda count: compare(count, wanted)


def number(condition: Condition, name: str, default: int) -> int:
    """Return a whole number of a condition."""
    value = condition.get(name)
    return default if value is None else int(value.partition(".")[0] if isinstance(value, str) else value)


def before(moment: datetime, count: int, unit: str) -> datetime:
    """Return the moment so many units earlier; the beginning of time when that is too far."""
    try:
        return moment - SPANS[unit] * count if unit in SPANS else add_months(moment, -count * MONTHS[unit])
    except (OverflowError, ValueError):
        return BEGINNING


def after(moment: datetime, count: int, unit: str) -> datetime:
    """Return the moment so many units later; the end of time when that is too far."""
    try:
        return moment + SPANS[unit] * count if unit in SPANS else add_months(moment, count * MONTHS[unit])
    except (OverflowError, ValueError):
        return datetime.max.replace(tzinfo=UTC)


def add_months(moment: datetime, months: int) -> datetime:
    """Return the same day of another month, or its last day if it is shorter. Raises: ValueError."""
    years, month = divmod(moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=moment.year + years, month=month + 1, day=day)
        except ValueError:
            if day == 28:
                raise
    return moment.replace(year=moment.year + years, month=month + 1)
