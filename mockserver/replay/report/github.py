"""The report for a workflow of GitHub's: an annotation for each thing found, and a summary of the job in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.replay.causes import Cause
from mockserver.replay.report.grouping import HEADINGS, Found, groups, headline, unreached
from mockserver.replay.report.model import Report

LEVELS = {Cause.UNEXPLAINED: "error", Cause.SERVER: "warning"}
"""How loudly a cause is told; the others are notices."""
MOST_ANNOTATIONS = 10
"""GitHub shows no more of a level in one step."""
MOST_ROWS = 50
MOST_OPERATIONS = 5


def commands(report: Report) -> str:
    """Return the workflow commands that annotate a run, a line each."""
    shown: dict[str, int] = {}
    lines = [_command("notice" if report.exit_code == 0 else "error", "mockserver replay", headline(report))]
    for group in groups(report):
        level = LEVELS.get(group.cause, "notice")
        shown[level] = shown.get(level, 0) + 1
        if shown[level] < MOST_ANNOTATIONS:
            title = f"{HEADINGS[group.cause]}: {group.operations[0] if group.operations else 'the server'}"
            lines.append(_command(level, title, "\n".join(filter(None, [group.what, group.request]))))
    return "\n".join(lines)


def summary(report: Report) -> str:
    """Return the summary of a job, as Markdown."""
    return "\n".join([*_targets(report), *_found(report), *_unreached(report)]) + "\n"


def _targets(report: Report) -> Iterator[str]:
    yield f"## mockserver replay\n\n**{_cell(headline(report))}**\n"
    yield "| Target | Profile | Reached | Answers seen | Requests |\n| --- | --- | ---: | ---: | ---: |"
    for target in report.targets:
        reached = f"{report.reached(target.name)} of {len(report.described)}"
        seen = f"{report.coverage(target.name):.0f} %"
        yield f"| {_cell(target.name)} | {target.profile} | {reached} | {seen} | {target.requests} |"
        if target.problem:
            yield f"\n{_cell(target.problem)}\n"
    yield ""


def _found(report: Report) -> Iterator[str]:
    found = groups(report)
    for cause, heading in HEADINGS.items():
        own = [group for group in found if group.cause is cause]
        if own:
            yield f"### {heading}\n\n| What | Times | Operations | Smallest request |\n| --- | ---: | --- | --- |"
            yield from map(_row, own[:MOST_ROWS])
            yield f"\n… and {len(own) - MOST_ROWS} more\n" if len(own) > MOST_ROWS else ""


def _row(group: Found) -> str:
    more = len(group.operations) - MOST_OPERATIONS
    operations = ", ".join(group.operations[:MOST_OPERATIONS]) + (f" and {more} more" if more > 0 else "")
    request = f"`{_cell(group.request).replace('`', ' ')}`" if group.request else ""
    return f"| {_cell(group.what)} | {group.count} | {_cell(operations)} | {request} |"


def _unreached(report: Report) -> Iterator[str]:
    kept = unreached(report)
    if kept:
        yield "### Not reached\n\n| Operations | Target | Why |\n| ---: | --- | --- |"
        for (name, reason), operations in kept.items():
            yield f"| {len(operations)} | {_cell(name)} | {_cell(reason)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_escaped(title, of_property=True)}::{_escaped(message)}"


def _escaped(text: str, *, of_property: bool = False) -> str:
    """Return text as a workflow command takes it: https://docs.github.com/actions/reference/workflow-commands."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if of_property else text
