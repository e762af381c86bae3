"""Proxies before the server: what they say of a client is believed where they are trusted.

`X-Forwarded-Proto` and `-Host` tell how the client wrote the address, as in the links of lists; `X-Forwarded-For` tells
who it is, its first address, as PostHog reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

LOOPBACK = "loopback"
LOOPBACK_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
HOST = re.compile(r"(?i)([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(:\d{1,5})?")
PORT = re.compile(r":\d{1,5}$")


@dataclass(frozen=True)
class TrustedProxies:
    """The addresses from which a proxy may speak: networks, or any."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    any: bool = False

    @classmethod
    def read(cls, text: str) -> TrustedProxies:
        """Return what an option says: `off`, `*`, or a list of addresses, of networks and `loopback`.

        Raises: ValueError for what is neither.
        """
        words = text.replace(",", " ").split()
        if words == ["off"]:
            return cls()
        named = [word for word in words if word not in (LOOPBACK, "*")]
        try:
            networks = [ip_network(word, strict=False) for word in named]
        except ValueError:
            raise ValueError(
                f"not a proxy: {text!r}; write loopback, *, off, or addresses and networks such as 10.0.0.0/8"
            ) from None
        return cls((*networks, *(LOOPBACK_NETWORKS if LOOPBACK in words else ())), "*" in words)

    def trusts(self, address: str | None) -> bool:
        """Return whether who speaks from an address is believed."""
        if self.any:
            return True
        try:
            peer = ip_address(address or "")
        except ValueError:
            return False
        mapped = getattr(peer, "ipv4_mapped", None) or peer
        return any(mapped in network for network in self.networks)

    def before(self, application: Application) -> Application:
        """Return an application that sees the clients of these proxies in their place."""
        if not self.any and not self.networks:
            return application

        def proxied(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if not FORWARDED.isdisjoint(environ) and self.trusts(environ.get("REMOTE_ADDR")):
                _believe(environ)
            return application(environ, start_response)

        return proxied


FORWARDED = frozenset({"HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"})


def _believe(environ: WSGIEnvironment) -> None:
    """Put the client in the place of its proxy; what cannot be one is passed over."""
    scheme = _first(environ, "PROTO").lower()
    if scheme in ("http", "https"):
        environ["wsgi.url_scheme"] = scheme
    host = _first(environ, "HOST")
    if HOST.fullmatch(host):
        environ["HTTP_HOST"] = host
    client = _address(_first(environ, "FOR"))
    if client:
        environ["REMOTE_ADDR"] = client


def _first(environ: WSGIEnvironment, name: str) -> str:
    return str(environ.get(f"HTTP_X_FORWARDED_{name}", "")).partition(",")[0].strip()


def _address(text: str) -> str | None:
    """Return the address that a client is told to have, without its port; nothing for what is none."""
    plain = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    for candidate in (plain, PORT.sub("", plain)):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return None
