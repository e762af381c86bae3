"""`mockserver replay`: the contract held against the mock, a real server, or both."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli import UsageFailure

if TYPE_CHECKING:
    from mockserver.contract import Contract
    from mockserver.replay.report.model import Report
    from mockserver.replay.targets import Target

FILE = click.Path(dir_okay=False, path_type=Path)
PHASES = ("examples", "coverage", "fuzzing", "stateful")
UNREACHABLE = 3
POLITE_PER_SECOND = 8.0
"""Requests a second to a server that is not ours: PostHog allows a key 480 a minute."""
TARGETS = "mock, mock:observed, an address, or recordings[:FILE or FOLDER]; at most two.  [default: mock]"
KEYS = "Environment variable that holds the key for the address; ROLE=NAME for another key that scripts use."


@click.command()
@click.option("--target", "target", multiple=True, metavar="[NAME=]WHAT", help=TARGETS)
@click.option("--api-key-env", "api_key_env", multiple=True, metavar="[ROLE=]NAME", help=KEYS)
@click.option("--project", help="Id of the project to work in.  [default: the one the key's owner is in]")
@click.option("--organization", help="Id of the organization; with --allow-writes its roles may be written, too.")
@click.option("--profile", type=click.Choice(["documented", "observed"]), help="Profile that the mock has.")
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
@click.option("--deviations", type=FILE, help="List of accepted differences.  [default: that of the contract]")
@click.option("--rate", type=click.FloatRange(0.01), help="Most requests a second to an address.  [default: 8]")
@click.option(
    "--timeout", default=20.0, show_default=True, type=click.FloatRange(0.1), help="Seconds to wait for an answer."
)
@click.option("--ca-file", type=FILE, help="Certificates to trust, beside the usual ones.")
@click.option("--html", type=FILE, help="Write the report as a page.")
@click.option("--junit", type=FILE, help="Write the report as JUnit XML.")
@click.option("--json", "json", type=FILE, help="Write the report as JSON.")
def replay(
    target: tuple[str, ...], api_key_env: tuple[str, ...], project: str | None, organization: str | None,
    profile: str | None, allow_writes: bool, clean: bool, examples: int, coverage: int, seed: int, workers: int,
    only: str | None, phase: tuple[str, ...], scripts: bool, properties: bool, deviations: Path | None,
    rate: float | None, timeout: float, ca_file: Path | None, html: Path | None, junit: Path | None,
    json: Path | None,
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

    _check_pattern(only)
    contract = read()
    asked = parse_targets(target or ("mock",))
    limits = Limits(read_seconds=timeout, total_seconds=max(60.0, 3 * timeout), per_second=rate)
    settings = Settings(
        examples=examples, most_coverage=coverage, seed=seed, workers=workers, only=only,
        phases=phase or PHASES, timeout_seconds=timeout,
    )  # fmt: skip
    options = Options(settings, scripts=scripts, probes=scripts, properties=properties)
    recorded = [(name, what) for name, what in asked if what.startswith("recordings")]
    addresses = [(name, what) for name, what in asked if not what.startswith(("mock", "recordings"))]
    keys = read_keys(api_key_env, needed=bool(addresses))
    opened: list[Target] = []
    with interruptible():
        try:
            for name, what in asked:
                if not what.startswith("recordings"):
                    opened.append(open_target(
                        name, what, contract, keys, project=project, organization=organization, profile=profile,
                        limits=limits, ca_file=ca_file, allow_writes=allow_writes or clean,
                    ))  # fmt: skip
            if clean:
                _clean(opened)
                return
            report = _run(contract, opened, options, recorded, deviations)
        except Unreachable as error:
            click.echo(f"Error: {error}", err=True)
            raise click.exceptions.Exit(UNREACHABLE) from None
        finally:
            _close(opened)
    write_reports(report, html, junit, json)
    raise click.exceptions.Exit(report.exit_code)


def require_extra() -> None:
    """Refuse to go on where what a replay needs is not installed."""
    try:
        import requests  # noqa: F401
        import schemathesis  # noqa: F401
    except ImportError:
        raise UsageFailure("a replay needs schemathesis: pip install 'posthog-mockserver[replay]'") from None


def parse_targets(given: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the name of each target and what it is. Raises: UsageFailure."""
    pairs = []
    for text in given:
        name, separator, what = text.partition("=")
        if not separator or "/" in name or ":" in name:
            what, name = text, text.partition(":")[0] if not text.startswith("http") else "real"
        if not name or not what:
            raise UsageFailure(f"--target {text!r}: write mock, an address, recordings, or NAME= before one of them")
        pairs.append((name, what))
    names = [name for name, _ in pairs]
    if len(pairs) > 2:
        raise UsageFailure("at most two targets can be compared")
    if len(set(names)) < len(names):
        raise UsageFailure(f"both targets are called {names[0]!r}: write NAME= before one of them")
    if names and all(what.startswith("recordings") for _, what in pairs):
        raise UsageFailure("recordings are compared with a server: add --target mock")
    return pairs


def read_keys(names: tuple[str, ...], *, needed: bool) -> dict[str, str]:
    """Return the keys that the environment holds, by role. Raises: UsageFailure."""
    keys = {}
    for text in names:
        role, separator, variable = text.partition("=")
        if not separator:
            role, variable = "all_access", text
        if not os.environ.get(variable):
            raise UsageFailure(f"--api-key-env {text}: the environment has no {variable}")
        keys[role] = os.environ[variable]
    if names and not needed:
        raise UsageFailure("--api-key-env is for an address; the mock has keys of its own")
    return keys


def open_target(
    name: str, what: str, contract: Contract, keys: Mapping[str, str], *, project: str | None,
    organization: str | None, profile: str | None, limits: Any, ca_file: Path | None, allow_writes: bool,
) -> Target:  # fmt: skip
    """Return a target: a mock that is started, or what listens at an address. Raises: UsageFailure, Unreachable."""
    from dataclasses import replace

    from mockserver.contract import Profile
    from mockserver.replay.safety import Care, Journal
    from mockserver.replay.targets import open_url, start_mock

    kind, _, said = what.partition(":")
    if kind == "mock":
        try:
            chosen = Profile(said or profile or Profile.DOCUMENTED)
        except ValueError:
            raise UsageFailure(f"--target {what}: a mock is documented or observed") from None
        return start_mock(name, contract, profile=chosen, limits=replace(limits, per_second=None))
    polite = replace(limits, per_second=None)
    verify: bool | str = str(ca_file) if ca_file else True
    target = open_url(name, what, keys, project=project, organization=organization, limits=polite, verify=verify)
    if not target.is_ours:
        try:
            journal = Journal.of(target.url)
        except (OSError, ValueError) as error:
            raise UsageFailure(f"the journal of what was made on {target.url} cannot be read: {error}") from None
        writable = {k: v for k, v in target.ids.items() if k != "organization_id" or organization}
        target.adapter.guard = Care(contract, writable, journal, allow_writes=allow_writes)
        target.adapter.limits = replace(limits, per_second=limits.per_second or POLITE_PER_SECOND)
    return target


def _run(
    contract: Contract, targets: list[Target], options: Any, recorded: list[tuple[str, str]], deviations: Path | None
) -> Report:
    from rich.console import Console

    from mockserver.entropy import system_time
    from mockserver.replay.deviations import FILE as LIST
    from mockserver.replay.deviations import DeviationError, read_deviations
    from mockserver.replay.replaying import Replay
    from mockserver.replay.report.terminal import Watch, show
    from mockserver.replay.script import ScriptError, read_scripts

    console = Console()
    watch = Watch(console)
    started = system_time().isoformat(timespec="seconds")
    try:
        accepted = read_deviations(contract, deviations or LIST)
        scripts = read_scripts(contract)
    except (DeviationError, ScriptError) as error:
        raise UsageFailure(str(error)) from None
    run = Replay(contract, targets, options, scripts, accepted, started_at=started, progress=watch.advance)
    with watch.following(run.report):
        report = run.run()
    show(report, console)
    return report


def _close(targets: list[Target]) -> None:
    """Leave every target as it was found, even after Ctrl-C."""
    from mockserver.replay.wire import Unreachable

    for target in targets:
        try:
            _clean([target])
        except Unreachable as error:
            click.echo(f"Error: {error}; run mockserver replay --clean later", err=True)
        target.close()


def _clean(targets: list[Target]) -> None:
    from mockserver.replay.safety import Care
    from mockserver.replay.safety import clean as remove

    for target in targets:
        guard = target.adapter.guard
        if not isinstance(guard, Care) or not guard.journal.made:
            continue
        number = len(guard.journal.made)
        left = remove(guard.journal, target.ask)
        click.echo(f"{target.name}: removed {number - len(left)} of the {number} records that a replay made")
        for line in left:
            click.echo(f"  left: {line}; try again with --clean", err=True)


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


def _check_pattern(only: str | None) -> None:
    import re

    try:
        re.compile(only or "")
    except re.error as error:
        raise UsageFailure(f"--only {only!r}: {error}") from None


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM end what runs as Ctrl-C does, so that it is cleaned up after."""

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
