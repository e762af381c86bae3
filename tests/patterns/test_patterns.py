"""Patterns find what Python's engine finds, and soon."""

from __future__ import annotations

import random
import re
import time

import pytest

from mockserver.patterns import compiled
from mockserver.patterns.reading import read
from mockserver.patterns.running import Program

PATTERNS = (
    r"a+b", r"(a+)+$", r"^(a|aa)+$", r"\bfoo\b", r"[a-c]{2,3}x?", r"(?i)ABC", r"(?:ab|cd)*ef", r"(?=.*b)a", r"(?!b)a.c",
    r"(?<=a)b", r"(?<!a)b", r"a{2}", r"a{,2}b", r"(?>a|ab)c", r"a++b", r"a*?b", r"x|^$|b+", r"[]a]+b", r"[^]]c",
    r"\x61b", r"(?s:a.b)", r"a.b", r"(?m)^b$", "(?x) a  b # c\n", r"\d+\.\d*", r"(a?){3}b", r"((a*)*)*b", "", r"(|a)+b",
    r"\Aab\Z", r"(?P<n>a)b", r"(?i:A)b", r"(?#no)a(?-i:B)?",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_machine_finds_what_python_finds(pattern: str) -> None:
    plain, dice = re.compile(pattern), random.Random(pattern)
    program = Program.of(read(pattern, plain.flags))
    assert program is not None
    for _ in range(200):
        text = "".join(dice.choice("aabbc dfo.]@\n1AX") for _ in range(dice.randrange(9)))
        assert program.finds(text) is (plain.search(text) is not None), text


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"(a+)+$", "a" * 60 + "b", False), (r"(a+)+$", "b" + "a" * 60, True), (r"(x+x+)+y", "x" * 500, False),
        (r"(?=(a+)+$)b", "a" * 60 + "c", False), (r"^.*a.*b.*c.*d$", "abc" * 2000, False),
        (r"(a)\1", "caa", True), (r"(a*)*\1b", "a" * 60, False),
    ],
)  # fmt: skip
def test_no_pattern_takes_long(pattern: str, text: str, found: bool) -> None:
    started = time.perf_counter()
    asked = compiled(pattern)
    assert asked is not None and asked.finds(text) is found
    assert time.perf_counter() - started < 2


def test_a_broken_pattern_is_none() -> None:
    assert compiled("[") is None and compiled("(") is None
