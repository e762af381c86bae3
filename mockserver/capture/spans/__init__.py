"""Spans of language models, which exporters send by OpenTelemetry's protocol, made into events.

`wire` reads what is sent, `providers` tells whose span it is, `errors` how it failed; `mapping` writes PostHog's names
for what OpenTelemetry's conventions call otherwise, and `libraries` what each library adds to them. Source: PostHog's
capture service and its pipeline for events of language models, 2026. The costs that it adds, by prices of its own, are
not modelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from mockserver.capture.refusals import unparsable
from mockserver.capture.spans.errors import error_properties
from mockserver.capture.spans.libraries import convert
from mockserver.capture.spans.providers import classify
from mockserver.capture.spans.wire import Span, read_request

MOST_SPANS, MOST_EVENTS = 1000, 100
NOISE = ("host.", "process.", "os.", "telemetry.")
LIBRARY = "posthog-otel"
OF_SPAN = ("ai.telemetry.metadata.posthog_distinct_id", "ai.settings.context.posthog_distinct_id")
OF_BOTH = ("posthog.distinct_id", "user.id")
SESSIONS = (
    "$ai_session_id", "ai.telemetry.metadata.$ai_session_id", "ai.settings.context.$ai_session_id", "eve.session.id",
    "anthropic.session.id", "gen_ai.conversation.id",
)  # fmt: skip
NAMESPACE = UUID("392e81d5-3d13-4a6f-b541-bdbf6c865e56")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class SpanEvent:
    """What becomes of one span: an event, or nothing where it is none of a language model."""

    event: str
    distinct_id: str
    properties: dict[str, Any]
    timestamp: datetime | None


def read_spans(body: bytes, content_type: str, fallback: str) -> list[SpanEvent]:
    """Return the events that an export makes; `fallback` names who is told by no attribute. Raises: CaptureError."""
    spans = read_request(body, content_type)
    if len(spans) > MOST_SPANS:
        raise unparsable(f"Too many spans: {len(spans)} exceeds limit of {MOST_SPANS}")
    events = list(_events(spans, fallback))
    if len(events) > MOST_EVENTS:
        raise unparsable(f"Too many AI spans: {len(events)} exceeds limit of {MOST_EVENTS}")
    for event in events:
        convert(event)
    return events


def _events(spans: list[Span], fallback: str) -> Iterator[SpanEvent]:
    for span in spans:
        name = classify(span.attributes)
        if name is None:
            continue
        resource = {key: value for key, value in span.resource.items() if not key.startswith(NOISE)}
        properties = {**resource, **span.attributes}
        disables_geoip = properties.pop("posthog.geoip_disable", True)
        properties.setdefault("$geoip_disable", disables_geoip)
        properties |= {"$ai_trace_id": span.trace_id, "$ai_span_id": span.span_id}
        if span.parent_id:
            properties["$ai_parent_id"] = span.parent_id
        properties |= {**error_properties(span, properties), "$ai_ingestion_source": "otel"}
        properties.setdefault("$lib", LIBRARY)
        if span.scope_version:
            properties.setdefault("$lib_version", span.scope_version)
        if span.name:
            properties["$otel_span_name"] = span.name
        properties["$otel_start_time_unix_nano"] = str(span.start)
        properties["$otel_end_time_unix_nano"] = str(span.end)
        yield SpanEvent(name, _distinct_id(span, fallback), properties, _moment(span.start))


def _distinct_id(span: Span, fallback: str) -> str:
    """Return whom a span is about; nobody is the same in all of a session, and else in all of a trace."""
    own, around = span.attributes, span.resource
    named = [_text(own, key) for key in (*OF_SPAN, *OF_BOTH)] + [_text(around, key) for key in OF_BOTH]
    found = next((text for text in named if text), None)
    if found:
        return found
    session = next((text for key in SESSIONS if (text := _text(own, key) or _text(around, key))), None)
    if session:
        return str(uuid5(NAMESPACE, f"session:{session}"))
    return str(uuid5(NAMESPACE, f"trace:{span.trace_id}")) if span.trace_id.strip("0") else fallback


def _text(attributes: Mapping[str, Any], key: str) -> str | None:
    value = attributes.get(key)
    return value if isinstance(value, str) and value else None


def _moment(nanoseconds: int) -> datetime | None:
    try:
        return EPOCH + timedelta(microseconds=nanoseconds // 1000) if nanoseconds else None
    except OverflowError:
        return None
