"""Deviations: differences that are accepted, each with a reason and a date, and which of them still occur."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from mockserver.contract import Contract, Document, Operation, Profile, for_profile
from mockserver.contract.locations import CONTRACTS
from mockserver.contract.profiles import FIRST
from mockserver.replay.alignment import Difference
from mockserver.replay.entries import read_entries, require_keys

FILE = CONTRACTS / "deviations.yaml"
NEEDED = frozenset({"operation", "place", "reason", "date"})
KEYS = NEEDED | {"shows", "between"}


class DeviationError(Exception):
    """The list of deviations cannot be read; the message names file and entry."""


@dataclass(frozen=True)
class Deviation:
    """A difference between two servers that is accepted."""

    operation: str
    """Id of the operation; a regular expression for all of it."""
    place: str
    """Where: `status`, `header allow`, `$.results[].id`; a `*` stands for anything."""
    reason: str
    date: datetime.date | None = None
    """When it was accepted; none where the contract itself declares it."""
    between: frozenset[str] = frozenset()
    """Names or profiles of the two targets; any two where empty."""
    by_date: bool = False
    """Whether the two differ in it because they are of two dates."""
    shows: str = ".*"
    """What the two show there, `one / other`, whichever comes first: a regular expression for all of it."""
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", re.compile(".*".join(map(re.escape, self.place.split("*")))))

    def covers(self, operation: str, difference: Difference, targets: Iterable[str]) -> bool:
        """Return whether it accepts a difference between two targets, given their names and profiles."""
        return (
            self._pattern.fullmatch(difference.place) is not None
            and re.fullmatch(self.operation, operation) is not None
            and self.between <= set(targets)
            and any(
                re.fullmatch(self.shows, f"{one.left} / {one.right}", re.DOTALL)
                for one in (difference, difference.reversed())
            )
        )

    def __str__(self) -> str:
        return f"{self.operation} {self.place}: {self.reason}"


def read_deviations(contract: Contract, file: Path = FILE) -> list[Deviation]:
    """Return the accepted differences of a file, then those that the contract declares. Raises: DeviationError."""
    known = {operation.id for operation in contract.operations}
    entries = read_entries(file, DeviationError)
    return [*(found for where, entry in entries for found in _entry(where, entry, known)), *declared(contract)]


def _entry(where: str, entry: Any, known: set[str]) -> list[Deviation]:
    """Return the deviations that an entry holds, one for each of its places. Raises: DeviationError."""
    require_keys(entry, where, NEEDED, KEYS, DeviationError)
    if not isinstance(entry["date"], datetime.date):
        raise DeviationError(f"{where}: `date` is no date (YYYY-MM-DD)")
    if not str(entry["reason"]).strip():
        raise DeviationError(f"{where}: a deviation needs a reason")
    operation, shows = str(entry["operation"]), str(entry.get("shows", ".*"))
    for name, pattern in (("operation", operation), ("shows", shows)):
        try:
            re.compile(pattern)
        except re.error as error:
            raise DeviationError(f"{where}: `{name}` is no regular expression: {error}") from None
    if not any(re.fullmatch(operation, id) for id in known):
        raise DeviationError(f"{where}: there is no operation {operation!r}")
    places = entry["place"] if isinstance(entry["place"], list) else [entry["place"]]
    reason, between = str(entry["reason"]).strip(), frozenset(map(str, entry.get("between", ())))
    return [Deviation(operation, str(place), reason, entry["date"], between, shows=shows) for place in places]


def declared(
    contract: Contract, profiles: Sequence[Profile] = (Profile.DOCUMENTED, Profile.OBSERVED)
) -> list[Deviation]:
    """Return the differences between two profiles, or one at two dates, that the contract declares by its marks."""
    apart = {o.id: _apart(contract, o, profiles) for o in contract.operations}
    dated: dict[str, set[str]] = {}
    for o in contract.operations:
        dated.setdefault(o.family, set()).update(filter(None, map(_name, chain.from_iterable(apart[o.id].values()))))
    found = [deviation for o in contract.operations for deviation in _of_operation(contract, o, profiles, apart[o.id])]
    found += [deviation for o in contract.operations for deviation in _of_options(contract, o, profiles, dated)]
    by_date = all(profile.is_observed for profile in profiles)
    return [replace(deviation, by_date=by_date) for deviation in found]


def _of_options(
    contract: Contract, operation: Operation, profiles: Sequence[Profile], dated: Mapping[str, set[str]]
) -> list[Deviation]:
    """Return the fields that only one of two profiles has, as OPTIONS lists them for what else the path does.

    It tells those of the family's component, whatever a path's own bodies hold.
    """
    left, right = profiles
    beside = [other for other in contract.operations if other.path == operation.path]
    read = {name for other in beside for name in other.unread[left].fields ^ other.unread[right].fields}
    names = sorted(read | dated[operation.family])
    between, reason = frozenset(map(str, profiles)), "OPTIONS shows what the servers of one date have"
    return [Deviation(re.escape(operation.id), f"$.actions.*.{name}*", reason, between=between) for name in names]


def of_one_date(
    contract: Contract, operation: Operation, profiles: Sequence[Profile], names: Iterable[str], body: Any
) -> Deviation | None:
    """Return what accepts whatever two profiles differ in, where only one of them reads all that a request says.

    `names` are those of its parameters and fields.
    """
    return _passed_over(contract, operation, profiles, names) or _valued_apart(contract, operation, profiles, body)


def _passed_over(
    contract: Contract, operation: Operation, profiles: Sequence[Profile], names: Iterable[str]
) -> Deviation | None:
    given, between = frozenset(names), frozenset(map(str, profiles))
    left, right = (operation.unread[profile] for profile in profiles)
    apart = sorted(given & ((left.parameters | left.fields) ^ (right.parameters | right.fields)))
    if apart:
        reason = f"servers of one date pass over {', '.join(apart)}"
        return Deviation(re.escape(operation.id), "*", reason, between=between, by_date=True)
    absent = sorted(given & (_absent(contract, operation, profiles[0]) ^ _absent(contract, operation, profiles[1])))
    if absent:
        reason = f"the servers of one profile pass over {', '.join(absent)}"
        return Deviation(re.escape(operation.id), "*", reason, between=between)
    return None


@cache
def _absent(contract: Contract, operation: Operation, profile: Profile) -> frozenset[str]:
    """Return the fields of an operation's body that a profile does not have, of whatever date."""
    schema = contract.resolve(operation.body_schema or {})
    seen = for_profile(schema, profile).get("properties", {})
    return frozenset(name for name in schema.get("properties", {}) if seen.get(name) is False)


def _valued_apart(contract: Contract, operation: Operation, profiles: Sequence[Profile], sent: Any) -> Deviation | None:
    left, right = profiles
    months = _dated_values(contract)
    apart = sorted({
        f"{name} {value}"
        for name, value in _said(sent)
        if (since := {"x-since": months[name].get(value, FIRST)})
        and left.is_dated_within(since) != right.is_dated_within(since)
    })  # fmt: skip
    if not apart:
        return None
    reason, between = f"servers of one date do not know {', '.join(apart)}", frozenset(map(str, profiles))
    return Deviation(re.escape(operation.id), "*", reason, between=between, by_date=True)


def _said(sent: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts of a body, at whatever depth, by the names that they have there."""
    if isinstance(sent, Mapping):
        yield from ((str(name), value) for name, value in sent.items() if isinstance(value, str))
    for part in sent.values() if isinstance(sent, Mapping) else sent if isinstance(sent, list) else ():
        yield from _said(part)


@cache
def _dated_values(contract: Contract) -> Mapping[str, Mapping[str, str]]:
    """Return the values of enums that came later, each with its month, by the names of the fields that have them."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, schema in _fields(list(contract.components.values())):
        for kind in (schema, *schema.get("anyOf", ()), schema.get("items") or {}):
            found[name] |= contract.resolve(kind).get("x-values-since", {})
    return found


def _fields(node: Any) -> Iterator[tuple[str, Document]]:
    """Yield the fields that schemas describe, at whatever depth."""
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from ((name, schema) for name, schema in properties.items() if isinstance(schema, dict))
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _fields(part)


def _of_operation(
    contract: Contract, operation: Operation, profiles: Sequence[Profile], apart: Mapping[str, set[str]]
) -> list[Deviation]:
    found: list[tuple[str, str]] = []
    if any(not operation.exists_in(profile) for profile in profiles):
        found.append(("*", "the servers of one profile do not have it"))
    if any(not _stand_alike(other, profiles) for other in contract.operations if other.path == operation.path):
        found.append(("header allow", "the servers of one profile do not have all that the path does in the other"))
    if len({operation.refuses_keys_in(profile) for profile in profiles}) > 1:
        # The pages show every operation with a key; a session is sent where servers take none, so only who is refused
        # for something else sees it.
        dated = all(profile.is_observed for profile in profiles)
        places = ("status", "$.detail", "header allow") if dated else ("$.detail",)
        found += [(place, "the servers of one profile take no key for it") for place in places]
    statuses = {profile: operation.successes[profile].status for profile in profiles}
    if len(set(statuses.values())) > 1:
        found.append(("status", "; ".join(f"{profile}: {status}" for profile, status in statuses.items())))
        found.append(("*", "another success, another body"))
    else:
        found += [
            (place, f"{place.rstrip('*')} of the {status} is not the same in {' and '.join(profiles)}")
            for status, places in apart.items()
            for place in sorted(places)
        ]
    between = frozenset(map(str, profiles))
    return [Deviation(re.escape(operation.id), place, reason, between=between) for place, reason in dict(found).items()]


def _apart(contract: Contract, operation: Operation, profiles: Sequence[Profile]) -> dict[str, set[str]]:
    """Return by status the places of an operation's answers whose schemas differ."""
    return {
        status: _differing(*(_shape(contract, for_profile(response, profile), profile) for profile in profiles))
        for status, response in operation.spec["responses"].items()
    }


def _name(place: str) -> str:
    """Return the field that a place ends in; nothing where it ends in no field."""
    return place.rstrip("*").removesuffix("[]").rpartition(".")[2].removeprefix("$")


def _stand_alike(operation: Operation, profiles: Sequence[Profile]) -> bool:
    """Return whether all of some profiles have an operation, or none."""
    return len({operation.exists_in(profile) for profile in profiles}) == 1


def _shape(contract: Contract, response: Document, profile: Profile) -> dict[str, Any]:
    """Return the schema of every place of a response's body."""
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    places: dict[str, Any] = {}
    if schema is not None:
        _walk(contract, schema, profile, "$", places, 0)
    return places


def _walk(contract: Contract, schema: Any, profile: Profile, place: str, places: dict[str, Any], depth: int) -> None:
    if schema is False or not isinstance(schema, dict) or depth > 7:
        places[place] = schema
        return
    schema = for_profile(contract.resolve(for_profile(schema, profile)), profile)
    own = {key: value for key, value in schema.items() if key in ("type", "enum", "format", "nullable", "required")}
    places[place] = {**places.get(place, {}), **own} if isinstance(places.get(place), dict) else own
    for option in schema.get("anyOf", ()):
        _walk(contract, option, profile, place, places, depth + 1)
    for name, prop in schema.get("properties", {}).items():
        if prop is not False:
            _walk(contract, prop, profile, f"{place}.{name}", places, depth + 1)
    if isinstance(schema.get("items"), dict):
        _walk(contract, schema["items"], profile, f"{place}[]", places, depth + 1)


def _differing(left: dict[str, Any], right: dict[str, Any]) -> set[str]:
    """Return the outermost places whose schemas differ, and with each what lies under it."""
    differing = {
        place
        for place in left.keys() | right.keys()
        if _bare(left.get(place)) != _bare(right.get(place)) or (place in left) != (place in right)
    }
    outermost = {p for p in differing if not any(p != q and p.startswith((f"{q}.", f"{q}[")) for q in differing)}
    return {f"{place}*" for place in outermost}


def _bare(schema: Any) -> Any:
    return {key: value for key, value in schema.items() if key != "required"} if isinstance(schema, dict) else schema
