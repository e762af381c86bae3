"""Asks a server the same over sixteen connections for three seconds, and prints the answers a second.

python -m mockserver.bench.connections http://127.0.0.1:8010 /api/projects/1/annotations/ [requests on the way at once]
"""

from __future__ import annotations

import asyncio
import sys
import time
from urllib.parse import urlsplit

from mockserver.bench.figures import KEY

CONNECTIONS = 16
SECONDS = 3.0
END = b"\r\n\r\n"
STATUS = b"HTTP/1.1 200"


async def ask(host: str, port: int, request: bytes, until: float, depth: int) -> int:
    """Return how many answers one connection got until a moment, `depth` requests on the way at once.

    All answers are as long as the first: the same was asked.
    """
    reader, writer = await asyncio.open_connection(host, port)
    answers, length = 0, 0
    while time.perf_counter() < until:
        writer.write(request * depth if length else request)
        if length:
            got = await reader.readexactly(length * depth)
        else:
            got = await reader.readuntil(END)
            lines = got.lower().split(b"\r\n")
            size = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
            length = len(got) + len(await reader.readexactly(size))
        if b" 200" not in got[:16]:
            raise RuntimeError(got[:100].decode())
        answers += got.count(STATUS)
    writer.close()
    return answers


async def rate(url: str, path: str, depth: int = 1) -> float:
    """Return how many answers a second a server gives."""
    address = urlsplit(url)
    request = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()
    until = time.perf_counter() + SECONDS
    asking = (ask(address.hostname or "", address.port or 80, request, until, depth) for _ in range(CONNECTIONS))
    return sum(await asyncio.gather(*asking)) / SECONDS


if __name__ == "__main__":
    url, path, *depths = sys.argv[1:]
    print(asyncio.run(rate(url, path, *map(int, depths))))
