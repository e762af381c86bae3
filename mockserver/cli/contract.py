"""`mockserver contract`: the contract written out, and looked over."""

from __future__ import annotations

from pathlib import Path

import click

from mockserver.cli import UsageFailure
from mockserver.contract import Contract, ContractError


@click.group()
def contract() -> None:
    """Write the contract out, or look it over."""


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
    from mockserver.bundling import bundle_json, bundle_yaml

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


@contract.command()
def lint() -> None:
    """Validate the contract, and each profile's view of it, as OpenAPI 3.1.

    \b
    Example:
      mockserver contract lint
    """
    try:
        from openapi_spec_validator import OpenAPIV31SpecValidator
    except ImportError:
        raise UsageFailure("openapi-spec-validator is not installed: pip install openapi-spec-validator") from None
    from mockserver.contract import Profile, view

    whole = read()
    documents = {"bundle": whole.document, **{str(profile): view(whole.document, profile) for profile in Profile}}
    problems = [
        f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
        for name, document in documents.items()
        for error in OpenAPIV31SpecValidator(document).iter_errors()
    ]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.exceptions.Exit(1)
    click.echo(f"{whole.title} {whole.version}: {len(whole.promised)} operations, no problem found")


def read() -> Contract:
    """Return the contract. Raises: UsageFailure when it cannot be read."""
    try:
        return Contract.read()
    except ContractError as error:
        raise UsageFailure(str(error)) from None
