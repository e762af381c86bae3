"""Streams on a socket: they hold none of the threads that answer requests, and end with their server."""

from __future__ import annotations

import socket
import time

import httpx
import pytest

from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address

TABS = 10
SOON_SECONDS = 2


@pytest.fixture
def server(contract):
    server = Server(create_app(scenario="empty", contract=contract), free_address("127.0.0.1", 0), threads=2).start()
    yield server
    server.stop()


def listening(server: Server) -> socket.socket:
    tab = socket.create_connection((server.address.host, server.address.port), timeout=SOON_SECONDS)
    tab.sendall(b"GET /__admin/worlds/default/requests/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"retry:" in until(tab, b"retry:")
    return tab


def until(tab: socket.socket, text: bytes) -> bytes:
    heard = b""
    while text not in heard and (piece := tab.recv(1 << 16)):
        heard += piece
    return heard


def test_ten_tabs_leave_two_threads_to_answer_and_end_with_the_server(server) -> None:
    tabs = [listening(server) for _ in range(TABS)]
    began = time.monotonic()
    for _ in range(3):
        assert httpx.get(f"{server.address.url}/api/nowhere/").status_code == 404
    assert all(b'"path":"/api/nowhere/"' in until(tab, b"/api/nowhere/") for tab in tabs)
    assert time.monotonic() - began < SOON_SECONDS
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < SOON_SECONDS
    for tab in tabs:
        until(tab, b"never")  # to the end
        tab.close()
