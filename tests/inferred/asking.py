"""A client of a server with documents, for tests that read like what they ask."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

KEY = "phx_mock_all_access"


class Asking:
    def __init__(self, app: Flask, key: str | None = KEY) -> None:
        self.app = app
        self._client = app.test_client()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        given = {} if body is None else {"json": body}
        return self._client.open(path, method=method, headers={**self._headers, **headers}, **given)

    def get(self, path: str) -> Any:
        return self.ask("GET", path).get_json()

    def post(self, path: str, body: Any = None) -> Any:
        return self.ask("POST", path, {} if body is None else body).get_json()

    def patch(self, path: str, body: Any) -> Any:
        return self.ask("PATCH", path, body).get_json()

    def status(self, method: str, path: str, body: Any = None, **headers: str) -> int:
        return self.ask(method, path, body, **headers).status_code
