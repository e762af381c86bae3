from __future__ import annotations

import subprocess
import sys

import pytest

from mockserver.documents import PARTS, refresh, stale
from mockserver.documents.markdown import table

MARKERS = ("<!-- made: kinds -->\n", "<!-- end -->\n")


def test_table_keeps_what_would_break_a_cell() -> None:
    assert table(("a",), [("one |\n two",)]).splitlines()[-1] == "| one \\| two |"


def test_marked_part_is_made_anew_and_the_rest_kept() -> None:
    page = f"# Mine\n\n{MARKERS[0]}old\n{MARKERS[1]}\nAfter\n"
    fresh = refresh(page)
    assert fresh.startswith("# Mine\n") and fresh.endswith("\nAfter\n")
    assert "old" not in fresh and "`HogQLQuery`" in fresh
    assert refresh(fresh) == fresh


def test_command_writes_what_is_stale(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text("".join(MARKERS))
    (tmp_path / "other.md").write_text("nothing made\n")
    assert [path.name for path, _ in stale(tmp_path)] == ["page.md"]
    command = [sys.executable, "-m", "mockserver.documents", str(tmp_path)]
    written = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert written == [f"{page}\n", ""]


def test_every_field_that_differs_is_told(contract) -> None:
    text = PARTS["deviations"]()
    for component, schema in contract.components.items():
        for name, field in schema.get("properties", {}).items():
            if {"x-observed", "x-page-type"} & field.keys() and not component.startswith("Patched"):
                rows = [line for line in text.splitlines() if line.endswith("|") and f": `{name}` |" in line]
                assert any(component in row for row in rows), (component, name)


@pytest.mark.parametrize("marker", ["x-profile", "x-observed"])
def test_every_operation_that_differs_is_told(contract, marker) -> None:
    text = PARTS["deviations"]()
    for operation in contract.promised:
        answers = [contract.resolve(answer) for answer in operation.spec["responses"].values()]
        if any(marker in answer for answer in answers) or "x-profile" in operation.spec:
            assert f"| `{operation.method.upper()} {operation.path}` |" in text, operation.id
