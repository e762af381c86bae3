"""`mockserver contract`: the contract written out, looked over, and compared."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from mockserver.cli import UsageFailure
from mockserver.cli.profiles import PROFILE
from mockserver.cli.targets import CERTIFICATES, check_pattern
from mockserver.contract import Contract, ContractError

FORMATS = click.Choice(["text", "json"])


@click.group()
def contract() -> None:
    """Write the contract out, look it over, or compare it."""


@contract.command()
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else printed.")
@click.option(
    "--format", "format", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="Notation."
)
def bundle(output: Path | None, format: str) -> None:
    """Write the contract as one OpenAPI 3.1 document.

    \b
    Example:
      mockserver contract bundle -o posthog.yaml
    """
    from mockserver.contract.bundling import bundle_json, bundle_yaml

    whole = read()
    text = bundle_json(whole).decode() if format == "json" else bundle_yaml(whole)
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageFailure(f"{output}: {error.strerror}") from None
    click.echo(f"{output}: {len(whole.promised)} operations")


@contract.command(short_help="Validate the contract as OpenAPI 3.1.")
def lint() -> None:
    """Validate the contract, and each profile's view of it at each of its dates, as OpenAPI 3.1; and the dates.

    \b
    Example:
      mockserver contract lint
    """
    try:
        from openapi_spec_validator import OpenAPIV31SpecValidator
    except ImportError:
        raise UsageFailure("openapi-spec-validator is not installed: pip install openapi-spec-validator") from None
    from mockserver.contract import Profile, dates, view

    whole = read()
    problems = dates.problems(whole)
    profiles = [*Profile, *([] if problems else map(Profile.at, dates.months(whole)))]
    documents = {"bundle": whole.document, **{str(profile): view(whole.document, profile) for profile in profiles}}
    problems += [
        f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
        for name, document in documents.items()
        for error in OpenAPIV31SpecValidator(document).iter_errors()
    ]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.exceptions.Exit(1)
    click.echo(f"{whole.title} {whole.version}: {len(whole.promised)} operations, no problem found")


@contract.command(short_help="Tell what another OpenAPI document says otherwise.")
@click.argument("other", metavar="FILE|URL")
@click.option("--profile", type=PROFILE, default="documented", show_default=True, help="Which view of the contract.")
@click.option(
    "--format", "format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form."
)
@click.option("--fail-on", type=click.Choice(["breaking", "any"]), help="Exit with 1 for such changes.")
@click.option("--breaking", "breaking_only", is_flag=True, help="Tell only what breaks clients, or may.")
@click.option("--added", is_flag=True, help="List the operations that the contract does not have.")
@click.option("--only", metavar="REGEX", help="Only operations whose method and path this finds.")
@click.option("--api-key-env", metavar="NAME", help="Environment variable that holds a key for the address.")
@click.option("--ca-file", type=CERTIFICATES, help="Certificates to trust, in place of the usual ones.")
def diff(
    other: str, profile: str, format: str, fail_on: str | None, breaking_only: bool, added: bool, only: str | None,
    api_key_env: str | None, ca_file: Path | None,
) -> None:  # fmt: skip
    """Tell what another OpenAPI document says otherwise, each change by oasdiff's name.

    The contract is the base, the other document the revision: a change breaks when a client that was written for the
    contract meets a server that is as the other says. An address without a path stands for PostHog's own schema there.

    Exits with 0; with --fail-on, 1 when there is such a change; 2 when a document cannot be read.

    \b
    Example:
      mockserver contract diff posthog.yaml --breaking
      mockserver contract diff https://eu.posthog.com --fail-on breaking
    """
    from mockserver.contract import Profile, view
    from mockserver.diff.errors import UnreadableDocument
    from mockserver.diff.operations import compare
    from mockserver.diff.reading import read_document
    from mockserver.diff.telling import to_json, to_text

    check_pattern(only)
    if api_key_env and not os.environ.get(api_key_env):
        raise UsageFailure(f"--api-key-env {api_key_env}: the environment has no {api_key_env}")
    whole = read()
    try:
        revision = read_document(other, api_key=os.environ.get(api_key_env or "") or None, ca_file=ca_file)
    except UnreadableDocument as error:
        raise UsageFailure(str(error)) from None
    found = compare(view(whole.document, Profile(profile)), revision)
    if only:
        found.changes = [change for change in found.changes if re.search(only, change.label)]
    if format == "json":
        base = {"title": whole.title, "version": whole.version, "profile": profile}
        info = revision.get("info")
        about = {"source": other, **{key: info.get(key) for key in ("title", "version") if isinstance(info, dict)}}
        click.echo(to_json(found, base=base, revision=about))
    else:
        click.echo(to_text(found, breaking_only=breaking_only, added=added))
    if (fail_on == "any" and found.changes) or (fail_on == "breaking" and found.breaking):
        raise click.exceptions.Exit(1)


def read() -> Contract:
    """Return the contract. Raises: UsageFailure when it cannot be read."""
    try:
        return Contract.read()
    except ContractError as error:
        raise UsageFailure(str(error)) from None
