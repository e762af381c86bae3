"""The commands, and the options of `serve`, from the command line itself."""

from __future__ import annotations

import click

from mockserver.cli import main
from mockserver.documents.markdown import code, table


def overview() -> str:
    """Return a table of every command."""
    context = click.Context(main)
    rows = []
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if command is not None:
            children = command.commands if isinstance(command, click.Group) else {}
            rows += [(code(f"mockserver {name} {child}"), _about(children[child])) for child in children]
            rows += [] if children else [(code(f"mockserver {name}"), _about(command))]
    return table(("Command", "What it does"), rows)


def _about(command: click.Command) -> str:
    return (command.help or "").partition("\n\n")[0]


def serve_options() -> str:
    """Return a table of the options of `mockserver serve`."""
    command = main.get_command(click.Context(main), "serve")
    options = [option for option in (command.params if command else ()) if isinstance(option, click.Option)]
    return table(("Option", "What it does", "Default"), [_option(option) for option in options])


def _option(option: click.Option) -> tuple[str, str, str]:
    names = " / ".join(code(name) for name in [*option.opts, *option.secondary_opts])
    shown = option.default if isinstance(option.default, (str, int)) and not option.is_flag else None
    return names, option.help or "", "" if shown is None else code(shown)
