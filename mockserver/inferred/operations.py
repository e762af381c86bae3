"""Operations as a compiled document has them: what they take, and what they answer when all goes well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON_TYPES = ("application/json", "*/*", "application/*")
Operation = Mapping[str, Any]


def json_schema(content: Mapping[str, Any]) -> Any:
    """Return the schema of what is JSON of a body; nothing where none is."""
    for kind, media in content.items():
        plain = kind.partition(";")[0].strip().lower()
        if plain in JSON_TYPES or plain.endswith("+json"):
            return media.get("schema")
    return None


def success_of(operation: Operation) -> tuple[str, Any]:
    """Return the status of an operation's success and the schema of its JSON, if it has any.

    What makes a record answers 201 where it says that it may; else the lowest of several is the usual one.
    """
    responses: Mapping[str, Any] = operation["responses"]
    fine = sorted(status for status in responses if status < "4") or sorted(responses)
    status = "201" if operation["method"] == "post" and "201" in fine else fine[0]
    return status, json_schema(responses[status].get("content", {}))


def body_schema(operation: Operation) -> Any:
    """Return the schema of the body that an operation takes: its JSON, else its form."""
    content = operation["requestBody"].get("content", {})
    schema = json_schema(content)
    if schema is not None:
        return schema
    forms = [media.get("schema") for kind, media in content.items() if "form" in kind]
    return forms[0] if forms else None
