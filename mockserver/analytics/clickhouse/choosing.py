"""Which ClickHouse this process asks: the embedded one, unless a server is named before the first question."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what asks is imported with the first question: to choose must cost a start nothing
    from mockserver.analytics.clickhouse.engine import Engine
    from mockserver.analytics.clickhouse.mirror import Mirror

_lock = threading.Lock()
_mirrors: dict[str | None, Mirror] = {}
_chosen: str | None = None


def choose(url: str | None) -> None:
    """Let queries be asked of the ClickHouse server of a URL from now on; of the embedded one without. What each was
    given stays its own. Raises: ValueError for what is no such URL."""
    global _chosen
    if url is not None and not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no ClickHouse server: http://user:password@host:8123 is one")
    _chosen = url


def forget(url: str | None) -> None:
    """Let go of a server, and of what was made there; nobody may be asking it."""
    with _lock:
        found = _mirrors.pop(url, None) if url is not None else None
    if found is not None:
        found.engine.close()


def engine() -> Engine:
    """Return the engine, started on first use. Raises: NotModelled when it is not installed, and ServerUnavailable."""
    return mirror().engine


def mirror() -> Mirror:
    """Return the mirror of that engine. Raises: NotModelled, and ServerUnavailable."""
    url = _chosen
    found = _mirrors.get(url)
    if found is None or found.engine.is_lost:
        from mockserver.analytics.clickhouse.mirror import Mirror

        with _lock:
            found = _mirrors.get(url)
            if found is None or found.engine.is_lost:
                found = _mirrors[url] = Mirror(_started(url))
    return found


def _started(url: str | None) -> Engine:
    if url is None:
        from mockserver.analytics.clickhouse.engine import EmbeddedEngine

        return EmbeddedEngine()
    from mockserver.analytics.clickhouse.remote import RemoteEngine  # of an extra

    return RemoteEngine(url)
