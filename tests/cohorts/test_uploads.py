"""CSV files of members: which column counts, and what is refused."""

from __future__ import annotations

import pytest

from mockserver.cohorts.uploads import BAD_ENCODING, BAD_FORMAT, EMPTY, NO_IDS, read_identifiers
from mockserver.errors import ValidationError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n", ("distinct_ids", ["a", "b"])),
        ("distinct_id\na", ("distinct_ids", ["distinct_id", "a"])),
        ("person_id\nA-1", ("uuid", ["a-1"])),
        ("Person .id\r\nA-1\r\n", ("uuid", ["a-1"])),
        ("E-Mail\nAda@x.test", ("properties.email", ["Ada@x.test"])),
        ("name,distinct_id\nAda,a\n,\nBob,\n", ("distinct_ids", ["a"])),
        ("email,person-id\nx@x.test,p1", ("uuid", ["p1"])),
        ("email,distinct-id\nx@x.test,d1", ("distinct_ids", ["d1"])),
        ('name,email\n"Ada, Lady",x@x.test', ("properties.email", ["x@x.test"])),
        ("\ufeffemail\nx@x.test", ("properties.email", ["x@x.test"])),
        ("\n\n a \n", ("distinct_ids", ["a"])),
    ],
)
def test_column_that_counts_is_found(text: str, expected: tuple[str, list[str]]) -> None:
    assert read_identifiers(text.encode()) == expected


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", EMPTY),
        (b"\n , \n", EMPTY),
        (b"email\n\n", NO_IDS),
        (b"name,distinct_id\nAda,\n", NO_IDS),
        (b"a,b\n1,2", "Multi-column CSV must contain at least one column with a supported ID header: 'person_id', "
                      "'Person .id' (PostHog export format), 'distinct_id', 'distinct-id', or 'email'. "
                      "Found columns: a, b"),
        (b"\xff\xfe\x00a", BAD_ENCODING),
        (b"a\x00b", BAD_FORMAT),
        (b'"' + b"x" * 200_000, BAD_FORMAT),
    ],
)  # fmt: skip
def test_file_that_lists_nobody_is_refused(raw: bytes, detail: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_identifiers(raw)
    assert (refused.value.detail, refused.value.attr) == (detail, "csv")
