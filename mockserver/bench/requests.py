"""What a request costs, as ratios to a bare Flask view that returns the same bytes, measured in one run.

Targets stand beside the figures; they are read, never asserted, since a machine has moods.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import flask

from mockserver.app import create_app
from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.store.log import MOST_ITEMS
from mockserver.world import World

KEY = "phx_mock_all_access"
NOTES = "/api/projects/1/annotations/"
ROUNDS = 7
WORLDS = 1000


@dataclass(frozen=True)
class Figure:
    """One measurement: what it took, what the comparison took, and the ratio aimed at."""

    name: str
    took: float
    compared: float
    target: float
    unit: str = "µs"
    against: str = "a bare Flask view"

    @property
    def ratio(self) -> float:
        """How many times the comparison it took."""
        return self.took / self.compared

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        return self.ratio <= self.target


def measure() -> Iterator[Figure]:
    """Yield each figure as it is known."""
    yield from _requests()
    yield from _sizes()
    yield from _worlds()
    yield from _tests()
    yield _thousand()
    yield _journal()
    yield _start()


def send(application: Any, method: str, path: str, query: str = "", body: bytes = b"") -> bytes:
    """Send one request to a WSGI application, with nothing around it that could cost."""
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_AUTHORIZATION": f"Bearer {KEY}", "CONTENT_LENGTH": str(len(body)) if body else "",
        "CONTENT_TYPE": "application/json" if body else "",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    chunks = application(environ, lambda status, headers, error=None: None)
    answer = b"".join(chunks)
    close = getattr(chunks, "close", None)
    if close:
        close()
    return answer


def fastest(work: Callable[[], Any], times: int = 300) -> float:
    """Return the microseconds that one call takes: the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - began) / times)
    return best * 1e6


def _application(notes: int) -> tuple[Any, World]:
    contract = Contract.read()
    application = create_app(scenario="demo", contract=contract)
    world: World = application.extensions["mockserver"].default
    records = [
        {"id": 1000 + n, "content": f"note {n}", "scope": "project", "date_marker": f"2025-01-01T00:00:{n % 60:02d}Z"}
        for n in range(notes)
    ]
    load(contract, world, {"annotations": records})
    return application, world


def _bare(one: bytes, page: bytes) -> flask.Flask:
    bare = flask.Flask("bare")
    shown = flask.json.loads(one)

    @bare.get("/api/projects/<project>/annotations/<note>/")
    def retrieve(project: str, note: str) -> Any:
        return flask.jsonify(shown)

    @bare.get("/api/projects/<project>/annotations/")
    def listing(project: str) -> Any:
        return flask.Response(page, content_type="application/json")

    @bare.post("/api/projects/<project>/annotations/")
    def create(project: str) -> Any:
        flask.request.get_json()
        return flask.jsonify(shown), 201

    return bare


BODY = b'{"content": "hello", "date_marker": "2025-01-01T00:00:00Z", "scope": "project"}'
REQUESTS: tuple[tuple[str, float, tuple[str, str, str, bytes]], ...] = (
    ("GET one record", 2, ("GET", NOTES + "1005/", "", b"")),
    ("GET a list of 100", 4, ("GET", NOTES, "limit=100", b"")),
    ("POST create", 3, ("POST", NOTES, "", BODY)),
)


def _requests() -> Iterator[Figure]:
    application, _ = _application(150)
    bare = _bare(send(application, "GET", NOTES + "1005/"), send(application, "GET", NOTES, "limit=100"))
    for name, target, (method, path, query, body) in REQUESTS:
        compared = fastest(partial(send, bare, method, path, query, body))
        yield Figure(name, fastest(partial(send, application, method, path, query, body)), compared, target)


def _sizes() -> Iterator[Figure]:
    small, _ = _application(100)
    large, _ = _application(100_000)
    for name, _target, (method, path, query, body) in REQUESTS:
        compared = fastest(partial(send, small, method, path, query, body))
        took = fastest(partial(send, large, method, path, query, body))
        yield Figure(f"{name}, 100 000 records", took, compared, 1.5, against="the same at 100")


def _worlds() -> Iterator[Figure]:
    _, world = _application(100_000)
    snapshot = world.store.snapshot()
    yield Figure("fork a world of 100 000", fastest(lambda: world.fork("fork")), 1000, 1, against="a millisecond")
    yield Figure("snapshot it", fastest(world.store.snapshot), 1000, 1, against="a millisecond")
    yield Figure("reset it", fastest(lambda: world.store.restore(snapshot)), 1000, 1, against="a millisecond")


def _tests() -> Iterator[Figure]:
    """Yield what a test costs that has a world of its own, over a socket and in process."""
    from mockserver.testing import PostHogServer

    with PostHogServer() as server:
        server.listen()
        for name, in_process in (("a test: fork, 3 requests, assert", False), ("the same without a socket", True)):
            took = fastest(partial(_run_test, server, in_process=in_process), times=20)
            yield Figure(name, took, 10_000, 1, against="10 milliseconds")


def _run_test(server: Any, *, in_process: bool) -> None:
    world = server.create_world()
    path = f"/api/projects/{world.project_id}/annotations/"
    with world.open_client(in_process=in_process) as client:
        client.post(path, json={"content": "Launch"})
        client.get(path)
        client.get(path, params={"search": "launch"})
    world.assert_called("annotations_create", times=1, body={"content": "Launch"})
    world.close()


def _thousand() -> Figure:
    """Return what a thousand worlds take in memory, each of them written to."""
    program = f"""
import sys
from mockserver.app import create_app
from mockserver.client import ControlPlane, in_process

app = create_app()
plane, client = ControlPlane(transport=in_process(app)), app.test_client()
for world in [plane.create_world() for _ in range({WORLDS})]:
    path = f"/api/projects/{{world.project_id}}/annotations/"
    answer = client.post(path, json={{"content": "x"}}, headers={{"Authorization": f"Bearer {{world.api_key}}"}})
    assert answer.status_code == 201
sys.stdout.write(open("/proc/self/statm").read().split()[1])
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    resident = int(done.stdout) * resource.getpagesize() / 2**20
    return Figure("1 000 worlds of demo at once", resident, 300, 1, "MiB", "300 MiB")


def _journal() -> Figure:
    """Return how many requests a world remembers of three times as many as it should."""
    application, world = _application(1)
    for _ in range(3 * MOST_ITEMS):
        send(application, "GET", NOTES, "limit=1")
    return Figure("requests remembered of 3 000", len(world.store.log), MOST_ITEMS, 1, "", "what a journal holds")


def _start() -> Figure:
    program = "from mockserver import create_app; create_app().test_client().get('/__admin/health')"
    took = min(_run(program) for _ in range(5))
    flask_alone = min(_run("import flask") for _ in range(5))
    return Figure("start to first answer, demo", took * 1e3, flask_alone * 1e3, 3, "ms", "python -c 'import flask'")


def _run(program: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return time.perf_counter() - began
