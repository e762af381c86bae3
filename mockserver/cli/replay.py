"""`mockserver replay`: the contract held against the mock, a real server, or both."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli import UsageFailure
from mockserver.cli.profiles import MONTH, PROFILE
from mockserver.cli.targets import (
    CERTIFICATES,
    FILE,
    KEYS,
    UNREACHABLE,
    Named,
    Opening,
    check_pattern,
    check_some,
    interruptible,
    leave,
    open_target,
    parse_targets,
    read_keys,
    require_extra,
)
from mockserver.cli.targets import clean as clean_up

if TYPE_CHECKING:
    from mockserver.contract import Contract
    from mockserver.replay.recordings.model import Library
    from mockserver.replay.report.model import Report
    from mockserver.replay.targets import Target

OPENAPI_HELP = "OpenAPI document to hold servers against, in the place of the contract: generated requests alone."
PHASES = ("examples", "coverage", "fuzzing", "stateful")
TARGETS = (
    "mock, mock:observed, an address, or recordings (those that come along; recordings=PATH for others); at most two.  "
    "[default: mock]"
)


@click.command(short_help="Hold the contract against one server, or two.")
@click.option("--target", "target", multiple=True, metavar="[NAME=]WHAT", help=TARGETS)
@click.option("--api-key-env", "api_key_env", multiple=True, metavar="[WHOSE=]NAME", help=KEYS)
@click.option("--project", help="Id of the project to work in.  [default: the one the key's owner is in]")
@click.option("--organization", help="Id of the organization; with --allow-writes its roles may be written, too.")
@click.option("--profile", type=PROFILE, help="Profile that the mock has.")
@click.option("--date", type=MONTH, help="Month whose servers these are.  [default: found out by asking]")
@click.option("--allow-writes", is_flag=True, help="Let a server that is not ours be written to, and cleaned up after.")
@click.option("--clean", is_flag=True, help="Only remove what an earlier replay made and could not remove.")
@click.option("--examples", default=10, show_default=True, type=click.IntRange(1), help="Random requests an operation.")
@click.option("--coverage", default=50, show_default=True, type=click.IntRange(1), help="Systematic requests, at most.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Seed of what is generated.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 32), help="Requests at once.")
@click.option("--only", metavar="REGEX", help="Only operations whose id, or method and path, this finds.")
@click.option("--phase", "phase", multiple=True, type=click.Choice(PHASES), help="Only these phases.  [default: all]")
@click.option("--scripts/--no-scripts", default=True, help="Run the scripts and probes of the contract.")
@click.option("--properties/--no-properties", default=True, help="Send generated requests.")
@click.option("--import/--no-import", "shares", default=True, help="Fill the mock with what the real project holds.")
@click.option("--deviations", type=FILE, help="List of accepted differences.  [default: that of the contract]")
@click.option("--rate", type=click.FloatRange(0.01), help="Most requests a second to an address.  [default: 8]")
@click.option(
    "--timeout", default=20.0, show_default=True, type=click.FloatRange(0.1), help="Seconds to wait for an answer."
)
@click.option("--ca-file", type=CERTIFICATES, help="Certificates to trust, in place of the usual ones.")
@click.option("--openapi", multiple=True, metavar="FILE", help=OPENAPI_HELP)
@click.option("--html", type=FILE, help="Write the report as a page.")
@click.option("--junit", type=FILE, help="Write the report as JUnit XML.")
@click.option("--json", "json", type=FILE, help="Write the report as JSON.")
@click.option("--github", is_flag=True, help="Annotate a run of GitHub Actions, and write the summary of its job.")
def replay(
    target: tuple[str, ...], api_key_env: tuple[str, ...], project: str | None, organization: str | None,
    profile: str | None, date: str | None, allow_writes: bool, clean: bool, examples: int, coverage: int, seed: int,
    workers: int, only: str | None, phase: tuple[str, ...], scripts: bool, properties: bool, shares: bool,
    deviations: Path | None, rate: float | None, timeout: float, ca_file: Path | None, openapi: tuple[str, ...],
    html: Path | None,
    junit: Path | None, json: Path | None, github: bool,
) -> None:  # fmt: skip
    """Hold the contract against a server, or against two and compare them.

    Exits with 0 when nothing unexplained is left, 1 when something is, 2 when it was asked for wrongly, 3 when a target
    could not be reached.

    \b
    Example:
      mockserver replay
      mockserver replay --target mock --target real=https://eu.posthog.com --api-key-env POSTHOG_KEY --project 42
    """
    require_extra()
    from mockserver.cli.contract import read
    from mockserver.replay.cases import Settings
    from mockserver.replay.replaying import Options
    from mockserver.replay.wire import Limits, Unreachable

    check_pattern(only)
    served = read()
    contract = _published(openapi) if openapi else served
    if openapi:
        scripts, shares = False, False  # both know our families
    check_some(contract, only)
    if not (scripts or properties or clean):
        raise UsageFailure("--no-scripts and --no-properties leave nothing to ask")
    asked = parse_targets(target or ("mock",))
    if clean and not any(named.is_address for named in asked):
        raise UsageFailure("--clean needs the address of the server to clean up: --target real=https://…")
    limits = Limits(read_seconds=timeout, total_seconds=max(60.0, 3 * timeout), per_second=rate)
    settings = Settings(
        examples=examples, most_coverage=coverage, seed=seed, workers=workers, only=only,
        phases=phase or PHASES, timeout_seconds=timeout,
    )  # fmt: skip
    options = Options(settings, scripts=scripts, probes=scripts, properties=properties, shares=shares, date=date)
    library = _library(asked)
    opening = Opening(
        contract, read_keys(api_key_env, asked), limits, project=project, organization=organization,
        profile=profile or (str(library.profile) if library else None), date=date, ca_file=ca_file,
        follows_recordings=profile is None, allow_writes=allow_writes or clean, cleans=clean,
        served=served, openapi=openapi,
    )  # fmt: skip
    compares = not openapi and (len(asked) > 1 or deviations is not None)
    accepted = _accepted(contract, deviations) if compares else []
    opened: list[Target] = []
    report: Report | None = None
    with interruptible():
        try:
            opened.extend(open_target(named, opening) for named in asked if named.recordings is None)
            if clean:
                clean_up(opened, earlier=True)
                return
            report = _run(contract, opened, options, asked, library, accepted)
        except Unreachable as error:
            click.echo(f"Error: {error}", err=True)
            raise click.exceptions.Exit(UNREACHABLE) from None
        finally:
            try:
                if report is not None:
                    write_reports(report, html, junit, json)
                    if github:
                        tell_github(report)
            finally:
                leave(opened)
    raise click.exceptions.Exit(report.exit_code)


def _published(openapi: Sequence[str]) -> Contract:
    """Return OpenAPI documents as the contract to hold servers against. Raises: UsageFailure."""
    from mockserver.diff.errors import UnreadableDocument
    from mockserver.inferred.registry import read_compiled
    from mockserver.replay.published import contract_of

    try:
        return contract_of(read_compiled(openapi))
    except UnreadableDocument as error:
        raise UsageFailure(str(error)) from None


def _library(asked: Sequence[Named]) -> Library | None:
    """Return the recordings that one of the targets is, if one is. Raises: UsageFailure."""
    from mockserver.replay.recordings.files import FOLDER, read_library
    from mockserver.replay.recordings.model import RecordingError

    for named in asked:
        if named.recordings is not None:
            try:
                return read_library(Path(named.recordings) if named.recordings else FOLDER)
            except RecordingError as error:
                raise UsageFailure(str(error)) from None
    return None


def _accepted(contract: Contract, file: Path | None) -> list[Any]:
    """Return the differences that are accepted. Raises: UsageFailure."""
    from mockserver.replay.deviations import FILE as LIST
    from mockserver.replay.deviations import DeviationError, read_deviations

    try:
        return list(read_deviations(contract, file or LIST))
    except DeviationError as error:
        raise UsageFailure(str(error)) from None


def _run(
    contract: Contract, targets: list[Target], options: Any, asked: Sequence[Named], library: Library | None,
    accepted: list[Any],
) -> Report:  # fmt: skip
    from rich.console import Console

    from mockserver.replay.recordings.explaining import read_explanations
    from mockserver.replay.recordings.model import RecordingError
    from mockserver.replay.recordings.playing import Playback
    from mockserver.replay.replaying import Replay
    from mockserver.replay.report.terminal import Watch, show
    from mockserver.replay.script import ScriptError, read_scripts
    from mockserver.world.entropy import system_time

    console = Console()
    watch = Watch(console)
    started = system_time().isoformat(timespec="seconds")
    run: Replay | Playback
    try:
        if library is None:
            scripts = read_scripts(contract) if options.scripts else []
            run = Replay(
                contract, targets, options, scripts, accepted, started_at=started, progress=watch.advance
            )  # fmt: skip
        else:
            name = next(named.name for named in asked if named.recordings is not None)
            run = Playback(
                contract, targets[0], library, name, accepted, explanations=read_explanations(library.path),
                only=options.settings.only,
                recorded_first=asked[0].recordings is not None, started_at=started, progress=watch.advance,
            )  # fmt: skip
        with watch.following(run.report):
            report = run.run()
    except (RecordingError, ScriptError) as error:
        raise UsageFailure(str(error)) from None
    show(report, console)
    return report


def tell_github(report: Report) -> None:
    """Print the annotations of a workflow run, and add to the summary of its job, where it has one.

    Raises: UsageFailure.
    """
    from mockserver.replay.report.github import commands, summary

    click.echo(commands(report))
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file:
        try:
            with Path(file).open("a", encoding="utf-8", errors="replace") as out:
                out.write(summary(report))
        except OSError as error:
            raise UsageFailure(f"{file}: {error.strerror}") from None


def write_reports(report: Report, html: Path | None, junit: Path | None, json_file: Path | None) -> None:
    """Write the report in the forms that were asked for. Raises: UsageFailure."""
    from mockserver.replay.report.data import to_json
    from mockserver.replay.report.junit import to_junit
    from mockserver.replay.report.page import to_html

    for file, spell in ((html, to_html), (junit, to_junit), (json_file, to_json)):
        if file is None:
            continue
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(spell(report), encoding="utf-8", errors="replace")
        except OSError as error:
            raise UsageFailure(f"{file}: {error.strerror}") from None
        click.echo(f"wrote {file}")
