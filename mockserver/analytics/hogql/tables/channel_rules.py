"""A project's own channels of visits, each with what tells it: tried before the channels that everybody has.

Source: PostHog's page on custom channels, its own schema for what a rule is made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.analytics.hogql.nodes import Node, constant

KEYS = ("utm_source", "utm_medium", "utm_campaign", "referring_domain", "url", "pathname", "hostname")
OPERATORS: Mapping[str, str] = {
    "exact": "{%s} = {%s}",
    "is_not": "{%s} != {%s}",
    "is_set": "isNotNull({%s})",
    "is_not_set": "isNull({%s})",
    "icontains": "{%s} ILIKE {%s}",
    "not_icontains": "{%s} NOT ILIKE {%s}",
    "regex": "ifNull(match(toString({%s}), {%s}), 0)",
    "not_regex": "ifNull(not(match(toString({%s}), {%s})), 1)",
}
"""Each operator as HogQL, with places for what a visit tells and for what it is compared with."""
ALIKE = frozenset({"icontains", "not_icontains"})

Part = tuple[str, str | Node]


@dataclass(frozen=True)
class Condition:
    """What must hold of one thing that a visit tells: of any of the values."""

    key: str
    operator: str
    values: tuple[str | None, ...]

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Condition:
        """Return the condition that a modifier spells. Raises: KeyError, TypeError, ValueError where it is none."""
        value = given.get("value")
        values = tuple(value) if isinstance(value, list) else (value,)
        is_text = all(each is None or isinstance(each, str) for each in values)
        if given["key"] not in KEYS or given["op"] not in OPERATORS or not is_text:
            raise ValueError("no condition")
        return cls(given["key"], given["op"], values)


@dataclass(frozen=True)
class Rule:
    """One channel, and what tells it: any or all of its conditions; without any, every visit."""

    channel: str
    combiner: str
    conditions: tuple[Condition, ...]

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Rule:
        """Return the rule that a modifier spells. Raises: KeyError, TypeError, ValueError where it is none."""
        conditions = tuple(Condition.read(item) for item in given["items"])
        if not isinstance(given["channel_type"], str) or given["combiner"] not in ("AND", "OR"):
            raise ValueError("no rule")
        return cls(given["channel_type"], given["combiner"].lower(), tuple(each for each in conditions if each.values))


def read_rules(given: Any) -> tuple[Rule, ...]:
    """Return the rules that a modifier holds; none at all where one of them is no rule, as projects may keep."""
    try:
        return tuple(Rule.read(item) for item in given or ())
    except (KeyError, TypeError, ValueError):
        return ()


def parts_of(rules: tuple[Rule, ...]) -> Iterator[Part]:
    """Yield `own`, the channel by a project's own rules or null, and before it what it is made of."""
    chosen = []
    for number, rule in enumerate(rules):
        conditions = []
        for place, condition in enumerate(rule.conditions):
            name = f"rule_{number}_{place}"
            yield from _parts_of(condition, name)
            conditions.append(f"{{{name}}}")
        joined = f"{rule.combiner}({', '.join(conditions)})" if len(conditions) > 1 else "".join(conditions)
        yield f"channel_{number}", constant(rule.channel)
        chosen.append(f"{joined or 'true'}, {{channel_{number}}}")
    yield "own", f"multiIf({', '.join(chosen)}, NULL)"


def _parts_of(condition: Condition, name: str) -> Iterator[Part]:
    spelled = OPERATORS[condition.operator]
    told = []
    for number, value in enumerate(condition.values):
        compared = f"{name}_{number}"
        yield compared, constant(f"%{value}%" if condition.operator in ALIKE else value)
        told.append(spelled % (condition.key, compared)[: spelled.count("%s")])
    yield name, f"or({', '.join(told)})" if len(told) > 1 else told[0]
