"""JSON as the capture service reads it: to the letter, and what is wrong in the words of its parser, with the place.

Neither NaN nor infinity, nor half of a surrogate pair, nor a number past all bounds is JSON. Source: serde_json, whose
messages clients see. Columns count bytes.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NoReturn

import orjson

from mockserver.capture.refusals import unparsable

DEEPEST = 127

VALUE, IDENT, NUMBER, RANGE = "expected value", "expected ident", "invalid number", "number out of range"
KEY, COLON, TRAILING_COMMA, TRAILING = "key must be a string", "expected `:`", "trailing comma", "trailing characters"
EOF_VALUE, EOF_STRING = "EOF while parsing a value", "EOF while parsing a string"
CONTROL = "control character (\\u0000-\\u001F) found while parsing a string"
ESCAPE, LONE, HALF = "invalid escape", "lone leading surrogate in hex escape", "unexpected end of hex escape"
TOO_DEEP = "recursion limit exceeded"

SPACE = re.compile(rb"[ \n\t\r]*")
PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
DIGITS = re.compile(rb"[0-9]*")
HEX = re.compile(rb"[0-9A-Fa-f]{4}")
WORDS = {ord("n"): b"null", ord("t"): b"true", ord("f"): b"false"}
ESCAPES = b'"\\/bfnrt'


def read_strictly(raw: bytes) -> Any:
    """Return the value that a text spells. Raises: CaptureError, saying what is wrong and where."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise unparsable(explain(raw) or f"{error.msg} at line {error.lineno} column {error.colno}") from None
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _is_deeper(value, DEEPEST):
        raise unparsable(explain(raw) or TOO_DEEP)
    return value


def _is_deeper(value: Any, most: int) -> bool:
    """Return whether lists and objects stand in each other more than so many times."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(most):
        insides = (whole.values() if isinstance(whole, dict) else whole for whole in level)
        level = [item for inside in insides for item in inside if isinstance(item, (dict, list))]
        if not level:
            return False
    return True


def explain(raw: bytes) -> str | None:
    """Return what is wrong with a text, and where; nothing if it is JSON."""
    try:
        _Scanner(raw).scan()
    except _Fault as fault:
        return f"{fault.problem} at line {fault.line} column {fault.column}"
    return None


class _Fault(Exception):
    def __init__(self, problem: str, raw: bytes, read: int) -> None:
        """`read` is how many bytes the parser had looked at."""
        super().__init__(problem)
        self.problem = problem
        seen = raw[:read]
        self.line = seen.count(b"\n") + 1
        self.column = read - (seen.rfind(b"\n") + 1)


class _Open(NamedTuple):
    """A list or an object that is not closed yet."""

    closing: int
    is_object: bool


class _Scanner:
    """Reads a text from its start, and stops at what is no JSON."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.place = 0

    def scan(self) -> None:
        """Read one value and nothing after it. Raises: _Fault."""
        opened: list[_Open] = []
        is_first = self._value(opened)
        while opened:
            if self._item(opened[-1], is_first):
                is_first = self._value(opened)
            else:
                opened.pop()
                is_first = False
        if self._next() is not None:
            self._fail(TRAILING)

    def _item(self, whole: _Open, is_first: bool) -> bool:
        """Go on to the next item of a list or an object, past an object's key; return whether there is one."""
        found = self._next()
        if found is None:
            self._fail("EOF while parsing an object" if whole.is_object else "EOF while parsing a list")
        if found == whole.closing:
            self.place += 1
            return False
        if not is_first:
            if found != ord(","):
                self._fail("expected `,` or `}`" if whole.is_object else "expected `,` or `]`")
            self.place += 1
            found = self._next()
            if found is None:
                self._fail(EOF_VALUE)
            if found == whole.closing:
                self._fail(TRAILING_COMMA)
        if whole.is_object:
            if found != ord('"'):
                self._fail(KEY)
            self._string()
            found = self._next()
            if found is None:
                self._fail("EOF while parsing an object")
            if found != ord(":"):
                self._fail(COLON)
            self.place += 1
        return True

    def _value(self, opened: list[_Open]) -> bool:
        """Read a value, or the opening of one; return whether it is an opening."""
        found = self._next()
        if found is None:
            self._fail(EOF_VALUE)
        if found in WORDS:
            self._word(WORDS[found])
        elif found == ord('"'):
            self._string()
        elif found in b"-0123456789":
            self._number()
        elif found in b"[{":
            if len(opened) == DEEPEST:
                self._fail(TOO_DEEP)
            self.place += 1
            opened.append(_Open(ord("]"), False) if found == ord("[") else _Open(ord("}"), True))
            return True
        else:
            self._fail(VALUE)
        return False

    def _word(self, word: bytes) -> None:
        for letter in word:
            found = self._peek()
            if found is None:
                self._fail(EOF_VALUE)
            if found != letter:
                self._fail(IDENT)
            self.place += 1

    def _string(self) -> None:
        self.place += 1
        while True:
            self.place = PLAIN.match(self.raw, self.place).end()  # type: ignore[union-attr]  # it matches nothing, too
            found = self._peek()
            if found is None:
                self._fail(EOF_STRING)
            self.place += 1
            if found == ord('"'):
                return
            if found != ord("\\"):
                self._fail(CONTROL, at=self.place)
            self._escape()

    def _escape(self) -> None:
        found = self._peek()
        if found is None:
            self._fail(EOF_STRING)
        self.place += 1
        if found == ord("u"):
            unit = self._hex()
            if 0xDC00 <= unit <= 0xDFFF:
                self._fail(LONE, at=self.place)
            if 0xD800 <= unit <= 0xDBFF:
                for wanted in b"\\u":
                    found = self._peek()
                    if found is None:
                        self._fail(EOF_STRING)
                    self.place += 1
                    if found != wanted:
                        self._fail(HALF, at=self.place)
                if not 0xDC00 <= self._hex() <= 0xDFFF:
                    self._fail(LONE, at=self.place)
        elif found not in ESCAPES:
            self._fail(ESCAPE, at=self.place)

    def _hex(self) -> int:
        if self.place + 4 > len(self.raw):
            self._fail(EOF_STRING, at=len(self.raw))
        digits = self.raw[self.place : self.place + 4]
        self.place += 4
        if not HEX.fullmatch(digits):
            self._fail(ESCAPE, at=self.place)
        return int(digits, 16)

    def _number(self) -> None:
        begin = self.place
        if self._peek() == ord("-"):
            self.place += 1
        if self._peek() == ord("0"):
            self.place += 1
            found = self._peek()
            if found is not None and found in b"0123456789":
                self._fail(NUMBER)
        else:
            self._digits()
        if self._peek() == ord("."):
            self.place += 1
            self._digits()
        found = self._peek()
        if found is not None and found in b"eE":
            self.place += 1
            found = self._peek()
            if found is not None and found in b"+-":
                self.place += 1
            self._digits()
        if float(self.raw[begin : self.place]) in (float("inf"), float("-inf")):
            self._fail(RANGE, at=self.place)

    def _digits(self) -> None:
        end = DIGITS.match(self.raw, self.place).end()  # type: ignore[union-attr]
        if end == self.place:
            self._fail(EOF_VALUE if self._peek() is None else NUMBER)
        self.place = end

    def _peek(self) -> int | None:
        return self.raw[self.place] if self.place < len(self.raw) else None

    def _next(self) -> int | None:
        """Pass over white space and return the byte that follows."""
        self.place = SPACE.match(self.raw, self.place).end()  # type: ignore[union-attr]
        return self._peek()

    def _fail(self, problem: str, *, at: int | None = None) -> NoReturn:
        """Raise a fault at the byte that comes next, or after as many as were read."""
        raise _Fault(problem, self.raw, min(self.place + 1, len(self.raw)) if at is None else at)
