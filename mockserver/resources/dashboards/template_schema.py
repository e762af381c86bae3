"""What a template must look like, and what is wrong with one that does not, in the words of Python's `jsonschema`.

Source: the schema that servers tell; a recorded refusal.
"""

from __future__ import annotations

import pprint
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
Step = str | int


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "type": "string"}


_VARIABLE = {
    "type": "object",
    "required": ["id", "name", "type", "default", "description", "required"],
    "properties": {
        "id": _text("The id of the variable"),
        "name": _text("The name of the variable"),
        "type": {"description": "The type of the variable", "enum": ["event"]},
        "default": {"description": "The default value of the variable", "type": "object"},
        "description": _text("The description of the variable"),
        "required": {"description": "Whether the variable is required", "type": "boolean"},
    },
}
TEMPLATE: Schema = {
    "type": "object",
    "required": ["template_name", "dashboard_description", "dashboard_filters", "tiles"],
    "properties": {
        "id": _text("The id of the dashboard template"),
        "template_name": _text("The name of the dashboard template"),
        "team_id": {"description": "The team this dashboard template belongs to", "type": ["number", "null"]},
        "created_at": _text("When the dashboard template was created"),
        "image_url": {"description": "The image of the dashboard template", "type": ["string", "null"]},
        "dashboard_description": _text("The description of the dashboard template"),
        "dashboard_filters": {"description": "The filters of the dashboard template", "type": "object"},
        "tiles": {
            "description": "The tiles of the dashboard template", "type": "array", "minItems": 1,
            "items": {"type": "object"},
        },
        "variables": {
            "description": "The variables of the dashboard template",
            "anyOf": [{"type": "array", "items": _VARIABLE}, {"type": "null"}],
        },
        "tags": {
            "description": "The tags of the dashboard template", "type": "array", "items": {"type": "string"},
        },
    },
}  # fmt: skip
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "boolean": (bool,),
    "null": (type(None),),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One thing that a value does not meet."""

    message: str
    rule: str
    schema: Schema
    value: Any
    path: tuple[Step, ...] = ()
    schema_path: tuple[Step, ...] = ()
    inner: Sequence[Problem] = ()

    def within(self, path: Sequence[Step], schema_path: Sequence[Step]) -> Problem:
        """Return it as seen from outside."""
        return Problem(
            self.message, self.rule, self.schema, self.value, (*path, *self.path), (*schema_path, *self.schema_path),
            self.inner,
        )  # fmt: skip

    def __str__(self) -> str:
        return (
            f"{self.message}\n\nFailed validating {self.rule!r} in schema{_places(self.schema_path)}:\n"
            f"{_spelled(self.schema)}\n\nOn instance{_places(self.path)}:\n{_spelled(self.value)}"
        )


def problem_with(template: Any) -> str | None:
    """Return what is wrong with a template, the weightiest of all that is; None for a good one."""
    found = list(_problems(template, TEMPLATE))
    if not found:
        return None
    worst = max(found, key=_weight)
    while worst.inner:
        least = sorted(worst.inner, key=_weight)[:2]
        if len(least) == 2 and _weight(least[0]) == _weight(least[1]):
            break
        worst = least[0].within(worst.path, worst.schema_path)
    return str(worst)


def _weight(problem: Problem) -> tuple[int, bool]:
    return -len(problem.path), problem.rule != "anyOf"


def _problems(value: Any, schema: Schema) -> Iterator[Problem]:
    for rule, asked in schema.items():
        match rule:
            case "type" if not _is(value, asked):
                kinds = [asked] if isinstance(asked, str) else asked
                yield Problem(f"{value!r} is not of type {', '.join(map(repr, kinds))}", rule, schema, value)
            case "required" if isinstance(value, dict):
                for name in asked:
                    if name not in value:
                        yield Problem(f"{name!r} is a required property", rule, schema, value)
            case "properties" if isinstance(value, dict):
                for name, inner in asked.items():
                    if name in value:
                        for found in _problems(value[name], inner):
                            yield found.within((name,), (rule, name))
            case "items" if isinstance(value, list):
                for number, item in enumerate(value):
                    for found in _problems(item, asked):
                        yield found.within((number,), (rule,))
            case "minItems" if isinstance(value, list) and len(value) < asked:
                message = "should be non-empty" if asked == 1 else "is too short"
                yield Problem(f"{value!r} {message}", rule, schema, value)
            case "enum" if value not in asked:
                yield Problem(f"{value!r} is not one of {asked!r}", rule, schema, value)
            case "anyOf":
                tried = [list(_problems(value, option)) for option in asked]
                if all(tried):
                    inner = [found.within((), (rule, n)) for n, found_of in enumerate(tried) for found in found_of]
                    message = f"{value!r} is not valid under any of the given schemas"
                    yield Problem(message, rule, schema, value, inner=inner)


def _is(value: Any, asked: str | Sequence[str]) -> bool:
    kinds = (asked,) if isinstance(asked, str) else asked
    is_flag = isinstance(value, bool)
    return any(isinstance(value, TYPES[kind]) and (not is_flag or kind == "boolean") for kind in kinds)


def _places(path: Sequence[Step]) -> str:
    return "".join(f"[{step!r}]" for step in path)


def _spelled(value: Any) -> str:
    return textwrap.indent(pprint.pformat(value, width=72, sort_dicts=False), "    ")
