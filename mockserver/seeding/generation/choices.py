"""Values made up: constants, weighted choices, numbers from a range, Faker's words, texts put together of others.

    plan: {choose: {free: 3, pro: 1}}                 by weight; a list is chosen from evenly
    age: {between: [18, 75]}                          an integer, or a fraction between fractions
    first_name: {faker: first_name}                   any provider of Faker
    name: {template: '{first_name} {last_name}'}      of the properties before it, and `{number}`
    email: {email: '{first_name}.{last_name}', at: [example.com]}

`chance: 0.4` beside any of them leaves the property out for the others. Anything else is the value itself.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import orjson

from mockserver.caching import cached
from mockserver.seeding.kinds import LoadError, expected
from mockserver.world import entropy
from mockserver.world.entropy import Dice

Known = Mapping[str, Any]
Choice = Callable[[Dice, Known], Any]

WAYS = ("choose", "between", "faker", "template", "email")
POOL = 400
"""How many values of a Faker provider a population draws from: asking Faker for each would take half the start."""
LEFT_OUT = object()
NOT_LOCAL = re.compile("[^a-z0-9.]+")


def properties(spec: Mapping[str, Any], seed: int, *place: str | int) -> dict[str, Choice]:
    """Return how the properties of an object are chosen. Raises: LoadError."""
    chosen = {}
    for name, value in spec.items():
        try:
            chosen[name] = choice(value, seed)
        except LoadError as error:
            raise error.within(*place, name) from None
    return chosen


def make(chosen: Mapping[str, Choice], dice: Dice, known: Known) -> dict[str, Any]:
    """Return properties as they are chosen, each knowing those before it."""
    made: dict[str, Any] = {}
    seen = dict(known)
    for name, choose in chosen.items():
        value = choose(dice, seen)
        if value is not LEFT_OUT:
            made[name] = seen[name] = value
    return made


def choice(spec: Any, seed: int) -> Choice:
    """Return how one value is chosen. Raises: LoadError."""
    way = next((way for way in WAYS if isinstance(spec, Mapping) and way in spec), None)
    if way is None:
        return partial(_constant, spec)
    beside = {"chance", "at"} if way == "email" else {"chance"}
    for name in spec:
        if name != way and name not in beside:
            raise LoadError(f"there is no field {name!r} beside {way}; known: {', '.join(sorted(beside))}", name)
    try:
        choose = MAKERS[way](spec[way], seed, spec)
    except LoadError as error:
        raise error.within(way) from None
    if "chance" not in spec:
        return choose
    chance = spec["chance"]
    if isinstance(chance, bool) or not isinstance(chance, (int, float)) or not 0 <= chance <= 1:
        raise expected("a number from 0 to 1", chance).within("chance")
    return lambda dice, known: choose(dice, known) if dice.random() < chance else LEFT_OUT


def follows(spec: Any) -> bool:
    """Return whether a value follows from other properties, those of the person it is chosen for among them."""
    return isinstance(spec, Mapping) and ("template" in spec or "email" in spec)


def weighted(values: Sequence[Any], weights: Sequence[float]) -> Callable[[Dice], Any]:
    """Return a choice by weight."""
    bounds = list(accumulate(weights))
    return lambda dice: values[bisect(bounds, dice.random() * bounds[-1], 0, len(values) - 1)]


def weight(value: Any) -> float:
    """Take a weight. Raises: LoadError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e12:
        raise expected("a weight above 0", value)
    return value


def _constant(value: Any, dice: Dice, known: Known) -> Any:
    return value


def _choose(spec: Any, seed: int, beside: Known) -> Choice:
    if not isinstance(spec, (Mapping, list)) or not spec:
        raise expected("a list of values, or values with their weights", spec)
    values = list(spec)
    weights = [1.0] * len(values)
    if isinstance(spec, Mapping):
        for number, (value, given) in enumerate(spec.items()):
            try:
                weights[number] = weight(given)
            except LoadError as error:
                raise error.within(value) from None
    pick = weighted(values, weights)
    return lambda dice, known: pick(dice)


def _between(spec: Any, seed: int, beside: Known) -> Choice:
    if (
        not isinstance(spec, list) or len(spec) != 2 or any(isinstance(end, bool) for end in spec)
        or not all(isinstance(end, (int, float)) for end in spec) or spec[0] > spec[1]
    ):  # fmt: skip
        raise expected("two numbers, the lower one first", spec)
    low, high = spec
    if isinstance(low, int) and isinstance(high, int):
        return lambda dice, known: low + int(dice.random() * (high - low + 1))
    return lambda dice, known: round(low + dice.random() * (high - low), 2)


def _faker(spec: Any, seed: int, beside: Known) -> Choice:
    if not isinstance(spec, str) or spec.startswith(("_", "seed", "add_", "set_", "del_")):
        raise expected("the name of a Faker provider", spec)
    if not spec.isidentifier():
        raise LoadError(f"Faker has no provider {spec!r}")
    code = [*entropy.faker_files(), Path(__file__), Path(entropy.__file__)]
    pool = cached(f"pool-{spec}", code, partial(_drawn, spec, seed), by=f"{spec} {seed}")
    distinct = list(dict.fromkeys(pool)) if all(isinstance(value, (str, int, float)) for value in pool) else pool
    return lambda dice, known: distinct[int(dice.random() * len(distinct))]


def _drawn(spec: str, seed: int) -> list[Any]:
    """Return what a provider of Faker gives. Raises: LoadError."""
    with entropy.faker(seed, f"pool:{spec}") as fake:
        provider = getattr(fake, spec, None)
        if not callable(provider):
            raise LoadError(f"Faker has no provider {spec!r}")
        try:
            return [_plain(provider()) for _ in range(POOL)]
        except (TypeError, ValueError) as error:
            raise LoadError(f"Faker's {spec!r} cannot be used here: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return str(value)
    return value


def _template(spec: Any, seed: int, beside: Known) -> Choice:
    if not isinstance(spec, str):
        raise expected("text with {names} of properties", spec)
    try:
        spec.format_map(_Anything())
    except (ValueError, AttributeError, IndexError, TypeError) as error:
        raise LoadError(f"expected text with {{names}} of properties: {error}") from None
    return lambda dice, known: spec.format_map(_Blanks(known))


def _email(spec: Any, seed: int, beside: Known) -> Choice:
    """Let an address follow from other properties; the person's number keeps it apart from every other."""
    local = _template(spec, seed, beside)
    domains = beside.get("at", ["example.com"])
    if not isinstance(domains, list) or not domains or not all(isinstance(domain, str) for domain in domains):
        raise LoadError("expected `at` to be a list of domains")

    def choose(dice: Dice, known: Known) -> str:
        plain = local(dice, known)
        if not plain.isascii():
            plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
        name = NOT_LOCAL.sub("", plain.lower()).strip(".") or "user"
        return f"{name}{known['number']}@{domains[int(dice.random() * len(domains))]}"

    return choose


class _Blanks(dict[str, Any]):
    """What a template knows; what it does not know is left blank."""

    def __missing__(self, key: str) -> str:
        return ""


class _Anything(dict[str, Any]):
    """Knows every name, to try a template out."""

    def __missing__(self, key: str) -> str:
        return key


MAKERS: Mapping[str, Callable[[Any, int, Known], Choice]] = {
    "choose": _choose, "between": _between, "faker": _faker, "template": _template, "email": _email,
}  # fmt: skip
