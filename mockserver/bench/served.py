"""What a server gives over its socket, sixteen connections asking: beside a bare Flask view on the same server, and
beside other fakes where they are asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.bench.connections import microseconds_each
from mockserver.bench.figures import KEY, Figure
from mockserver.bench.requests import BODY, NOTES, application, bare_beside
from mockserver.collecting import seldom
from mockserver.serving.server import Address, Server, free_address, wait_until_answered

RECORDS = 150
PACKAGES = ("emulate@0.12.2", "json-server@0.17.4")
START_SECONDS = 60
KEYS = "sk_test_{}"


class Asked(NamedTuple):
    """What is got, or with a body posted."""

    path: str
    body: str = ""


class Fake(NamedTuple):
    """A server, the key that it asks for, and what is asked of it: one, a list of a hundred, to create one."""

    url: str
    key: str
    one: Asked
    many: Asked
    create: Asked

    def took(self, name: str) -> float:
        """Return the microseconds that one of the three takes."""
        asked: Asked = getattr(self, name)
        return microseconds_each(self.url, asked.path, body=asked.body, key=self.key)


AIMED_AT = {"one": ("GET one", 1 / 1.5), "many": ("GET a list of 100", 1 / 5), "create": ("POST create", 1 / 0.6)}
"""What the three are called, and the ratio to a bare view that is aimed at."""


def figures(*, peers: bool = False) -> Iterator[Figure]:
    """Yield what each request takes; with `peers`, beside emulate and json-server, which npm installs for it."""
    ours, _ = application(RECORDS)
    with ExitStack() as stack:
        stack.enter_context(seldom())  # as `mockserver serve` has it
        fake, bare = (
            _ours(stack.enter_context(_listening(served))) for served in (ours, bare_beside(ours, encodes=True))
        )
        others = stack.enter_context(_others()) if peers else {}
        for name, (said, target) in AIMED_AT.items():
            took = fake.took(name)
            yield Figure(f"{said}, 16 connections", took, bare.took(name), target)
            for other, peer in others.items():
                yield Figure(f"{said}, 16 connections", took, peer.took(name), 1, against=other)


def _ours(url: str) -> Fake:
    return Fake(url, KEY, Asked(f"{NOTES}1005/"), Asked(f"{NOTES}?limit=100"), Asked(NOTES, BODY.decode()))


@contextmanager
def _listening(served: Any) -> Iterator[str]:
    server = Server(served, free_address("127.0.0.1", 0)).start()
    try:
        yield server.address.url
    finally:
        server.stop()


@contextmanager
def _others() -> Iterator[Mapping[str, Fake]]:
    """Install and run the other fakes. Raises: RuntimeError where there is no npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise RuntimeError("the other fakes need npm and node on the path")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        subprocess.run([npm, "install", "--silent", "--prefix", name, *PACKAGES], check=True)
        commands, data = Path(name, "node_modules", ".bin"), Path(name, "db.json")
        data.write_text(json.dumps({"notes": [json.loads(BODY) | {"id": number} for number in range(RECORDS)]}))
        stripe, notes = (free_address("127.0.0.1", 0) for _ in range(2))
        emulate = [node, str(commands / "emulate"), "start", "--service", "stripe", "--port", str(stripe.port)]
        json_server = [node, str(commands / "json-server"), "--quiet", "--port", str(notes.port), str(data)]
        for command, address in ((emulate, stripe), (json_server, notes)):
            _wait(address, stack.enter_context(_running(command)))
        one, many, create = Asked("/notes/5"), Asked("/notes?_limit=100"), Asked("/notes", BODY.decode())
        yield {"emulate": _customers(stripe.url), "json-server": Fake(notes.url, "", one, many, create)}


def _wait(address: Address, process: subprocess.Popen[bytes]) -> None:
    """Return once a process listens. Raises: TimeoutError."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            return wait_until_answered(address)
        except TimeoutError:
            if process.poll() is not None or time.monotonic() > until:
                raise


def _customers(url: str) -> Fake:
    """Fill emulate's Stripe with as many customers as we have annotations; it lets each key ask 5 000 times."""
    path, customer = "/v1/customers", {"name": "hello", "email": "hello@example.com"}
    ids = [_post(url + path, customer)["id"] for _ in range(RECORDS)]
    one, many = Asked(f"{path}/{ids[0]}"), Asked(f"{path}?limit=100")
    return Fake(url, KEYS.format("{}"), one, many, Asked(path, json.dumps(customer)))


def _post(url: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {KEYS.format('filling')}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)) as answer:
        return json.load(answer)


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
