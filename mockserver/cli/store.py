"""`mockserver store`: a store that outlives its server, looked after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli import UsageFailure

if TYPE_CHECKING:
    from mockserver.store.archive import Archive
    from mockserver.world.worlds import Worlds

FAULTY = 1
STORE = click.argument("store", metavar="URL")
FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)


@click.group(short_help="Look after a store that outlives its server.")
def store() -> None:
    """Look after a store that outlives its server: sqlite:///FILE or postgresql://….

    \b
    Examples:
      mockserver store check sqlite:///worlds.db
      mockserver store export postgresql://posthog:secret@db.internal/mockserver --out worlds.jsonl
    """


@store.command()
@STORE
def check(store: str) -> None:
    """Say what a store holds, and what is wrong with it; exit code 1 where something is.

    \b
    Example:
      mockserver store check sqlite:///worlds.db
    """
    with _opened(store) as archive:
        wrong = list(archive.check())
        for world in archive.worlds():
            view = world.store.view()
            records = sum(len(view.table(name)) for name in _tables())
            click.echo(f"{world.id}: scenario {world.about.scenario}, {_counted(records, 'record')}, "
                       f"{_counted(len(world.about.snapshots), 'snapshot')}")  # fmt: skip
        facts = archive.facts()
        if not archive.worlds():
            click.echo("no worlds yet")
        logged = _counted(facts["entries"], "entry", "entries")
        click.echo(f"{_counted(facts['bytes'], 'byte')}, {logged} since the last states")
    for line in wrong:
        click.echo(line, err=True)
    if wrong:
        raise SystemExit(FAULTY)


@store.command()
@STORE
def compact(store: str) -> None:
    """Make states of the logs, and give back the room of what nothing needs any more.

    \b
    Example:
      mockserver store compact sqlite:///worlds.db
    """
    with _opened(store) as archive:
        before = archive.facts()["bytes"]
        archive.compact()
        click.echo(f"{_counted(before, 'byte')} before, {_counted(archive.facts()['bytes'], 'byte')} now")


@store.command("export")
@STORE
@click.option("--out", type=FILE, default="-", help="File to write; - is the standard output.  [default: -]")
def export_worlds(store: str, out: Path) -> None:
    """Write every world as a line of JSON, its whole state as the control plane gives it; snapshots are left out.

    \b
    Example:
      mockserver store export sqlite:///worlds.db --out worlds.jsonl
    """
    import orjson

    from mockserver.seeding.states import export_state

    with _opened(store) as archive, _written(out) as write:
        for world in _worlds(archive):
            write(orjson.dumps({"id": world.id, "scenario": world.scenario, **export_state(world)}))


@store.command("import")
@STORE
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True))
def import_worlds(store: str, file: Path) -> None:
    """Put the worlds of a file that `export` wrote into a store, in the place of those that have their ids.

    All of them, or none where a line is not what it should be.

    \b
    Example:
      mockserver store import sqlite:///new.db worlds.jsonl
    """
    read = [_read_world(number, line) for number, line in enumerate(_lines(file), 1)]
    with _opened(store) as archive:
        held = {kept.id for kept in archive.worlds()}
        for world in read:
            if world.id in held:
                archive.forget(world.id)
            archive.adopt(world.id, world.store, world.settle().about)
        click.echo(f"{_counted(len(read), 'world')} imported")


def _read_world(number: int, line: bytes) -> Any:
    """Return the world that a line holds. Raises: UsageFailure."""
    import orjson

    from mockserver.seeding import LoadError
    from mockserver.seeding.states import import_state
    from mockserver.world.worlds import World

    try:
        state = orjson.loads(line)
        id, scenario = state.pop("id"), state.pop("scenario")
        if not isinstance(id, str) or not id or not isinstance(scenario, str):
            raise ValueError("id and scenario are texts")
        world = World.new(id, scenario=scenario)
        import_state(world, state)
    except (ValueError, KeyError, AttributeError) as error:
        raise UsageFailure(f"line {number}: no world as `export` writes it: {error}") from None
    except LoadError as error:
        place = ".".join(str(part) for part in error.place)
        raise UsageFailure(f"line {number}: {place}: {error.message}") from None
    return world


def _lines(file: Path) -> list[bytes]:
    try:
        with click.open_file(str(file), "rb") as stream:
            return [line for line in stream if line.strip()]
    except OSError as error:
        raise UsageFailure(f"{file}: {error.strerror}") from None


@contextmanager
def _written(out: Path) -> Iterator[Any]:
    try:
        with click.open_file(str(out), "wb") as stream:
            yield lambda line: stream.write(line + b"\n")
    except OSError as error:
        raise UsageFailure(f"--out {out}: {error.strerror}") from None


@contextmanager
def _opened(url: str) -> Iterator[Archive]:
    """Lend the archive of a URL. Raises: UsageFailure for what cannot be opened or written."""
    from mockserver.store import StoreError
    from mockserver.store.archive import StoreUnavailable, open_archive
    from mockserver.world.tables import TABLES

    try:
        archive = open_archive(url, [table.layout for table in TABLES.values()])
        if archive is None:
            raise UsageFailure("memory:// ends with its server: there is nothing to look after")
        try:
            yield archive
        finally:
            archive.close()
    except (StoreError, StoreUnavailable) as error:
        raise UsageFailure(str(error)) from None


def _worlds(archive: Archive) -> Worlds | tuple[()]:
    from mockserver.world.worlds import Worlds

    return Worlds.kept(archive) or ()


def _tables() -> list[str]:
    from mockserver.world.tables import TABLES

    return list(TABLES)


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
