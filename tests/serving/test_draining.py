"""Answers that do not wait for a body: over one connection, kept alive, whatever is asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import cycle, islice

import pytest

from mockserver.request.parsing import MAX_BODY_BYTES
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address

KEY = "phx_mock_all_access"
TOKEN = "s3cret"
EARLY = [
    ("POST", "/__admin/worlds/default/load", "wrong", 401),
    ("POST", "/__admin/worlds/none/load", TOKEN, 404),
    ("PUT", "/__admin/health", TOKEN, 405),
    ("POST", "/__admin/nothing", TOKEN, 404),
    ("POST", "/__admin/worlds/default/reset", TOKEN, 204),
    ("POST", "/api/projects/1/annotations/", "wrong", 401),
    ("POST", "/api/projects/77/annotations/", KEY, 404),
    ("DELETE", "/api/projects/1/persons/", KEY, 403),
    ("POST", "/api/nothing/", KEY, 404),
    ("POST", "/api/projects/1/annotations/", "phx_mock_read_only", 403),
    ("GET", "/api/projects/1/annotations/", KEY, 200),
    ("POST", "/api/schema/", KEY, 405),
    ("POST", "/", KEY, 404),
]
BODY = b'{"content": "' + 300 * b"x" + b'"}'
CHUNKED = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:9], BODY[9:])) + b"0\r\n\r\n"


@pytest.fixture(scope="module")
def server(contract) -> Iterator[Server]:
    app = create_app(scenario="empty", admin_token=TOKEN, contract=contract)
    server = Server(app, free_address("127.0.0.1", 0)).start()
    yield server
    server.stop()


@pytest.fixture
def connection(server) -> Iterator[socket.socket]:
    with socket.create_connection((server.address.host, server.address.port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def head(method: str, path: str, key: str, length: int | None = None) -> bytes:
    carried = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = (f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}",
             "Content-Type: application/json", carried, "", "")  # fmt: skip
    return "\r\n".join(lines).encode()


def answer(connection: socket.socket) -> tuple[int, dict[str, str]]:
    """The status and headers of the next answer, its body read."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(1 << 16)
        assert piece, "the server hung up"
        received += piece
    start, _, body = received.partition(b"\r\n\r\n")
    status, *lines = start.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(1 << 16)
    return int(status.split()[1]), headers


@pytest.mark.parametrize("body", [BODY, CHUNKED], ids=["whole", "chunked"])
def test_connection_outlives_every_early_answer(connection, body) -> None:
    length = len(body) if body is BODY else None
    for method, path, key, status in islice(cycle(EARLY), 2600):
        connection.sendall(head(method, path, key, length))
        connection.sendall(body)  # apart, so that the answer is often ready before it
        told, headers = answer(connection)
        assert (told, headers.get("connection")) == (status, None), (method, path)


@pytest.mark.parametrize("early", EARLY, ids=lambda early: f"{early[0]} {early[1]} {early[3]}")
def test_body_that_comes_late_is_waited_for(connection, early) -> None:
    *asked, status = early
    for half in (BODY[:-40], MAX_BODY_BYTES // 8 * b" " + BODY[:-40]):
        connection.sendall(head(*asked, len(half) + 40))
        connection.sendall(half)
        connection.sendall(BODY[-40:])
        assert answer(connection)[0] == status


@pytest.mark.parametrize(
    ("path", "key", "length"),
    [
        ("/__admin/worlds/default/load", "wrong", 2 * MAX_BODY_BYTES),
        ("/__admin/worlds/default/load", "wrong", None),
        ("/api/projects/1/query/", KEY, 2 * MAX_BODY_BYTES),
    ],
)
def test_answer_says_that_it_closes_where_too_much_is_left(connection, path, key, length) -> None:
    connection.sendall(head("POST", path, key, length))
    if length is None:
        connection.sendall(b"%x\r\n" % (2 * MAX_BODY_BYTES))
    connection.sendall(MAX_BODY_BYTES * b" ")
    connection.sendall(b" ")
    told, headers = answer(connection)
    assert (told // 100, headers["connection"]) == (4, "close")
    assert connection.recv(1) == b""


def test_client_that_leaves_halfway_harms_nobody(server, connection, capfd) -> None:
    for _ in range(20):
        with socket.create_connection((server.address.host, server.address.port)) as leaving:
            leaving.sendall(head("POST", "/__admin/nothing", TOKEN, 1000) + BODY)
    connection.sendall(head("POST", "/__admin/nothing", TOKEN, len(BODY)) + BODY)
    assert answer(connection)[0] == 404
    assert capfd.readouterr().err == ""
