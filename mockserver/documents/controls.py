"""The routes of the control plane, from its contract."""

from __future__ import annotations

from mockserver.admin.contract import Control, controls, read_document
from mockserver.contract import Document, follow
from mockserver.documents.markdown import code, table


def routes() -> str:
    """Return a table of every call of the control plane, those of a subject together."""
    document = read_document()
    parts = []
    for tag in document["tags"]:
        rows = [_row(control) for control in controls(document) if tag["name"] in control.spec["tags"]]
        parts += [f"### {tag['description']}", table(("Call", "What it does", "Takes", "Answers"), rows)]
    return "\n\n".join(parts)


def _row(control: Control) -> tuple[str, str, str, str]:
    return code(f"{control.method} {control.path}"), control.spec["summary"], _takes(control), code(control.status)


def _takes(control: Control) -> str:
    if control.takes_body:
        schema: Document = control.spec["requestBody"]["content"]["application/json"]["schema"]
        if "$ref" in schema:
            schema = follow(control.document, schema["$ref"])
        names = sorted(schema.get("properties", {}), key=lambda name: (name not in schema.get("required", ()), name))
        return ", ".join(map(code, names))
    query = [code(f"?{given['name']}=") for given in control.spec.get("parameters", ()) if given["in"] == "query"]
    return ", ".join(query)
