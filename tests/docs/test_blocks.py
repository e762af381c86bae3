"""Each block of code on the pages is run as it stands, but for the address of the server."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner

from mockserver.analytics.clickhouse import matcher
from mockserver.analytics.clickhouse.choosing import engine
from mockserver.cli import main
from mockserver.contract import Contract
from mockserver.inferred.compiled import compile_document
from mockserver.inferred.reading import Source
from mockserver.replay.recordings.left_out import read_request
from mockserver.replay.script import STEP_KEYS
from mockserver.seeding.finding import find
from mockserver.serving.server import Server
from tests.docs.blocks import BLOCKS, PAGES, ROOT, SNIPPET, Block, blocks_of

ADDRESS = "http://127.0.0.1:8010"
RUN = ("python", "shell", "javascript", "yaml", "toml", "sql", "xml", "dockerfile", "text")
SECONDS = 60


def of(language: str, **about: bool) -> list[Block]:
    return [
        b for b in BLOCKS if b.language == language and all(getattr(b, name) is is_so for name, is_so in about.items())
    ]


WITH_COMMANDS = [
    path
    for path in PAGES
    if path.stem in {block.page for block in of("shell")} - {"first-replay"}  # has its own test
]


def run(command: list[str], folder: Path, **environment: str) -> None:
    env = {**os.environ, "PYTHON": sys.executable, "ROOT": str(ROOT), **environment}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def write_titled(path: Path, folder: Path) -> None:
    for block in blocks_of(path):
        if block.title is not None:
            (folder / block.title).write_text(block.code, encoding="utf-8")


def test_every_block_is_of_a_language_that_is_run() -> None:
    assert {block.language for block in BLOCKS} <= set(RUN)
    assert {block.page for block in BLOCKS if block.language != "text"} >= {path.stem for path in PAGES} - {
        "deviations"
    }


@pytest.mark.parametrize("block", of("python", is_test=False), ids=str)
def test_python_runs(block, url) -> None:
    exec(compile(block.code.replace(ADDRESS, url), str(block), "exec"), {"__name__": str(block)})


OWN_SETTINGS = {"any-api"}
"""Pages whose tests are run by their own commands, since they need a setting of the page's."""


def test_tests_pass(tmp_path) -> None:
    for block in (block for block in of("python", is_test=True) if block.page not in OWN_SETTINGS):
        folder = tmp_path / block.page
        folder.mkdir(exist_ok=True)
        (folder / (block.title or f"test_{block.page}_{block.number}.py".replace("-", "_"))).write_text(block.code)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--strict-markers"],
        tmp_path,
    )


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=lambda path: path.stem)
def test_shell_runs(path, url, tmp_path, monkeypatch) -> None:
    write_titled(path, tmp_path)
    for name in ("localhost.pem", "localhost-key.pem"):
        if name in path.read_text():
            _certify(tmp_path)
    commands = "\n".join(block.code for block in blocks_of(path) if block.language == "shell").replace(ADDRESS, url)
    program = (ROOT / "tests/docs/commands.sh").read_text() + commands
    run(["bash", "-c", program], tmp_path, SERVED=str(tmp_path / "served"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Server, "run", lambda self: None)
    for line in (tmp_path / "served").read_text().split("\0\n\0") if (tmp_path / "served").exists() else ():
        result = CliRunner().invoke(main, [*line.split("\0"), "--port", "0"]) if line else None
        assert result is None or result.exit_code == 0, result.output


def _certify(folder: Path) -> None:
    pytest.importorskip("cryptography", reason="no certificate can be made without the extra https")
    from mockserver.serving.certificates import make_certificate

    certificate, key = make_certificate("localhost", folder)
    shutil.copy(certificate, folder / "localhost.pem")
    shutil.copy(key, folder / "localhost-key.pem")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("block", of("javascript"), ids=str)
def test_javascript_runs(block, url, tmp_path) -> None:
    (tmp_path / "block.mjs").write_text(block.code.replace(ADDRESS, url))
    run(["node", "block.mjs"], tmp_path)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.is_snippet], ids=str)
def test_files_that_are_shown_are_there(block) -> None:
    assert (ROOT / block.code.removeprefix(SNIPPET).strip().rstrip('"')).is_file()


@pytest.mark.parametrize("block", of("yaml", is_snippet=False), ids=str)
def test_yaml_is_of_a_known_form(block, tmp_path, contract) -> None:
    value = yaml.safe_load(block.code)
    if isinstance(value, list) and "shown_by" in value[0]:
        assert [read_request(entry, str(block)).number for entry in value] == [entry["n"] for entry in value]
    elif isinstance(value, list):
        known = {operation.id for operation in Contract.read().operations}
        assert {step["call"] for script in value for step in script["steps"]} <= known
        assert all(step.keys() <= STEP_KEYS for script in value for step in script["steps"])
    elif "openapi" in value:
        assert not compile_document(Source.given(block.title, value)).oddities
    elif "operations" in value:
        assert value.keys() == {"collections", "operations"}  # what they name is looked up by the page's commands
    else:
        (tmp_path / block.title).write_text(block.code)
        assert find(str(tmp_path / block.title)).is_file()


@pytest.mark.parametrize("block", of("toml"), ids=str)
def test_toml_sets_what_there_is(block, pytestconfig) -> None:
    table = tomllib.loads(block.code)
    if block.title == "mockserver.toml":
        serve = main.get_command(None, "serve")
        assert {name.replace("-", "_") for name in table} <= {parameter.name for parameter in serve.params}
    else:
        for name in table["tool"]["pytest"]["ini_options"]:
            pytestconfig.getini(name)


@pytest.mark.parametrize("block", of("sql"), ids=str)
def test_sql_is_read_by_clickhouse(block) -> None:
    for statement in filter(str.strip, block.code.split(";")):
        engine().command(f"EXPLAIN AST {statement}")  # raises where it cannot be read


@pytest.mark.parametrize("block", of("xml"), ids=str)
def test_functions_are_those_that_the_program_has(block) -> None:
    for function in ElementTree.fromstring(block.code):
        command = function.findtext("command", "").split()
        assert command[:3] == ["python3", "-m", matcher.__name__]
        assert command[3] == function.findtext("name") and command[3] in matcher.FUNCTIONS


@pytest.mark.skipif(importlib.util.find_spec("material") is None, reason="the extra docs is not installed")
def test_pages_are_built_strictly(tmp_path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    run(command, ROOT, NO_MKDOCS_2_WARNING="1")
    assert (tmp_path / "site" / "index.html").is_file()
