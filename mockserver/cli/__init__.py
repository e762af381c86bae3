"""The command line: `mockserver serve`, `routes`, `contract`, `replay` and the rest.

A command's module is imported when the command is named, so that `--help` is quick. Every option can also be given as
`MOCKSERVER_<OPTION>` and in `[tool.mockserver]` of pyproject.toml, or in mockserver.toml, of the folder it runs in.
"""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Any

import click

from mockserver import __version__

COMMANDS = {
    "serve": "mockserver.cli.serve:serve",
    "routes": "mockserver.cli.routes:routes",
    "contract": "mockserver.cli.contract:contract",
    "replay": "mockserver.cli.replay:replay",
    "record": "mockserver.cli.record:record",
    "bench": "mockserver.cli.bench:bench",
}
CONFIG_FILES = (("mockserver.toml", ()), ("pyproject.toml", ("tool", "mockserver")))


class UsageFailure(click.ClickException):
    """Something asked for cannot be done; one line says why, and the exit code is 2."""

    exit_code = 2


class Commands(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        for parameter in _options(command):
            if isinstance(parameter, click.Option) and parameter.name and parameter.envvar is None:
                parameter.envvar = f"MOCKSERVER_{parameter.name.upper()}"
                parameter.show_envvar = True
        return command


def _options(command: click.Command) -> list[click.Parameter]:
    own = list(command.params)
    if isinstance(command, click.Group):
        own += [parameter for child in command.commands.values() for parameter in _options(child)]
    return own


def read_config(folder: Path) -> dict[str, Any]:
    """Return the options that a folder's configuration sets, by the names they have in the code.

    Raises: UsageFailure for a file that is not TOML.
    """
    for name, keys in CONFIG_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise UsageFailure(f"{path}: {error}") from None
        for key in keys:
            table = table.get(key, {})
        if table:
            return {str(key).replace("-", "_"): value for key, value in table.items()}
    return {}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockserver")
@click.pass_context
def main(context: click.Context) -> None:
    """A stateful fake of PostHog's HTTP API, for contract testing.

    \b
    Example:
      mockserver serve --scenario demo --port 8010
    """
    config = read_config(Path.cwd())
    context.default_map = dict.fromkeys(COMMANDS, config)
