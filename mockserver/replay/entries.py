"""Files of YAML that list entries: accepted differences, reasons, requests that are put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Any

import yaml


def read_entries(file: Path, failure: Callable[[str], Exception]) -> list[tuple[str, Any]]:
    """Return what a file lists, each entry after where it stands. Raises: `failure`, given the text."""
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except OSError as error:
        raise failure(f"{file}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise failure(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, list):
        raise failure(f"{file}: expected a list")
    return [(f"{file}, entry {number}", entry) for number, entry in enumerate(entries, 1)]


def require_keys(
    entry: Any, where: str, needed: Set[str], known: Set[str], failure: Callable[[str], Exception]
) -> None:  # fmt: skip
    """Refuse an entry that lacks a key, or has one that nobody knows. Raises: `failure`, given the text."""
    if not isinstance(entry, Mapping):
        raise failure(f"{where}: expected a mapping")
    strange, missing = set(entry) - known, needed - set(entry)
    if strange or missing:
        raise failure(f"{where}: unknown {sorted(map(str, strange))}, missing {sorted(missing)}")
