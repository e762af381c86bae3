"""Which operation of the contract a method and a path are."""

from __future__ import annotations

import re

from mockserver.contract import Contract, Operation


class Routing:
    """Finds operations; words of a path win over identifiers, as `persons/activity` over `persons/{id}`."""

    def __init__(self, contract: Contract) -> None:
        operations = sorted(contract.operations, key=lambda operation: operation.path.count("{"))
        self._templates = [(pattern_of(operation.path), operation) for operation in operations]

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation that a request is, if the contract has one there."""
        plain = path.partition("?")[0].rstrip("/")
        for pattern, operation in self._templates:
            if operation.method == method.lower() and pattern.fullmatch(plain):
                return operation
        return None


def pattern_of(template: str) -> re.Pattern[str]:
    """Return a pattern of the paths that a template stands for."""
    parts = re.split(r"({\w+})", template)
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))
