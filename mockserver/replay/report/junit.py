"""The report as JUnit XML, which continuous integration shows: a test an operation, a suite a family."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from mockserver.replay.report.model import Report, Row

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(report: Report) -> str:
    """Return a report as JUnit XML."""
    root = ElementTree.Element("testsuites", name="mockserver replay", time=f"{report.seconds:.3f}")
    families: dict[str, list[Row]] = {}
    for row in report.shown:
        families.setdefault(row.operation.family, []).append(row)
    for family, rows in families.items():
        failed = sum(not row.is_clean for row in rows)
        suite = ElementTree.SubElement(
            root, "testsuite", name=family, tests=str(len(rows)), failures=str(failed), errors="0",
            skipped=str(sum(_is_skipped(row) for row in rows)),
        )  # fmt: skip
        for row in rows:
            _add(suite, row)
    problems = [target for target in report.targets if target.problem]
    if problems:
        suite = ElementTree.SubElement(root, "testsuite", name="targets", tests=str(len(problems)), errors="1")
        for target in problems:
            case = ElementTree.SubElement(suite, "testcase", name=_legal(target.name), classname="targets")
            ElementTree.SubElement(case, "error", message=_legal(target.problem or ""))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ElementTree.Element, row: Row) -> None:
    seconds = sum(sum(showing.seconds) for showing in row.showings.values())
    case = ElementTree.SubElement(suite, "testcase", name=row.label, classname=row.operation.id, time=f"{seconds:.3f}")
    if _is_skipped(row):
        ElementTree.SubElement(case, "skipped", message="no request of this replay was for it")
    lines = [f"{name}: {failure.kind}: {failure.title}\n{failure.text}" for name, failure in row.failures]
    lines += [f"{m.difference} ({m.left} / {m.right}; {m.where})" for m in row.unexplained]
    if lines:
        found = f"{len(row.failures)} failures, {len(row.unexplained)} differences"
        failure = ElementTree.SubElement(case, "failure", message=found, type="replay")
        failure.text = _legal("\n\n".join(lines))


def _is_skipped(row: Row) -> bool:
    return not any(showing.statuses for showing in row.showings.values())


def _legal(text: str) -> str:
    return ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
