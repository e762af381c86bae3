"""The blocks of code on a page: what language they are, what file they are meant for, and how they are run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md"]
FENCED = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?:^ {4}.+\n)+", re.MULTILINE)
SNIPPET = '--8<-- "'


@dataclass(frozen=True)
class Block:
    """A block of code."""

    page: str
    number: int
    language: str
    title: str | None
    code: str

    @property
    def is_test(self) -> bool:
        return self.language == "python" and (self.title is not None or "def test_" in self.code)

    @property
    def is_snippet(self) -> bool:
        return self.code.startswith(SNIPPET)

    def __str__(self) -> str:
        return f"{self.page}-{self.number}-{self.language}"


def blocks_of(path: Path) -> list[Block]:
    """Return the blocks of a page; indented ones, as in the README, are for a shell."""
    text = path.read_text(encoding="utf-8")
    found = [
        Block(path.stem, number, language, title or None, code)
        for number, (language, title, code) in enumerate(FENCED.findall(text))
    ]
    rest = FENCED.sub("", text)
    if path.stem == "README":
        found += [
            Block(path.stem, len(found) + number, "shell", None, re.sub(r"^ {4}", "", code, flags=re.MULTILINE))
            for number, code in enumerate(INDENTED.findall(rest))
        ]
    return found


BLOCKS = [block for path in PAGES for block in blocks_of(path)]
