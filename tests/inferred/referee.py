"""Another judge of values than the package's own: OpenAPI's schemas as JSON Schema, judged by jsonschema-rs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

DIALECT = "https://json-schema.org/draft/2020-12/schema"
COMPONENT = "#/components/schemas/"
TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}
OF_TYPES = {"boolean": bool, "integer": int, "number": (int, float), "string": str, "array": list, "object": dict}


def plain(node: Any, *, of_answers: bool = True) -> Any:
    """Return a schema of OpenAPI 3.0 or 3.1 as JSON Schema, without what the other direction has.

    What no value could fit, and no validator take, is put up with: types that are none, values listed of another type.
    """
    if isinstance(node, list):
        return [plain(each, of_answers=of_answers) for each in node]
    if not isinstance(node, dict):
        return node if isinstance(node, (str, int, float, bool, type(None))) else str(node)
    schema = {key: plain(value, of_answers=of_answers) for key, value in node.items() if key != "nullable"}
    properties = node.get("properties")
    if isinstance(properties, dict):
        foreign = "writeOnly" if of_answers else "readOnly"
        hidden = {name for name, each in properties.items() if isinstance(each, dict) and each.get(foreign)}
        schema["properties"] = {name: each for name, each in schema["properties"].items() if name not in hidden}
        if isinstance(schema.get("required"), list):
            schema["required"] = [name for name in schema["required"] if name not in hidden]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive):
            schema[exclusive] = schema.pop(bound)
    kind = node.get("type")
    if isinstance(kind, str):
        listed = [value for value in node.get("enum") or () if value is not None]
        if kind not in TYPES or (listed and not any(isinstance(value, OF_TYPES[kind]) for value in listed)):
            del schema["type"]
    if schema.get("format") in ("decimal", "time"):  # DRF's are not JSON Schema's
        del schema["format"]
    if node.get("nullable") is True:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


class Referee:
    """Judges values by the schemas of one document."""

    def __init__(self, document: dict[str, Any], *, of_answers: bool = True) -> None:
        self._of_answers = of_answers
        self._schemas: dict[str, Any] = plain(document.get("components", {}).get("schemas", {}), of_answers=of_answers)

    def validator(self, schema: Any) -> Any:
        """Return what judges by one schema."""
        root = plain(schema, of_answers=self._of_answers)
        needed: dict[str, Any] = {}
        waiting = [root]
        while waiting:
            for name in references(waiting.pop()):
                if name not in needed:
                    needed[name] = self._schemas.get(name, {})
                    waiting.append(needed[name])
        whole = {"$schema": DIALECT, "components": {"schemas": needed}, "allOf": [root]}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def references(node: Any) -> Iterator[str]:
    """Yield the components that a schema refers to."""
    if isinstance(node, list):
        for each in node:
            yield from references(each)
    elif isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(COMPONENT):
            yield reference.removeprefix(COMPONENT)
        for each in node.values():
            yield from references(each)
