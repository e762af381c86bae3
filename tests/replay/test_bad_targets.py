"""Servers that are not there, not PostHog, or not well: a line says which and what to do, what was found is kept."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mockserver.replay.wire import is_loopback, wait_seconds
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from tests.conftest import ALL_ACCESS

JSON = {"Content-Type": "application/json"}
ME = {"team": {"id": 1}, "organization": {"id": "01890000-0000-7000-8000-000000000001"}}
QUICK = ("--timeout", "0.4", "--rate", "500")
Answering = Callable[[BaseHTTPRequestHandler], None]


class Quiet(BaseHTTPRequestHandler):
    """Answers every method by the server's one function."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization")))  # type: ignore[attr-defined]
        try:
            self.server.answering(self)  # type: ignore[attr-defined]
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, *arguments: Any) -> None: ...


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def json_of(value: Any, status: int = 200, **headers: str) -> Answering:
    return lambda handler: send(handler, status, json.dumps(value).encode(), Content_Type="application/json", **headers)


@pytest.fixture
def server() -> Iterator[Callable[..., ThreadingHTTPServer]]:
    """Start a server on loopback that answers everything by one function."""
    started: list[ThreadingHTTPServer] = []

    def start(answering: Answering, certificate: Any = None) -> ThreadingHTTPServer:
        made = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        made.answering, made.seen = answering, []  # type: ignore[attr-defined]
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            made.socket = context.wrap_socket(made.socket, server_side=True)
            made.handle_error = lambda *arguments: None  # type: ignore[method-assign]
            scheme = "https"
        made.url = f"{scheme}://127.0.0.1:{made.server_port}"  # type: ignore[attr-defined]
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        started.append(made)
        return made

    yield start
    for each in started:
        each.shutdown()
        each.server_close()


@pytest.fixture
def ask(run):
    """Replay against an address with a key, and return what is said in the one line of the error."""

    def ask(url: str, *more: str, exit_code: int = 3, **environment: str) -> str:
        arguments = ("replay", "--target", f"real={url}", "--api-key-env", "KEY", *QUICK, *more)
        result = run(*arguments, exit_code=exit_code, KEY="phx_secret_key_0000", **environment)
        errors = [line for line in result.output.splitlines() if line.startswith("Error: ")]
        assert len(errors) == 1 and "phx_secret" not in result.output
        return errors[0]

    return ask


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.server.over.wait(5)  # type: ignore[attr-defined]


ANSWERS = [
    (json_of({"detail": "No such key."}, 401), "refuses the key: No such key.; check --api-key-env"),
    (json_of({"detail": "Lacks user:read."}, 403), "name the project with --project"),
    (lambda h: send(h, 200, b"<!doctype html><p>Hello", Content_Type="text/html"), "is it PostHog's API?"),
    (lambda h: send(h, 502, b"<h1>Bad gateway</h1>", Content_Type="text/html"), "answers 502 with text/html"),
    (lambda h: send(h, 404, b"not here", Content_Type="text/plain"), "answers 404 with text/plain"),
    (lambda h: send(h, 301, Location="https://elsewhere.example/"), "redirects to https://elsewhere.example/"),
    (lambda h: send(h, 200, b"[]", Content_Type="application/json"), "is it PostHog's API?"),
    (lambda h: send(h, 200, b'{"team": ', Content_Type="application/json"), "is it PostHog's API?"),
    (lambda h: setattr(h, "close_connection", True), "nothing listens there, or it hangs up"),
    (lambda h: h.wfile.write(b"hello\r\n\r\n"), "nothing listens there, or it hangs up"),
    (endless, "sent more than 25 MiB in one answer; is it PostHog?"),
    (json_of({}, 429, Retry_After="3600"), "it asks not to be asked for 3600 s"),
]


@pytest.mark.parametrize(("answering", "words"), ANSWERS, ids=[words for _, words in ANSWERS])
def test_server_that_is_not_posthog_is_left_with_a_line(server, ask, answering, words) -> None:
    url = server(answering).url
    said = ask(url)
    assert words in said and f"target real ({url})" in said


def test_server_that_says_nothing_is_not_waited_for(server, ask) -> None:
    silent_one = server(silent)
    silent_one.over = threading.Event()
    assert "does not answer in time; try --timeout" in ask(silent_one.url)
    silent_one.over.set()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:1", "is the server running?"),
        ("http://no.such.host.invalid", "cannot be reached"),
    ],
)
def test_address_that_leads_nowhere_is_named(ask, address, words) -> None:
    assert words in ask(address)


def test_project_that_is_not_there_is_named(server, ask) -> None:
    def answering(handler: BaseHTTPRequestHandler) -> None:
        known = handler.path.startswith("/api/users/")
        json_of(ME if known else {"detail": "Project not found."}, 200 if known else 404)(handler)

    assert "has no project 42 that the key can see; check --project" in ask(server(answering).url, "--project", "42")


def test_address_without_a_key_says_how_to_give_one(server, run) -> None:
    url = server(json_of({"detail": "no"}, 401)).url
    said = run("replay", "--target", f"real={url}", *QUICK, exit_code=3).output
    assert "needs a personal API key" in said and "--api-key-env NAME" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "mock:none"], "'none' is no profile: documented, observed"),
        (["--target", "mock", "--target", "mock", "--target", "x=mock"], "at most two"),
        (["--target", "mock", "--target", "mock"], "both targets are called 'mock'"),
        (["--target", "recordings"], "add --target mock"),
        (["--target", "="], "write mock"),
        (["--target", "real=127.0.0.1:8010"], "is no address; write http://host:port"),
        (["--target", "http://"], "is no address"),
        (["--target", "ftp://127.0.0.1/x"], "is no address"),
        (["--target", "mokc"], "'mokc' is no address"),
        (["--target", "mock:documented", "--profile", "observed"], "contradict each other"),
        (["--no-scripts", "--no-properties"], "leave nothing to ask"),
        (["--clean"], "needs the address"),
        (["--only", "anotations"], "finds none of"),
        (["--api-key-env", "KEY"], "has keys of its own"),
        (["--target", "real=http://127.0.0.1:1", "--api-key-env", "NO_SUCH"], "the environment has no NO_SUCH"),
        (["--target", "real=http://127.0.0.1:1", "--api-key-env", "other=KEY"], "no address among the targets"),
        (["--target", "real=http://127.0.0.1:1", "--ca-file", "nowhere.pem"], "does not exist"),
        (["--only", "("], "--only"),
        (["--deviations", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_what_was_asked_for_wrongly_is_said(run, arguments, words) -> None:
    assert words in run("replay", *arguments, exit_code=2, KEY="phx_x").output


def test_pattern_that_finds_nothing_records_nothing(run) -> None:
    said = run("record", "--target", "mock", "--only", "anotations", "--out", "kept", exit_code=2).output
    assert "--only 'anotations' finds none of" in said


def test_mistaken_list_of_differences_is_said_in_one_line(run, tmp_path) -> None:
    (tmp_path / "accepted.yaml").write_text("a: [")
    said = run("replay", "--deviations", str(tmp_path / "accepted.yaml"), exit_code=2).output
    assert "accepted.yaml: not YAML" in said and said.count("\n") == 1


# Certificates and proxies


@pytest.fixture
def certificate(tmp_path):
    pytest.importorskip("cryptography", reason="no certificate can be made without the extra https")
    from mockserver.serving.certificates import make_certificate

    return make_certificate("127.0.0.1", tmp_path)


def test_certificate_that_nobody_signed_is_told_and_can_be_trusted(server, ask, certificate) -> None:
    url = server(json_of({"detail": "no"}, 401), certificate).url
    assert "its certificate is not trusted; check the address, or give --ca-file" in ask(url)
    assert "refuses the key" in ask(url, "--ca-file", str(certificate[0]))


def test_mock_that_serves_https_is_asked_and_left_as_it_was(run, certificate) -> None:
    app = create_app(scenario="empty")
    address = free_address("127.0.0.1", 0, secure=True)
    listening = Server(app, address, certificate=certificate[0], private_key=certificate[1]).start()
    try:
        trust = ("--ca-file", str(certificate[0]))
        run("replay", "--target", address.url, *trust, "--only", "roles_list", "--no-properties")
    finally:
        listening.stop()
    assert [world.id for world in app.extensions["mockserver"]] == ["default"]


def test_server_without_tls_is_told(server, ask) -> None:
    assert "it does not speak TLS; write http://" in ask(server(json_of(ME)).url.replace("http:", "https:"))


def test_proxy_that_refuses_is_named(server, ask) -> None:
    proxy = server(lambda handler: send(handler, 403))
    said = ask("https://posthog.invalid", HTTPS_PROXY=proxy.url, NO_PROXY="")
    assert "the proxy refuses; check HTTPS_PROXY" in said
    assert proxy.seen[0][:2] == ("CONNECT", "posthog.invalid:443")


def test_no_proxy_is_asked_for_this_machine(run, server) -> None:
    proxy = server(lambda handler: send(handler, 403))
    run("replay", "--only", "roles_list", "--no-properties", HTTP_PROXY=proxy.url, http_proxy=proxy.url, NO_PROXY="")
    assert proxy.seen == []


# Servers that are lost on the way


@pytest.fixture
def foreign(contract) -> Iterator[Callable[..., str]]:
    """Serve a mock, in an empty project, as if it were somebody's PostHog; it may be wrapped."""
    servers: list[Server] = []

    def start(wrap: Callable[[Any], Any] = lambda application: application, scenario: str = "demo") -> str:
        application = create_app(scenario=scenario, profile="observed", contract=contract)
        servers.append(Server(wrap(application), free_address("127.0.0.1", 0)).start())
        return servers[-1].address.url

    yield start
    for each in servers:
        each.stop()


def replay(run, url: str, *more: str, exit_code: int = 0, key: str = ALL_ACCESS):
    keys = ("--api-key-env", "real=KEY")
    return run("replay", "--target", f"real={url}", *keys, "--rate", "2000", *more, exit_code=exit_code, KEY=key)


def test_empty_project_is_replayed_against(run, foreign, tmp_path) -> None:
    result = replay(run, foreign(scenario="empty"), "--only", "annotations|cohorts", "--json", "report.json",
                    "--examples", "1", "--coverage", "5")  # fmt: skip
    assert "0 failures" in result.output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["targets"][0]["requests"] > 30 and report["targets"][0]["problem"] is None


class Failing:
    """An application that answers so many requests and then does something else."""

    def __init__(self, application: Any, after: int, then: Callable[..., Any]) -> None:
        self.application, self.after, self.then, self.asked = application, after, then, 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.asked += 1
        if self.asked <= self.after:
            return self.application(environ, start_response)
        return self.then(environ, start_response)


def throttled(environ: Any, start_response: Any) -> list[bytes]:
    start_response("429 Too Many Requests", [("Retry-After", "4000"), ("Content-Length", "2")])
    return [b"{}"]


@pytest.mark.parametrize("more", [("--no-properties",), ("--no-scripts", "--examples", "1", "--coverage", "5")])
def test_what_was_found_is_kept_where_a_server_closes(run, foreign, tmp_path, more) -> None:
    made: list[Failing] = []

    def wrap(application: Any) -> Failing:
        made.append(Failing(application, 60, throttled))  # of which some find out the server's date
        return made[0]

    url = foreign(wrap)
    result = replay(run, url, "--only", "annotations", *more, "--json", "report.json", exit_code=3)
    report = json.loads((tmp_path / "report.json").read_text())
    assert "it asks not to be asked for 4000 s" in report["targets"][0]["problem"]
    assert report["exit_code"] == 3
    seen = sum(sum(o["targets"]["real"]["statuses"].values()) for o in report["operations"])
    assert 4 < seen <= 60
    assert made[0].asked == 61  # it is left alone from then on
    assert "What follows is what was found until then" in " ".join(result.output.split())


def test_server_that_dies_on_the_way_is_given_up_soon(run, foreign, tmp_path) -> None:
    url = foreign(lambda application: Failing(application, 60, lambda *call: sever(*call)))
    replay(
        run, url, "--only", "annotations", "--no-properties", "--timeout", "0.2", "--json", "report.json", exit_code=3
    )
    report = json.loads((tmp_path / "report.json").read_text())
    assert "cannot be reached" in report["targets"][0]["problem"]
    assert any(o["targets"]["real"]["statuses"] for o in report["operations"])


def sever(environ: Any, start_response: Any) -> list[bytes]:
    threading.Event().wait(0.6)  # longer than is waited for
    start_response("200 OK", [("Content-Length", "2")])
    return [b"{}"]


def test_answer_to_wait_is_heeded(run, foreign) -> None:
    asked: list[float] = []

    def busy(application: Any) -> Any:
        def call(environ: Any, start_response: Any) -> Any:
            asked.append(time.monotonic())
            if len(asked) != 8:
                return application(environ, start_response)
            start_response("429 Too Many Requests", [("Retry-After", "1"), ("Content-Length", "2")])
            return [b"{}"]

        return call

    result = replay(run, foreign(busy), "--only", "roles_list", "--no-properties")
    assert "0 failures" in result.output
    assert asked[8] - asked[7] >= 1.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), (" 12 ", 12), ("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_time_to_wait_is_seconds_or_a_date(text, seconds) -> None:
    assert wait_seconds(text) == seconds


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1/", True),
        ("http://localhost/", True),
        ("http://[::1]:80/", True),
        ("http://posthog.com", False),
    ],
)
def test_own_machine_is_known(url, local) -> None:
    assert is_loopback(url) is local
