"""`mockserver serve`: the fake, listening."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli import UsageFailure
from mockserver.cli.profiles import PROFILE
from mockserver.collecting import paused, seldom

if TYPE_CHECKING:
    from flask import Flask

    from mockserver.seeding import Progress

Pair = tuple[Path, Path]
FILE = click.Path(dir_okay=False, path_type=Path)
PROFILE_HELP = "Answer as PostHog's pages say, or as its servers were observed to: in late 2025, or at a date."
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
CERTIFICATE = click.Path(exists=True, dir_okay=False, path_type=Path)
CORS_HELP = "Origins whose pages may read answers: localhost, *, off, or a list of origins."
LATENCY_HELP = "Milliseconds that every answer waits: 200, or 100-300, drawn by the seed."
STATIC_HELP = "Folder of posthog-js (its dist) that /static/array.js and its siblings are served from."
PROXY_HELP = "Proxies believed in X-Forwarded-…: loopback, *, off, or addresses and networks."
HOSTS_HELP = "A name under which the control plane is asked, beside --host and loopback's. Repeated for more."
HTTPS_HELP = "Serve HTTPS, with a certificate signed by itself unless one is given."
WORKERS_HELP = "Processes that serve together; more than one need a --store that they can share."
STORE_HELP = "Where worlds are kept: memory://, sqlite:///FILE or postgresql://…, from which they come back."
OPENAPI_HELP = "OpenAPI document, a file or an address: what it has beyond the contract is answered from it."
OVERRIDES_HELP = "File that corrects what is inferred of --openapi documents."
CLICKHOUSE_HELP = (
    "A ClickHouse server (http://user:password@host:8123) that computes queries instead of the embedded one."
)
ADMIN_OFF = "the control plane is off: --host is not loopback and no --admin-token was given"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8010, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free port.")
@click.option("--url-file", type=FILE, help="File to write the URL to, for scripts.")
@click.option("--scenario", default="demo", show_default=True, help="blank, empty, demo, large, or a file of your own.")
@click.option("--seed", default=0, show_default=True, type=int, help="Seed of everything that is made up.")
@click.option("--profile", default="documented", show_default=True, type=PROFILE, help=PROFILE_HELP)
@click.option("--freeze-time", help="Stop the world's clock at this moment (ISO 8601).")
@click.option("--strict/--no-strict", default=False, help="Check every answer against the contract as it leaves.")
@click.option("--admin-token", help="Token that the control plane asks for; needed when --host is not loopback.")
@click.option("--cors", default="localhost", show_default=True, help=CORS_HELP)
@click.option("--latency", help=LATENCY_HELP)
@click.option("--static", type=FOLDER, help=STATIC_HELP)
@click.option("--trusted-proxy", default="loopback", show_default=True, help=PROXY_HELP)
@click.option("--allowed-host", "allowed_hosts", multiple=True, metavar="HOST", help=HOSTS_HELP)
@click.option("--https", is_flag=True, help=HTTPS_HELP)
@click.option("--certificate", type=CERTIFICATE, help="Certificate to serve HTTPS with (PEM).")
@click.option("--private-key", type=CERTIFICATE, help="Private key of --certificate (PEM).")
@click.option("--clickhouse", metavar="URL", help=CLICKHOUSE_HELP)
@click.option("--store", default="memory://", show_default=True, help=STORE_HELP)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help=WORKERS_HELP)
@click.option("--openapi", multiple=True, metavar="FILE", help=OPENAPI_HELP)
@click.option("--overrides", multiple=True, metavar="FILE", help=OVERRIDES_HELP)
@click.option("--worker", is_flag=True, hidden=True)
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Requests worked on at once.")
def serve(
    host: str,
    port: int,
    url_file: Path | None,
    scenario: str,
    seed: int,
    profile: str,
    freeze_time: str | None,
    strict: bool,
    admin_token: str | None,
    cors: str,
    latency: str | None,
    static: Path | None,
    trusted_proxy: str,
    allowed_hosts: tuple[str, ...],
    https: bool,
    certificate: Path | None,
    private_key: Path | None,
    clickhouse: str | None,
    store: str,
    workers: int,
    openapi: tuple[str, ...],
    overrides: tuple[str, ...],
    worker: bool,
    threads: int,
) -> None:
    """Serve a world, until Ctrl-C.

    \b
    Example:
      mockserver serve --scenario demo --port 8010
      curl -H 'Authorization: Bearer phx_mock_all_access' http://127.0.0.1:8010/api/projects/1/persons/
    """
    from mockserver.serving.server import Address, PortInUse, Server, free_address, wait_until_answered

    logging.basicConfig(format="%(message)s")
    _refuse_unusable(certificate, private_key, workers, store)
    secure = https or certificate is not None
    try:
        address = Address(host, port, secure) if worker else free_address(host, port, secure=secure)
    except PortInUse as error:
        raise UsageFailure(str(error)) from None
    admin = address.is_loopback or admin_token is not None
    with ExitStack() as stack:
        pair = (certificate, private_key) if certificate and private_key else None
        if pair is None and address.secure:
            pair = _sign_own(host, Path(stack.enter_context(TemporaryDirectory(prefix="mockserver-"))))
        application = _build(
            scenario=scenario,
            seed=seed,
            profile=profile,
            freeze_time=freeze_time,
            strict=strict,
            admin_token=admin_token,
            admin=admin,
            cors=cors,
            latency=latency,
            static=static,
            trusted_proxy=trusted_proxy,
            host=host,
            allowed_hosts=allowed_hosts,
            clickhouse=clickhouse,
            store=store,
            shared=workers > 1,
            openapi=openapi,
            overrides=overrides,
        )
        stack.enter_context(seldom())  # what is there now stays, and what comes mostly goes with its request
        files = dict(zip(("certificate", "private_key"), pair or (), strict=False))
        try:
            server = Server(application, address, threads=threads, **files)
        except OSError as error:  # what OpenSSL cannot read, and a passphrase that nobody is there to type
            raise UsageFailure(f"{certificate}, {private_key}: no certificate with its key: {error}") from None
        if worker:
            from mockserver.serving.workers import end_with_parent  # late, as below: most servers are one process

            stack.callback(application.extensions["mockserver.close"])
            end_with_parent()
            server.run()
            return
        _tell_documents(application)
        own = pair[0] if pair and not certificate else None
        _greet(application, address.url, scenario, profile, own=own, console=admin)
        if not admin:
            click.echo(f"Note: {ADMIN_OFF}.", err=True)
        run = server.run
        if workers == 1:
            stack.callback(application.extensions["mockserver.close"])
        else:
            from mockserver.serving.workers import Workers

            application.extensions["mockserver.close"]()
            given = [f"--{name.replace('_', '-')}={file}" for name, file in files.items()]
            run = Workers(workers, [*sys.argv[1:], f"--port={address.port}", *given]).run
            wait_until_answered(address)
        if url_file:
            _write_url(url_file, address.url)
        run()


def _refuse_unusable(certificate: Path | None, private_key: Path | None, workers: int, store: str) -> None:
    """Refuse options of which one says nothing without another. Raises: UsageFailure."""
    from mockserver.store.archive import MEMORY

    if (certificate is None) is not (private_key is None):
        raise UsageFailure("--certificate and --private-key go together")
    if private_key is not None and b"ENCRYPTED" in private_key.read_bytes():
        raise UsageFailure(f"{private_key}: the key is encrypted: give it without its passphrase")
    if workers > 1 and store == MEMORY:
        raise UsageFailure(f"--workers {workers}: worlds in memory are one process's; give a --store to share them in")


def _write_url(file: Path, url: str) -> None:
    try:
        file.write_text(url + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageFailure(f"--url-file {file}: {error.strerror}") from None


def _sign_own(host: str, folder: Path) -> Pair:
    """Return a certificate made for this run. Raises: UsageFailure where none can be made."""
    from mockserver.serving.certificates import NoCertificate, make_certificate

    try:
        return make_certificate(host, folder)
    except NoCertificate as error:
        raise UsageFailure(str(error)) from None


@paused()
def _build(**options: Any) -> Flask:
    """Return the application. Raises: UsageFailure, in one line, for whatever cannot be read."""
    from mockserver.contract import ContractError
    from mockserver.diff.errors import UnreadableDocument
    from mockserver.inferred.errors import Clash, OverrideError
    from mockserver.road.binding import BindingError
    from mockserver.seeding.finding import ScenarioError
    from mockserver.serving.app import create_app
    from mockserver.store import StoreError

    known = (
        BindingError,
        Clash,
        ContractError,
        OverrideError,
        ScenarioError,
        StoreError,
        UnreadableDocument,
        ValueError,
    )
    try:
        with _Bar() as bar:
            return create_app(progress=bar, **options)
    except known as error:
        raise UsageFailure(str(error)) from None


class _Bar:
    """A bar on the terminal for a scenario that takes its time; where nobody looks, nothing."""

    def __init__(self) -> None:
        self._tasks: dict[str, Any] = {}
        self._progress: Any = None

    def __enter__(self) -> Progress:
        return self.show

    def show(self, what: str, done: int, total: int) -> None:
        """Show how far the making of something is."""
        if self._progress is None:
            from rich.console import Console
            from rich.progress import Progress as Display  # late: it costs a tenth of the start

            console = Console(stderr=True)
            self._progress = Display(console=console, transient=True, disable=not console.is_terminal)
            self._progress.start()
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what)
        self._progress.update(self._tasks[what], completed=done, total=total)

    def __exit__(self, *error: object) -> None:
        if self._progress is not None:
            self._progress.stop()


def _tell_documents(application: Flask) -> None:
    """Say what is answered from the documents that were given, and what in them is odd, each with its place."""
    for document in application.extensions["mockserver.inferred"].documents:
        number, inferred = len(document.compiled.operations), len(document.answered)
        modelled = f"; the others are modelled: see mockserver contract diff {document.compiled.name}"
        told = modelled if inferred < number else ""
        click.echo(f"{document.compiled.name}: {inferred} of {number} operations are answered from it{told}")
        for oddity in document.compiled.oddities:
            click.echo(f"{document.compiled.name}: {oddity}", err=True)


def _greet(
    application: Flask, url: str, scenario: str, profile: str, *, own: Path | None = None, console: bool = True
) -> None:  # fmt: skip
    """Print all that a client needs, and a line that works."""
    worlds = application.extensions["mockserver"]
    about = worlds.describe(worlds.default)
    click.echo(f"PostHog, faked: {url}  (scenario {scenario}, profile {profile})")
    for name in ("api_key", "project_token", "project_id", "organization_id"):
        if about[name] is not None:
            click.echo(f"  {name.replace('_', ' '):16} {about[name]}")
    if console:
        click.echo(f"  {'console':16} {url}/__admin/console")
    trust = ""
    if own is not None:
        click.echo(f"  {'certificate':16} {own}")
        trust = f"--cacert {own} "
    if about["api_key"]:
        persons = f"{url}/api/projects/{about['project_id']}/persons/"
        click.echo(f"\n  curl {trust}-H 'Authorization: Bearer {about['api_key']}' {persons}\n")
    else:
        click.echo(f"  {'no api key':16} the scenario has none; POST {url}/__admin/worlds/default/load takes records")
