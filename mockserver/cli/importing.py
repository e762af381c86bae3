"""`mockserver import`: a scenario made of a real project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.cli import UsageFailure
from mockserver.cli.targets import (
    CERTIFICATES,
    FILE,
    KEYS,
    POLITE_PER_SECOND,
    UNREACHABLE,
    interruptible,
    parse_targets,
    read_keys,
    require_extra,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockserver.contract import Contract
    from mockserver.importing import Masker, Records
    from mockserver.replay.targets import Target

INTERRUPTED = 1
KEEP = (
    "Name of a field or property that stays as it is: content, cohorts.name, properties.plan, 'properties.$os*'. "
    "Repeated for more."
)


@click.command("import", short_help="Make a scenario of a real project.")
@click.option("--target", required=True, metavar="[NAME=]ADDRESS", help="Where the project is.")
@click.option("--api-key-env", "api_key_env", multiple=True, metavar="[WHOSE=]NAME", help=KEYS)
@click.option("--project", help="Id of the project.  [default: the one the key's owner is in]")
@click.option("--out", type=FILE, required=True, help="Scenario file to write.")
@click.option("--keep", "keep", multiple=True, metavar="NAME", help=KEEP)
@click.option("--most", default=1000, show_default=True, type=click.IntRange(1), help="Records of a kind, at most.")
@click.option("--events/--no-events", default=True, help="Read events and groups too, by queries.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of what is invented.")
@click.option("--rate", type=click.FloatRange(0.01), help="Most requests a second.  [default: 8]")
@click.option(
    "--timeout", default=20.0, show_default=True, type=click.FloatRange(0.1), help="Seconds to wait for an answer."
)
@click.option("--ca-file", type=CERTIFICATES, help="Certificates to trust, in place of the usual ones.")
def import_project(
    target: str, api_key_env: tuple[str, ...], project: str | None, out: Path, keep: tuple[str, ...], most: int,
    events: bool, seed: int, rate: float | None, timeout: float, ca_file: Path | None,
) -> None:  # fmt: skip
    """Make a scenario of a real project: a fake of it, without its people.

    Everything that the key may read is read, and nothing is written to the server. Tokens and keys are left out;
    e-mails, names, texts and the values of properties are replaced by invented ones, the same for the same, unless
    --keep names them. Names of events and properties stay, and so do ids.

    Exits with 0; 1 when it was interrupted, and 2 when it was asked for wrongly or the project cannot be read; 3 when
    the server could not be reached. Nothing is written then.

    \b
    Example:
      mockserver import --target real=https://eu.posthog.com --api-key-env POSTHOG_KEY --project 42 --out company.yaml
      mockserver serve --scenario company.yaml
    """
    require_extra()
    from mockserver.cli.contract import read
    from mockserver.importing import ImportFailure, Masker
    from mockserver.replay.wire import Limits, Unreachable

    limits = Limits(read_seconds=timeout, total_seconds=max(60.0, 3 * timeout), per_second=rate or POLITE_PER_SECOND)
    contract = read()
    opened: Target | None = None
    with interruptible():
        try:
            opened = _open(contract, target, api_key_env, project, limits, ca_file)
            records = _read(contract, opened, most, with_events=events)
            masker = Masker(contract, seed=seed, keep=keep)
            _write(records, masker, out)
        except Unreachable as error:
            click.echo(f"Error: {error}; nothing was written", err=True)
            raise click.exceptions.Exit(UNREACHABLE) from None
        except ImportFailure as error:
            raise UsageFailure(f"{target}: {error}") from None
        except KeyboardInterrupt:
            click.echo("Stopped by Ctrl-C: nothing was written.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        finally:
            if opened is not None:
                opened.close()
    _tell(records, masker, out)


def _open(
    contract: Contract, text: str, api_key_env: tuple[str, ...], project: str | None, limits: object,
    ca_file: Path | None,
) -> Target:  # fmt: skip
    """Return the server, which is never written to. Raises: UsageFailure, Unreachable."""
    from mockserver.replay.care.guard import Care
    from mockserver.replay.care.journal import Journal
    from mockserver.replay.targets import open_url

    named = parse_targets([text])
    if not named[0].is_address:
        raise UsageFailure(f"--target {text}: a scenario is made of the project at an address, https://…")
    keys = read_keys(api_key_env, named)
    target = open_url(
        named[0].name, named[0].what, keys.of(named[0].name), project=project, organization=None, limits=limits,  # type: ignore[arg-type]
        verify=str(ca_file) if ca_file else True, is_foreign=True,
    )  # fmt: skip
    target.adapter.guard = Care(contract, target.ids, Journal.of(target.url))
    return target


def _read(contract: Contract, target: Target, most: int, *, with_events: bool) -> Records:
    from rich.console import Console
    from rich.progress import Progress

    from mockserver.importing import read_project

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(target.name)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=f"{target.name}: {what.replace('_', ' ')}", completed=done, total=total)

        return read_project(contract, target.ask, target.ids, most=most, with_events=with_events, progress=show)


def _write(records: Records, masker: Masker, out: Path) -> None:
    from mockserver.importing import scenario, write
    from mockserver.world.entropy import system_time

    tables = masker.mask(records.tables)
    day = system_time().date().isoformat()
    about = f"Project {records.project_id} as it was read on {day}, its people and texts invented."
    try:
        write(scenario(tables, about), out)
    except OSError as error:
        raise UsageFailure(f"--out {out}: {error.strerror}") from None


def _tell(records: Records, masker: Masker, out: Path) -> None:
    """Say what was taken, left and changed."""
    taken = records.count()
    click.echo(f"{out}: project {records.project_id}, {sum(taken.values())} records")
    _list("taken", (f"{number} {name.replace('_', ' ')}" for name, number in taken.items()))
    _list("left", (f"{name.replace('_', ' ')} ({reason})" for name, reason in records.left.items()))
    _list("unknown to the contract", (f"{name} ({number})" for name, number in records.unknown.items()))
    _list("replaced", (f"{name} ({number})" for name, number in sorted(masker.changed.items())))
    _list("never written", (f"{name} ({number})" for name, number in sorted(masker.removed.items())))
    if masker.unmet:
        click.echo(f"Note: nothing is called {', '.join(masker.unmet)} (--keep).", err=True)
    click.echo(f"\n  mockserver serve --scenario {out}\n")


def _list(title: str, items: Iterable[str]) -> None:
    told = list(items)
    if told:
        click.echo(f"  {title}: {', '.join(told)}")
