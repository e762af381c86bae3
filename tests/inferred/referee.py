"""Another judge of values than the package's own: OpenAPI's schemas as JSON Schema, judged by jsonschema-rs."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plain(node: Any, *, of_answers: bool = True) -> Any:
    """Return a schema of OpenAPI 3.0 or 3.1 as JSON Schema, without what the other direction has."""
    if isinstance(node, list):
        return [plain(each, of_answers=of_answers) for each in node]
    if not isinstance(node, dict):
        return node
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
    if isinstance(schema.get("pattern"), str) and schema.get("format") == "decimal":
        del schema["format"]
    if node.get("nullable") is True:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


class Referee:
    """Judges values by the schemas of one document."""

    def __init__(self, document: dict[str, Any], *, of_answers: bool = True) -> None:
        self._of_answers = of_answers
        self._components = plain(document.get("components", {}), of_answers=of_answers)

    def validator(self, schema: Any) -> Any:
        """Return what judges by one schema."""
        whole = {**plain(schema, of_answers=self._of_answers)}
        return jsonschema_rs.Draft202012Validator(
            {"$schema": DIALECT, "components": self._components, "allOf": [whole]}, validate_formats=True
        )
