"""What the contract says of answers: schemas as answers have them, and validators of bodies."""

from __future__ import annotations

from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OBJECTS = ("object", ["object", "null"])


def for_answers(node: Any, *, closed: bool = False) -> Any:
    """Return a schema without the properties that only requests have; `closed` allows no others than are listed."""
    if isinstance(node, list):
        return [for_answers(value, closed=closed) for value in node]
    if not isinstance(node, dict):
        return node
    shown = {key: for_answers(value, closed=closed) for key, value in node.items()}
    properties = shown.get("properties")
    if not isinstance(properties, dict):
        return shown
    hidden = {name for name, prop in properties.items() if isinstance(prop, dict) and prop.get("writeOnly")}
    shown["properties"] = {name: prop for name, prop in properties.items() if name not in hidden}
    if isinstance(shown.get("required"), list):
        shown["required"] = [name for name in shown["required"] if name not in hidden]
    if closed and shown.get("type") in OBJECTS:
        shown.setdefault("additionalProperties", False)
    return shown


def validator(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """Return what judges a value by a schema that refers to components; formats count."""
    import jsonschema_rs

    whole = {"$schema": DIALECT, "components": components, **schema}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
