"""Whether an answer is one that the contract has, in a profile: its status, its type, its shape."""

from __future__ import annotations

import re
from typing import Any

from mockserver.contract import Contract, Operation, Profile, view
from mockserver.replay.script import Answer

INFORMAL = frozenset({501})
"""Statuses by which a mock says that it does not model something."""


class Judge:
    """Judges answers by one profile's view of the contract; validators are made when first needed."""

    def __init__(self, contract: Contract, profile: Profile) -> None:
        self._document = _for_answers(view(contract.document, profile))
        self._validators: dict[tuple[str, str], Any] = {}

    def problem(self, operation: Operation, answer: Answer) -> tuple[str, str] | None:
        """Return what of an answer the contract does not have: the check that it fails, and what was found."""
        spec = self._document["paths"].get(operation.path, {}).get(operation.method)
        if spec is None or answer.status in INFORMAL:
            return None
        if answer.status >= 500:
            return "not_a_server_error", f"answered {answer.status}"
        response = spec["responses"].get(str(answer.status))
        if response is None:
            return "status_code_conformance", f"answered {answer.status}; documented: {', '.join(spec['responses'])}"
        content = self._resolve(response).get("content", {})
        kind = next((v for k, v in answer.headers.items() if k.lower() == "content-type"), "").partition(";")[0].strip()
        if answer.body and content and kind not in content:
            return "content_type_conformance", f"answered {kind or 'without a type'}; documented: {', '.join(content)}"
        schema = content.get("application/json", {}).get("schema")
        if schema is None or not answer.body or kind != "application/json":
            return None
        error = next(self._validator(operation.id, str(answer.status), schema).iter_errors(answer.json), None)
        if error is None:
            return None
        place = ".".join("[]" if isinstance(part, int) else str(part) for part in error.instance_path)
        return "response_schema_conformance", re.sub(r"\s+", " ", f"$.{place}: {error.message}")[:500]

    def _resolve(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def _validator(self, operation: str, status: str, schema: Any) -> Any:
        key = (operation, status)
        if key not in self._validators:
            import jsonschema_rs

            whole = {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "components": self._document["components"], **schema,
            }  # fmt: skip
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return self._validators[key]


def _for_answers(node: Any) -> Any:
    """Return a schema without the properties that only requests have."""
    if isinstance(node, list):
        return [_for_answers(value) for value in node]
    if not isinstance(node, dict):
        return node
    shown = {key: _for_answers(value) for key, value in node.items()}
    properties = shown.get("properties")
    if isinstance(properties, dict):
        hidden = {name for name, prop in properties.items() if isinstance(prop, dict) and prop.get("writeOnly")}
        shown["properties"] = {name: prop for name, prop in properties.items() if name not in hidden}
        if isinstance(shown.get("required"), list):
            shown["required"] = [name for name in shown["required"] if name not in hidden]
    return shown
