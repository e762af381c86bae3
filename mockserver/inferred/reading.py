"""The schemas of a document, and what references in it lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Node = Mapping[str, Any]
NOTHING: Node = {}
COMPONENT = "#/components/schemas/"


class Components:
    """The schemas that a document names, found by reference."""

    def __init__(self, document: Node) -> None:
        self._document = document

    def resolve(self, node: Any) -> Node:
        """Return what a node is, its references followed; what stands beside a reference counts before what it says.

        A reference that leads nowhere, out of the document or back to itself is an empty schema, which allows anything.
        """
        beside: dict[str, Any] = {}
        seen: set[str] = set()
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            beside = {**{key: value for key, value in node.items() if key != "$ref"}, **beside}
            node = None if reference in seen else self._follow(reference)
            seen.add(reference)
        found = node if isinstance(node, Mapping) else NOTHING
        return {**found, **beside} if beside else found

    def _follow(self, reference: str) -> Any:
        node: Any = self._document
        if not reference.startswith("#"):
            return None
        for part in reference[1:].strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, Mapping) else None
        return node


def name_of(node: Any) -> str | None:
    """Return the name of the schema that a node refers to, if it is a reference to one."""
    reference = node.get("$ref") if isinstance(node, Mapping) else None
    return reference.removeprefix(COMPONENT) if isinstance(reference, str) and reference.startswith(COMPONENT) else None
