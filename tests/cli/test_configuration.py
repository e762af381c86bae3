"""What the environment and a folder's configuration say is heard, and a mistake in it is told."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from mockserver.cli import COMMANDS, main


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in a folder that holds some files."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, files: dict[str, str | bytes] | None = None, **environment: str):
        for name, text in (files or {}).items():
            (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return CliRunner().invoke(main, arguments, env=environment)

    return run


def leaves(command: click.Command) -> list[click.Command]:
    children = getattr(command, "commands", {}).values()
    return [leaf for child in children for leaf in leaves(child)] or [command]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_the_variable_of_its_name(name) -> None:
    options = [option for leaf in leaves(main.get_command(click.Context(main), name)) for option in leaf.params]
    for option in options:
        if isinstance(option, click.Option):
            assert option.envvar in {f"MOCKSERVER_{word.strip('-').replace('-', '_').upper()}" for word in option.opts}


def test_environment_sets_an_option(run) -> None:
    described = json.loads(run("routes", MOCKSERVER_JSON="1").output)
    assert sum(row["documented"] for row in described) == 93
    assert len(json.loads(run("routes", MOCKSERVER_JSON="1", MOCKSERVER_ALL="1").output)) > len(described)


@pytest.mark.parametrize(
    ("file", "text"), [("mockserver.toml", "json = true"), ("pyproject.toml", "[tool.mockserver]\njson = true")]
)
def test_folder_sets_an_option(run, file, text) -> None:
    assert sum(row["documented"] for row in json.loads(run("routes", files={file: text}).output)) == 93


def test_folder_sets_an_option_of_a_command_below_another(run) -> None:
    written = run("contract", "bundle", files={"mockserver.toml": 'format = "json"'}).output
    assert json.loads(written)["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("mockserver.toml", "port = ", "mockserver.toml: Invalid value"),
        ("mockserver.toml", b"\xff\xfe", "mockserver.toml: 'utf-8' codec"),
        ("mockserver.toml", "prot = 8011", "no command has an option 'prot'; did you mean port?"),
        ("pyproject.toml", "[tool]\nmockserver = 3", "expected a table tool.mockserver of options, got 3"),
        ("pyproject.toml", "tool = 3", "expected a table tool.mockserver of options, got 3"),
    ],
)
def test_mistake_in_the_configuration_is_said_in_one_line(run, file, text, words) -> None:
    result = run("routes", files={file: text})
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert words in result.output


@pytest.mark.parametrize("above", [(), ("contract",)])
def test_list_of_commands_breaks_no_sentence_off(run, above) -> None:
    _, _, told = run(*above, "--help").output.partition("Commands:")
    assert told and "..." not in told


@pytest.mark.parametrize("command", [("contract", "diff"), *((name,) for name in COMMANDS)], ids=" ".join)
def test_command_explains_itself(run, command) -> None:
    result = run(*command, "--help")
    assert result.exception is None and result.output.startswith("Usage:")
