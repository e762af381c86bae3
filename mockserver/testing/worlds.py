"""What the fixtures of the pytest plugin are: a server in this process, and worlds with what tests ask of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mockserver.serving.app import create_app
from mockserver.testing.client import ControlError, ControlPlane, World, in_process
from mockserver.traffic.journal import to_text

if TYPE_CHECKING:
    import httpx

    from mockserver.serving.server import Server

MOST_SHOWN = 20
__tracebackhide__ = True  # pytest shows the line of the test that was wrong, not how it was found out here


class PostHogServer:
    """The fake in this process; it listens at a socket once somebody wants it to.

    `url`, once it listens, and `plane`, its control plane, work without a socket.
    """

    def __init__(
        self, *, scenario: str | None = None, profile: str | None = None, seed: int = 0,
        freeze_time: str | None = None, openapi: Sequence[str] = (), overrides: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.app = create_app(
            scenario=scenario or "demo", profile=profile or "documented", seed=seed, freeze_time=freeze_time,
            openapi=openapi, overrides=overrides,
        )  # fmt: skip
        self.plane = ControlPlane("http://posthog.test", transport=in_process(self.app))
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.plane.url

    def listen(self) -> PostHogServer:
        """Start to listen at a free port of this machine, if it does not yet."""
        if self._server is None:
            from mockserver.serving.server import Server, free_address

            self._server = Server(self.app, free_address("127.0.0.1", 0)).start()
            self.plane.url = self._server.address.url
        return self

    def create_world(self, **settings: Any) -> PostHog:
        """Make a world, its settings those of the server unless they are given."""
        made = self.plane.create_world(**settings)
        return PostHog(self, self.plane.call("GET", f"/worlds/{made.id}"))

    def __enter__(self) -> PostHogServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()


class PostHog(World):
    """A world of a test's own: what its client needs, what it may be made to do, and what is expected of it."""

    def __init__(self, server: PostHogServer, about: Mapping[str, Any]) -> None:
        super().__init__(server.plane, about)
        self._server = server
        self._http: httpx.Client | None = None

    @property
    def http(self) -> httpx.Client:
        """An httpx client with the world's key, over the socket."""
        if self._http is None:
            self._http = self.open_client()
        return self._http

    def open_client(self, *, in_process: bool = False) -> httpx.Client:
        """Return an httpx client with the world's key: over the socket, or calling the application itself."""
        try:
            import httpx
        except ImportError:
            raise ControlError(501, {"detail": "this needs httpx: pip install httpx"}) from None
        headers = {"Authorization": f"Bearer {self.api_key}"}
        if in_process:
            transport = httpx.WSGITransport(app=self._server.app)
            return httpx.Client(transport=transport, base_url="http://posthog.test", headers=headers)
        return httpx.Client(base_url=self._server.listen().url, headers=headers, verify=_trust())

    def close(self) -> None:
        """Remove the world."""
        if self._http is not None:
            self._http.close()
        try:
            self.delete()
        except ControlError as error:
            if error.status != 404:  # the test itself may have removed it
                raise

    # Events

    def capture(
        self, event: str, distinct_id: str = "user", properties: Mapping[str, Any] | None = None,
        timestamp: str | None = None,
    ) -> None:  # fmt: skip
        """Let an event have been captured; it makes and changes persons as one that an SDK sends does."""
        record: dict[str, Any] = {"event": event, "distinct_id": distinct_id, "properties": dict(properties or {})}
        self.load(events=[{**record, "timestamp": timestamp} if timestamp else record])

    @property
    def captured(self) -> list[dict[str, Any]]:
        """Every event that arrived since the world was made, in the order in which they came."""
        return self.events()

    # Expectations

    def assert_called(
        self, operation: str | None = None, *, times: int | None = None, at_least: int | None = None,
        at_most: int | None = None, within: float | None = None, **match: Any,
    ) -> None:  # fmt: skip
        """Fail unless such requests were made: at least once, or as often as said.

        `match` says more of them: `method`, `path`, `query`, `headers`, `body`, `status`. Those that code in the
        background still makes are waited for, up to `within` seconds.
        """
        __tracebackhide__ = True
        if operation is not None:
            match["operation"] = operation
        verdict = self.verify(match, count=times, at_least=at_least, at_most=at_most, within=within)
        if not verdict["ok"]:
            wanted = ", ".join(f"{name} {value!r}" for name, value in match.items()) or "anything"
            raise AssertionError(
                f"{_counted(verdict['matched'])} made with {wanted}; expected "
                f"{_expected(times, at_least, at_most)}{_near(verdict['near_misses'])}"
            )

    def assert_captured(
        self, event: str, *, distinct_id: str | None = None, properties: Mapping[str, Any] | None = None,
        times: int | None = None, at_least: int | None = None, at_most: int | None = None,
        within: float | None = None,
    ) -> None:  # fmt: skip
        """Fail unless such an event arrived: at least once, or as often as said; `properties` may say only some.

        What an SDK sends from its own thread is waited for, up to `within` seconds.
        """
        __tracebackhide__ = True
        match: dict[str, Any] = {"event": event, "properties": dict(properties or {})}
        if distinct_id is not None:
            match["distinct_id"] = distinct_id
        verdict = self.verify_events(match, count=times, at_least=at_least, at_most=at_most, within=within)
        if not verdict["ok"]:
            close = [miss for miss in verdict["near_misses"] if miss["event"]["event"] == event]
            lines = [f"  close: {miss['event']['distinct_id']}: {'; '.join(miss['differences'])}" for miss in close]
            names = ", ".join(sorted({held["event"] for held in self.captured})) or "none"
            raise AssertionError("\n".join([
                f"{verdict['matched']} such events {event!r} arrived; expected {_expected(times, at_least, at_most)}",
                *lines, f"  events that arrived: {names}",
            ]))  # fmt: skip

    def assert_flag_called(
        self, key: str, *, value: Any = None, distinct_id: str | None = None, times: int | None = None,
        within: float | None = None,
    ) -> None:  # fmt: skip
        """Fail unless an SDK reported that it asked for a flag, and got `value` if one is given."""
        __tracebackhide__ = True
        got = {} if value is None else {"$feature_flag_response": value}
        self.assert_captured(
            "$feature_flag_called", distinct_id=distinct_id, properties={"$feature_flag": key, **got}, times=times,
            within=within,
        )  # fmt: skip

    def describe_requests(self) -> str:
        """Return the latest requests of the world as lines to read."""
        try:
            answer = self.plane.call("GET", f"/worlds/{self.id}/requests", query={"limit": MOST_SHOWN})
        except ControlError as error:
            return f"(the world is gone: {error})"
        hidden = answer["count"] - len(answer["requests"])
        text = to_text(answer["requests"]) or "(none)"
        return f"({hidden} before these)\n{text}" if hidden else text


@cache
def _trust() -> SSLContext:
    """Return what clients trust; httpx would read it anew for each, which takes longer than a whole test."""
    import httpx

    return httpx.create_ssl_context()


def _expected(times: int | None, at_least: int | None, at_most: int | None) -> str:
    said = [
        f"{words} {number}"
        for words, number in (("exactly", times), ("at least", at_least), ("at most", at_most))
        if number is not None
    ]
    return " and ".join(said) or "at least 1"


def _counted(number: int) -> str:
    return "1 request was" if number == 1 else f"{number} requests were"


def _near(misses: list[dict[str, Any]]) -> str:
    lines = []
    for miss in misses:
        request = miss["request"]
        lines.append(f"\n  close: {request['method']} {request['path']}: {'; '.join(miss['differences'])}")
    return "".join(lines)
