"""Parts of the documentation that are made from what they describe, so that they cannot say something else.

A page in `docs/` marks such a part by comments that name it; `python -m mockserver.documents` makes it anew:

    <!-- made: controls -->
    …
    <!-- end -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mockserver.documents import commands, controls, deviations, evidence, queries, scenarios

__all__ = ["PARTS", "refresh", "stale"]

PARTS: Mapping[str, Callable[[], str]] = {
    "commands": commands.overview,
    "controls": controls.routes,
    "deviations": deviations.differences,
    "differing": evidence.unexplained,
    "functions": queries.functions,
    "kinds": queries.kinds,
    "put_back": evidence.put_back,
    "reasons": evidence.reasons,
    "recordings": evidence.recordings,
    "scenarios": scenarios.shipped,
    "serve": commands.serve_options,
    "tables": queries.tables,
    "unsupported": queries.unsupported_kinds,
}
MARKED = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def refresh(page: str) -> str:
    """Return a page with its marked parts made anew. Raises: KeyError for a part that nobody makes."""
    return MARKED.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]().strip()}\n\n{found[3]}", page)


def stale(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every page of a folder that says something else than it would if made anew, and what that is."""
    for path in sorted(folder.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        fresh = refresh(page)
        if fresh != page:
            yield path, fresh
