"""`mockserver routes`: which method answers which operation."""

from __future__ import annotations

import json

import click

from mockserver.cli import UsageFailure
from mockserver.contract import Operation
from mockserver.road.binding import Route


@click.command(short_help="List every operation, its action and its scopes.")
@click.option(
    "--all", "everything", is_flag=True, help="Also what stands beside the described operations, and every mount."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object an operation.")
def routes(everything: bool, as_json: bool) -> None:
    """List every operation: its action, scopes, pages, and whether it is answered in shape only.

    \b
    Example:
      mockserver routes
    """
    from mockserver.contract import Contract, ContractError
    from mockserver.resources import RESOURCES
    from mockserver.road.binding import BindingError, bind

    try:
        rows = describe(bind(Contract.read(), RESOURCES), everything=everything)
    except (BindingError, ContractError) as error:
        raise UsageFailure(str(error)) from None
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    _print_table(rows)


def describe(routes: list[Route], *, everything: bool = False) -> list[dict[str, object]]:
    """Return a row for every operation that the contract describes; with `everything`, for all that is served."""
    rows = []
    for route in routes:
        for method, endpoint in route.endpoints.items():
            operation = endpoint.operation
            described = operation.described and operation.path == route.path
            if described or everything:
                rows.append(_row(operation, method, route, endpoint.action.__name__))
    return rows


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


def _print_table(rows: list[dict[str, object]]) -> None:
    widths = {name: max(len(_cell(row[name])) for row in rows) for name in ("method", "path", "action", "scopes")}
    for row in rows:
        cells = [_cell(row[name]).ljust(width) for name, width in widths.items()]
        click.echo("  ".join([*cells, _cell(row["pages"]).ljust(11), str(row["note"])]).rstrip())
    click.echo(f"\n{len(rows)} operations, {sum(bool(row['note']) for row in rows)} answered in shape only")


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
