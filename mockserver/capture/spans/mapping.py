"""What PostHog calls what OpenTelemetry's conventions for language models call otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

NAMES = {
    "gen_ai.input.messages": "$ai_input",
    "gen_ai.output.messages": "$ai_output_choices",
    "gen_ai.usage.input_tokens": "$ai_input_tokens",
    "gen_ai.usage.output_tokens": "$ai_output_tokens",
    "gen_ai.usage.cache_read.input_tokens": "$ai_cache_read_input_tokens",
    "gen_ai.usage.cache_creation.input_tokens": "$ai_cache_creation_input_tokens",
    "gen_ai.response.model": "$ai_model",
    "gen_ai.provider.name": "$ai_provider",
    "server.address": "$ai_base_url",
    "telemetry.sdk.name": "$ai_lib",
    "telemetry.sdk.version": "$ai_lib_version",
    "$otel_span_name": "$ai_span_name",
}
OLDER_NAMES = {
    "gen_ai.system": "$ai_provider",
    "gen_ai.request.model": "$ai_model",
    "gen_ai.usage.prompt_tokens": "$ai_input_tokens",
    "gen_ai.usage.completion_tokens": "$ai_output_tokens",
}
"""What counts where the newer name is not given."""

LEFT_OUT = (
    "telemetry.sdk.language", "gen_ai.operation.name", "posthog.ai.debug", "user.id", "posthog.distinct_id",
    "llm.request.type",
)  # fmt: skip
KINDS = {
    "chat": "$ai_generation", "completion": "$ai_generation", "embedding": "$ai_embedding",
    "embeddings": "$ai_embedding",
}  # fmt: skip
SPOKEN = {
    "gen_ai.system.message": "system", "gen_ai.user.message": "user", "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}  # fmt: skip
CHOICE = "gen_ai.choice"
LONGEST_TEXT = 500_000
NANOSECONDS = 1_000_000_000
START, END = "$otel_start_time_unix_nano", "$otel_end_time_unix_nano"
INSTRUCTIONS = "gen_ai.system_instructions"

Properties = dict[str, Any]


class Named(Protocol):
    """An event that may yet be called otherwise."""

    event: str
    distinct_id: str
    properties: Properties


def rename(event: Named) -> None:
    """Write PostHog's names into an event, in the place of OpenTelemetry's."""
    properties = event.properties
    kind = properties.get("llm.request.type")
    if event.event == "$ai_span" and isinstance(kind, str):
        event.event = KINDS.get(kind, event.event)
    for old, new in NAMES.items():
        if old in properties:
            value = properties.pop(old)
            properties[new] = parsed(value) if new in ("$ai_input", "$ai_output_choices") else value
    for old, new in OLDER_NAMES.items():
        if old in properties:
            properties.setdefault(new, properties[old])
            del properties[old]
    if "events" in properties:
        _take_messages(properties, properties.pop("events"))
    if INSTRUCTIONS in properties:
        _take_instructions(properties, properties.pop(INSTRUCTIONS))
    _take_latency(properties)
    if event.event == "$ai_span" and not properties.get("$ai_parent_id"):
        event.event = "$ai_trace"
    drop(properties, LEFT_OUT)


def parsed(value: Any) -> Any:
    """Return what a text is as JSON; a text that is none, and anything else, as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def drop(properties: Properties, names: tuple[str, ...]) -> None:
    """Leave out what was said already, or says nothing."""
    for name in names:
        properties.pop(name, None)


def _take_latency(properties: Properties) -> None:
    start, end = int(properties.pop(START, 0)), int(properties.pop(END, 0))
    if end > start:
        properties["$ai_latency"] = (end - start) / NANOSECONDS


def _take_messages(properties: Properties, given: Any) -> None:
    """Take in what was said, which the older conventions tell as events of the span."""
    told = parsed(given) if not isinstance(given, str) or len(given) <= LONGEST_TEXT else None
    entries = [entry for entry in told if isinstance(entry, dict)] if isinstance(told, list) else []
    said, choices = [], []
    for entry in entries:
        name = entry.get("event.name")
        if name in SPOKEN:
            role = entry["role"] if isinstance(entry.get("role"), str) else SPOKEN[name]
            index = entry.get("gen_ai.message.index")
            is_number = isinstance(index, (int, float)) and not isinstance(index, bool)
            parts = {name: entry[name] for name in ("content", "tool_calls", "tool_call_id") if name in entry}
            said.append((index if is_number else None, {"role": role, **parts}))
        elif name == CHOICE:
            message = entry.get("message")
            parts = {name: entry[name] for name in ("role", "content", "tool_calls") if name in entry}
            choice = message if isinstance(message, Mapping) else parts
            if choice or choice is message:
                choices.append(dict(choice))
    if said and all(index is not None for index, _ in said):
        said.sort(key=lambda pair: pair[0])  # type: ignore[arg-type,return-value]
    if said:
        properties.setdefault("$ai_input", [message for _, message in said])
    if choices:
        properties.setdefault("$ai_output_choices", choices)


def _take_instructions(properties: Properties, given: Any) -> None:
    """Put a system prompt that is told apart before what was said, unless one stands there."""
    if given is None or (isinstance(given, str) and len(given) > LONGEST_TEXT):
        return
    told = parsed(given)
    if isinstance(told, list):
        parts = [part.get("content") for part in told if isinstance(part, dict) and part.get("type") == "text"]
        text = "\n\n".join(part for part in parts if isinstance(part, str) and part)
    else:
        text = told if isinstance(told, str) else json.dumps(told, separators=(",", ":"), ensure_ascii=False)
    if not text:
        return
    message = {"role": "system", "content": text}
    said = properties.get("$ai_input")
    if "$ai_input" not in properties:
        properties["$ai_input"] = [message]
    elif isinstance(said, list) and not (said and isinstance(said[0], dict) and said[0].get("role") == "system"):
        properties["$ai_input"] = [message, *said]
