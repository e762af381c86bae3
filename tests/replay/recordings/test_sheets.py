"""Tables compared cell by cell."""

from __future__ import annotations

import pytest

from mockserver.replay.recordings.sheets import as_rows
from mockserver.replay.script import Answer

TABLE = Answer(200, {"Content-Type": "text/csv; charset=utf-8"}, b"")


def test_cells_stand_where_their_columns_say() -> None:
    left, right = as_rows("created_by.id,name\r\n1,a\r\n", "name,created_by.id\r\nb,1\r\n", TABLE)
    assert (left, right) == ([{"created_by": {"id": "1"}, "name": "a"}], [{"name": "b", "created_by": {"id": "1"}}])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("a\r\n", []),
        ("a,a.b\r\n1,2\r\n", [{"a": "1", "a.b": "2"}]),
    ],
)
def test_odd_tables_are_read_too(text: str, rows: list[dict[str, str]]) -> None:
    assert as_rows(text, text, TABLE) == (rows, rows)


def test_what_is_no_table_is_left_as_it_is() -> None:
    assert as_rows("a,b", "a,b", Answer(200, {"content-type": "text/plain"}, b"")) == ("a,b", "a,b")
    assert as_rows({"a": 1}, "a", TABLE) == ({"a": 1}, "a")
