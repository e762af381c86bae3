"""A document of the contract: its parts, and what a reference in it points at."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


class ContractError(Exception):
    """The contract cannot be read, or contradicts itself; the message names file and place."""


def component_name(schema: Document | None) -> str | None:
    """Return the name of the component that a schema refers to, if it is a reference."""
    reference = (schema or {}).get("$ref", "")
    return reference.rsplit("/", 1)[-1] if reference else None


def follow(document: Document, reference: str) -> Any:
    """Return what a reference inside the document points at."""
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def resolve(document: Document, node: Any) -> Any:
    """Follow `$ref` inside the document until there is none."""
    while isinstance(node, dict) and "$ref" in node:
        node = follow(document, node["$ref"])
    return node
