"""An OpenAPI document taken from a file or a server, or a line that says what is wrong with it."""

from __future__ import annotations

import json
import ssl
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

import yaml

from mockserver.diff.errors import UnreadableDocument
from mockserver.diff.shapes import Node
from mockserver.diff.yaml_reading import read_yaml

SCHEMA_PATH = "/api/schema/"
"""Where PostHog, and a mock, serve their own."""
ACCEPT = "application/vnd.oai.openapi+json, application/json, application/yaml;q=0.9, */*;q=0.1"
MOST_BYTES = 64 * 1024 * 1024
TIMEOUT_SECONDS = 60.0


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: a key must not go where nobody sent it."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def read_document(source: str, *, api_key: str | None = None, ca_file: Path | None = None) -> Node:
    """Return the document of a file, or of an address; one without a path stands for PostHog's own schema there.

    Raises: UnreadableDocument.
    """
    return parse(source, read_content(source, api_key=api_key, ca_file=ca_file))


def read_content(source: str, *, api_key: str | None = None, ca_file: Path | None = None) -> bytes:
    """Return what lies in a file or at an address, as it is. Raises: UnreadableDocument."""
    if source.lower().startswith(("http://", "https://")):
        try:
            parts = urlsplit(source)
        except ValueError as error:
            raise UnreadableDocument(f"{source}: {error}; check the address") from None
        source = source if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}{SCHEMA_PATH}"
        return _fetch(source, api_key, ca_file)
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise UnreadableDocument(f"{source}: {error.strerror}") from None


def _fetch(url: str, api_key: str | None, ca_file: Path | None) -> bytes:
    headers = {"Accept": ACCEPT, **({"Authorization": f"Bearer {api_key}"} if api_key else {})}
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        opener = build_opener(_Stay, HTTPSHandler(context=context))
        with opener.open(Request(url, headers=headers), timeout=TIMEOUT_SECONDS) as response:
            content: bytes = response.read(MOST_BYTES + 1)
    except HTTPError as error:
        with error:
            raise UnreadableDocument(f"{url}: {_advice(error)}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise UnreadableDocument(f"{url}: cannot be reached: {reason}; check the address") from None
    if len(content) > MOST_BYTES:
        raise UnreadableDocument(
            f"{url}: it does not end within {MOST_BYTES // 1024**2} MiB; is it an OpenAPI document?"
        )
    return content


def _advice(error: HTTPError) -> str:
    if error.code in (401, 403):
        return f"it answers {error.code}; name a key with --api-key-env"
    if error.code in (301, 302, 303, 307, 308):
        return f"it redirects to {error.headers.get('Location')}; give that address"
    return f"it answers {error.code}; is there an OpenAPI document?"


def parse(source: str, content: bytes) -> Node:
    """Return the document that text spells; `source` is what messages call it. Raises: UnreadableDocument."""
    start = content[:200].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        raise UnreadableDocument(f"{source}: that is an HTML page, not an OpenAPI document; check the address")
    try:
        document = json.loads(content) if start.startswith(b"{") else read_yaml(content)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise UnreadableDocument(f"{source}: neither JSON nor YAML that can be read: {said}") from None
    if not isinstance(document, dict):
        raise UnreadableDocument(f"{source}: no OpenAPI document: it is no object")
    if "swagger" in document:
        raise UnreadableDocument(f"{source}: it is of version {document['swagger']}; OpenAPI 3.0 and 3.1 are read")
    if not str(document.get("openapi", "")).startswith("3."):
        raise UnreadableDocument(f"{source}: no OpenAPI document: `openapi: 3.…` is missing")
    if not isinstance(document.get("paths"), dict):
        raise UnreadableDocument(f"{source}: no OpenAPI document of an API: it has no `paths`")
    return document
