"""What the contract says in one profile: its variants taken, and the answers of the other left out."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from mockserver.contract.document import METHODS, Document, follow


class Profile(StrEnum):
    """Which of the contract's answers a world gives."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"


def for_profile(node: Any, profile: Profile) -> Any:
    """Return the node as one profile sees it: `x-observed` variants taken, or dropped.

    A property that the profile does not have (`x-observed: false`) is not required either.
    """
    if isinstance(node, dict):
        if "x-observed" in node:
            if profile is Profile.OBSERVED:
                return for_profile(node["x-observed"], profile)
            node = {key: value for key, value in node.items() if key != "x-observed"}
        seen = {key: for_profile(value, profile) for key, value in node.items()}
        properties, required = seen.get("properties"), seen.get("required")
        if isinstance(properties, dict) and isinstance(required, list):
            seen["required"] = [name for name in required if properties.get(name) is not False]
        return seen
    if isinstance(node, list):
        return [for_profile(value, profile) for value in node]
    return node


def view(document: Document, profile: Profile) -> Document:
    """Return the whole document as one profile sees it: its variants, and its success responses only.

    In `observed`, a response marked so takes the place of the ordinary successes of its operation; in `documented` the
    marked ones are left out. Operations that the profile's servers do not have are left out too. Tools that judge one
    server of one profile are given this.
    """
    seen: Document = for_profile(document, profile)
    for item in seen["paths"].values():
        for method in METHODS:
            if method in item and item[method].get("x-profile", profile) != profile:
                del item[method]
            elif method in item:
                item[method]["responses"] = _responses_seen(seen, item[method]["responses"], profile)
    seen["paths"] = {path: item for path, item in seen["paths"].items() if any(method in item for method in METHODS)}
    return seen


def _responses_seen(document: Document, responses: Document, profile: Profile) -> Document:
    resolved = {s: follow(document, r["$ref"]) if "$ref" in r else r for s, r in responses.items()}
    marked = {s for s, r in resolved.items() if r.get("x-profile") == Profile.OBSERVED}
    if profile is Profile.DOCUMENTED:
        return {s: r for s, r in responses.items() if s not in marked}
    replaced = {s for s in responses if s < "3" and s not in marked} if any(s < "3" for s in marked) else set()
    return {s: r for s, r in responses.items() if s not in replaced}
