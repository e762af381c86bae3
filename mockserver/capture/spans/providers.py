"""Whose span it is: which library made it, by the names of its attributes, and what kind of event that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

GENERATION, EMBEDDING, SPAN = "$ai_generation", "$ai_embedding", "$ai_span"
REQUEST_TYPES = {"chat": GENERATION, "completion": GENERATION, "embedding": EMBEDDING, "embeddings": EMBEDDING}
OPERATIONS = {"chat": GENERATION, "embeddings": EMBEDDING}
EMBEDS = ("ai.embed.doEmbed", "ai.embedMany.doEmbed")
Attributes = Mapping[str, Any]


def _by_operation(attributes: Attributes) -> str:
    return _named(OPERATIONS, attributes.get("gen_ai.operation.name"))


def _by_request_type(attributes: Attributes) -> str:
    return _named(REQUEST_TYPES, attributes.get("llm.request.type"))


def _of_vercel(attributes: Attributes) -> str:
    operation = attributes.get("ai.operationId")
    if operation is None:
        return _by_operation(attributes)
    if not isinstance(operation, str):
        return SPAN
    if operation.endswith((".doGenerate", ".doStream")):
        return GENERATION
    return EMBEDDING if operation in EMBEDS else SPAN


def _named(kinds: Mapping[str, str], name: Any) -> str:
    return kinds.get(name, SPAN) if isinstance(name, str) else SPAN


PROVIDERS: tuple[tuple[tuple[str, ...], Callable[[Attributes], str]], ...] = (
    (("ai.", "eve."), _of_vercel),
    (("pydantic_ai.",), lambda attributes: SPAN),
    (("traceloop.", "llm.request.type"), _by_request_type),
    (("gen_ai.",), _by_operation),
)
"""What the attributes of each library's spans begin with, and what makes them what they are; the first counts."""


def classify(attributes: Attributes) -> str | None:
    """Return the name of the event that a span is; nothing for one of no language model."""
    for begins, kind in PROVIDERS:
        if any(key.startswith(begins) for key in attributes):
            return kind(attributes)
    return None
