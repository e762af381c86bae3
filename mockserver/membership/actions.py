"""Actions in plain Python: whether an event meets one of an action's steps, for cohorts of those who did it.

The same rules as those of queries, which make HogQL of them. Source: PostHog's `action_to_expr`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.listing.filtering import Context, Test, all_of, any_of, everyone, nobody, predicate
from mockserver.membership.selectors import chain_pattern, tag_pattern
from mockserver.patterns import compiled
from mockserver.store import Record

AUTOCAPTURE = "$autocapture"
HREF, TEXTS = re.compile(r'(?::|")href="(.*?)"'), re.compile(r'(?::|")text="(.*?)"')

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Judging:
    """What the filters of steps are judged by: those of events, and those of the person whose event it is."""

    events: Context
    persons: Context
    person_of: Callable[[Record], Record]

    def test(self, filters: Any) -> Test:
        """Return the test that some filters are of events. Raises: ValidationError."""
        if not isinstance(filters, list):
            return predicate(filters, self.events)
        theirs = predicate([each for each in filters if each.get("type") == "person"], self.persons)
        own = predicate([each for each in filters if each.get("type") != "person"], self.events)
        return lambda event: own(event) and theirs(self.person_of(event))


def action_test(action: Record, judging: Judging) -> Test:
    """Return the test that an event is an action: it meets any of the steps. One without steps is met by all."""
    return any_of([all_of(_step(step, judging)) for step in action.get("steps") or ()])


def _step(step: Step, judging: Judging) -> list[Test]:
    name, tests = step.get("event"), []
    if name:
        tests.append(lambda event: event["event"] == name)
    if name == AUTOCAPTURE:
        tests += _elements(step)
    if step.get("url"):
        is_it = _text(step["url"], step.get("url_matching"), ignores_case=False)
        tests.append(lambda event: is_it(str(_property(event, "$current_url"))))
    if step.get("properties"):
        tests.append(judging.test(step["properties"]))
    return tests or [everyone]


def _elements(step: Step) -> list[Test]:
    tests: list[Test] = []
    if step.get("selector"):
        tests.append(_chain(chain_pattern(str(step["selector"]))))
    if step.get("tag_name") is not None:
        tests.append(_chain(tag_pattern(str(step["tag_name"]))))
    for key, pattern in (("href", HREF), ("text", TEXTS)):
        if step.get(key) is not None:
            tests.append(_found(pattern, _text(step[key], step.get(f"{key}_matching") or "exact", ignores_case=True)))
    return tests


def _found(pattern: re.Pattern[str], is_it: Callable[[str], bool]) -> Test:
    """Return the test that one of the texts that a pattern finds in the elements is what is wanted."""
    first = 1 if pattern is HREF else None
    return lambda event: any(is_it(text) for text in pattern.findall(_elements_of(event))[:first])


def _chain(pattern: str) -> Test:
    found = compiled(pattern)
    return (lambda event: found.finds(_elements_of(event))) if found else nobody


def _text(wanted: Any, how: str | None, *, ignores_case: bool) -> Callable[[str], bool]:
    """Return whether a text is what is wanted, matches it as a pattern, or contains it: `%` is anything, `_` a sign."""
    wanted = str(wanted)
    if how == "exact":
        return lambda text: text == wanted
    if how != "regex":
        wanted = re.escape(wanted).replace("%", ".*").replace("_", ".")
    found = compiled(wanted, re.DOTALL | (re.IGNORECASE if ignores_case and how != "regex" else 0))
    return lambda text: found is not None and found.finds(text)


def _property(event: Record, name: str) -> Any:
    value = (event.get("properties") or {}).get(name)
    return "" if value is None else value


def _elements_of(event: Record) -> str:
    return str(_property(event, "$elements_chain"))
