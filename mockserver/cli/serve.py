"""`mockserver serve`: the fake, listening."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli import UsageFailure

if TYPE_CHECKING:
    from flask import Flask

FILE = click.Path(dir_okay=False, path_type=Path)
PROFILES = click.Choice(["documented", "observed"])
PROFILE_HELP = "Answer as PostHog's pages say, or as its servers were observed to."
ADMIN_OFF = "the control plane is off: --host is not loopback and no --admin-token was given"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8010, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free port.")
@click.option("--url-file", type=FILE, help="File to write the URL to, for scripts.")
@click.option("--scenario", default="demo", show_default=True, help="blank, empty, demo, large, or a file of your own.")
@click.option("--seed", default=0, show_default=True, type=int, help="Seed of everything that is made up.")
@click.option("--profile", default="documented", show_default=True, type=PROFILES, help=PROFILE_HELP)
@click.option("--freeze-time", help="Stop the world's clock at this moment (ISO 8601).")
@click.option("--strict/--no-strict", default=False, help="Check every answer against the contract as it leaves.")
@click.option("--admin-token", help="Token that the control plane asks for; needed when --host is not loopback.")
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
    threads: int,
) -> None:
    """Serve a world, until Ctrl-C.

    \b
    Example:
      mockserver serve --scenario demo --port 8010
      curl -H 'Authorization: Bearer phx_mock_all_access' http://127.0.0.1:8010/api/projects/1/persons/
    """
    from mockserver.serving import PortInUse, Server, free_address

    logging.basicConfig(format="%(message)s")
    try:
        address = free_address(host, port)
    except PortInUse as error:
        raise UsageFailure(str(error)) from None
    admin = address.is_loopback or admin_token is not None
    application = _build(
        scenario=scenario,
        seed=seed,
        profile=profile,
        freeze_time=freeze_time,
        strict=strict,
        admin_token=admin_token,
        admin=admin,
    )
    server = Server(application, address, threads=threads)
    _greet(application, address.url, scenario, profile)
    if not admin:
        click.echo(f"Note: {ADMIN_OFF}.", err=True)
    if url_file:
        url_file.write_text(address.url + "\n", encoding="utf-8")
    server.run()


def _build(**options: Any) -> Flask:
    """Return the application. Raises: UsageFailure, in one line, for whatever cannot be read."""
    from mockserver.app import create_app
    from mockserver.binding import BindingError
    from mockserver.contract import ContractError
    from mockserver.scenarios import ScenarioError

    try:
        return create_app(**options)
    except (BindingError, ContractError, ScenarioError, ValueError) as error:
        raise UsageFailure(str(error)) from None


def _greet(application: Flask, url: str, scenario: str, profile: str) -> None:
    """Print all that a client needs, and a line that works."""
    worlds = application.extensions["mockserver"]
    about = worlds.describe(worlds.default)
    click.echo(f"PostHog, faked: {url}  (scenario {scenario}, profile {profile})")
    for name in ("api_key", "project_token", "project_id", "organization_id"):
        if about[name] is not None:
            click.echo(f"  {name.replace('_', ' '):16} {about[name]}")
    if about["api_key"]:
        persons = f"{url}/api/projects/{about['project_id']}/persons/"
        click.echo(f"\n  curl -H 'Authorization: Bearer {about['api_key']}' {persons}\n")
