"""What things cost: each figure beside a comparison that was measured in the same run.

Targets stand beside the figures; they are read, never asserted, since a machine has moods.
"""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.bench.figures import Figure

__all__ = ["Figure", "measure"]


def measure(*, large: bool = False, peers: bool = False, store: str | None = None) -> Iterator[Figure]:
    """Yield each figure as it is known; with `large`, those of a hundred thousand persons instead; with
    `peers`, what a socket serves beside other fakes, and nothing else.

    `store` is the URL of a PostgreSQL to measure as well; a world or two are left in it.
    """
    from mockserver.bench import dashboards, flags, processes, queries, requests, served, stores, workers, worlds
    from mockserver.bench import large as big

    if large:
        yield from big.figures()
        return
    if peers:
        yield from served.figures(peers=True)
        return
    yield from requests.figures()
    yield from worlds.figures()
    yield from stores.figures(store)
    yield from workers.figures(store)
    yield from flags.figures()
    yield from queries.figures()
    yield from dashboards.figures()
    yield from served.figures()
    yield from processes.figures()
