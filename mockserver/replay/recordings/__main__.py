"""What whoever keeps the recordings does with them: `python -m mockserver.replay.recordings agreement | add`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mockserver.contract import Contract
from mockserver.replay.recordings.adding import About
from mockserver.replay.recordings.adding import add as add_file
from mockserver.replay.recordings.agreement import (
    FILE,
    Agreement,
    gains,
    look,
    losses,
    read_agreement,
    write_agreement,
)
from mockserver.replay.recordings.files import FOLDER, read_library, write_text
from mockserver.replay.recordings.model import Clock, Recording, RecordingError
from mockserver.replay.recordings.worlds import read_world
from mockserver.replay.report.tallies import Tally
from mockserver.world.entropy import system_time

SOURCE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Keep what real servers answered."""


@main.command()
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where less agrees than before.")
def agreement(names: tuple[str, ...], check: bool) -> None:
    """Ask a mock all that is recorded and comes along, and write down how much agrees, line by line.

    With the NAMES of some recordings, those alone are asked, and what is known of the others is kept.

    \b
    Example:
      python -m mockserver.replay.recordings agreement
      python -m mockserver.replay.recordings agreement hogql persons --check
    """
    unknown = set(names) - {recording.name for recording in read_library().recordings}
    if unknown:
        raise click.UsageError(f"there are no recordings called {', '.join(sorted(unknown))}")
    report = look(Contract.read(), names)
    tallies = report.tallies
    for deviation in report.unused:
        click.echo(f"nothing needs this any more: {deviation}")
    before = read_agreement() if FILE.exists() else {}
    for tally in tallies:
        click.echo(
            f"{tally.recording:24} {tally.same:4} same {len(tally.explained):4} explained "
            f"{len(tally.unexplained):4} unexplained {tally.failed:4} failed there"
        )
        for number, difference in tally.unexplained.items():
            click.echo(f"  {tally.recording}:{number} {difference}")
    for line in gains(tallies, before):
        click.echo(f"more: {line}")
    lost = list(losses(tallies, before))
    for line in lost:
        click.echo(f"less: {line}")
    if check:
        raise click.exceptions.Exit(1 if lost else 0)
    kept = [_tally(name, known) for name, known in before.items() if names and name not in names]
    write_agreement(sorted([*kept, *tallies], key=lambda tally: tally.recording))


def _tally(name: str, known: Agreement) -> Tally:
    """Return a tally of what was known before; of explained lines, which no number tells, their count."""
    explained = dict.fromkeys(range(-known.explained, 0), "")
    return Tally(name, "", known.same, explained, dict(known.unexplained), known.failed)


@main.command()
@click.argument("sources", nargs=-1, required=True, type=SOURCE)
@click.option("--into", required=True, help="The set that they are a part of, a folder beside the others.")
@click.option("--date", required=True, metavar="YYYY-MM[-DD]", help="What the server's code is of.")
@click.option("--server", default="PostHog", show_default=True, help="What the server is called.")
@click.option("--recorded-at", help="When they were recorded.  [default: today]")
@click.option(
    "--world", type=SOURCE, help="The tables that the server started with, as JSON.  [default: the set's own]"
)
@click.option("--with", "beside", multiple=True, help="Another file of tables to load after --world.")
@click.option("--also", type=SOURCE, help="Tables that were there as well.")
@click.option("--began-at", help="The server's time at the first exchange.  [default: found from what was made]")
@click.option("--stopped", is_flag=True, help="Tell them with a stopped clock.")
@click.option("--independent", is_flag=True, help="They are questions of their own, not all that were asked.")
def add(
    sources: tuple[Path, ...], into: str, date: str, server: str, recorded_at: str | None, world: Path | None,
    beside: tuple[str, ...], also: Path | None, began_at: str | None, stopped: bool, independent: bool,
) -> None:  # fmt: skip
    """Make recordings of files of exchanges, a request and its answer a line of JSON, and put them beside the others.

    \b
    Example:
      python -m mockserver.replay.recordings add flags.jsonl --world world.json --into families-2025-08 --date 2025-08
    """
    folder = FOLDER / into
    place = folder / "world.json.gz"
    try:
        if world is not None:
            write_text(place, json.dumps([*read_world(world), *beside], ensure_ascii=False))
        about = About(
            server, date, recorded_at or f"{system_time():%Y-%m-%d}", place.name if place.exists() else None,
            {name: rows for tables in (read_world(also) if also else []) for name, rows in tables.items()},
            began_at, Clock.STOPPED if stopped else Clock.RUNNING, independent,
        )  # fmt: skip
        for source in sources:
            file, recording = add_file(source, folder, about)
            click.echo(f"{file}: {_size(recording)}")
    except RecordingError as error:
        raise click.ClickException(str(error)) from None


def _size(recording: Recording) -> str:
    return f"{len(recording.exchanges) or len(recording.rows)} lines, {recording.holds}"


if __name__ == "__main__":
    main()
