"""Keys, carried as a document says: in a header, a query or a cookie of its own, or as basic authentication."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from flask import Request


def carry(schemes: Mapping[str, Any], asked: Request) -> None:
    """Put a key that is carried as one of a document's ways of showing it says where the road looks for one."""
    environ = asked.environ
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    for scheme in schemes.values():
        key = None
        if scheme.get("type") == "apiKey" and not authorization:
            places: Mapping[str, Any] = {"header": asked.headers, "query": asked.args, "cookie": asked.cookies}
            key = places.get(str(scheme.get("in")), {}).get(str(scheme.get("name")))
        elif authorization.lower().startswith("basic "):
            key = _of_basic(authorization)
        if key:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {key.removeprefix('Bearer ')}"
            return


def _of_basic(authorization: str) -> str | None:
    """Return the key of basic authentication: the password, else the name."""
    try:
        name, _, password = base64.b64decode(authorization[6:].strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return password or name or None
