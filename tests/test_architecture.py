import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mockserver"
PAPER = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("\n## Packages")[2].partition("\n## ")[0]
LIBRARIES = {
    "Flask": "flask", "TinyDB": "tinydb", "ClickHouse": "chdb", "Schemathesis": "schemathesis", "Faker": "faker",
}  # fmt: skip
MOST_MODULES = 22
ENTRANCES = {"__init__", "__main__"}  # of the whole package: they stand above everything

Imports = dict[str, set[str]]


def imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named(text: str) -> list[str]:
    return re.findall(r"`([a-z_/]+?)/?`", text)


def rows() -> dict[str, int]:
    """Return the packages of the table, each with its place from the ground up."""
    cells = [row.split("|")[1] for row in PAPER.splitlines() if row.startswith("| `")]
    return {name: number for number, cell in enumerate(cells) for name in named(cell)}


def homes() -> dict[str, set[str]]:
    return {library: set(named(places)) for library, places in re.findall(r"(\w+) stays\s+in\s+(.+?)[;.]", PAPER, re.S)}


def entry_of(module: str, entries: set[str]) -> str | None:
    """Return what a module is listed as: itself, or the nearest package around it."""
    parts = module.split("/")
    names = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in entries), None)


def module_of(name: str, modules: Imports) -> str:
    """Return the module that an imported name is, or lies in."""
    parts = name.split(".")[1:]
    places = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((found for place in places for found in (place, f"{place}/__init__") if found in modules), "__init__")


def circle_in(package: str, modules: Imports) -> list[str]:
    """Return a circle among what lies directly inside a package, its own `__init__` included; none when it has none."""
    graph: dict[str, set[str]] = {}
    inside = f"{package}/"
    for module, names in modules.items():
        if not module.startswith(inside):
            continue
        own = module.removeprefix(inside).split("/")[0]
        others = {module_of(name, modules) for name in names if name.startswith("mockserver.")}
        parts = {other.removeprefix(inside).split("/")[0] for other in others if other.startswith(inside)}
        graph.setdefault(own, set()).update(parts - {own})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


IMPORTS: Imports = {
    path.relative_to(PACKAGE).with_suffix("").as_posix(): {
        name for name in imports(path.read_text()) if name.split(".")[0] in {"mockserver", *LIBRARIES.values()}
    }
    for path in sorted(PACKAGE.rglob("*.py"))
}
PACKAGES = sorted({str(Path(module).parent) for module in IMPORTS} - {"."})
ROWS = rows()


def test_each_package_has_a_row_and_each_row_a_package() -> None:
    tops = {module.split("/")[0] for module in IMPORTS} - ENTRANCES
    assert tops == ROWS.keys()


def arrows() -> Iterator[tuple[str, str]]:
    """Yield each module with each package that it imports from, but its own."""
    for module, names in IMPORTS.items():
        others = {name.split(".")[1] for name in names if name.startswith("mockserver.")} & ROWS.keys()
        yield from ((module, other) for other in sorted(others - {module.split("/")[0]}))


def test_packages_import_those_above_them() -> None:
    inside = [(module, other) for module, other in arrows() if module not in ENTRANCES]
    assert [pair for pair in inside if ROWS[pair[1]] >= ROWS[pair[0].split("/")[0]]] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_inside_a_package(package: str) -> None:
    assert circle_in(package, IMPORTS) == []


def test_circle_is_found_where_there_is_one() -> None:
    back = {**IMPORTS, "store/log": {*IMPORTS["store/log"], "mockserver.store.tinydb.MemoryStore"}}
    assert {"log", "tinydb"} <= set(circle_in("store", back))
    entrance = {**IMPORTS, "store/model": {*IMPORTS["store/model"], "mockserver.store.memory_store"}}
    assert set(circle_in("store", entrance)) == {"model", "__init__"}
    families = {**IMPORTS, "resources/cohorts/fields": {"mockserver.resources.persons.Persons"}}
    assert set(circle_in("resources", families)) == {"cohorts", "persons"}


@pytest.mark.parametrize("package", PACKAGES)
def test_package_can_be_seen_whole(package: str) -> None:
    beside = {module for module in IMPORTS if str(Path(module).parent) == package}
    assert len(beside) <= MOST_MODULES


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_stays_where_the_paper_says(library: str) -> None:
    allowed = homes()[library]
    users = [m for m, names in IMPORTS.items() if LIBRARIES[library] in {name.partition(".")[0] for name in names}]
    assert {entry_of(module, allowed) or f"not {module}" for module in users} == allowed


def test_actions_see_the_state_through_their_call() -> None:
    """What is read past it is not taken down, so an answer made of it would be given again when it no longer holds."""
    past = re.compile(r"\bworld\.(view|store|uses|bell|snapshots|origin)\b")
    packages = ("resources", "queries", "cohorts", "analytics", "flags", "listing", "membership", "validation")
    modules = [path for package in packages for path in (PACKAGE / package).rglob("*.py")]
    assert [path.name for path in modules if past.search(path.read_text(encoding="utf-8"))] == []


def test_modules_keep_out_of_what_is_private_to_others() -> None:
    private = re.compile(r"mockserver\..*\b_[a-z]\w*$")
    assert [f"{module}: {name}" for module, names in IMPORTS.items() for name in names if private.match(name)] == []


def test_heavy_libraries_are_loaded_when_they_are_first_used() -> None:
    heavy = (
        "chdb",
        "faker",
        "mockserver.console",
        "hogql_parser",
        "marshmallow",
        "mockserver.resources.resource",
        "mockserver.seeding.scenarios",
        "requests",
        "rich",
        "schemathesis",
        "snowballstemmer",
        "yaml",
    )
    program = f"import sys, mockserver.serving.app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
