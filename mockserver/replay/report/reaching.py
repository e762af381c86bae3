"""Why an operation had no success on a server: what the server, the project, the key or care for it kept away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.contract import Operation
from mockserver.replay.cases import TENANTS
from mockserver.replay.causes import NO_ENDPOINT
from mockserver.replay.identifiers import PARAMETER, fill
from mockserver.replay.report.model import Showing
from mockserver.replay.targets import Target

UNKNOWN = "0"
PROVOKED = ("401", "405", "406", "415")
"""Refusals that probes ask for, and that say nothing of the operation."""


def why_unreached(operation: Operation, target: Target, showing: Showing, known: Mapping[str, Sequence[Any]]) -> str:
    """Return what kept an operation from a success, in words; `known` are the identifiers that there are for it."""
    guard = target.adapter.guard
    lacking = [name for name in PARAMETER.findall(operation.path) if name not in TENANTS and not known.get(name)]
    first = {name: values[0] for name, values in known.items() if values}
    path = fill(operation.path, {**dict.fromkeys(lacking, UNKNOWN), **first, **target.ids})
    held_back = guard.refusal(operation.method.upper(), path) if guard else None
    if held_back:
        return held_back
    if any(text.startswith("5") and not text.startswith("501") for text in showing.refusals):
        return "the server fails on it"
    if any(text.endswith(NO_ENDPOINT) for text in showing.refusals):
        return "the server does not have it"
    if lacking:
        collection = operation.path.partition(f"/{{{lacking[0]}}}")[0]
        return f"the project has no {collection.rpartition('/')[2].replace('_', ' ')}"
    own = [text for text in showing.refusals if text.startswith("403")]
    if own:
        return f"the key may not: {own[0].partition(': ')[2] or own[0]}"
    telling = [text for text, _ in showing.refusals.most_common() if not text.startswith(PROVOKED)]
    if telling:
        return f"it answered {telling[0]}"
    return "no script and no generated request was for it"
