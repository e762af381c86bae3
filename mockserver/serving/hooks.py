"""What stands around every request: what may answer in its place, and what every answer passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Request, Response, request

Before = Callable[[Request], Response | None]
After = Callable[[Request, Response], Response]


@dataclass(frozen=True)
class Hooks:
    """What is asked before, in order, until one answers; and what every answer passes, in the reverse of it."""

    before: tuple[Before, ...] = ()
    after: tuple[After, ...] = ()

    def __add__(self, inner: Hooks) -> Hooks:
        """Return these around others."""
        return Hooks(self.before + inner.before, inner.after + self.after)

    def enter(self, asked: Request) -> Response | None:
        """Return what answers in the place of the application, if something does."""
        for hook in self.before:
            response = hook(asked)
            if response is not None:
                return response
        return None

    def leave(self, asked: Request, response: Response) -> Response:
        """Return what becomes of an answer."""
        for hook in self.after:
            response = hook(asked, response)
        return response

    def install(self, app: Flask) -> None:
        """Stand around the requests of a Flask."""
        app.before_request(lambda: self.enter(_current()))
        app.after_request(lambda response: self.leave(_current(), response))


def _current() -> Request:
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # the proxy costs at each use
    return asked
