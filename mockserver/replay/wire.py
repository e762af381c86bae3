"""The wire to one server: time limits, retries, waiting when told to, no redirects followed, nothing unsafe sent.

Every request of a replay goes through an `Adapter`, whoever makes it: scripts, probes, schemathesis.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from mockserver.world.entropy import system_time

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PASSING = frozenset({502, 503, 504})
SERVER_ERRORS = frozenset(range(500, 600)) - {501}
"""Answers of a server that failed; by 501 a mock says that it does not model something."""
MOST_BYTES = 25 * 1024 * 1024
MOST_WAITS = 4
LONGEST_WAIT_SECONDS = 90.0
MOST_FAILURES = 3
"""After so many requests in a row that failed, each with its retries, a server counts as gone."""
CHUNK_BYTES = 64 * 1024


class Unreachable(Exception):
    """A server cannot be talked to; the message says which, and what to do."""

    def __init__(self, target: str, url: str, problem: str) -> None:
        super().__init__(f"target {target} ({url}) {problem}")
        self.target = target


class Closed(requests.ConnectionError):
    """A server asks to be left alone for longer than a replay waits."""


class Refused(requests.RequestException):
    """A request that care for somebody else's server does not allow, and why."""

    def __init__(self, reason: str, what: str = "", **more: Any) -> None:
        super().__init__(f"{what} was not sent: {reason}" if what else reason, **more)
        self.reason = reason


class Guard(Protocol):
    """Decides which requests may be sent, and learns what they made."""

    def refusal(self, method: str, path: str) -> str | None:
        """Return why a request may not be sent, if it may not."""

    def intend(self, method: str, path: str, body: bytes | str | None) -> None:
        """Take note of a request that is about to be sent."""

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
        self.verify: bool | str = True
        self._sleep = sleep
        self._next = 0.0
        self._failures = 0
        self.lost: requests.RequestException | None = None
        """Why nothing is sent any more, if so."""

    def carry(self, session: requests.Session, url: str) -> None:
        """Let all requests of a session to a server take this wire, each with the key that it shows.

        A session without credentials of its own would look in `.netrc` for each request, and send what it finds there;
        one that keeps cookies would let in, after a login, whoever asks without a key. Nor is it asked each time what
        the environment says of proxies and certificates, where neither is for this machine's own.
        """
        session.mount("http://", self)
        session.mount("https://", self)
        session.verify = self.verify
        session.auth = _as_it_is
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.trust_env = not (is_loopback(url) and url.startswith("http:"))

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a request; raises Refused for one that may not be sent, requests' own errors for what breaks.

        A server that fails several times in a row, or asks to be left alone for long, is left alone: what comes after
        fails at once.
        """
        if self.lost is not None:
            raise type(self.lost)(*self.lost.args)
        method, path = str(request.method), str(request.path_url)
        reason = self.guard.refusal(method, path) if self.guard else None
        if reason:
            self.traffic.refused[reason] = self.traffic.refused.get(reason, 0) + 1
            raise Refused(reason, f"{method} {path.partition('?')[0]}", request=request)
        if self.guard:
            self.guard.intend(method, path, request.body)
        options.update(timeout=(self.limits.connect_seconds, self.limits.read_seconds), stream=True)
        if self.verify is not True:  # what the environment says of certificates would win over the session
            options["verify"] = self.verify
        if is_loopback(str(request.url)):
            options["proxies"] = {}  # no proxy reaches this machine's own
        try:
            response = self._persist(request, method, args, options)
        except requests.RequestException as error:
            self._note_failure(error)
            raise
        self._failures = 0
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
            wait = wait_seconds(response.headers.get("Retry-After", ""))
            if wait is not None and wait > LONGEST_WAIT_SECONDS and response.status_code in (429, *PASSING):
                raise Closed(f"it asks not to be asked for {wait:.0f} s; try again then, and with a lower --rate")
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

    def _note_failure(self, error: requests.RequestException) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES or isinstance(error, Closed):
            self.lost = error

    def _pace(self) -> None:
        if self.limits.per_second is None:
            return
        now = time.monotonic()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.limits.per_second


def wait_seconds(text: str, now: datetime | None = None) -> float | None:
    """Return how long a `Retry-After` asks to wait: so many seconds, or until a date; None where it says neither."""
    if text.strip().isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or system_time())).total_seconds())


def is_loopback(url: str) -> bool:
    """Return whether an address is of this machine."""
    host = (urlsplit(url).hostname or "").lower()
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def open_session(adapter: Adapter, url: str, *, verify: bool | str = True) -> requests.Session:
    """Return a session whose requests to a server all take this wire."""
    session = requests.Session()
    adapter.verify = verify
    adapter.carry(session, url)
    return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def explain(name: str, url: str, error: Exception) -> Unreachable:
    """Return what went wrong with a server, in a line that says what to do."""
    match error:
        case Closed():
            advice = str(error)
        case requests.exceptions.SSLError() if "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER" in str(error):
            advice = "it does not speak TLS; write http://"
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
    return Unreachable(name, url, f"cannot be reached: {advice}")
