"""The request that a step of a script is: its address, headers and body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.contract import Operation


def request_of(
    operation: Operation, spec: Mapping[str, Any], kept: Mapping[str, Any]
) -> tuple[str, dict[str, str], bytes | None]:
    """Return the address, headers and body of a step whose names are substituted."""
    named = {**kept, **(spec.get("path") or {})}
    path = re.sub(r"{(\w+)}", lambda found: quote(str(named[found[1]]), safe="@"), operation.path)
    query = spec.get("query") or {}
    pairs = [(key, _query_text(item)) for key, value in query.items() for item in _many(value)]
    url = f"{path}/" + (f"?{urlencode(pairs)}" if pairs else "")
    headers = {str(key): str(value) for key, value in (spec.get("headers") or {}).items()}
    body, content_type = _body(spec)
    if content_type:
        headers.setdefault("Content-Type", content_type)
    return url, headers, body


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) and all(isinstance(item, (str, int)) for item in value) else [value]


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _body(spec: Mapping[str, Any]) -> tuple[bytes | None, str | None]:
    if "raw" in spec:
        return str(spec["raw"]).encode(), spec.get("content_type")
    if "form" in spec:
        pairs = [(key, _query_text(value)) for key, value in spec["form"].items()]
        return urlencode(pairs).encode(), "application/x-www-form-urlencoded"
    if "multipart" in spec:
        return _multipart(spec["multipart"]), "multipart/form-data; boundary=script-boundary"
    if "body" in spec:
        return json.dumps(spec["body"]).encode(), spec.get("content_type", "application/json")
    return None, spec.get("content_type")


def _multipart(parts: Mapping[str, Any]) -> bytes:
    """Return a multipart body; a part given as `{file: name, content: text}` is a file."""
    lines = []
    for name, value in parts.items():
        if isinstance(value, Mapping) and "file" in value:
            head = (
                f'Content-Disposition: form-data; name="{name}"; filename="{value["file"]}"\r\nContent-Type: text/csv'
            )
            text = str(value.get("content", ""))
        else:
            head, text = f'Content-Disposition: form-data; name="{name}"', _query_text(value)
        lines.append(f"--script-boundary\r\n{head}\r\n\r\n{text}\r\n")
    return ("".join(lines) + "--script-boundary--\r\n").encode()
