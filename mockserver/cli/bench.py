"""`mockserver bench`: what a request costs."""

from __future__ import annotations

import click


@click.command()
def bench() -> None:
    """Measure what requests, worlds and the start cost, as ratios in one run.

    \b
    Example:
      mockserver bench
    """
    from mockserver.bench import measure

    for figure in measure():
        verdict = "met" if figure.is_met else "missed"
        click.echo(
            f"{figure.name:36} {figure.took:10.1f} {figure.unit}  {figure.ratio:6.2f} x {figure.against:24} "
            f"(target {figure.target:g}: {verdict})"
        )
