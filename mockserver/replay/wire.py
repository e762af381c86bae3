"""The wire to one server: time limits, retries, waiting when told to, no redirects followed, nothing unsafe sent.

Every request of a replay goes through an `Adapter`, whoever makes it: scripts, probes, schemathesis.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PASSING = frozenset({502, 503, 504})
MOST_BYTES = 25 * 1024 * 1024
MOST_WAITS = 4
LONGEST_WAIT_SECONDS = 90.0
CHUNK_BYTES = 64 * 1024


class Unreachable(Exception):
    """A server cannot be talked to; the message says which, and what to do."""


class Refused(requests.RequestException):
    """A request that care for somebody else's server does not allow."""


class Guard(Protocol):
    """Decides which requests may be sent, and learns what they made."""

    def refusal(self, method: str, path: str) -> str | None:
        """Return why a request may not be sent, if it may not."""

    def note(self, method: str, path: str, status: int, body: bytes) -> None:
        """Take note of an answer."""


@dataclass
class Limits:
    """What a server is asked to bear, and how long it is waited for."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    total_seconds: float = 60.0
    retries: int = 2
    per_second: float | None = None
    """Most requests in a second; None for as many as it answers."""
    most_bytes: int = MOST_BYTES


@dataclass
class Traffic:
    """What happened on a wire."""

    requests: int = 0
    seconds: float = 0.0
    retried: int = 0
    waited_seconds: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)
    """How many requests were not sent, by the reason."""


class Adapter(HTTPAdapter):
    """Sends the requests of one target."""

    def __init__(
        self, name: str, limits: Limits, guard: Guard | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(pool_connections=4, pool_maxsize=16)
        self.name = name
        self.limits = limits
        self.guard = guard
        self.traffic = Traffic()
        self._sleep = sleep
        self._next = 0.0

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a request; raises Refused for one that may not be sent, requests' own errors for what breaks."""
        method, path = str(request.method), str(request.path_url)
        reason = self.guard.refusal(method, path) if self.guard else None
        if reason:
            self.traffic.refused[reason] = self.traffic.refused.get(reason, 0) + 1
            raise Refused(f"{method} {path.partition('?')[0]} was not sent: {reason}", request=request)
        options.update(timeout=(self.limits.connect_seconds, self.limits.read_seconds), stream=True)
        response = self._persist(request, method, args, options)
        if self.guard:
            self.guard.note(method, path, response.status_code, response.content)
        return response

    def _persist(
        self, request: requests.PreparedRequest, method: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> requests.Response:
        """Send until there is an answer that stands: waiting when told to, retrying only what reads."""
        tries = self.limits.retries if method in SAFE else 0
        waits = 0
        while True:
            self._pace()
            try:
                response = self._once(request, args, options)
            except (requests.ConnectionError, requests.Timeout):
                if tries <= 0:
                    raise
                tries -= 1
                self.traffic.retried += 1
                self._sleep(0.2 * 2 ** (self.limits.retries - tries))
                continue
            wait = _wait_seconds(response)
            if response.status_code == 429 and wait is not None and waits < MOST_WAITS:
                waits += 1
                self.traffic.waited_seconds += wait
                self._sleep(wait)
            elif response.status_code in PASSING and tries > 0:
                tries -= 1
                self.traffic.retried += 1
                self._sleep(wait if wait is not None else 0.5)
            else:
                return response

    def _once(
        self, request: requests.PreparedRequest, args: tuple[Any, ...], options: dict[str, Any]
    ) -> requests.Response:
        started = time.perf_counter()
        response = super().send(request, *args, **options)
        body = bytearray()
        try:
            for chunk in response.iter_content(CHUNK_BYTES):
                body += chunk
                if len(body) > self.limits.most_bytes:
                    raise requests.exceptions.ContentDecodingError(
                        f"{self.name} sent more than {self.limits.most_bytes // 1024**2} MiB in one answer"
                    )
                if time.perf_counter() - started > self.limits.total_seconds:
                    raise requests.Timeout(f"{self.name} did not end an answer in {self.limits.total_seconds:g} s")
        finally:
            response.close()
        vars(response)["_content"] = bytes(body)
        self.traffic.requests += 1
        self.traffic.seconds += time.perf_counter() - started
        return response

    def _pace(self) -> None:
        if self.limits.per_second is None:
            return
        now = time.monotonic()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.limits.per_second


def _wait_seconds(response: requests.Response) -> float | None:
    """Return how long an answer asks to wait, if it does, and not for too long."""
    text = response.headers.get("Retry-After", "")
    if not text.strip().isdigit():
        return None
    return min(float(text), LONGEST_WAIT_SECONDS)


def open_session(adapter: Adapter, *, verify: bool | str = True) -> requests.Session:
    """Return a session whose requests all take this wire, and that follows no redirect."""
    session = requests.Session()
    session.verify = verify
    session.max_redirects = 0
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def explain(name: str, url: str, error: Exception) -> Unreachable:
    """Return what went wrong with a server, in a line that says what to do."""
    match error:
        case requests.exceptions.SSLError():
            advice = "its certificate is not trusted; check the address, or give --ca-file"
        case requests.exceptions.ProxyError():
            advice = "the proxy refuses; check HTTPS_PROXY and NO_PROXY"
        case requests.exceptions.ConnectTimeout():
            advice = "it does not take connections; check the address and the network"
        case requests.Timeout():
            advice = "it takes connections and does not answer in time; try --timeout, or later"
        case (
            requests.exceptions.InvalidURL() | requests.exceptions.InvalidSchema() | requests.exceptions.MissingSchema()
        ):
            advice = "that is no address; write http://host:port or https://host"
        case requests.exceptions.ContentDecodingError():
            advice = f"{error}; is it PostHog?"
        case _:
            advice = "nothing listens there, or it hangs up; is the server running?"
    return Unreachable(f"target {name} ({url}) cannot be reached: {advice}")
