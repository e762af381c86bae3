"""`mockserver bench`: what a request costs."""

from __future__ import annotations

import click


@click.command(short_help="Measure what requests, worlds, flags and the start cost.")
@click.option("--large", is_flag=True, help="Measure 100 000 persons and 1 000 000 events instead; takes minutes.")
@click.option("--peers", is_flag=True, help="Measure what is served beside emulate and json-server, by npm, instead.")
@click.option("--store", metavar="URL", help="A PostgreSQL to measure as well; a world or two are left in it.")
def bench(*, large: bool, peers: bool, store: str | None) -> None:
    """Measure what requests, worlds, stores, flags and the start cost, as ratios in one run.

    \b
    Examples:
      mockserver bench
      mockserver bench --large
      mockserver bench --peers
    """
    from mockserver.bench import measure

    for figure in measure(large=large, peers=peers, store=store):
        verdict = "met" if figure.is_met else "missed"
        click.echo(
            f"{figure.name:36} {figure.took:10.1f} {figure.unit}  {figure.ratio:6.2f} x {figure.against:24} "
            f"(target {figure.target:g}: {verdict})"
        )
