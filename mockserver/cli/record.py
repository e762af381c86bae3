"""`mockserver record`: a server's answers to the scripts, kept on file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.cli import UsageFailure
from mockserver.cli.targets import (
    CERTIFICATES,
    KEYS,
    UNREACHABLE,
    Opening,
    check_pattern,
    check_some,
    find_operation,
    interruptible,
    leave,
    open_target,
    parse_targets,
    read_keys,
    require_extra,
)

if TYPE_CHECKING:
    from mockserver.contract import Contract, Operation
    from mockserver.replay.targets import Target

FOLDER = click.Path(file_okay=False, path_type=Path)
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?")
INTERRUPTED = 1


@click.command(short_help="Keep a server's answers, to replay against later.")
@click.option("--target", required=True, metavar="[NAME=]WHAT", help="An address; or mock, mock:observed.")
@click.option("--api-key-env", "api_key_env", multiple=True, metavar="[WHOSE=]NAME", help=KEYS)
@click.option("--project", help="Id of the project to work in.  [default: the one the key's owner is in]")
@click.option("--organization", help="Id of the organization; with --allow-writes its roles may be written, too.")
@click.option("--allow-writes", is_flag=True, help="Let a server that is not ours be written to, and cleaned up after.")
@click.option("--only", metavar="REGEX", help="Only operations whose id, or method and path, this finds.")
@click.option("--date", metavar="YYYY-MM[-DD]", help="What the server's code is of, where you know it.")
@click.option("--once", is_flag=True, help="Ask once, not twice: in half the time, and nothing tells what varies.")
@click.option("--world", is_flag=True, help="Also keep the project as a world, people replaced, and answers over it.")
@click.option("--out", type=FOLDER, default="recordings", show_default=True, help="Folder to write to.")
@click.option("--rate", type=click.FloatRange(0.01), help="Most requests a second to an address.  [default: 8]")
@click.option(
    "--timeout", default=20.0, show_default=True, type=click.FloatRange(0.1), help="Seconds to wait for an answer."
)
@click.option("--ca-file", type=CERTIFICATES, help="Certificates to trust, in place of the usual ones.")
def record(
    target: str, api_key_env: tuple[str, ...], project: str | None, organization: str | None, allow_writes: bool,
    only: str | None, date: str | None, once: bool, world: bool, out: Path, rate: float | None, timeout: float,
    ca_file: Path | None,
) -> None:  # fmt: skip
    """Keep a server's answers to the scripts and reading probes, to replay against later.

    A file a family, without keys and personal data. Everything is asked twice, and what is otherwise the second time is
    marked as varying. A server that is not ours is only read from unless --allow-writes is given. With --only, what the
    files hold of other scripts is kept. With --world, the project itself is read first, as by mockserver import: a mock
    is later given it, and answers are compared value by value.

    \b
    Example:
      mockserver record --target real=https://eu.posthog.com --api-key-env POSTHOG_KEY --project 42
      mockserver replay --target mock --target recordings=recordings
    """
    require_extra()
    from mockserver.cli.contract import read
    from mockserver.importing import ImportFailure
    from mockserver.replay.recordings.model import RecordingError
    from mockserver.replay.wire import Limits, Unreachable

    check_pattern(only)
    check_date(date)
    named = parse_targets([target])
    contract = read()
    check_some(contract, only)
    limits = Limits(read_seconds=timeout, total_seconds=max(60.0, 3 * timeout), per_second=rate)
    opening = Opening(
        contract, read_keys(api_key_env, named), limits, project=project, organization=organization, ca_file=ca_file,
        allow_writes=allow_writes,
    )  # fmt: skip
    opened: list[Target] = []
    with interruptible():
        try:
            opened.append(open_target(named[0], opening))
            if world:  # before anything is written to
                _record_world(contract, opened[0], only, date, out)
            _record(contract, opened[0], only, date, once, out)
        except Unreachable as error:
            click.echo(f"Error: {error}; what was complete until then is on file", err=True)
            raise click.exceptions.Exit(UNREACHABLE) from None
        except (ImportFailure, RecordingError) as error:
            raise UsageFailure(str(error)) from None
        except KeyboardInterrupt:
            click.echo("Stopped by Ctrl-C: the families that were complete are on file.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        finally:
            leave(opened)


def check_date(text: str | None) -> None:
    """Refuse what is neither a day nor a month. Raises: UsageFailure."""
    if text is not None and not DATE.fullmatch(text):
        raise UsageFailure(f"--date {text!r}: write a month or a day, as 2025-08 or 2025-08-04")


def _record_world(contract: Contract, target: Target, only: str | None, date: str | None, folder: Path) -> None:
    from mockserver.replay.recordings.exchanging import WORLD, ExchangeRecorder
    from mockserver.replay.recordings.files import write_recording

    recorder = ExchangeRecorder(contract, target, _operations(contract, target, only), folder, date=date)
    for recording in recorder.record():
        file = write_recording(recording, folder)
        click.echo(f"{file}: {len(recording.exchanges)} exchanges over {folder / WORLD}")
    _tell_skipped(recorder.skipped)


def _operations(contract: Contract, target: Target, only: str | None) -> list[Operation]:
    return [
        operation
        for operation in contract.operations
        if operation.exists_in(target.profile) and find_operation(only or "", operation)
    ]


def _tell_skipped(skipped: Mapping[str, str]) -> None:
    for reason, number in Counter(skipped.values()).most_common():
        click.echo(f"{number} not recorded: {reason}", err=True)


def _record(
    contract: Contract, target: Target, only: str | None, date: str | None, once: bool, folder: Path
) -> None:  # fmt: skip
    from rich.console import Console

    from mockserver.replay.recordings.files import write_recording
    from mockserver.replay.recordings.recording import Recorder
    from mockserver.replay.script import ScriptError, read_scripts

    try:
        scripts = read_scripts(contract)
    except ScriptError as error:
        raise UsageFailure(str(error)) from None
    operations = _operations(contract, target, only)
    console = Console(stderr=True)
    with console.status("") as status:

        def show(family: str, done: int, total: int) -> None:
            status.update(f"{target.name}: {family.replace('_', ' ')}, {done} of {total}")

        recorder = Recorder(contract, target, scripts, operations, show, date, once)
        for recording in recorder.record():
            file = write_recording(recording, folder, beside=bool(only))
            steps = [step for script in recording.scripts for step in script.steps]
            varying = sum(bool(step.varies) for step in steps)
            marked = f", of which {varying} vary" if varying else ""
            click.echo(f"{file}: {len(recording.scripts)} scripts and probes, {len(steps)} answers{marked}")
    _tell_skipped(recorder.skipped)
