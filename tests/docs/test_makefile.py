"""`make` on machines that have other Pythons than this one: which it takes, and what it says when there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

WORKS = f'exec "{sys.executable}" "$@"'
MISSING = "echo 'pyenv: no such command' >&2; exit 127"
TOO_OLD = f"""exec "{sys.executable}" -c "import sys; sys.version_info = (3, 10, 0); exec('''$2''')" """

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def make(tmp_path):
    """Run make in a copy of the Makefile, with these Pythons alone on the path; the name to what it does."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    command = str(shutil.which("make"))

    def run(*arguments: str, **pythons: str) -> subprocess.CompletedProcess[str]:
        found = tmp_path / "bin"
        found.mkdir()
        for name, does in pythons.items():
            python = found / name.replace("_", ".")
            python.write_text(f"#!/bin/sh\n{does}\n")
            python.chmod(0o755)
        asked = [command, "-C", str(tmp_path), *arguments]
        return subprocess.run(asked, env={"PATH": str(found)}, capture_output=True, text=True, timeout=60)

    return run


@pytest.mark.parametrize(
    ("pythons", "taken"),
    [
        ({"python3_13": WORKS, "python3_11": WORKS, "python3": WORKS}, "python3.13"),
        ({"python3_13": MISSING, "python3_12": WORKS, "python3": WORKS}, "python3.12"),
        ({"python3_13": MISSING, "python3_12": MISSING, "python3": WORKS}, "python3"),
        ({"python3_12": TOO_OLD, "python3_11": WORKS}, "python3.11"),
    ],
)
def test_newest_python_that_works_is_taken(make, pythons: dict[str, str], taken: str) -> None:
    assert f"\n{taken} -m venv .venv\n" in make("--dry-run", "run", **pythons).stdout


def test_python_that_is_named_is_taken_as_it_is(make) -> None:
    assert "\n/opt/mine -m venv .venv\n" in make("--dry-run", "test", "PYTHON=/opt/mine", python3_13=WORKS).stdout


@pytest.mark.parametrize("target", ["run", "test", "lint", "package"])
def test_line_says_what_to_install_where_no_python_works(make, target: str) -> None:
    done = make("--no-print-directory", target, python3_13=MISSING, python3_11=TOO_OLD)
    lines = done.stderr.splitlines()
    assert done.returncode == 2 and "3.11, 3.12 or 3.13" in lines[0] and "make PYTHON=" in lines[0]
    assert len(lines) == 2 and lines[1].startswith("make: ***") and done.stdout == ""


def test_pythons_are_those_that_the_package_names() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    names = [name for name in ("python3.11", "python3.12", "python3.13") if f'Python :: {name[6:]}"' in text]
    listed = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("PYTHONS"))
    assert listed.split()[2:] == [*reversed(names), "python3"]
    image = (ROOT / "Dockerfile").read_text()
    assert f"FROM python:{names[-1][6:]}-slim\n" in image and f'"{names[-1][6:]}"' in workflow()


def workflow() -> str:
    return Path(ROOT / "examples" / "github-actions.yaml").read_text()
