"""Pages of other origins: which of them may read the answers, so that a front end can be developed against the fake.

The capture endpoints are not looked at here: SDKs run on anybody's pages, so those answer every origin by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request, Response

from mockserver.serving.hooks import Hooks

LOCALHOST = "localhost"
LOCAL_ORIGIN = re.compile(r"https?://(localhost|([a-z0-9-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?")
CONTROL = "/__admin"
SAID_BY_ITSELF = "capture"
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
PREFLIGHT_SECONDS = 600
EXPOSED = "Allow, Content-Disposition, Preference-Applied, Retry-After, X-Mockserver, X-Mockserver-Closest-Route"


@dataclass(frozen=True)
class Cors:
    """The origins that may read answers: some by name, those of this machine, or any."""

    origins: frozenset[str] = frozenset()
    local: bool = False
    any: bool = False

    @classmethod
    def read(cls, text: str) -> Cors:
        """Return what an option says: `off`, or a list of origins, of `localhost` and `*`.

        Raises: ValueError for what is no origin.
        """
        words = text.replace(",", " ").split()
        if words == ["off"]:
            return cls()
        named = [word.rstrip("/").lower() for word in words if word not in (LOCALHOST, "*")]
        for origin in named:
            _check(origin)
        return cls(frozenset(named), LOCALHOST in words, "*" in words)

    def allows(self, origin: str, path: str = "/") -> bool:
        """Return whether a page of this origin may read what a path answers.

        The control plane asks for no key on loopback, so it is not for the pages of just anybody: `*` leaves it out.
        """
        named = origin.lower() in self.origins or (self.local and bool(LOCAL_ORIGIN.fullmatch(origin)))
        return named or (self.any and not path.startswith(CONTROL))

    @property
    def hooks(self) -> Hooks:
        """What answers preflights, and signs answers for the pages that may read them."""
        some = self.any or self.local or self.origins
        return Hooks((self._answer_preflight,), (self._sign,)) if some else Hooks()

    def _answer_preflight(self, asked: Request) -> Response | None:
        environ = asked.environ
        if environ["REQUEST_METHOD"] != "OPTIONS" or "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in environ:
            return None
        if asked.blueprint == SAID_BY_ITSELF or not self.allows(environ.get("HTTP_ORIGIN", ""), environ["PATH_INFO"]):
            return None
        response = Response(status=204)
        response.headers.update(_preflight(environ))
        return response

    def _sign(self, asked: Request, response: Response) -> Response:
        origin = asked.environ.get("HTTP_ORIGIN")
        if origin is None or asked.blueprint == SAID_BY_ITSELF:
            return response
        response.headers.add("Vary", "Origin")
        if self.allows(origin, asked.environ["PATH_INFO"]):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
            if not self.any:  # a browser's own credentials are for origins that were named
                response.headers["Access-Control-Allow-Credentials"] = "true"
        return response


def _check(origin: str) -> None:
    try:
        parts = urlsplit(origin)
        whole = f"{parts.scheme}://{parts.netloc}"
        is_origin = origin == "null" or (parts.scheme and parts.hostname and parts.port != 0 and whole == origin)
    except ValueError:
        is_origin = False
    if not is_origin or not origin.isascii():
        raise ValueError(f"not an origin: {origin!r}; write localhost, *, off, or such as https://app.example.com")


def _preflight(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that allow a preflight what it asks."""
    headers = {"Access-Control-Allow-Methods": METHODS, "Access-Control-Max-Age": str(PREFLIGHT_SECONDS)}
    wanted = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
    if wanted:
        headers["Access-Control-Allow-Headers"] = wanted
    if environ.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return headers
