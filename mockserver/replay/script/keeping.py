"""What one step of a script keeps and later ones name: places of an answer, and names in a step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NAME = re.compile(r"\$(\w+)|\$\{(\w+)\}")


def substitute(node: Any, kept: Mapping[str, Any]) -> Any:
    """Return a step with `$name` and `${name}` replaced by what was kept: alone by the value, inside text by its text.

    Paths to keep (`$.id`) are left alone, and so is `$` before a name that no step could keep, as in `$set`.
    """
    if isinstance(node, str):
        whole = NAME.fullmatch(node)
        if whole and _name(whole) in kept:
            return kept[_name(whole)]
        return NAME.sub(lambda found: str(kept[_name(found)]) if _name(found) in kept else found[0], node)
    if isinstance(node, Mapping):
        return {
            substitute(key, kept) if isinstance(key, str) else key: value if key == "keep" else substitute(value, kept)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [substitute(item, kept) for item in node]
    return node


def _name(found: re.Match[str]) -> str:
    return found[1] or found[2]


def pick(value: Any, place: str) -> Any:
    """Return what stands at a place like `$.results.0.id`, or nothing."""
    for part in place.removeprefix("$").strip(".").split("."):
        if not part:
            continue
        if isinstance(value, list) and part.lstrip("-").isdigit() and -len(value) <= int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, Mapping):
            value = value.get(part)
        else:
            return None
    return value
