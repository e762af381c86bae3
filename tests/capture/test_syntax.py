"""What is wrong with a text that is no JSON, in the words of the service's parser."""

from __future__ import annotations

import pytest

from mockserver.capture.refusals import CaptureError
from mockserver.capture.syntax import read_strictly


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("undefined", "expected value at line 1 column 1"),
        ('{"a": NaN}', "expected value at line 1 column 7"),
        ('{"a":\n -Infinity}', "invalid number at line 2 column 3"),
        ("[1e400]", "number out of range at line 1 column 6"),
        ("[01]", "invalid number at line 1 column 3"),
        ("[1.]", "invalid number at line 1 column 4"),
        ("nul", "EOF while parsing a value at line 1 column 3"),
        ("[trux]", "expected ident at line 1 column 5"),
        ("[1 2]", "expected `,` or `]` at line 1 column 4"),
        ("[1,]", "trailing comma at line 1 column 4"),
        ("[", "EOF while parsing a list at line 1 column 1"),
        ('{"a"', "EOF while parsing an object at line 1 column 4"),
        ("{a", "key must be a string at line 1 column 2"),
        ('{"a" 1}', "expected `:` at line 1 column 6"),
        ('{"a":1 "b"}', "expected `,` or `}` at line 1 column 8"),
        ('{"a":1,}', "trailing comma at line 1 column 8"),
        ("[] []", "trailing characters at line 1 column 4"),
        ('"é', "EOF while parsing a string at line 1 column 3"),
        ('"\\x"', "invalid escape at line 1 column 3"),
        ('"\\u00zz"', "invalid escape at line 1 column 7"),
        ('"\\ud800x"', "unexpected end of hex escape at line 1 column 8"),
        ('"\\ud800\\u0041"', "lone leading surrogate in hex escape at line 1 column 13"),
        ('"\\udc00"', "lone leading surrogate in hex escape at line 1 column 7"),
        ('"\x01"', "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 2"),
        ("[" * 128 + "]" * 128, "recursion limit exceeded at line 1 column 128"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(CaptureError) as caught:
        read_strictly(text.encode())
    assert caught.value.message == f"failed to parse request: {problem}"


@pytest.mark.parametrize(
    ("text", "value"),
    [('{"a": [1, -2.5e3, "\\ud83d\\ude00"]} ', {"a": [1, -2500.0, "😀"]}), ("[[[]],{}]", [[[]], {}]),
     ("[" + "9" * 30 + "]", [1e30]), ("null", None)],
)  # fmt: skip
def test_json_is_read(text: str, value: object) -> None:
    assert read_strictly(text.encode()) == value


def test_as_deep_as_the_parser_goes_is_read() -> None:
    assert read_strictly(b"[" * 127 + b"]" * 127)
