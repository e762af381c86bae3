"""What a server answers about an imported project, told as the project is once its people are replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.contract import Contract
from mockserver.importing.masking import SECRET
from mockserver.importing.records import Tables

HIDDEN = "[replaced]"
"""What stands for text of which nothing is known: it may be about somebody."""
MEANT_FOR_PROGRAMS = re.compile(
    r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d([T ][\d:.]+)?(Z|[+-]\d\d:?\d\d)?|[\d.]*|(/|\?|api/)[^@]*"
)
"""Identifiers, moments, numbers, paths and links."""
TOKEN = re.compile(r"ph[a-z]_\w+")


class Disguise:
    """Replaces in answers what was replaced in the records of a project, each value by the same as there."""

    def __init__(self, contract: Contract, tables: Tables, masked: Tables, *, address: str, instead: str) -> None:
        self._address, self._instead = address, instead
        self._replaced: dict[Any, Any] = {}
        self._open: set[str] = set(_words(contract.whole))
        self._stays: set[str] = set()
        self._tokens: dict[str, str] = {}
        for name, records in tables.items():
            for before, after in zip(records, masked.get(name, ()), strict=False):
                self._learn(before, after, "")

    def _learn(self, before: Any, after: Any, name: str) -> None:
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            for key, value in before.items():
                if key in after:
                    self._learn(value, after[key], str(key))
        elif isinstance(before, list) and isinstance(after, list):
            for one, other in zip(before, after, strict=False):
                self._learn(one, other, name)
        elif isinstance(before, str) and isinstance(after, str):
            if before == after:
                self._stays.add(before)
            else:
                self._replaced.setdefault(before, after)
        elif before != after and not isinstance(before, bool):
            self._replaced[name, before] = after

    def of(self, value: Any, name: str = "") -> Any:
        """Return JSON of an answer in disguise."""
        if isinstance(value, Mapping):
            return {
                key: self.of(item, str(key)) for key, item in value.items() if not self._is_left_out(str(key), item)
            }
        if isinstance(value, list):
            return [self.of(item, name) for item in value]
        if isinstance(value, str):
            return self._text(value)
        return value if isinstance(value, bool) or value is None else self._replaced.get((name, value), value)

    def asked(self, text: str) -> str:
        """Return text that a request names something by, as it is called in disguise."""
        return str(self._replaced.get(text, text))

    def _text(self, value: str) -> str:
        if value in self._replaced and value not in self._stays:  # what stays somewhere in the world is written anyway
            return str(self._replaced[value])
        if value.startswith(self._address):
            return self._instead + value.removeprefix(self._address)
        if TOKEN.fullmatch(value):
            return self._tokens.setdefault(value, f"{value[:4]}replaced{len(self._tokens)}")
        if not value or value in self._stays or value in self._open or MEANT_FOR_PROGRAMS.fullmatch(value):
            return value
        return HIDDEN

    def _is_left_out(self, name: str, value: Any) -> bool:
        """Return whether a field is a secret that somebody named, as a setting is: the world has it not either."""
        is_secret = SECRET.fullmatch(name) is not None and isinstance(value, str)
        return is_secret and name not in self._open and TOKEN.fullmatch(value) is None


def _words(node: Any) -> Iterator[str]:
    """Yield the names of a contract's fields, and the values that it lists."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield str(key)
            if key in ("enum", "const", "default"):
                yield from (str(one) for one in (value if isinstance(value, list) else [value]))
            elif key not in ("example", "examples"):
                yield from _words(value)
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for item in node:
            yield from _words(item)
