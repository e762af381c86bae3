"""Which template of a document a path fits: words count before parameters, part by part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mockserver.inferred.templates import PARAMETER, Template


@dataclass
class _Node:
    """A part of paths: what may follow it."""

    words: dict[str, _Node] = field(default_factory=dict)
    mixed: list[tuple[re.Pattern[str], _Node]] = field(default_factory=list)
    parameter: _Node | None = None
    template: Template | None = None


class Matcher:
    """The templates of one document, as a tree of their parts."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._root = _Node()
        for template in templates:
            self._add(template)

    def _add(self, template: Template) -> None:
        node = self._root
        for part in template.parts:
            if PARAMETER.fullmatch(part):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            elif PARAMETER.search(part):
                pattern = re.compile(_pattern(part))
                known = next((after for other, after in node.mixed if other == pattern), None)
                if known is None:
                    known = _Node()
                    node.mixed.append((pattern, known))
                node = known
            else:
                node = node.words.setdefault(part, _Node())
        node.template = node.template or template

    def match(self, path: str) -> tuple[Template, dict[str, str]] | None:
        """Return the template that a path fits, and what it has for its parameters."""
        parts = [part for part in path.split("/") if part]
        for template, values in _walk(self._root, parts, 0, ()):
            return template, dict(zip(template.parameters, values, strict=True))
        return None


def _walk(
    node: _Node, parts: list[str], at: int, values: tuple[str, ...]
) -> Iterator[tuple[Template, tuple[str, ...]]]:
    if at == len(parts):
        if node.template is not None:
            yield node.template, values
        return
    part = parts[at]
    if part in node.words:
        yield from _walk(node.words[part], parts, at + 1, values)
    for pattern, after in node.mixed:
        found = pattern.fullmatch(part)
        if found:
            yield from _walk(after, parts, at + 1, (*values, *found.groups()))
    if node.parameter is not None:
        yield from _walk(node.parameter, parts, at + 1, (*values, part))


def _pattern(part: str) -> str:
    """Return the regular expression of a part that is more than its parameters, as `{name}.json`."""
    pieces = PARAMETER.split(part)
    return "".join("([^/]+?)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))
