"""How requests reach a server, over a socket or without one, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from mockserver import create_app
from mockserver.serving.server import Server, free_address

KEY = "phx_mock_session"
MODELLED = "modelled"


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @cached_property
    def body(self) -> Any:
        """Its JSON; nothing where it has none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def source(self) -> str:
        """Whether a family answered, or the document alone."""
        return self.headers.get("X-Mockserver-Source", MODELLED)


Send = Callable[[str, str, Any, str | None], Answer]
"""Sends a method, a path with its query, a body and its media type."""


def over_http(url: str, key: str) -> Send:
    """Return what sends requests to an address."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    session.trust_env = False

    def send(method: str, path: str, body: Any, media: str | None) -> Answer:
        told = _encoded(body, media)
        answer = session.request(method, url.rstrip("/") + path, timeout=60, allow_redirects=False, **told)
        return Answer(answer.status_code, answer.headers, answer.text)

    return send


def in_process(app: Any, key: str) -> Send:
    """Return what asks an application without a socket."""
    client = app.test_client()

    def send(method: str, path: str, body: Any, media: str | None) -> Answer:
        told = _encoded(body, media)
        if "files" in told:
            files = {name: (BytesIO(content), called) for name, (called, content) in told["files"].items()}
            told = {"data": {**told["data"], **files}, "content_type": "multipart/form-data"}
        elif "headers" in told:
            told = {"data": told["data"], "content_type": told["headers"]["Content-Type"]}
        answer = client.open(path, method=method, headers={"Authorization": f"Bearer {key}"}, **told)
        return Answer(answer.status_code, answer.headers, answer.get_data(as_text=True))

    return send


@contextmanager
def serving(document: Path) -> Iterator[str]:
    """Serve a document at a free address of this machine, each answer held to it."""
    server = Server(create_app(openapi=[str(document)], strict=True), free_address("127.0.0.1", 0)).start()
    try:
        yield server.address.url
    finally:
        server.stop()


def _encoded(body: Any, media: str | None) -> dict[str, Any]:
    """Return a body as requests and Flask's client take it."""
    if body is None or media is None:
        return {}
    if "multipart" in media:
        fields = body if isinstance(body, dict) else {}
        files = {name: ("file.txt", str(value).encode()) for name, value in fields.items() if name == "file"}
        text = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in fields.items()
            if name not in files and value is not None
        }
        return {"data": text, "files": files}
    if "form" in media:
        return {"data": urlencode(body, doseq=True), "headers": {"Content-Type": media}}
    if "json" in media:
        return {"data": json.dumps(body), "headers": {"Content-Type": "application/json"}}
    return {"data": body if isinstance(body, str) else json.dumps(body), "headers": {"Content-Type": media}}
