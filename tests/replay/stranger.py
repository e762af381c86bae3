"""A stranger: a PostHog that a replay cannot recognise, since nothing about it says that it is ours.

It carries no `X-Mockserver`, has no control plane, knows none of the demo world's keys and holds a world of its own,
behind headers as a real installation has them. It fails where recorded servers failed, limits rates when asked to, can
be slow, of an earlier date, and can die at any request.

    python -m tests.replay.stranger --port 8020        its address and keys on standard output, until it is stopped
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from mockserver.contract import Contract
from mockserver.seeding.loading import load
from mockserver.serving.app import create_app
from mockserver.world.worlds import World
from tests.replay.breakage import Reply, answer_of, give

WORLD = Path(__file__).with_name("stranger.yaml")
ORGANIZATION = "01a1fa02-795e-0000-44fd-6e758876ace7"
PROJECT = 42
KEYS: Mapping[str, Mapping[str, Any]] = {
    "all_access": {"user_id": 1, "scopes": ["*"]},
    "session": {"user_id": 1, "scopes": []},
    "admin": {"user_id": 2, "scopes": ["*"]},
    "member": {"user_id": 3, "scopes": ["*"]},
    "outsider": {"user_id": 5, "scopes": ["*"]},
    "read_only": {"user_id": 1, "scopes": ["*:read"]},
    "limited": {"user_id": 1, "scopes": ["insight:write"]},
}
FAILURES = (
    r"GET .*[?&]limit=(0|-\d+)(\.\d+)?(&.*)?",
    r"GET /api/(projects|environments)/\d+/persons/cohorts/?(\?.*)?",
    r"GET /api/projects/\d+/persons/(funnel|lifecycle|stickiness|trends)/?(\?.*)?",
)
"""What recorded servers fail on, once they have let somebody in."""


def key_of(role: str) -> str:
    """Return the key that a stranger gives to a role."""
    return f"phx_{role.replace('_', '')}".ljust(47, "0")


Application = Callable[..., Iterable[bytes]]


@dataclass(frozen=True)
class Variant:
    """What kind of stranger it is."""

    name: str
    scenario: Path | str = WORLD
    roles: Mapping[str, str] = field(default_factory=lambda: {role: role for role in KEYS})
    """Whose key stands for each role that a replay is told of."""
    earlier: bool = False
    """Whether it is a server of August 2025."""
    fails: bool = True
    """Whether it fails where recorded servers do."""
    throttled_every: int = 0
    """One request in so many is answered with 429."""
    delay_seconds: float = 0.0

    def __str__(self) -> str:
        return self.name


EMPTY = Path(__file__).with_name("stranger_empty.yaml")
FULL = Variant("full")
VARIANTS = (
    FULL,
    Variant("one key", roles={"all_access": "all_access"}),
    Variant("empty project", scenario=EMPTY, roles={"all_access": "all_access"}),
    Variant("member's key", roles={"all_access": "member"}),
    Variant("read-only key", roles={"all_access": "read_only"}),
    Variant("earlier", earlier=True),
    Variant("slow and throttled", throttled_every=60, delay_seconds=0.002),
)


class Stranger:
    """A variant of it, listening; a context manager that stops it."""

    def __init__(
        self, contract: Contract, variant: Variant = FULL, *, wrap: Callable[[Any], Application] = lambda app: app,
        port: int = 0, world: World | None = None,
    ) -> None:  # fmt: skip
        self.variant = variant
        self.application = create_app(
            world,
            scenario=str(variant.scenario),
            profile="observed@2025-08" if variant.earlier else "observed",
            admin=False,
            cors="off",
            contract=contract,
        )
        self.world: World = self.application.extensions["mockserver"].default
        self.keys = {role: key_of(role) for role in KEYS}
        users = {user["id"] for user in self.world.view().table("users")} if world is None else set()
        made = [
            {"value": value, "label": role, **KEYS[role]}
            for role, value in self.keys.items()
            if KEYS[role]["user_id"] in users
        ]
        load(contract, self.world, {"api_keys": made})
        self.application.extensions["mockserver"].register(self.world.settle())
        self.asked: list[tuple[str, str, int]] = []
        """Method, path and status of each request that was answered."""
        self.dies_after: int | None = None
        """After so many answers it is gone, as a process that was killed is."""
        self.before: Callable[[int], None] = lambda number: None
        """Told of each request before it is answered: how many were before it."""
        self._inner = wrap(self.application)
        self._open: set[socket.socket] = set()
        self._server = make_server("127.0.0.1", port, self, threaded=True, request_handler=_handler(self._open))
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Stranger:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def environment(self) -> dict[str, str]:
        """Variables that hold the keys which a replay is told of."""
        return {f"KEY_{role.upper()}": self.keys[whose] for role, whose in self.variant.roles.items()}

    @property
    def options(self) -> list[str]:
        """The options of a replay that name it, its keys, and no limit of its rate."""
        given = [f"--api-key-env={role}=KEY_{role.upper()}" for role in self.variant.roles if role != "all_access"]
        return ["--target", f"real={self.url}", "--api-key-env=real=KEY_ALL_ACCESS", *given, "--rate", "5000"]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self.die()

    def die(self) -> None:
        """Be gone at once, whoever is being answered."""
        self._server.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        number = len(self.asked)
        self.before(number)
        if self.dies_after is not None and number >= self.dies_after:
            self.die()
            raise ConnectionAbortedError
        reply = self._answer(environ)
        self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], reply.status))
        return give(reply, start)

    def _answer(self, environ: dict[str, Any]) -> Reply:
        variant = self.variant
        time.sleep(variant.delay_seconds)
        if variant.throttled_every and len(self.asked) % variant.throttled_every == variant.throttled_every - 1:
            reply = _error(
                429, "throttled_error", "throttled", "Request was throttled. Expected available in 1 second."
            )
            reply.headers["Retry-After"] = "1"
        else:
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            asked = f"{method} {path}?{environ.get('QUERY_STRING', '')}"
            reply = answer_of(self._inner, environ)
            is_in = reply.status not in (401, 403, 404)
            if variant.fails and is_in and any(re.fullmatch(pattern, asked) for pattern in FAILURES):
                reply = _error(500, "server_error", "error", "A server error occurred.")
        return _dressed(reply)


def _error(status: int, kind: str, code: str, detail: str) -> Reply:
    reply = Reply(status, {"Content-Type": "application/json"}, b"")
    reply.put({"type": kind, "code": code, "detail": detail, "attr": None})
    return reply


def _dressed(reply: Reply) -> Reply:
    """Return an answer with the headers that a real installation puts around it, and none of ours."""
    kept = {name: value for name, value in reply.headers.items() if not name.lower().startswith("x-mockserver")}
    vary = ", ".join(filter(None, [kept.pop("Vary", ""), "Origin"]))
    reply.headers = {**kept, "Vary": vary, "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "same-origin"}
    return reply


def _handler(connections: set[socket.socket]) -> type[WSGIRequestHandler]:
    """Return what reads requests, and knows the connections that are open."""

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            connections.add(self.connection)

        def finish(self) -> None:
            connections.discard(self.connection)
            try:
                super().finish()
            except OSError:
                return

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, ValueError):
                self.close_connection = True

        def version_string(self) -> str:
            return "nginx"

        def log(self, type: str, message: str, *args: Any) -> None: ...

    return Handler


def main(arguments: list[str]) -> int:
    """Serve one until the process is stopped; its address and keys stand in the one line that it prints."""
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    variant = next(v for v in VARIANTS if v.name == options.get("--variant", FULL.name))
    stranger = Stranger(Contract.read(), variant, port=int(options.get("--port", 0)))
    print(json.dumps({"url": stranger.url, **stranger.environment}), flush=True)
    threading.Event().wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
