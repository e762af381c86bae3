"""Who may speak to the control plane from a browser: pages under names of this server, and of origins that are let in.

Any page that a developer visits can send requests to this machine, and a name that its owner rebinds to 127.0.0.1 makes
such a page read the answers, too. So `/__admin` and `/` answer only under a `Host` that is known, and writes from pages
of other origins are refused. The API itself stays as PostHog's is: there, keys decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from mockserver.errors import PermissionDenied
from mockserver.road.rendering import encode
from mockserver.serving.cors import CONTROL, Cors

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAME = re.compile(r"(?i)localhost|([a-z0-9-]+\.)+localhost|127(\.\d{1,3}){3}|::1")
NAME = re.compile(r"(?i)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:.]*:[0-9a-f:.]*")
EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Guard:
    """The hosts under which the control plane answers, beside loopback's, and the origins whose pages may write."""

    hosts: frozenset[str]
    cors: Cors

    @classmethod
    def of(cls, served: str, allowed: Iterable[str], cors: Cors) -> Guard:
        """Return the guard of a server that listens at a host, and may be called by these names as well.

        Raises: ValueError for what is no name of a host.
        """
        named = [name for text in allowed for name in text.replace(",", " ").split()]
        for name in named:
            if not NAME.fullmatch(name):
                raise ValueError(f"not a host: {name!r}; write a name without scheme and port, as posthog.test")
        return cls(frozenset(name.lower() for name in (served, *named)), cors)

    def before(self, application: Application) -> Application:
        """Return an application that is asked only what may be asked."""

        def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            refusal = self._refusal(environ) if path == "/" or path.startswith(CONTROL) else None
            if refusal is None:
                return application(environ, start_response)
            body = encode(PermissionDenied(refusal).body)
            start_response("403 Forbidden", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]

        return guarded

    def _refusal(self, environ: WSGIEnvironment) -> str | None:
        # The header itself, whatever a proxy says of it: a page can say that, too.
        host = _hostname(environ.get("HTTP_HOST", ""))
        if not self._knows(host):
            return f"Not answered under the host {host!r}: if it is this server's, name it with --allowed-host."
        if environ["REQUEST_METHOD"] in SAFE:
            return None
        origin = environ.get("HTTP_ORIGIN")
        if origin is None:
            is_foreign = environ.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site")
            return "Not for pages of another site." if is_foreign else None
        own = f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST', '')}"
        if origin.lower() == own.lower() or self.cors.allows(origin, CONTROL):
            return None
        return f"Not for pages of {origin}: if they may write here, name them with --cors."

    def _knows(self, host: str) -> bool:
        if LOOPBACK_NAME.fullmatch(host) or host.lower() in self.hosts:
            return True
        return not self.hosts.isdisjoint(EVERYWHERE) and _is_address(host)  # nobody can rebind an address


def _hostname(host: str) -> str:
    """Return a `Host` without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
