"""Pages of any origin, which SDKs run on: each may send whatever headers it asks for, and read the answer."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Request, Response

VARY = "origin, access-control-request-method, access-control-request-headers"


def is_preflight(request: Request) -> bool:
    """Return whether a browser asks whether it may ask."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def allow(response: Response, request: Request, methods: Sequence[str]) -> Response:
    """Let the page that sent a request read its answer, and a preflight do what it asks.

    Tracing adds headers to a page's requests (`traceparent`, `baggage`): what a preflight names is mirrored.
    """
    headers = response.headers
    origin = request.headers.get("Origin")
    headers["Access-Control-Allow-Origin"] = origin or "*"
    headers["Vary"] = VARY
    if origin:
        headers["Access-Control-Allow-Credentials"] = "true"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        headers["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "")
        if request.headers.get("Access-Control-Request-Private-Network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
    return response
