"""A document as it was written: where it comes from, what its references lead to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from mockserver.diff.errors import UnreadableDocument
from mockserver.diff.reading import parse, read_content

Node = Mapping[str, Any]
NOTHING: Node = {}
COMPONENT = "#/components/schemas/"

__all__ = ["COMPONENT", "NOTHING", "Components", "Node", "Oddity", "Source", "UnreadableDocument", "name_of"]


@dataclass(frozen=True)
class Source:
    """What was given as a document: its text, and the file, address or name that it goes by."""

    name: str
    content: bytes = field(repr=False)

    @classmethod
    def read(cls, name: str) -> Source:
        """Return what a file or an address holds. Raises: UnreadableDocument."""
        return cls(name, read_content(name))

    @classmethod
    def given(cls, name: str, document: Any) -> Source:
        """Return a document that came as a value."""
        return cls(name, orjson.dumps(document))

    @cached_property
    def digest(self) -> str:
        """What tells this text from every other."""
        return hashlib.blake2b(self.content, digest_size=20).hexdigest()

    def parse(self) -> Node:
        """Return the document. Raises: UnreadableDocument."""
        return parse(self.name, self.content)


@dataclass(frozen=True)
class Oddity:
    """Something in a document that is not as it should be, and is put up with."""

    place: str
    """Where: a path in the document, `paths./pets.get.responses`."""
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


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
            if len(node) > 1:
                beside = {**{key: value for key, value in node.items() if key != "$ref"}, **beside}
            node = None if reference in seen else self.follow(reference)
            seen.add(reference)
        found = node if isinstance(node, Mapping) else NOTHING
        return {**found, **beside} if beside else found

    def follow(self, reference: str) -> Any:
        """Return what a reference inside the document points at; nothing where there is nothing."""
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
