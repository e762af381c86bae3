"""What is made of files and is always the same, kept in the user's cache: to read the contract's seventy files of YAML,
and to import Faker for the names of a scenario, is half of a start.

It is kept as JSON under the content of the files that it was made of, the code that makes it among them, so it is never
out of date. What another user could have written, or does not fit its checksum, is made again. Removed, this module
costs a third of a second at each start, and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from mockserver.version import __version__

MOST_KEPT = 4
"""How many contents of the same files are kept: those of several checkouts or releases."""
MOST_MADE = 16
"""How many of one kind that our code made are kept: those of several seeds, checkouts and releases."""
DIGEST_BYTES = 32


def cached(name: str, files: Iterable[Path], make: Callable[[], Any], by: str = "") -> Any:
    """Return what is made of some files, as JSON has it: as it was made before of the same, else made now and kept.

    `by` is what else it depends on.
    """
    folder = _folder()
    try:
        digest = _digest(
            by.encode() + b"".join(_digest(file.name.encode() + file.read_bytes()) for file in files)
        ).hex()
    except OSError:  # said better by what reads them
        return make()
    place = folder / f"{name}-{digest}.json"
    body = _read(place)
    if body is not None:
        return orjson.loads(body)
    made = make()
    with suppress(OSError, TypeError):  # no cache, or nothing that JSON can tell
        body = orjson.dumps(made)
        if orjson.loads(body) == made:
            _write(place, body)
            _forget(folder, f"{name}-*.json", MOST_KEPT)
    return made


def find_made(name: str, by: str) -> Any | None:
    """Return what our own code made and `keep_made` kept; nothing once a file that had a part in it has changed.

    That is judged as Python judges what it has compiled: by size and time.
    """
    body = _read(_place(name, by))
    if body is None:
        return None
    marks, made = orjson.loads(body)
    return made if marks == _marks([path for path, *_ in marks]) else None


def keep_made(name: str, by: str, made: Any, files: Iterable[Path] = ()) -> None:
    """Keep what the modules of ours that are loaded now made, of these files; `by` is what else it depends on."""
    marks = _marks([*_loaded(), *map(str, files)])
    if marks is None:  # a file is gone, or a module is none
        return
    with suppress(OSError, TypeError):  # no cache, or nothing that JSON can tell
        place = _place(name, by)
        _write(place, orjson.dumps([marks, made]))
        _forget(place.parent, f"{name}-*.json", MOST_MADE)


def _place(name: str, by: str) -> Path:
    installed = f"{__version__} {sys.version} {Path(__file__).parent} {by}"
    return _folder() / f"{name}-{_digest(installed.encode()).hex()}.json"


def _loaded() -> list[str]:
    """Return the files of our own modules that are loaded."""
    files = [module.__file__ for name, module in sys.modules.copy().items() if name.partition(".")[0] == __package__]
    return [file for file in files if file]


def _marks(files: Iterable[str]) -> list[list[Any]] | None:
    """Return what tells a file from the same one changed; nothing where one is not there."""
    try:
        found = [(file, os.stat(file)) for file in files]  # noqa: PTH116 - hundreds of paths made would take ten times as long
    except OSError:
        return None
    return [[file, about.st_size, about.st_mtime_ns] for file, about in found]


def _folder() -> Path:
    if sys.platform == "win32":
        above = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        above = os.environ.get("XDG_CACHE_HOME") or ("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return Path(above).expanduser() / "posthog-mockserver"


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST_BYTES).digest()


def _is_ours(found: os.stat_result) -> bool:
    """Return whether nobody but the user can have written something."""
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


def _read(place: Path) -> bytes | None:
    """Return what is kept in a place; nothing where there is none that can be trusted."""
    try:
        if not _is_ours(place.parent.lstat()):
            return None
        with place.open("rb") as file:
            found = os.fstat(file.fileno())
            whole = file.read() if stat.S_ISREG(found.st_mode) and _is_ours(found) else b""
    except OSError:
        return None
    body = whole[DIGEST_BYTES:]
    return body if whole[:DIGEST_BYTES] == _digest(body) else None


def _write(place: Path, body: bytes) -> None:
    """Keep something, all of it at once. Raises: OSError."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_ours(place.parent.lstat()):
        return
    handle, name = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_digest(body) + body)
        Path(name).replace(place)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _forget(folder: Path, pattern: str, most: int) -> None:
    """Keep the latest of some files alone."""
    for old in sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime, reverse=True)[most:]:
        old.unlink(missing_ok=True)
