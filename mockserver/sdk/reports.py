"""Reports that browsers send of themselves: violations of a page's content security policy, and crashes.

Each becomes an event of the project whose token the address carries. Source: Django's views of late 2025 and 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from flask import Request, Response

from mockserver import capture
from mockserver.capture.normalizing import Event, normalize
from mockserver.capture.refusals import CaptureError
from mockserver.errors import APIError, ParseError, ValidationError
from mockserver.flags.rules import is_of_2025
from mockserver.request.parsing import read_json
from mockserver.sdk.tokens import UnknownToken, named_by
from mockserver.store import Transaction
from mockserver.traffic.interception import enter
from mockserver.world import entropy
from mockserver.world.worlds import World, Worlds

OF_A_POLICY, OF_ANYTHING = "application/csp-report", "application/reports+json"
VIOLATION, CRASH = "csp-violation", "crash"
LONGEST_AGE_MS = 7 * 24 * 3600 * 1000
SHORTEST_SECRET = 16

# A property of the event, where it stands in the older form, and where in the newer one.
FIELDS = (
    ("referrer", "referrer", ("referrer",)),
    ("violated_directive", "violated-directive", ("effectiveDirective", "violated-directive")),
    ("effective_directive", "effective-directive", ("effectiveDirective",)),
    ("original_policy", "original-policy", ("originalPolicy",)),
    ("disposition", "disposition", ("disposition",)),
    ("blocked_url", "blocked-uri", ("blockedURL", "blocked-uri")),
    ("line_number", "line-number", ("lineNumber",)),
    ("column_number", "column-number", ("columnNumber",)),
    ("source_file", "source-file", ("sourceFile",)),
    ("status_code", "status-code", ("statusCode",)),
)


class InvalidReport(ValidationError):
    """A report that is none."""

    code = "invalid_csp_payload"
    detail = "Invalid CSP report properties provided"


class NotCaptured(APIError):
    """A report that could not be stored."""

    status = 400
    type = code = "capture_error"
    detail = "Failed to submit CSP report"


class NoReport(NotCaptured):
    """A request that carries no report."""

    type = code = "invalid_payload"


def take_report(worlds: Worlds, request: Request) -> Response:
    """Store what a browser reports, and answer nothing. Raises: InvalidReport, NoReport, NotCaptured, UnknownToken."""
    kind = request.mimetype
    if kind not in (OF_A_POLICY, OF_ANYTHING):
        raise NoReport
    told = _read(request)
    token = request.args.get("token") or request.args.get("api_key")
    if not token:
        raise NotCaptured
    found = named_by(worlds, token)
    world = found[0] if found else worlds.default
    enter(request, world)
    with world.store.transaction() as transaction:
        events = list(_events(world, transaction, request, list(_reports(kind, told))))
        if found:
            capture.ingest(world, transaction, found[1]["id"], events)
    if found is None and not world.profile.is_observed:
        raise UnknownToken
    response = Response(status=204)
    response.headers.remove("Content-Type")
    return response


def _read(request: Request) -> Any:
    try:
        return read_json(request.get_data())
    except ParseError:
        raise InvalidReport("Invalid CSP report format") from None


def _reports(kind: str, told: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return what is reported, each with its kind. Raises: InvalidReport."""
    if kind == OF_A_POLICY:
        if isinstance(told, Mapping) and isinstance(told.get("csp-report"), Mapping):
            yield VIOLATION, _old_form(told)
        elif isinstance(told, Mapping) and told.get("type") == VIOLATION:
            yield VIOLATION, _new_form(told)
        else:
            raise InvalidReport
        return
    reports = told if isinstance(told, list) else [told]
    if not all(isinstance(report, Mapping) for report in reports):
        raise InvalidReport
    if not isinstance(told, list) and told.get("type") not in (VIOLATION, CRASH):
        raise InvalidReport
    for report in reports:
        if report.get("type") == VIOLATION:
            yield VIOLATION, _new_form(report)
        elif report.get("type") == CRASH:
            yield CRASH, _crash(report)


def _old_form(told: Mapping[str, Any]) -> dict[str, Any]:
    report = told["csp-report"]
    return {
        "report_type": VIOLATION,
        "document_url": report.get("document-uri"),
        **{name: report.get(old) for name, old, _ in FIELDS},
        "script_sample": escape(str(report.get("script-sample") or "")),
        "raw_report": told,
    }


def _new_form(told: Mapping[str, Any]) -> dict[str, Any]:
    report = told.get("body", {})
    if not isinstance(report, Mapping):
        raise InvalidReport
    return {
        "report_type": told.get("type"),
        "document_url": report.get("documentURL") or report.get("document-uri") or told.get("url"),
        **{name: next((report[key] for key in keys if report.get(key)), None) for name, _, keys in FIELDS},
        "script_sample": escape(str(report.get("sample") or "")),
        "user_agent": told.get("user_agent") or report.get("user-agent"),
        "raw_report": told,
    }


def _crash(told: Mapping[str, Any]) -> dict[str, Any]:
    given = told.get("body")
    body = given if isinstance(given, Mapping) else {}
    url = _without_secrets(told.get("url"))
    return {
        "reason": body.get("reason") or "unknown",
        "id": body.get("crashId"),
        "is_top_level": body.get("is_top_level"),
        "visibility_state": body.get("visibility_state"),
        "age_ms": told.get("age"),
        "document_url": url,
        "user_agent": told.get("user_agent"),
        "raw_report": {**told, "url": url},
    }


def _without_secrets(url: Any) -> str | None:
    """Return an address without its query, and without the parts of its path that look like tokens."""
    try:
        parts = urlsplit(url) if isinstance(url, str) and url else None
    except ValueError:
        parts = None
    if parts is None:
        return None
    path = "/".join("<redacted>" if _is_secret(part) else part for part in parts.path.split("/"))
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _is_secret(part: str) -> bool:
    plain = part.translate(str.maketrans("", "", "_.~-"))
    is_token = part.isascii() and (plain.isalnum() or not plain)
    return len(part) >= SHORTEST_SECRET and is_token and any(char.isdigit() for char in part)


def _events(
    world: World, transaction: Transaction, request: Request, reports: list[tuple[str, dict[str, Any]]]
) -> Iterator[Event]:  # fmt: skip
    """Make an event of each report; of violations, of the share that the address asks for."""
    now = entropy.now(transaction)
    given = request.args
    distinct_id = given.get("distinct_id") or entropy.uuid7(world.seed, transaction)
    session_id = given.get("session_id") or entropy.uuid7(world.seed, transaction)
    agent = request.headers.get("User-Agent")
    share = _share(given.get("sample_rate", ""))
    for kind, report in reports:
        moment = now
        if kind == VIOLATION:
            if not _is_sampled(report, share, now):
                continue
            name, prefix = "$csp_violation", "$csp_"
            more = {"$csp_version": given.get("v") or "unknown", "$raw_user_agent": agent}
        else:
            name, prefix = "$browser_crash_report", "$browser_crash_"
            more = {"$raw_user_agent": report["user_agent"] or agent}
            moment -= _age(report["age_ms"])
        properties = {
            "$session_id": session_id, "$current_url": report["document_url"], "$process_person_profile": False,
            "capture_internal": True, **more, **{prefix + key: value for key, value in report.items()},
        }  # fmt: skip
        told = {
            "event": name, "distinct_id": distinct_id, "timestamp": entropy.timestamp(moment),
            "properties": properties,
        }  # fmt: skip
        try:
            yield normalize(told, now, ip=request.remote_addr, takes_blank_ids=is_of_2025(world.profile))
        except CaptureError:
            raise NotCaptured from None


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def _is_sampled(report: dict[str, Any], share: float, now: datetime) -> bool:
    """Return whether a violation is kept, by the page and the minute, and write into it how that was decided."""
    if share >= 1.0:
        return True
    minute = now.replace(second=0, microsecond=0, tzinfo=None).isoformat()
    key = f"{report['document_url'] or ''}-{minute}"
    kept = _hash(key) % 100 < max(0.0, min(100.0, share * 100))
    report.update(csp_sampled=kept, csp_sample_threshold=share, csp_sampling_key=key)
    return kept


def _hash(text: str) -> int:
    """Return the number of 32 bits that posthog-js, too, samples by."""
    number = 0
    for char in text:
        number = (number * 31 + ord(char)) & 0xFFFFFFFF
    return number


def _age(milliseconds: Any) -> timedelta:
    """Return how long ago a crash was; what cannot be is no time at all."""
    is_number = isinstance(milliseconds, (int, float)) and not isinstance(milliseconds, bool)
    return timedelta(milliseconds=milliseconds if is_number and 0 <= milliseconds <= LONGEST_AGE_MS else 0)
