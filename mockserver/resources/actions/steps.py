"""Steps of actions as servers judge them: each with all of its ten keys, its mistakes told all at once.

What is wrong inside a step is told in an odd way: detail and code are the texts of Python's own objects. Source:
recorded refusals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow

from mockserver.contract import Contract
from mockserver.validation.fields import Detail, Field, Text, refuse, refuse_unstorable
from mockserver.validation.schemas import build_schema

UNTRIMMED = ("event", "tag_name", "text", "href")
LIST_ITSELF = "non_field_errors"


class Steps(Field):
    """The steps of an action, or a refusal of the first list of mistakes, as text."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(load_default=list)
        kept = {name: Text(min_length=1, trim=False, allow_none=True, load_default=None) for name in UNTRIMMED}
        self._step = build_schema(contract, "ActionStep", kept)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            found = type(value).__name__
            message = Detail(f'Expected a list of items but got type "{found}".', "not_a_list")
            raise marshmallow.ValidationError({LIST_ITSELF: [message]})
        judged = [self._judge(step) for step in value]
        problems = [problem for _, problem in judged]
        if any(problems):
            refuse(spelled(problems[0]), codes(problems[0]))
        return [step for step, _ in judged]

    def _judge(self, step: Any) -> tuple[dict[str, Any], Any]:
        """Return a step as it is kept, and what is wrong with it."""
        if not isinstance(step, Mapping):
            found = type(step).__name__
            return {}, {LIST_ITSELF: [Detail(f"Invalid data. Expected a dictionary, but got {found}.")]}
        try:
            refuse_unstorable(step.get("properties"))
            return self._step.load({name: step[name] for name in self._step.load_fields if name in step}), {}
        except marshmallow.ValidationError as error:
            return {}, error.messages if isinstance(error.messages, Mapping) else {"properties": error.messages}


def spelled(problem: Any) -> str:
    """Return mistakes as Python spells DRF's own objects."""
    if isinstance(problem, Mapping):
        return "{" + ", ".join(f"{key!r}: {spelled(value)}" for key, value in problem.items()) + "}"
    if isinstance(problem, list):
        return "[" + ", ".join(spelled(each) for each in problem) + "]"
    return f"ErrorDetail(string={str(problem)!r}, code={_code(problem)!r})"


def codes(problem: Any) -> str:
    """Return the codes of mistakes as Python spells them."""
    if isinstance(problem, Mapping):
        return "{" + ", ".join(f"{key!r}: {codes(value)}" for key, value in problem.items()) + "}"
    if isinstance(problem, list):
        return "[" + ", ".join(codes(each) for each in problem) + "]"
    return repr(_code(problem))


def _code(detail: Any) -> str:
    """Return a mistake's code by DRF's own name: what answers call `invalid_input` is `invalid` inside."""
    code = getattr(detail, "code", "invalid")
    return "invalid" if code == "invalid_input" else str(code)
