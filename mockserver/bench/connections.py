"""Asks a server the same over sixteen connections for three seconds, and prints the answers a second.

python -m mockserver.bench.connections http://127.0.0.1:8010 /api/projects/1/annotations/
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


async def ask(host: str, port: int, request: bytes, until: float) -> int:
    """Return how many answers one connection got until a moment."""
    reader, writer = await asyncio.open_connection(host, port)
    answers = 0
    while time.perf_counter() < until:
        writer.write(request)
        status, *headers = (await reader.readuntil(END)).lower().split(b"\r\n")
        if b" 200" not in status:
            raise RuntimeError(status.decode())
        length = next(int(line.split(b":")[1]) for line in headers if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        answers += 1
    writer.close()
    return answers


async def rate(url: str, path: str) -> float:
    """Return how many answers a second a server gives."""
    address = urlsplit(url)
    request = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()
    until = time.perf_counter() + SECONDS
    asking = (ask(address.hostname or "", address.port or 80, request, until) for _ in range(CONNECTIONS))
    return sum(await asyncio.gather(*asking)) / SECONDS


if __name__ == "__main__":
    print(asyncio.run(rate(*sys.argv[1:3])))
