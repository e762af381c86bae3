"""What is refused of a match before it is kept: a mistake in it would only show as a request that never came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mockserver.admin.plane import Plane
from mockserver.errors import ValidationError
from mockserver.traffic.matching import find_bad_pattern


def refuse_bad_match(plane: Plane, match: Mapping[str, Any], *, is_forced: bool = False) -> None:
    """Refuse an operation that the contract does not have (unless forced), and a text that is no regular expression.

    Raises: ValidationError, naming the closest operation.
    """
    refuse_bad_patterns(match, ("query", "headers", "body"))
    operation = match.get("operation")
    known = [operation.id for operation in (*plane.contract.operations, *plane.registry.operations())]
    if operation is not None and operation not in known and not is_forced:
        closest = get_close_matches(operation, known, n=1)
        hint = f" Did you mean {closest[0]}?" if closest else ""
        raise ValidationError(f"There is no operation {operation!r}.{hint}", attr="match__operation")


def refuse_bad_patterns(match: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse a text that is no regular expression, where one is due. Raises: ValidationError."""
    for name in names:
        problem = find_bad_pattern(match.get(name))
        if problem:
            raise ValidationError(problem, attr=f"match__{name}")
