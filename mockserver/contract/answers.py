"""What the contract says of answers: schemas as answers have them, and validators of bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

REFERENCE = re.compile(r"#/components/schemas/(.+)")
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
    """Return what judges a value by a schema that refers to components; formats count.

    It is given those alone that the schema leads to: all of them, for each answer of each operation, fill gigabytes.
    """
    import jsonschema_rs

    schemas = components.get("schemas", {})
    needed = {name: schemas[name] for name in sorted(_led_to(schema, schemas))}
    whole = {"$schema": DIALECT, "components": {**components, "schemas": needed}, **schema}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _led_to(schema: Any, schemas: Mapping[str, Any]) -> set[str]:
    """Return the components that a schema refers to, and those that they do."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found and name in schemas:
                found.add(name)
                waiting.append(schemas[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for value in node:
            yield from _references(value)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                match = REFERENCE.match(value)
                if match:
                    yield match[1].partition("/")[0]
            elif key == "mapping" and isinstance(value, dict):
                yield from (match[1] for each in value.values() if (match := REFERENCE.match(str(each))))
            else:
                yield from _references(value)
