"""Make the marked parts of the pages anew: `python -m mockserver.documents [folder]`."""

from __future__ import annotations

import sys
from pathlib import Path

from mockserver.documents import stale


def main(folder: Path) -> None:
    """Write every page of a folder that is no longer true."""
    for path, fresh in stale(folder):
        path.write_text(fresh, encoding="utf-8")
        sys.stdout.write(f"{path}\n")


main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
