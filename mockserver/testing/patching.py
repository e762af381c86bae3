"""Answers for code that cannot be told of another address: its calls by requests or httpx never leave this process.

with patch_requests(create_app(), "https://us.posthog.com"):
    ...  # requests to that address are answered by the application
"""

from __future__ import annotations

import io
from asyncio import to_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    import httpx
    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter

CLOUDS = ("https://us.posthog.com", "https://eu.posthog.com", "https://us.i.posthog.com", "https://eu.i.posthog.com")


@contextmanager
def patch_requests(application: Callable[..., Any], *urls: str) -> Iterator[None]:
    """Let an application answer what requests sends to some addresses, PostHog's clouds if none are given.

    Requests to any other address go on their way. It decorates functions too.
    """
    from requests.adapters import HTTPAdapter

    origins = {_origin(url) for url in urls or CLOUDS}
    ordinary = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: PreparedRequest, *rest: Any, **options: Any) -> Response:
        if _origin(request.url or "") in origins:
            return _answer(application, adapter, request)
        return ordinary(adapter, request, *rest, **options)

    with mock.patch.object(HTTPAdapter, "send", send):
        yield


@contextmanager
def patch_httpx(application: Callable[..., Any], *urls: str) -> Iterator[None]:
    """Let an application answer what httpx sends to some addresses, by either of its clients.

    As `patch_requests` does it for requests.
    """
    import httpx

    origins = {_origin(url) for url in urls or CLOUDS}
    answering = httpx.WSGITransport(app=application, raise_app_exceptions=False)
    ordinary, ordinary_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def answer(request: httpx.Request) -> httpx.Response:
        try:
            response = answering.handle_request(request)
            response.read()
        except ConnectionAbortedError as error:
            raise httpx.ReadError(str(error), request=request) from None
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content))

    def send(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        return answer(request) if _origin(str(request.url)) in origins else ordinary(transport, request)

    async def send_async(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        if _origin(str(request.url)) not in origins:
            return await ordinary_async(transport, request)
        whole = httpx.Request(request.method, request.url, headers=request.headers, content=await request.aread())
        return await to_thread(answer, whole)

    with (
        mock.patch.object(httpx.HTTPTransport, "handle_request", send),
        mock.patch.object(httpx.AsyncHTTPTransport, "handle_async_request", send_async),
    ):
        yield


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _answer(application: Callable[..., Any], adapter: HTTPAdapter, request: PreparedRequest) -> Response:
    """Return what an application answers. Raises: requests.ConnectionError where it breaks the connection off."""
    from requests import ConnectionError
    from urllib3 import HTTPHeaderDict, HTTPResponse

    try:
        chunks, status, headers = run_wsgi_app(application, _environ(request), buffered=False)
        content = b"".join(chunks)
    except ConnectionAbortedError as error:
        raise ConnectionError(error, request=request) from None
    code, _, reason = status.partition(" ")
    raw = HTTPResponse(
        io.BytesIO(content), headers=HTTPHeaderDict(list(headers)), status=int(code), reason=reason,
        preload_content=False, request_method=request.method,
    )  # fmt: skip
    return adapter.build_response(request, raw)


def _environ(request: PreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    body = request.body
    if isinstance(body, str):
        body = body.encode()
    elif body is not None and not isinstance(body, bytes):
        body = b"".join(chunk if isinstance(chunk, bytes) else chunk.encode() for chunk in body)
    headers = [(name, value) for name, value in request.headers.items() if name.lower() != "transfer-encoding"]
    builder = EnvironBuilder(
        parts.path or "/", base_url=f"{parts.scheme}://{parts.netloc}", query_string=parts.query,
        method=request.method or "GET", headers=headers, data=body,
    )  # fmt: skip
    return builder.get_environ()
