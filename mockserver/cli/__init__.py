"""The command line: `mockserver serve`, `routes`, `contract`, `replay` and the rest.

A command's module is imported when the command is named, so that `--help` is quick. Every option can also be given as
`MOCKSERVER_<OPTION>` and in `[tool.mockserver]` of pyproject.toml, or in mockserver.toml, of the folder it runs in.
"""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import Any

import click

from mockserver.version import __version__

COMMANDS = {
    "serve": "mockserver.cli.serve:serve",
    "routes": "mockserver.cli.routes:routes",
    "contract": "mockserver.cli.contract:contract",
    "replay": "mockserver.cli.replay:replay",
    "record": "mockserver.cli.record:record",
    "import": "mockserver.cli.importing:import_project",
    "store": "mockserver.cli.store:store",
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
        for option in _options(command):
            if option.envvar is None:
                option.envvar = f"MOCKSERVER_{_word(option).upper()}"
                option.show_envvar = True
        return command


def _options(command: click.Command) -> list[click.Option]:
    own = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if isinstance(command, click.Group):
        own += [option for child in command.commands.values() for option in _options(child)]
    return own


def _word(option: click.Option) -> str:
    """Return what an option is called where it is not written with dashes: `url_file` for `--url-file`."""
    return max(option.opts, key=len).removeprefix("--").replace("-", "_")


def _defaults(command: click.Command, config: dict[str, Any]) -> dict[str, Any]:
    """Return what the configuration sets for a command and those below it, as click wants it."""
    found = {option.name: config[_word(option)] for option in _options(command) if _word(option) in config}
    if isinstance(command, click.Group):
        return {name: _defaults(child, config) for name, child in command.commands.items()}
    return {str(name): value for name, value in found.items()}


def read_config(folder: Path) -> dict[str, Any]:
    """Return the options that a folder's configuration sets, by their names without dashes.

    Raises: UsageFailure for a file that is not TOML, and for an option that no command has.
    """
    for name, keys in CONFIG_FILES:
        path = folder / name
        if not path.is_file():
            continue
        import tomllib  # late: most folders have no such file

        try:
            table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageFailure(f"{path}: {error}") from None
        for key in keys:
            table = table.get(key, {}) if isinstance(table, dict) else table
        if not isinstance(table, dict):
            raise UsageFailure(f"{path}: expected a table {'.'.join(keys)} of options, got {table!r}")
        if table:
            config = {key.replace("-", "_"): value for key, value in table.items()}
            _check_known(path, config)
            return config
    return {}


def _check_known(path: Path, config: dict[str, Any]) -> None:
    """Refuse an option that no command has: it would be left out without a word."""
    context = click.Context(main)
    commands = [main.get_command(context, name) for name in COMMANDS]
    known = sorted({_word(option) for command in commands if command for option in _options(command)})
    for name in config:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            advice = f"; did you mean {close[0].replace('_', '-')}?" if close else ""
            raise UsageFailure(f"{path}: no command has an option {name.replace('_', '-')!r}{advice}")


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
    name = context.invoked_subcommand
    command = main.get_command(context, name) if name and config else None
    if name and command:
        context.default_map = {name: _defaults(command, config)}
