"""Asks a server the same over sixteen connections for some seconds, and prints the answers a second.

python -m mockserver.bench.connections http://127.0.0.1:8010 /api/projects/1/annotations/ --depth 32
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain, count, islice
from urllib.parse import urlsplit

from mockserver.bench.figures import KEY

CONNECTIONS, KEYS_EACH = 16, 8
SECONDS = 3.0
MOST_BYTES = 1 << 24
END, LAST_CHUNK = b"\r\n\r\n", b"0\r\n\r\n"
STATUS = b"HTTP/1.1 20"
NUMBER = "{number}"
"""What stands in a path for a number of eight digits, another in each request."""


async def ask(host: str, port: int, requests: Iterator[bytes], until: float, depth: int) -> int:
    """Return how many answers one connection got until a moment, `depth` requests on the way at once.

    Where there are several, all answers are as long as the first: to look at each would take the server's time.
    Raises: RuntimeError for a refusal.
    """
    reader, writer = await asyncio.open_connection(host, port, limit=MOST_BYTES)
    answers, length = 0, 0
    while time.perf_counter() < until:
        if length:
            writer.write(b"".join(islice(requests, depth)))
            got = await reader.readexactly(length * depth)
        else:
            writer.write(next(requests))
            got = await read(reader)
            length = len(got) if depth > 1 else 0
        if not got.startswith(STATUS):
            raise RuntimeError(got[:100].decode())
        answers += got.count(STATUS)
    writer.close()
    return answers


async def read(reader: asyncio.StreamReader) -> bytes:
    """Return one answer, told with its length or in chunks."""
    head = await reader.readuntil(END)
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), None)
    return head + await (reader.readuntil(LAST_CHUNK) if length is None else reader.readexactly(length))


def repeated(request: bytes, numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield a request again and again, numbered where it has a place for a number."""
    before, place, after = request.partition(NUMBER.encode())
    while True:
        yield b"%b%08d%b" % (before, next(numbers), after) if place else request


def in_turn(requests: Sequence[bytes], numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield some requests in turn, again and again."""
    return chain.from_iterable(zip(*(repeated(request, numbers) for request in requests), strict=True))


async def rate(url: str, path: str, *, body: str, key: str, depth: int) -> float:
    """Return how many answers a second a server gives: to GET, or where there is a body to POST.

    `{}` in the key stands for a number, eight of them in turn for each connection: a server may bound how much a key
    asks.
    """
    address, content = urlsplit(url), body.encode()
    told = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if body else ""
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: {address.netloc}\r\n{told}Authorization: Bearer "
    keys = [key.format(number) for number in range(CONNECTIONS * KEYS_EACH)]
    each = [f"{head}{each_key}\r\n\r\n".encode() + content for each_key in keys]
    numbers = count()
    until = time.perf_counter() + SECONDS
    asking = (
        ask(address.hostname or "", address.port or 80, in_turn(each[first::CONNECTIONS], numbers), until, depth)
        for first in range(CONNECTIONS)
    )
    return sum(await asyncio.gather(*asking)) / SECONDS


def microseconds_each(url: str, path: str, *, body: str = "", key: str = KEY, depth: int = 1) -> float:
    """Return what a request takes of a server, asked by a process of its own."""
    options = ["--body", body, "--key", key, "--depth", str(depth)]
    load = [sys.executable, "-m", "mockserver.bench.connections", url, path, *options]
    return 1e6 / float(subprocess.run(load, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Ask as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("path")
    parser.add_argument("--body", default="")
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--depth", type=int, default=1)
    said = parser.parse_args()
    print(asyncio.run(rate(said.url, said.path, body=said.body, key=said.key, depth=said.depth)))


if __name__ == "__main__":
    main()
