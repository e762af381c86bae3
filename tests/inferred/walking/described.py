"""A document as the walk reads it: its operations, and which of them are about one collection."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from mockserver.inferred.reading import Components
from mockserver.inferred.shapes import Shapes

METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"{([^{}/]+)}")


@dataclass
class Operation:
    """One operation of the document, its references followed."""

    method: str
    path: str
    id: str
    parameters: list[Mapping[str, Any]]
    media: str | None
    body: Any
    responses: Mapping[str, Any]
    base: str

    @property
    def successes(self) -> list[str]:
        """The statuses that stand for success, as the document writes them; where it has none, all that it has."""
        return [status for status in self.responses if status[0] in "23"] or list(self.responses)

    @property
    def is_offered(self) -> bool:
        """Whether it does anything: some are there to say that they are not allowed."""
        return not self.responses or any(status[0] in "23" for status in self.responses)

    @property
    def tells(self) -> bool:
        """Whether the document says what it answers."""
        return any("schema" in m for s in self.successes for m in self.responses[s].get("content", {}).values())

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


class Described:
    """A document's operations, their references followed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._components = Components(document)
        self.shapes = Shapes(self._components.resolve)
        self.operations = list(self._read(document))
        self._by_path = {(operation.method, operation.path): operation for operation in self.operations}

    def get(self, method: str, path: str) -> Operation | None:
        """Return the operation of a method and a path."""
        return self._by_path.get((method, path))

    def collection(self, method: str, before: str) -> Operation | None:
        """Return an operation of the collection whose items begin with a path."""
        return self.get(method, before) or self.get(method, before.rstrip("/"))

    def items(self, before: str) -> list[Operation]:
        """Return the operations of what lies right under a path, which ends where its name begins."""
        found = re.compile(re.escape(before) + r"{[^{}/]+}/?")
        return [each for each in self.operations if found.fullmatch(each.path)]

    def _read(self, document: Mapping[str, Any]) -> Iterator[Operation]:
        servers = document.get("servers") or [{}]
        base = urlsplit(servers[0].get("url", "")).path.rstrip("/")
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(base, path, method, item)

    def _operation(self, base: str, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        spec, resolve = item[method], self._components.resolve
        listed = [resolve(each) for each in (*item.get("parameters", ()), *spec.get("parameters", ()))]
        parameters = {(each.get("name"), each.get("in")): each for each in listed}
        content = resolve(spec.get("requestBody") or {}).get("content", {})
        media = next((kind for kind in content if "json" in kind), next(iter(content), None))
        body = content[media].get("schema") if media else None
        responses = {str(status): resolve(each) for status, each in (spec.get("responses") or {}).items()}
        return Operation(
            method, path, str(spec.get("operationId")), [*parameters.values()], media, body, responses, base
        )  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    """Return a document; times in it stay text."""
    text = path.read_text()
    if path.suffix == ".json":
        loaded: dict[str, Any] = json.loads(text)
        return loaded
    plain: dict[str, Any] = json.loads(json.dumps(yaml.load(text, Loader=yaml.CSafeLoader), default=str))
    return plain
