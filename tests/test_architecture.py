import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mockserver"
PAPER = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("\n## Layers")[2].partition("\n## ")[0]
LIBRARIES = {
    "Flask": "flask", "TinyDB": "tinydb", "ClickHouse": "chdb", "Schemathesis": "schemathesis", "Faker": "faker",
}  # fmt: skip


def imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named(text: str) -> list[str]:
    return re.findall(r"`([a-z_/]+?)/?(?:<\w+>)?`", text)


def layers() -> dict[str, int]:
    cells = [row.split("|")[2] for row in PAPER.splitlines() if row.startswith("|")]
    return {name: number for number, cell in enumerate(cells) for name in named(cell)}


def homes() -> dict[str, set[str]]:
    return {library: set(named(places)) for library, places in re.findall(r"(\w+) stays\s+in\s+(.+?)[;.]", PAPER, re.S)}


def entry_of(module: str, entries: set[str] | dict[str, int]) -> str | None:
    """Return what a module is listed as: itself, or the nearest package around it."""
    parts = module.split("/")
    names = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in entries), None)


LAYERS = layers()
IMPORTS = {
    path.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__"): set(imports(path.read_text()))
    for path in sorted(PACKAGE.rglob("*.py"))
    if path not in (PACKAGE / "__init__.py", PACKAGE / "__main__.py")
}


def test_each_module_has_a_layer_and_each_entry_a_module() -> None:
    assert [module for module in IMPORTS if not entry_of(module, LAYERS)] == []
    assert [entry for entry in LAYERS if entry not in IMPORTS and not (ROOT / entry).is_dir()] == []


def test_modules_import_their_own_layer_and_those_above() -> None:
    wrong = []
    for module, names in IMPORTS.items():
        own = LAYERS[entry_of(module, LAYERS) or ""]
        for name in sorted(names):
            entry = entry_of(name.removeprefix("mockserver.").replace(".", "/"), LAYERS)
            if name.startswith("mockserver.") and entry and LAYERS[entry] > own:
                wrong.append(f"{module} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_stays_where_the_paper_says(library: str) -> None:
    allowed = homes()[library]
    users = [m for m, names in IMPORTS.items() if LIBRARIES[library] in {name.partition(".")[0] for name in names}]
    assert {entry_of(module, allowed) or f"not {module}" for module in users} == allowed


def test_modules_keep_out_of_what_is_private_to_others() -> None:
    private = re.compile(r"mockserver\..*\b_[a-z]\w*$")
    assert [f"{module}: {name}" for module, names in IMPORTS.items() for name in names if private.match(name)] == []


def test_heavy_libraries_are_loaded_when_they_are_first_used() -> None:
    heavy = ("chdb", "faker", "hogql_parser", "requests", "rich", "schemathesis", "snowballstemmer")
    program = f"import sys, mockserver.app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
