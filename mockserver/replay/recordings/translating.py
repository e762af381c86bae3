"""Recorded requests with the identifiers that another server gave to what the recorded one had made."""

from __future__ import annotations

import json
import re
from typing import Any

from mockserver.replay.alignment import COHORT_FILTERS, Alignment

NAMED_IN_QUERY = re.compile(r"(?<=[?&])(cohort|id|\w+_id)=(\d+)(?=&|$)")


def translate_path(path: str, alignment: Alignment) -> str:
    """Return a path with the recorded server's identifiers replaced by their counterparts."""
    head, separator, query = _translate(path, alignment).partition("?")
    parts = [_counterpart(part, alignment) if position > 4 else part for position, part in enumerate(head.split("/"))]
    query = NAMED_IN_QUERY.sub(lambda found: f"{found[1]}={_counterpart(found[2], alignment)}", f"?{query}")[1:]
    return "/".join(parts) + separator + query


def translate_body(body: bytes | None, alignment: Alignment) -> bytes | None:
    """Return a body with the recorded server's identifiers replaced, otherwise as it was written."""
    if body is None:
        return None
    try:
        text = _translate(body.decode(), alignment)
    except UnicodeDecodeError:
        return body
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text.encode()
    translated = _with_counterparts(value, alignment, "")
    return (text if translated == value else json.dumps(translated)).encode()


def _with_counterparts(node: Any, alignment: Alignment, name: str) -> Any:
    if isinstance(node, dict):
        is_cohort = node.get("type") in COHORT_FILTERS
        return {
            key: _with_counterparts(value, alignment, "id" if key == "value" and is_cohort else key)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_with_counterparts(item, alignment, name) for item in node]
    if isinstance(node, int) and not isinstance(node, bool) and (name == "id" or name.endswith("_id")):
        return alignment.counterparts.get(node, node)
    return node


def _counterpart(text: str, alignment: Alignment) -> str:
    return str(alignment.counterparts.get(int(text), text)) if text.isdigit() else text


def _translate(text: str, alignment: Alignment) -> str:
    """Return text with identifiers replaced however they are spelt: in upper case and without hyphens, too."""
    text = alignment.translate(text)
    for ours, theirs in alignment.counterparts.items():
        if isinstance(ours, str) and ours.count("-") == 4:
            text = text.replace(ours.upper(), theirs.upper()).replace(ours.replace("-", ""), theirs.replace("-", ""))
    return text
