"""YAML read from the parser's events, one after the other.

PyYAML's own loading takes eight times as long, and its compiled half ends the process on documents that are nested some
ten thousand levels deep. Plain scalars are what JSON knows (YAML 1.2): `yes` and dates are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

DEEPEST = 400
WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True,
         "false": False, "False": False, "FALSE": False}  # fmt: skip
INTEGER = re.compile(r"[-+]?\d{1,30}")
NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
NO_KEY = object()


def read_yaml(content: bytes) -> Any:
    """Return the first document of a text. Raises: yaml.YAMLError, ValueError where it is nested too deep."""
    parser = yaml.parse(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return _Builder().build(parser)


class _Builder:
    """Puts values together, with a stack of the collections that are open."""

    def __init__(self) -> None:
        self._open: list[tuple[dict[Any, Any] | list[Any], Any]] = []
        self._anchors: dict[str, Any] = {}
        self._root: Any = None

    def build(self, events: Iterator[Any]) -> Any:
        """Return the value that events make."""
        for event in events:
            kind = type(event)
            if kind is ScalarEvent:
                self._add(_value(event), event.anchor)
            elif kind is MappingStartEvent:
                self._start({}, event.anchor)
            elif kind is SequenceStartEvent:
                self._start([], event.anchor)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._open.pop()
            elif kind is AliasEvent:
                self._add(self._anchors.get(event.anchor), None)
            elif kind is DocumentEndEvent:
                break
        return self._root

    def _start(self, value: dict[Any, Any] | list[Any], anchor: str | None) -> None:
        if len(self._open) >= DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} levels deep")
        self._add(value, anchor)
        self._open.append((value, NO_KEY))

    def _add(self, value: Any, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = value
        if not self._open:
            self._root = value
            return
        collection, key = self._open[-1]
        if isinstance(collection, list):
            collection.append(value)
        elif key is NO_KEY:
            name = value if isinstance(value, (str, int, float, bool)) or value is None else repr(value)
            self._open[-1] = (collection, name)
        else:
            collection[key] = value
            self._open[-1] = (collection, NO_KEY)


def _value(event: ScalarEvent) -> Any:
    text: str = event.value
    if not event.implicit[0]:  # quoted, or of a type that is named
        return text
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else text
