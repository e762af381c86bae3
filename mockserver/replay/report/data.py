"""The report as JSON; `report.schema.json` beside this module says what is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.replay.report.grouping import Found, groups, headline
from mockserver.replay.report.model import Failure, Mismatch, Report, Row, Showing, Sighting, TargetInfo
from mockserver.replay.report.tallies import Tally

FORMAT = 1
SCHEMA = Path(__file__).with_name("report.schema.json")


def to_data(report: Report) -> dict[str, Any]:
    """Return a report as JSON values."""
    return {
        "format": FORMAT,
        "contract": {"title": report.title, "version": report.version},
        "headline": headline(report),
        "started_at": report.started_at,
        "exit_code": report.exit_code,
        "interrupted": report.interrupted,
        "settings": report.settings,
        "targets": [_target(report, target) for target in report.targets],
        "summary": {
            "operations": len(report.described),
            "failures": report.failed,
            "differences": report.unexplained,
            "accepted": report.accepted,
            "explained": report.explained,
            "cases": report.cases,
            "scripts": report.scripts,
            "steps": report.steps,
            "skipped": len(report.skipped),
            "unaligned": report.unaligned,
            "seconds": round(report.seconds, 3),
            "requests_per_second": round(report.per_second, 1),
        },
        "found": [_group(group) for group in groups(report)],
        "operations": [_row(row) for row in report.shown],
        "recordings": [_tally(tally) for tally in report.tallies],
        "skipped_scripts": [{"script": name, "reason": reason} for name, reason in report.skipped.items()],
        "unused_deviations": [
            {"operation": d.operation, "place": d.place, "reason": d.reason} for d in report.unused
        ],
        "notes": report.notes,
    }  # fmt: skip


def to_json(report: Report) -> str:
    """Return a report as JSON text."""
    return json.dumps(to_data(report), indent=2, ensure_ascii=False) + "\n"


def _target(report: Report, target: TargetInfo) -> dict[str, Any]:
    return {
        "name": target.name,
        "url": target.url,
        "profile": target.profile,
        "dating": target.dating.as_data() if target.dating else None,
        "requests": target.requests,
        "retried": target.retried,
        "waited_seconds": round(target.waited_seconds, 1),
        "not_sent": target.refused,
        "problem": target.problem,
        "reached": report.reached(target.name),
        "coverage_percent": round(report.coverage(target.name), 1),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "recording": tally.recording,
        "server": tally.server,
        "same": tally.same,
        "explained": {str(line): reason for line, reason in tally.explained.items()},
        "unexplained": {str(line): difference for line, difference in tally.unexplained.items()},
        "failed": tally.failed,
        "put_back": tally.put_back,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "operation": row.operation.id,
        "method": row.operation.method.upper(),
        "path": row.operation.path,
        "family": row.operation.family,
        "documented": row.operation.documented,
        "targets": {name: _showing(showing) for name, showing in row.showings.items()},
        "differences": [_mismatch(mismatch) for mismatch in row.mismatches],
    }


def _showing(showing: Showing) -> dict[str, Any]:
    return {
        "reached": showing.reached,
        "statuses": {str(status): number for status, number in sorted(showing.statuses.items())},
        "documented_statuses": list(showing.documented),
        "unreached": showing.unreached or None,
        "median_ms": round(showing.median_ms, 2) if showing.median_ms is not None else None,
        "cases_left_out": showing.left_out,
        "failures": [_failure(failure) for failure in showing.failures],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "kind": failure.kind,
        "title": failure.title,
        "text": failure.text,
        "after": list(failure.after),
        **_sighting(failure),
    }


def _sighting(sighting: Sighting) -> dict[str, Any]:
    because = sighting.explanation.because if sighting.explanation else None
    return {
        "cause": str(sighting.cause), "because": because, "count": sighting.count, "request": sighting.request or None,
    }  # fmt: skip


def _group(group: Found) -> dict[str, Any]:
    return {
        "cause": str(group.cause), "what": group.what, "count": group.count, "operations": group.operations,
        "request": group.request or None,
    }  # fmt: skip


def _mismatch(mismatch: Mismatch) -> dict[str, Any]:
    accepted: Mapping[str, Any] | None = None
    if mismatch.deviation is not None:
        date = mismatch.deviation.date
        accepted = {"reason": mismatch.deviation.reason, "date": date.isoformat() if date else None}
    return {
        "place": mismatch.difference.place,
        "kind": mismatch.difference.kind,
        "values": {mismatch.left: mismatch.difference.left, mismatch.right: mismatch.difference.right},
        "where": mismatch.where,
        "after": list(mismatch.after),
        "accepted": accepted,
        **_sighting(mismatch),
    }
