"""The browser code of a plugin, as a module that a page imports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

FRONTEND, TRANSPILED = "frontend.tsx", "TRANSPILED"


def frontend_module(source: Any) -> str:
    """Return the browser code in a plugin's source, or a module that tells why there is none.

    A source is that code, or holds the plugin's files by name: each of them text, served as it is, or what servers keep
    of one (`transpiled`, `status`, `error`).
    """
    if isinstance(source, Mapping):
        source = source.get(FRONTEND)
    if isinstance(source, str):
        return source
    if not isinstance(source, Mapping):
        reason: dict[str, Any] = {"no_frontend": True}
    elif source.get("status") == TRANSPILED:
        return str(source.get("transpiled") or "")
    elif source.get("status") in (None, "LOCKED"):
        reason = {"transpiling": True}
    else:
        reason = {"error": source.get("error") or "Error Compiling Plugin"}
    return f"export function getFrontendApp () {{ return {json.dumps(reason)} }}"
