"""Events of language models: one in parts, and spans of OpenTelemetry's. Source: the service's own code and tests."""

from __future__ import annotations

import gzip
import json
import struct
from typing import Any

import pytest

from tests.conftest import Client

TOKEN = "phc_mock_project_token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
UUID = "0195ad21-3f5a-7000-8b0e-5d0b5f2f6a10"
EVENT = {"event": "$ai_generation", "distinct_id": "u", "uuid": UUID, "timestamp": "2026-01-15T11:00:00Z"}
PROPERTIES = {"$ai_model": "gpt-5", "$ai_provider": "openai"}
JSON = "application/json"
Part = tuple[str, str | None, bytes]


def form(*parts: Part) -> bytes:
    lines = []
    for name, content_type, data in parts:
        told = f"\r\nContent-Type: {content_type}" if content_type else ""
        head = f'--mark\r\nContent-Disposition: form-data; name="{name}"{told}\r\n\r\n'
        lines.append(head.encode() + data + b"\r\n")
    return b"".join(lines) + b"--mark--\r\n"


def part(name: str, value: Any) -> Part:
    return name, JSON, json.dumps(value).encode()


def send(client: Client, data: bytes, **headers: str) -> Any:
    told = {**BEARER, "Content-Type": "multipart/form-data; boundary=mark", **headers}
    return client.flask.post("/i/v0/ai", data=data, headers=told)


def events(client: Client) -> list[dict[str, Any]]:
    found = client.flask.get("/__admin/worlds/default/events?distinct_id=u").json["events"]
    return [event for event in found if event["event"].startswith("$ai_")]


def test_an_event_comes_in_parts(observed: Client) -> None:
    blobs = [("event.properties.$ai_input", "text/plain", b"x" * 100), ("event.properties.$ai_output", JSON, b"{}")]
    body = form(part("event", EVENT), part("event.properties", PROPERTIES), *blobs)
    answer = send(observed, gzip.compress(body, mtime=0), **{"Content-Encoding": "gzip"})
    assert answer.status_code == 200
    told = {accepted["name"]: accepted["length"] for accepted in answer.json["accepted_parts"]}
    assert told["event.properties.$ai_input"] == 100 and set(told) >= {"event", "event.properties"}
    [event] = events(observed)
    assert (event["event"], event["uuid"], event["timestamp"]) == ("$ai_generation", UUID, EVENT["timestamp"])
    place = f"s3://capture/llma/{TOKEN}/{UUID}?range="
    assert event["properties"]["$ai_input"] == f"{place}0-99"
    assert event["properties"]["$ai_output"] == f"{place}100-101"
    assert event["properties"]["$ai_model"] == "gpt-5"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([part("event.properties", {})], "First part must be 'event', got 'event.properties'"),
        ([part("event", [])], "Event must be a JSON object"),
        ([("event", JSON, b"{")], "Event part must be valid JSON"),
        ([("event", JSON, b"\xff")], "Event part must be valid UTF-8"),
        ([part("event", {"event": "$ai_span"})], "Event missing 'distinct_id' field"),
        ([part("event", {**EVENT, "event": "click"})], "Event name must be one of: $ai_generation, $ai_trace"),
        ([part("event", EVENT)], "Event properties must contain '$ai_model'"),
        ([part("event", {**EVENT, "properties": {"$ai_model": 5}})], "$ai_model must be a string"),
        ([part("event", {**EVENT, "properties": PROPERTIES, "uuid": None})], "Event UUID is required"),
        ([part("event", {**EVENT, "properties": PROPERTIES}), part("event.properties", {})], "Event cannot have both"),
        ([part("event", EVENT), part("event", EVENT)], "Duplicate 'event' part found"),
        ([part("event", EVENT), part("other", {})], "Unknown multipart field: 'other'."),
        ([part("event", EVENT), ("event.properties.a", None, b"x")], "Missing required Content-Type header"),
        ([part("event", EVENT), ("event.properties.a", "image/png", b"x")], "Unsupported content type for blob"),
        ([part("event", EVENT), ("event.properties.a", JSON, b"")], "Blob part 'event.properties.a' cannot be empty"),
        ([part("event", EVENT), ("event.properties.a.b", JSON, b"x")], "contains nested properties (dots)"),
        ([part("event", EVENT), *[("event.properties.a", JSON, b"x")] * 2], "Duplicate blob property"),
    ],
)
def test_parts_that_make_no_event_are_refused(client: Client, parts: list[Part], text: str) -> None:
    answer = send(client, form(*parts))
    assert answer.status_code == 400 and answer.text.startswith("failed to parse request: ") and text in answer.text
    assert events(client) == []


@pytest.mark.parametrize(
    ("data", "headers", "status", "text"),
    [
        (b"", {"Content-Type": JSON}, 400, "request missing data payload"),
        (b"x", {"Content-Type": JSON}, 400, "Content-Type must be multipart/form-data"),
        (b"x", {"Content-Type": "multipart/form-data"}, 400, "Invalid boundary in Content-Type"),
        (b"x", {}, 400, "Multipart parsing failed: incomplete multipart stream"),
        (b"x", {"Authorization": "Basic x"}, 401, "without an api_key"),
        (b"x", {"Authorization": "Bearer phx_x"}, 401, "personal_api_key"),
        (form(("event", JSON, b" " * 40_000)), {}, 413, "Event part size (40000 bytes)"),
    ],
)
def test_what_is_no_form_of_parts_is_refused(
    client: Client, data: bytes, headers: dict[str, str], status: int, text: str
):
    answer = send(client, data, **headers)
    assert answer.status_code == status and text in answer.text


# Spans


def varint(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80]) + varint(number >> 7) if number > 0x7F else bytes([number])


def field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def attribute(key: str, value: Any) -> bytes:
    told = (
        field(2, int(value)) if isinstance(value, bool)
        else field(3, value) if isinstance(value, int)
        else varint(4 << 3 | 1) + struct.pack("<d", value) if isinstance(value, float)
        else field(5, b"".join(field(1, field(1, item)) for item in value)) if isinstance(value, list)
        else field(1, value)
    )  # fmt: skip
    return field(1, key) + field(2, told)


def span(*parts: bytes, name: str = "chat gpt-5", **attributes: Any) -> bytes:
    told = b"".join(field(9, attribute(key, value)) for key, value in attributes.items())
    times = b"".join(varint(n << 3 | 1) + struct.pack("<Q", t) for n, t in ((7, 10**18), (8, 10**18 + 15 * 10**8)))
    return field(1, bytes(range(1, 17))) + field(2, bytes(range(8))) + field(5, name) + times + told + b"".join(parts)


def export(*spans: bytes, **resource: Any) -> bytes:
    about = field(1, b"".join(field(1, attribute(key, value)) for key, value in resource.items()))
    scope = field(1, field(1, "scope") + field(2, "6.7.1"))
    return field(1, about + field(2, scope + b"".join(field(2, one) for one in spans)))


def export_spans(client: Client, data: bytes, content_type: str = "application/x-protobuf") -> Any:
    return client.flask.post("/i/v0/ai/otel", data=data, headers={**BEARER, "Content-Type": content_type})


CHAT = {
    "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 7, "user.id": "u",
    "gen_ai.input.messages": '[{"role":"user","content":"hi"}]', "gen_ai.response.finish_reasons": ["stop"],
    "temperature": 0.5, "gen_ai.system_instructions": "be kind", "gen_ai.conversation.id": "c1",
}  # fmt: skip


def test_a_span_is_a_generation(observed: Client) -> None:
    answer = export_spans(observed, export(span(**CHAT), **{"service.name": "shop", "os.type": "linux"}))
    assert (answer.status_code, answer.json) == (200, {})
    [event] = events(observed)
    properties = event["properties"]
    assert event["event"] == "$ai_generation" and event["timestamp"].startswith("2001-09-09T01:46:40")
    said = [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}]
    expected = {
        "$ai_input": said, "$ai_model": "gpt-5", "$ai_input_tokens": 7, "$ai_latency": 1.5, "$ai_session_id": "c1",
        "$ai_trace_id": "0102030405060708090a0b0c0d0e0f10", "$ai_span_id": "0001020304050607", "temperature": 0.5,
        "$ai_span_name": "chat gpt-5", "$lib": "posthog-otel", "$lib_version": "6.7.1", "service.name": "shop",
        "$ai_ingestion_source": "otel", "$geoip_disable": True,
    }  # fmt: skip
    assert {name: properties.get(name) for name in expected} == expected
    assert not {"os.type", "user.id", "gen_ai.request.model", "$ai_parent_id", "$ai_is_error"} & set(properties)


def test_spans_are_sent_as_json_too(observed: Client) -> None:
    attributes = [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "embeddings"}},
        {"key": "posthog.distinct_id", "value": {"stringValue": "u"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}}, {"key": "none", "value": {}},
        {"key": "nested", "value": {"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}}},
    ]  # fmt: skip
    failed = {"traceId": "ab" * 16, "spanId": "cd" * 8, "parentSpanId": "ef" * 8, "name": "e", "attributes": attributes,
              "status": {"code": 2, "message": "HTTP status 429"}, "startTimeUnixNano": "17"}  # fmt: skip
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [failed, {"name": "GET /", "attributes": []}]}]}]}
    assert export_spans(observed, json.dumps(body).encode(), JSON).status_code == 200
    [event] = events(observed)
    told = event["properties"]
    assert (event["event"], told["$ai_input_tokens"], told["nested"]) == ("$ai_embedding", 12, {"a": True})
    assert (told["$ai_is_error"], told["$ai_error"], told["$ai_http_status"]) == (True, "HTTP status 429", 429)
    assert told["$ai_parent_id"] == "ef" * 8


@pytest.mark.parametrize(
    ("attributes", "name", "expected"),
    [
        (
            {"ai.operationId": "ai.generateText.doGenerate", "ai.prompt.messages": '[{"role":"user","content":"hi"}]',
             "ai.response.text": "ho", "ai.response.finishReason": "stop", "ai.model.id": "x",
             "ai.telemetry.metadata.posthog_distinct_id": "u"},
            "$ai_generation",
            {"$ai_input": [{"role": "user", "content": "hi"}], "$ai_stop_reason": "stop", "ai.model.id": None,
             "$ai_output_choices": [{"role": "assistant", "content": "ho"}], "$ai_lib": "opentelemetry/vercel-ai"},
        ),
        (
            {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "search", "ai.toolCall.args": '{"q":1}',
             "user.id": "u"},
            "$ai_trace", {"$ai_span_name": "search", "$ai_input_state": {"q": 1}, "$ai_framework": "vercel"},
        ),
        (
            {"llm.request.type": "chat", "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi",
             "gen_ai.completion.0.content": "ho", "gen_ai.prompt.0.tool_calls.0.name": "f", "user.id": "u",
             "llm.usage.total_tokens": 3},
            "$ai_generation",
            {"$ai_input": [{"role": "user", "content": "hi", "tool_calls": [{"name": "f"}]}],
             "$ai_output_choices": [{"content": "ho"}], "$ai_lib": "opentelemetry/traceloop",
             "llm.usage.total_tokens": None},
        ),
        (
            {"pydantic_ai.all_messages": '[{"role":"user","content":"hi"},{"role":"assistant","content":"ho"}]',
             "gen_ai.agent.name": "helper", "user.id": "u"},
            "$ai_trace",
            {"$ai_input_state": {"role": "user", "content": "hi"}, "$ai_span_name": "helper",
             "$ai_output_state": {"role": "assistant", "content": "ho"}, "$ai_lib": "opentelemetry/pydantic-ai"},
        ),
        (
            {"gen_ai.system": "x", "user.id": "u", "events": '[{"event.name":"gen_ai.user.message","content":"hi"},'
             '{"event.name":"gen_ai.choice","message":{"role":"assistant","content":"ho"}}]'},
            "$ai_trace",
            {"$ai_input": [{"role": "user", "content": "hi"}], "$ai_provider": "x", "events": None,
             "$ai_output_choices": [{"role": "assistant", "content": "ho"}]},
        ),
    ],
    ids=["vercel", "tool", "traceloop", "pydantic", "older"],
)  # fmt: skip
def test_libraries_are_read_as_they_write(
    observed: Client, attributes: dict[str, Any], name: str, expected: dict[str, Any]
) -> None:
    assert export_spans(observed, export(span(**attributes))).status_code == 200
    [event] = events(observed)
    assert event["event"] == name
    assert {key: event["properties"].get(key) for key in expected} == expected


def test_nobody_is_the_same_throughout_a_trace(observed: Client) -> None:
    calls = [{"gen_ai.operation.name": "chat", "turn": turn} for turn in range(2)]
    for call in calls:
        export_spans(observed, export(span(**call)))
    found = observed.flask.get("/__admin/worlds/default/events?event=$ai_generation").json["events"]
    assert len(found) == 2 and len({event["distinct_id"] for event in found}) == 1


@pytest.mark.parametrize(
    ("data", "content_type", "text"),
    [
        (b"\x0a\x05a", "application/x-protobuf", "Invalid protobuf"), (b"{", JSON, "failed to parse request"),
        (b'{"resourceSpans":5}', JSON, "Invalid OTLP trace format"), (b"x", "text/plain", "Content-Type must be"),
        (export(*[span()] * 1001), "application/x-protobuf", "Too many spans: 1001 exceeds limit of 1000"),
        (export(*[span(**CHAT)] * 101), "application/x-protobuf", "Too many AI spans: 101 exceeds limit of 100"),
    ],
    ids=["protobuf", "json", "form", "type", "spans", "events"],
)  # fmt: skip
def test_what_is_no_export_is_refused(client: Client, data: bytes, content_type: str, text: str) -> None:
    answer = export_spans(client, data, content_type)
    assert answer.status_code == 400 and text in answer.text
    assert events(client) == []
