"""Which flags are for whoever asks: those of its runtime, and of the contexts that it names.

Source: the flags service of 2026, which tells a browser from a server by its headers.
"""

from __future__ import annotations

import re

from flask import Request

from mockserver.sdk.flags.questions import Question
from mockserver.store import Record

CLIENTS = re.compile(r"Mozilla/|AppleWebKit/|posthog-(android|ios|react-native|flutter)/", re.IGNORECASE)
SERVERS = re.compile(
    r"posthog-(python|ruby|php|java|go|node|dotnet|elixir)/|python-requests/|curl/", re.IGNORECASE
)  # fmt: skip
BROWSER_HEADERS = ("Origin", "Referer", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-Dest")


def is_for(flag: Record, asked: Question, request: Request) -> bool:
    """Return whether a flag is for whoever asks."""
    return _is_of_runtime(flag, asked, request) and _is_of_context(flag, asked)


def _is_of_runtime(flag: Record, asked: Question, request: Request) -> bool:
    wanted = flag.get("evaluation_runtime")
    if wanted not in ("client", "server"):
        return True
    return runtime_of(asked, request) in (wanted, "all")


def runtime_of(asked: Question, request: Request) -> str | None:
    """Return what asks: a `client`, a `server`, `all` if it says so, nothing if it cannot be told."""
    if asked.runtime in ("all", "client", "server"):
        return asked.runtime
    agent = request.headers.get("User-Agent", "")
    if SERVERS.search(agent):
        return "server"
    if CLIENTS.search(agent) or any(name in request.headers for name in BROWSER_HEADERS):
        return "client"
    return None


def _is_of_context(flag: Record, asked: Question) -> bool:
    own = flag.get("evaluation_tags")
    return not asked.contexts or not own or bool(set(own) & set(asked.contexts))
