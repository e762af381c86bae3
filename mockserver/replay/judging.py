"""Whether an answer is one that the contract has, in a profile: its status, its type, its shape."""

from __future__ import annotations

import re
from typing import Any

from mockserver.contract import Contract, Operation, Profile, view
from mockserver.contract.answers import for_answers, validator
from mockserver.contract.document import resolve
from mockserver.replay.script import Answer

INFORMAL = frozenset({501})
"""Statuses by which a mock says that it does not model something."""


class Judge:
    """Judges answers by one profile's view of the contract; validators are made when first needed."""

    def __init__(self, contract: Contract, profile: Profile) -> None:
        self._document = for_answers(view(contract.whole, profile))
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
        content = resolve(self._document, response).get("content", {})
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

    def _validator(self, operation: str, status: str, schema: Any) -> Any:
        key = (operation, status)
        if key not in self._validators:
            self._validators[key] = validator(schema, self._document["components"])
        return self._validators[key]
