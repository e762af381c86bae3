"""The report in a terminal: a table that lives while the replay runs, and what was found at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mockserver.replay.report.grouping import HEADINGS, Found, groups, headline, unreached
from mockserver.replay.report.model import Report, Row

MOST_GROUPS = 12
"""How much is told of one cause; the page tells all."""
MOST_OPERATIONS = 3


class Watch:
    """Shows how far a replay is; where nobody watches, a line a stage."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._report: Report | None = None
        self._live: Live | None = None
        self._stage = ""
        self._shown_at = 0.0

    @contextmanager
    def following(self, report: Report) -> Iterator[None]:
        """Show a report while it grows."""
        self._report = report
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def advance(self, stage: str, done: int, total: int) -> None:
        """Show a stage, how far it is, and how far it goes."""
        if self._live is None:
            if stage != self._stage:
                self._console.print(f"{stage} …", highlight=False)
            self._stage = stage
            return
        now = time.monotonic()
        if stage != self._stage or done == total or now - self._shown_at > 0.15:
            self._stage, self._shown_at = stage, now
            self._live.update(self._frame(done, total), refresh=True)

    def _frame(self, done: int, total: int) -> RenderableType:
        bar = Table.grid(padding=(0, 1))
        bar.add_row(self._stage, ProgressBar(total=max(total, 1), completed=done, width=40), f"{done} / {total}")
        return Group(by_family(self._report), bar) if self._report else bar


def by_family(report: Report) -> Table:
    """Return a table with a row a family."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, justify in (("family", "left"), ("operations", "right"), *_columns(report)):
        table.add_column(name, justify="right" if justify == "right" else "left")
    families: dict[str, list[Row]] = {}
    for row in report.described:
        families.setdefault(row.operation.family, []).append(row)
    for family, rows in families.items():
        reached = [str(sum(row.showings[t.name].reached for row in rows)) for t in report.targets]
        failures, differences = sum(len(r.failures) for r in rows), sum(len(r.unexplained) for r in rows)
        cells = [family.replace("_", " "), str(len(rows)), *reached, _red(failures)]
        table.add_row(*cells, *([_red(differences)] if len(report.targets) > 1 else []))
    return table


def by_recording(report: Report) -> Table:
    """Return a table with a row a recording, and the sums of all."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    servers = dict.fromkeys(tally.server for tally in report.tallies)
    table.add_column(f"recorded of {', '.join(servers)}", no_wrap=True)
    for name in ("same", "explained", "unexplained", "failed there"):
        table.add_column(name, justify="right")
    for tally in report.tallies:
        name = tally.recording if len(servers) == 1 else f"{tally.recording}, {tally.server}"
        counts = str(tally.same), str(len(tally.explained)), _red(len(tally.unexplained)), str(tally.failed)
        table.add_row(escape(name), *counts)
    same, explained, unexplained, failed = report.told
    table.add_row("all", str(same), str(explained), _red(unexplained), str(failed), style="bold")
    return table


def _columns(report: Report) -> list[tuple[str, str]]:
    names = [(f"reached on {target.name}", "right") for target in report.targets]
    differences = [("differences", "right")] if len(report.targets) > 1 else []
    return [*names, ("failures", "right"), *differences]


def _red(number: int) -> str:
    return f"[red]{number}[/red]" if number else "0"


def show(report: Report, console: Console) -> None:
    """Print what a replay found: the families, then every operation with something unexplained, then figures."""
    colour = "green" if report.exit_code == 0 else "red"
    console.print(Text(headline(report), style=f"bold {colour}"))
    console.print()
    console.print(by_family(report))
    if report.tallies:
        console.print()
        console.print(by_recording(report))
    _show_groups(report, console)
    _show_unreached(report, console)
    if report.unused:
        console.print("\n[yellow]Deviations that no longer occur:[/yellow]")
        for deviation in report.unused:
            console.print(Text(f"  {deviation}"))
    for note in report.notes:
        console.print(Text(f"\n{note}"))
    _show_figures(report, console)


def _show_groups(report: Report, console: Console) -> None:
    """Print what was found, each thing once, under its cause."""
    found = groups(report)
    for cause, heading in HEADINGS.items():
        own = [group for group in found if group.cause is cause]
        if own:
            style = "red" if cause.is_open else "yellow"
            console.print(f"\n[bold {style}]{heading}[/bold {style}]")
        for group in own[:MOST_GROUPS]:
            _show_group(group, console)
        if len(own) > MOST_GROUPS:
            console.print(f"  … and {len(own) - MOST_GROUPS} more; see the page (--html)")


def _show_group(group: Found, console: Console) -> None:
    times = f" ({group.count} times)" if group.count > 1 else ""
    console.print(Text(f"  {group.what}{times}"))
    operations = ", ".join(group.operations[:MOST_OPERATIONS])
    more = len(group.operations) - MOST_OPERATIONS
    console.print(Text(f"    {operations}{f' and {more} more' if more > 0 else ''}", style="dim"))
    if group.request:
        console.print(Text(f"    {group.request}", style="dim"))


def _show_unreached(report: Report, console: Console) -> None:
    """Print how many operations had no success, by what kept them from it."""
    for number, ((name, reason), operations) in enumerate(unreached(report).items()):
        if number == 0:
            console.print("\n[bold]Not reached[/bold]")
        some = ", ".join(operations[:MOST_OPERATIONS]) + (" …" if len(operations) > MOST_OPERATIONS else "")
        console.print(Text(f"  {len(operations)} on {name}: {reason} ({some})"))


def _show_figures(report: Report, console: Console) -> None:
    console.print()
    for target in report.targets:
        console.print(Text(
            f"{target.name} ({target.url}, {target.profile}): {report.reached(target.name)} of {len(report.described)} "
            f"operations reached, {report.coverage(target.name):.1f} % of the documented answers seen, "
            f"{target.requests} requests"
        ))  # fmt: skip
        for line in [target.dating.headline, *target.dating.details] if target.dating else []:
            console.print(Text(f"  {line}"))
        for reason, number in target.refused.items():
            console.print(Text(f"  {number} not sent: {reason}"))
    console.print(Text(
        f"{report.cases} generated requests, {report.scripts} scripts and probes ({len(report.skipped)} skipped), "
        f"{report.seconds:.1f} s, {report.per_second:.0f} requests a second"
    ))  # fmt: skip
    for reason, number in Counter(report.skipped.values()).most_common():
        console.print(Text(f"  {number} skipped: {reason}"))
    if report.unaligned:
        console.print(f"{report.unaligned} generated requests were not the same for both, and not compared")
    verdict = f"{report.failed} failures"
    if len(report.targets) > 1:
        verdict += f", {report.unexplained} differences ({report.accepted} more are accepted)"
    if report.explained:
        verdict += f", {report.explained} explained"
    colour = "green" if report.exit_code == 0 else "red"
    console.print(f"[{colour}]{verdict}[/{colour}]")
