"""Granian's threaded server in this process, with any build of Python, in any thread.

Granian has no public way to any of the three, so this module, and no other, takes what granian keeps for itself: its
embedded server (`granian.server.embed`) speaks no WSGI. `tests/test_private_ways.py` says so when a release changes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from mockserver.serving.streaming import Streaming


def server(application: Streaming, **options: Any) -> Any:
    """Return granian's threaded server, for a Python with or without the global lock.

    Granian keeps it for builds without the lock, since its threads cannot run Python side by side elsewhere. That is no
    loss here: what matters is that the application stays in this process.
    """
    from granian.constants import HTTPModes, Interfaces
    from granian.server import common, mt
    from granian.server.mt import MTServer

    wrap = vars(mt)["_wsgi_call_wrap"]
    if not isinstance(wrap, RunOurs):
        vars(mt)["_wsgi_call_wrap"] = RunOurs(wrap)

    class InProcess(MTServer):
        def _check_gil(self) -> None:
            """Accept any build."""

        def shutdown(self, exit_code: int = 0) -> None:
            """Stop; what lasts ends first, since a connection is closed when its answer is over."""
            application.end()
            super().shutdown(exit_code)  # type: ignore[no-untyped-call]

        def startup(self, spawn_target: Any, target_loader: Any) -> None:
            """Start; signal handlers are for the main thread alone to set."""
            if threading.current_thread() is threading.main_thread():
                super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
                return
            handlers = vars(common)["set_main_signals"]
            vars(common)["set_main_signals"] = lambda *_: None
            try:
                super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
            finally:
                vars(common)["set_main_signals"] = handlers

    return InProcess(
        "mockserver", interface=Interfaces.WSGI, http=HTTPModes.http1, workers=1, websockets=False,
        log_enabled=False, backlog=1024, **options,
    )  # fmt: skip


class RunOurs:
    """Granian's way of running applications, but for ours, which run themselves."""

    def __init__(self, wrap: Callable[..., Any]) -> None:
        self._wrap = wrap

    def __call__(self, application: Any, *options: Any) -> Any:
        """Return what granian runs for each request."""
        return application.run if isinstance(application, Streaming) else self._wrap(application, *options)
