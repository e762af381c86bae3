"""What single libraries tell of a span in words of their own: Pydantic AI, Traceloop's, and Vercel's AI SDK."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from mockserver.capture.spans.mapping import Named, Properties, drop, parsed, rename

OF_PYDANTIC = ("pydantic_ai.all_messages", "logfire.msg", "logfire.json_schema", "model_request_parameters")
OF_TRACELOOP = ("llm.request.type", "traceloop.span.kind", "traceloop.entity.name")
OF_VERCEL = ("ai.operationId", "ai.telemetry.functionId")
CONVERSATION, SESSION = "gen_ai.conversation.id", "$ai_session_id"


def convert(event: Named) -> None:
    """Write PostHog's names into an event of a span, as its library is read."""
    marks = event.properties
    library = next((take for names, take in LIBRARIES if any(name in marks for name in names)), rename)
    library(event)
    conversation = event.properties.get(CONVERSATION)
    if isinstance(conversation, str) and conversation:
        event.properties.setdefault(SESSION, conversation)


def _said_by(messages: Any, *, is_user: bool, last: bool = False) -> Any:
    """Return what the user said, or else the last that neither they nor the system did."""
    found = [
        message
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, dict)
        and (message.get("role") == "user" if is_user else message.get("role") not in ("user", "system"))
    ]
    return (found[-1] if last else found[0]) if found else None


# Pydantic AI

PYDANTIC_LEFT_OUT = (
    "logfire.json_schema", "logfire.msg", "operation.cost", "model_request_parameters", "model_name",
    "gen_ai.usage.details.input_tokens", "gen_ai.usage.details.output_tokens",
)  # fmt: skip
ARGUMENTS, RESULTS = ("gen_ai.tool.call.arguments", "tool_arguments"), ("gen_ai.tool.call.result", "tool_response")


def _pydantic(event: Named) -> None:
    properties = event.properties
    rename(event)
    if "logfire.msg" in properties:
        properties.setdefault("$ai_span_name", properties["logfire.msg"])
    if event.event == "$ai_trace" or "pydantic_ai.all_messages" in properties:
        _take_run(properties)
    if event.event == "$ai_span":
        for names, state in ((ARGUMENTS, "$ai_input_state"), (RESULTS, "$ai_output_state")):
            found = [parsed(properties[name]) for name in names if name in properties]
            if found:
                properties[state] = found[0]
        if "gen_ai.tool.name" in properties:
            properties["$ai_span_name"] = properties["gen_ai.tool.name"]
        drop(properties, (*ARGUMENTS, *RESULTS, "gen_ai.tool.name", "gen_ai.tool.call.id"))
    properties["$ai_lib"] = "opentelemetry/pydantic-ai"
    drop(properties, PYDANTIC_LEFT_OUT)


def _take_run(properties: Properties) -> None:
    """Take in what an agent was asked, and what came of it."""
    messages = properties.get("pydantic_ai.all_messages")
    messages = parsed(messages) if isinstance(messages, str) else None
    asked = _said_by(messages, is_user=True)
    if asked is not None:
        properties["$ai_input_state"] = asked
    answered = _said_by(messages, is_user=False, last=True)
    if "final_result" in properties:
        result = properties["final_result"]
        read = parsed(result)
        properties["$ai_output_state"] = read if isinstance(read, (dict, list)) else result
    elif answered is not None:
        properties["$ai_output_state"] = answered
    name = properties.get("gen_ai.agent.name", properties.get("agent_name"))
    if name is not None:
        properties["$ai_span_name"] = name
    if "model_name" in properties:
        properties.setdefault("$ai_model", properties["model_name"])
    drop(properties, ("pydantic_ai.all_messages", "final_result", "agent_name", "gen_ai.agent.name"))


# Traceloop

TRACELOOP_LEFT_OUT = (
    "traceloop.span.kind", "traceloop.entity.name", "traceloop.entity.path", "traceloop.workflow.name",
    "traceloop.entity.input", "traceloop.entity.output", "llm.is_streaming", "llm.usage.total_tokens",
)  # fmt: skip
IN_GO = (
    ("llm.response.model", "$ai_model"), ("llm.request.model", "$ai_model"),
    ("llm.usage.prompt_tokens", "$ai_input_tokens"), ("llm.usage.completion_tokens", "$ai_output_tokens"),
    ("llm.vendor", "$ai_provider"),
)  # fmt: skip
MESSAGE = ("role", "content", "tool_call_id")
LISTS = (
    ("$ai_input", (("gen_ai.prompt.", MESSAGE, True), ("llm.prompts.", MESSAGE, True))),
    ("$ai_output_choices", (("gen_ai.completion.", MESSAGE[:2], False), ("llm.completions.", MESSAGE[:2], True))),
)  # fmt: skip
TOOLS = ("llm.request.functions.", ("name", "description", "parameters"), False)
NUMBERED = re.compile(r"([0-9]+)\.(?:tool_calls\.([0-9]+)\.)?(.+)", re.DOTALL)


def _traceloop(event: Named) -> None:
    properties = event.properties
    rename(event)
    for name, spellings in LISTS:
        _take_list(properties, name, spellings)
    for old, new in IN_GO:
        if old in properties:
            properties.setdefault(new, properties.pop(old))
    _take_list(properties, "$ai_tools", [TOOLS])
    for reason in ("llm.response.stop_reason", "llm.response.finish_reason"):
        if reason in properties:
            properties.setdefault("$ai_stop_reason", properties.pop(reason))
    properties["$ai_lib"] = "opentelemetry/traceloop"
    drop(properties, TRACELOOP_LEFT_OUT)
    _drop_beginning(properties, ("traceloop.association.properties.",))


def _take_list(properties: Properties, name: str, spellings: Iterable[tuple[str, tuple[str, ...], bool]]) -> None:
    """Put together a list that attributes tell piece by piece: `gen_ai.prompt.0.role`, `gen_ai.prompt.0.content`."""
    if name in properties:
        return
    for begins, fields, has_calls in spellings:
        found = _list_of(properties, begins, fields, has_calls=has_calls)
        if found:
            properties[name] = found
            return


def _list_of(properties: Properties, begins: str, fields: tuple[str, ...], *, has_calls: bool) -> list[dict[str, Any]]:
    items: dict[int, dict[str, Any]] = {}
    calls: dict[int, dict[int, dict[str, Any]]] = {}
    for key in [key for key in properties if key.startswith(begins)]:
        parts = NUMBERED.fullmatch(key.removeprefix(begins))
        if parts is None:
            continue
        index, call, field = int(parts[1]), parts[2], parts[3]
        if call is not None and has_calls:
            calls.setdefault(index, {}).setdefault(int(call), {})[field] = properties.pop(key)
        elif call is None and field in fields:
            items.setdefault(index, {})[field] = properties.pop(key)
    for index, of in calls.items():
        items.setdefault(index, {})["tool_calls"] = [of[number] for number in sorted(of)]
    return [items[index] for index in sorted(items)]


# Vercel's AI SDK

VERCEL_LEFT_OUT = (
    "ai.operationId", "ai.telemetry.functionId", "ai.model.id", "ai.model.provider", "ai.settings.maxRetries",
    "ai.settings.maxOutputTokens", "ai.settings.output", "ai.usage.promptTokens", "ai.usage.completionTokens",
    "ai.usage.tokens", "ai.usage.inputTokenDetails.noCacheTokens", "ai.usage.outputTokenDetails.textTokens",
    "ai.response.id", "ai.response.model", "ai.response.timestamp", "ai.response.providerMetadata",
    "ai.response.avgCompletionTokensPerSecond", "ai.response.msToFirstChunk", "ai.response.msToFinish",
    "ai.response.reasoning", "ai.response.object", "ai.response.toolCalls", "ai.prompt", "ai.prompt.tools",
    "ai.prompt.toolChoice", "ai.value", "ai.embedding", "ai.values", "ai.embeddings", "ai.schema", "ai.schema.name",
    "ai.schema.description", "operation.name", "resource.name", "gen_ai.request.max_tokens", "gen_ai.response.id",
)  # fmt: skip
ABOUT = "ai.telemetry.metadata."
WHOLE = ("ai.generateText", "ai.streamText", "ai.generateObject", "ai.streamObject")
CACHES = (
    "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
    "ai.usage.inputTokenDetails.noCacheTokens",
)  # fmt: skip
REASONING = "ai.usage.outputTokenDetails.reasoningTokens"


def _vercel(event: Named) -> None:
    properties = event.properties
    operation, function = properties.get("ai.operationId"), properties.get("ai.telemetry.functionId")
    if any(name in properties for name in CACHES):
        properties.setdefault("$ai_cache_reporting_exclusive", False)
    _take_conversation(properties)
    rename(event)
    is_whole = event.event == "$ai_trace" or operation in WHOLE
    if is_whole and event.event != "$ai_generation":
        _take_states(properties)
    if operation == "ai.toolCall":
        _take_call(properties)
    if isinstance(function, str) and function:
        properties.setdefault("functionId", function)
        if is_whole:
            properties["$ai_span_name"] = function
    _take_metadata(event)
    _take_end(properties)
    properties["$ai_lib"] = "opentelemetry/vercel-ai"
    properties.setdefault("$ai_framework", "vercel")
    if REASONING in properties:
        properties.setdefault("$ai_reasoning_tokens", properties[REASONING])
    drop(properties, VERCEL_LEFT_OUT)


def _take_conversation(properties: Properties) -> None:
    """Write what was asked and answered as OpenTelemetry's conventions call it."""
    said = properties.pop("ai.prompt.messages", None)
    if said is None and "ai.prompt" in properties:
        said = _messages(parsed(properties["ai.prompt"]))
    if said is not None:
        properties.setdefault("gen_ai.input.messages", said)
    if "ai.response.text" in properties:
        answer = {"role": "assistant", "content": properties.pop("ai.response.text")}
        properties.setdefault("gen_ai.output.messages", [answer])
    groups = properties.get(f"{ABOUT}$groups")
    if groups is not None:
        properties.setdefault("$groups", parsed(groups))


def _messages(prompt: Any) -> list[Any] | None:
    if isinstance(prompt, list):
        return prompt
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    if not isinstance(prompt, dict):
        return None
    system, asked, messages = prompt.get("system"), prompt.get("prompt"), prompt.get("messages")
    found: list[Any] = [{"role": "system", "content": system}] if isinstance(system, str) and system else []
    if isinstance(messages, list):
        found += messages
    elif isinstance(asked, str) and asked:
        found.append({"role": "user", "content": asked})
    return found or None


def _take_states(properties: Properties) -> None:
    asked = _said_by(properties.get("$ai_input"), is_user=True, last=True)
    if asked is not None:
        properties.setdefault("$ai_input_state", asked)
    answers = properties.get("$ai_output_choices")
    if isinstance(answers, list) and answers:
        properties.setdefault("$ai_output_state", answers[-1])


def _take_call(properties: Properties) -> None:
    """Take in a tool that was called."""
    if "ai.toolCall.name" in properties:
        properties["$ai_span_name"] = properties["ai.toolCall.name"]
    for name, state in (("ai.toolCall.args", "$ai_input_state"), ("ai.toolCall.result", "$ai_output_state")):
        if name in properties:
            properties[state] = parsed(properties[name])
    drop(properties, ("ai.toolCall.name", "ai.toolCall.id", "ai.toolCall.args", "ai.toolCall.result"))


def _take_metadata(event: Named) -> None:
    """Take in what the application says of the span beside."""
    properties = event.properties
    distinct_id = properties.get(f"{ABOUT}posthog_distinct_id")
    if isinstance(distinct_id, str) and distinct_id:
        properties.setdefault("posthog_distinct_id", distinct_id)
        event.distinct_id = distinct_id
    for name in (SESSION, "$ai_prompt_name"):
        value = properties.get(f"{ABOUT}{name}")
        if isinstance(value, str) and value:
            properties.setdefault(name, value)
    version = properties.get(f"{ABOUT}$ai_prompt_version")
    is_number = isinstance(version, int) and not isinstance(version, bool) and version > 0
    if is_number or (isinstance(version, str) and version):
        properties.setdefault("$ai_prompt_version", version)
    own = properties.get(f"{ABOUT}$ai_span_name")
    if isinstance(own, str) and own:
        properties["$ai_span_name"] = own
    _drop_beginning(properties, (ABOUT, "ai.request.headers."))


def _take_end(properties: Properties) -> None:
    """Take in why the model stopped."""
    reason: Any = properties.pop("ai.response.finishReason", None)
    reasons = properties.pop("gen_ai.response.finish_reasons", None)
    if reason is None and isinstance(reasons, list) and reasons:
        reason = reasons[0]
    if reason is not None:
        properties.setdefault("$ai_stop_reason", reason)


def _drop_beginning(properties: Properties, begins: tuple[str, ...]) -> None:
    drop(properties, tuple(name for name in properties if name.startswith(begins)))


LIBRARIES: tuple[tuple[tuple[str, ...], Callable[[Named], None]], ...] = (
    (OF_PYDANTIC, _pydantic),
    (OF_TRACELOOP, _traceloop),
    (OF_VERCEL, _vercel),
)
"""Libraries by the attributes that show them; the first counts."""
