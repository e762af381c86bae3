"""Ways in which a server can stop keeping the contract, put between a client and the fake, one at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mockserver.contract import Operation
from mockserver.replay.targets import UNKNOWN_KEY

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
Find = Callable[[str, str], Operation | None]


@dataclass
class Reply:
    """An answer on its way out, which a break may change."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; nothing where it is none."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None

    def put(self, value: Any) -> None:
        """Give the answer another JSON body."""
        self.body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Break:
    """One thing broken at one operation."""

    kind: str
    operation: str
    """Id of the operation."""
    outgoing: Callable[[Reply], None] | None = None
    """Changes answers."""
    incoming: Callable[[Environ], Reply | None] | None = None
    """Changes requests, or answers them without the server."""
    forgets: bool = False
    """Whether what the operation writes is undone behind its answer."""
    what: str = ""

    def __str__(self) -> str:
        return f"{self.operation}: {self.kind}{f' ({self.what})' if self.what else ''}"


class Breaker:
    """An application that keeps the contract but for what is broken at the moment."""

    def __init__(self, application: Application, world: Any, find: Find) -> None:
        self._application = application
        self._world = world
        self._find = find
        self._break: Break | None = None

    def apply(self, broken: Break | None) -> None:
        """Break one thing; nothing mends it."""
        self._break = broken

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        broken = self._break
        meant = self._find(environ["REQUEST_METHOD"], str(environ.get("PATH_INFO", ""))) if broken else None
        if broken is None or meant is None or meant.id != broken.operation:
            return self._application(environ, start)
        reply = broken.incoming(environ) if broken.incoming else None
        if reply is None:
            before = self._world.store.snapshot() if broken.forgets else None
            reply = answer_of(self._application, environ)
            if before is not None:
                self._world.store.restore(before)
            if broken.outgoing:
                broken.outgoing(reply)
        return give(reply, start)


def answer_of(application: Application, environ: Environ) -> Reply:
    """Return what an application answers to a request."""
    seen: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
        seen.update(status=int(status.split(" ", 1)[0]), headers=dict(headers))

    chunks = application(environ, start)
    body = b"".join(chunks)
    close = getattr(chunks, "close", None)
    if close:
        close()
    return Reply(seen["status"], seen["headers"], body)


def give(reply: Reply, start: Start) -> list[bytes]:
    """Give an answer as an application does."""
    headers = {name: value for name, value in reply.headers.items() if name.lower() != "content-length"}
    reason = responses.get(reply.status, "Unknown")
    start(f"{reply.status} {reason}", [*headers.items(), ("Content-Length", str(len(reply.body)))])
    return [reply.body]


# Changes of answers ---------------------------------------------------------------------------------------------------


def on_success(change: Callable[[Any], Any]) -> Callable[[Reply], None]:
    """Return a change of the JSON of successes."""

    def outgoing(reply: Reply) -> None:
        value = reply.json
        if 200 <= reply.status < 300 and value is not None:
            reply.put(change(value))

    return outgoing


def on_error(change: Callable[[dict[str, Any]], Any]) -> Callable[[Reply], None]:
    """Return a change of the error envelope."""

    def outgoing(reply: Reply) -> None:
        value = reply.json
        if reply.status >= 400 and isinstance(value, dict):
            reply.put(change(value))

    return outgoing


def each(change: Callable[[dict[str, Any]], None]) -> Callable[[Any], Any]:
    """Return a change of every record of an answer: the rows of a page or list, where it has any, else itself."""

    def changed(value: Any) -> Any:
        rows = value.get("results") if isinstance(value, dict) and "results" in value else value
        records = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        for record in records or ([value] if isinstance(value, dict) else []):
            change(record)
        return value

    return changed


def without(name: str) -> Callable[[dict[str, Any]], None]:
    """Return a change that leaves a field out."""
    return lambda row: row.pop(name, None) and None


def renamed(name: str, to: str) -> Callable[[dict[str, Any]], None]:
    """Return a change that gives a field another name."""

    def change(row: dict[str, Any]) -> None:
        if name in row:
            row[to] = row.pop(name)

    return change


def valued(name: str, value: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    """Return a change of a field's value, where the field is."""

    def change(row: dict[str, Any]) -> None:
        if name in row:
            row[name] = value(row[name])

    return change


def paged(**values: Any) -> Callable[[Any], Any]:
    """Return a change of a page's own fields."""
    return lambda page: {**page, **{name: value for name, value in values.items() if name in page}}


def reversed_rows(value: Any) -> Any:
    """Return a page or list with its rows in the opposite order."""
    if isinstance(value, list):
        return value[::-1]
    return {**value, "results": value["results"][::-1]} if isinstance(value.get("results"), list) else value


def status(wrong: int) -> Callable[[Reply], None]:
    """Return a change of the status of successes."""

    def outgoing(reply: Reply) -> None:
        if 200 <= reply.status < 300:
            reply.status = wrong

    return outgoing


def headless(name: str) -> Callable[[Reply], None]:
    """Return a change that leaves a header out."""

    def outgoing(reply: Reply) -> None:
        for held in [held for held in reply.headers if held.lower() == name.lower()]:
            del reply.headers[held]

    return outgoing


def typed(media_type: str) -> Callable[[Reply], None]:
    """Return a change of the content type."""

    def outgoing(reply: Reply) -> None:
        if reply.body:
            headless("content-type")(reply)
            reply.headers["Content-Type"] = media_type

    return outgoing


def failing(once_in: int) -> Callable[[Reply], None]:
    """Return a change that makes every so many answers a 500."""
    count = 0

    def outgoing(reply: Reply) -> None:
        nonlocal count
        count += 1
        if count % once_in == 0:
            reply.status = 500
            reply.put({"type": "server_error", "code": "error", "detail": "A server error occurred.", "attr": None})

    return outgoing


def slow(seconds: float) -> Callable[[Reply], None]:
    """Return a change that lets answers wait."""
    return lambda reply: time.sleep(seconds)


# Changes of requests --------------------------------------------------------------------------------------------------


def ignoring(*names: str) -> Callable[[Environ], None]:
    """Return a change that makes query parameters go unheard."""

    def incoming(environ: Environ) -> None:
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        environ["QUERY_STRING"] = urlencode([(name, value) for name, value in pairs if name not in names])

    return incoming


def trusting(keys: Mapping[str, str]) -> Callable[[Environ], None]:
    """Return a change that takes some keys for others that may do more."""

    def incoming(environ: Environ) -> None:
        held = str(environ.get("HTTP_AUTHORIZATION", "")).removeprefix("Bearer ")
        if held in keys:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {keys[held]}"

    return incoming


def answering(code: int) -> Callable[[Environ], Reply | None]:
    """Return a change that answers writes without doing anything; those without a key are still refused."""

    def incoming(environ: Environ) -> Reply | None:
        held = str(environ.get("HTTP_AUTHORIZATION", ""))
        is_let_in = "phx_" in held and UNKNOWN_KEY not in held
        return Reply(code, {"Allow": "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"}, b"") if is_let_in else None

    return incoming


def redirecting(environ: Environ) -> Reply | None:
    """Send whoever leaves out the trailing slash elsewhere."""
    path = str(environ["PATH_INFO"])
    if path.endswith("/"):
        return None
    return Reply(301, {"Location": f"{path}/", "Content-Type": "text/html"}, b"<p>Moved</p>")
