"""A socket for an application: granian, in this process, because a world lives in one.

Granian's threaded server keeps the application where the caller can reach it (the worlds of a running server, say) and
its HTTP work outside Python. It can run in the foreground until a signal ends it, or in the background of a test.
"""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from mockserver.serving import threaded
from mockserver.serving.draining import Application, draining
from mockserver.serving.streaming import Streaming

LOOPBACK = ("127.0.0.1", "::1", "localhost")
START_SECONDS = 10.0
THREADS = 12
"""Requests answered side by side; most of them can only be calls that wait, since Python runs one at a time."""


class PortInUse(Exception):
    """Somebody else listens there."""


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str = "127.0.0.1"
    port: int = 8010
    secure: bool = False

    @property
    def url(self) -> str:
        """The address as clients write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK or self.host.startswith("127.")


def free_address(host: str, port: int, *, secure: bool = False) -> Address:
    """Return an address nobody listens at; port 0 picks one. Raises: PortInUse."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise PortInUse(f"cannot listen at {host}:{port}: {getattr(error, 'strerror', None) or error}") from None
        return Address(host, probe.getsockname()[1], secure)


class Server:
    """One application at one address."""

    def __init__(
        self, application: Application, address: Address, *, threads: int = THREADS,
        certificate: Path | None = None, private_key: Path | None = None,
    ) -> None:  # fmt: skip
        self.address = address
        self._application = Streaming(draining(application))
        self._granian = threaded.server(
            self._application, address=address.host, port=address.port, blocking_threads=threads, ssl_cert=certificate,
            ssl_key=private_key,
        )  # fmt: skip
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM; outside the main thread, until `stop`."""
        self._granian.serve(target_loader=lambda *_: self._application, wrap_loader=False)

    def start(self) -> Server:
        """Serve in the background, and return once the socket answers."""
        self._thread = threading.Thread(target=self.run, name="mockserver", daemon=True)
        self._thread.start()
        wait_until_answered(self.address)
        return self

    def stop(self) -> None:
        """Stop serving in the background."""
        self._granian.signal_handler_interrupt()
        if self._thread:
            self._thread.join(timeout=START_SECONDS)


def wait_until_answered(address: Address) -> None:
    """Return once somebody listens at an address. Raises: TimeoutError."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((address.host, address.port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(f"nothing answers at {address.url}")
