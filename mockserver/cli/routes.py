"""`mockserver routes`: which method answers which operation, and what was inferred of documents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from mockserver.cli import UsageFailure
from mockserver.contract import Contract, Operation
from mockserver.road.binding import Route

if TYPE_CHECKING:
    from mockserver.inferred.published import Published

Rows = list[dict[str, object]]


@click.command(short_help="List every operation, its action and its scopes.")
@click.option(
    "--all", "everything", is_flag=True, help="Also what stands beside the described operations, and every mount."
)
@click.option("--openapi", multiple=True, metavar="FILE", help="OpenAPI document, as `serve` takes it.")
@click.option("--overrides", multiple=True, metavar="FILE", help="File that corrects what is inferred of it.")
@click.option("--inferred", is_flag=True, help="Only what is answered from the documents, and what was inferred.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object an operation.")
def routes(
    everything: bool, openapi: tuple[str, ...], overrides: tuple[str, ...], inferred: bool, as_json: bool
) -> None:
    """List every operation: its action, scopes, pages, and whether it is answered in shape only.

    \b
    Example:
      mockserver routes
      mockserver routes --openapi posthog.yaml --inferred
    """
    from mockserver.contract import ContractError
    from mockserver.diff.errors import UnreadableDocument
    from mockserver.inferred.errors import Clash, OverrideError
    from mockserver.inferred.registry import Registry, read_compiled
    from mockserver.resources import RESOURCES
    from mockserver.road.binding import BindingError, bind

    if inferred and not openapi:
        raise UsageFailure("--inferred: name a document with --openapi")
    try:
        modelled = bind(Contract.read(), RESOURCES)
        registry = Registry(modelled)
        for compiled in read_compiled(openapi, overrides):
            registry.add(compiled)
    except (BindingError, Clash, ContractError, OverrideError, UnreadableDocument) as error:
        raise UsageFailure(str(error)) from None
    rows = [] if inferred else describe(modelled, everything=everything)
    rows += [row for document in registry.documents for row in describe_inferred(document)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    _print_table(rows)


def describe(routes: Iterable[Route], *, everything: bool = False) -> Rows:
    """Return a row for every operation that the contract describes; with `everything`, for all that is served."""
    rows = []
    for route in routes:
        for method, endpoint in route.endpoints.items():
            operation = endpoint.operation
            described = operation.described and operation.path == route.path
            if described or everything:
                rows.append(_row(operation, method, route, endpoint.action.__name__))
    return rows


def describe_inferred(document: Published) -> Rows:
    """Return a row for every operation that is answered from a document, with the collection that it is about."""
    rows = []
    for id, (shape, method) in document.answered.items():
        route = document.route(shape)
        endpoint = route.endpoints[method]
        role = document.compiled.roles[id]
        found = document.collections.get(str(role["collection"]))
        about = {name: value for name, value in found.as_json().items() if name not in SCHEMAS} if found else None
        row = {**_row(endpoint.operation, method, route, endpoint.action.__name__), "path": endpoint.operation.path}
        if found is not None and found.table:
            kind = "a single record" if found.is_single else f"{found.key}: {found.identity}"
            row["note"] = " ".join(part for part in (str(role["verb"]), f"in {found.table} ({kind})") if part)
        rows.append({**row, "source": document.name, "verb": role["verb"], "collection": about})
    return rows


SCHEMAS = ("record", "shapes")


def _row(operation: Operation, method: str, route: Route, action: str) -> dict[str, object]:
    return {
        "operation": operation.id,
        "method": method,
        "path": route.path,
        "action": f"{type(route.resource).__name__}.{action}",
        "scopes": list(operation.scopes),
        "pages": operation.pages,
        "documented": operation.documented,
        "standing": operation.standing.value,
        "note": "shape only" if operation.action in route.resource.shape_only else "",
    }


def _print_table(rows: Rows) -> None:
    names = ("method", "path", "action", "scopes")
    widths = {name: max((len(_cell(row[name])) for row in rows), default=0) for name in names}
    for row in rows:
        cells = [_cell(row[name]).ljust(width) for name, width in widths.items()]
        click.echo("  ".join([*cells, _cell(row["pages"]).ljust(11), str(row["note"])]).rstrip())
    inferred = sum(row["standing"] == "inferred" for row in rows)
    shapes = sum(row["note"] == "shape only" for row in rows)
    told = f", {inferred} inferred" if inferred else ""
    click.echo(f"\n{len(rows)} operations, {shapes} answered in shape only{told}")


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
