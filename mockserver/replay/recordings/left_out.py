"""Requests that a recording leaves out: a file beside it, of what later lines show to have been asked.

Lines of a recording are numbered as they were asked, and some were not kept. What such a line changed is seen in those
after it, so they differ from ours for a reason that is nobody's. `left_out/<recording>.yaml` puts requests back:

    - n: 2
      auth: all
      method: GET
      path: /api/projects/1/event_definitions/01a22cb6-3120-0000-9f7b-195b814caf58/
      shown_by: The first read writes the other half of a definition; line 8 shows it, and its time, before line 3.

`n` is a number that the recording skips, each once, so no more is put back than was left out. `body` is JSON (as YAML)
or a text, `headers` are those beside its type. `answer` is what later lines show of the answer: identifiers in it are
those that the lines after it use. Nothing else of the answer is compared, but it must be a success, or nothing was put
back; or have the `status` that is given, where a refusal left its mark.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mockserver.replay.entries import read_entries, require_keys
from mockserver.replay.recordings.model import LeftOut, Recording, RecordingError

FOLDER = "left_out"
NEEDED = frozenset({"n", "auth", "method", "path", "shown_by"})
KEYS = NEEDED | {"body", "headers", "answer", "status"}
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def read_left_out(recording: Recording) -> tuple[LeftOut, ...]:
    """Return what a recording leaves out, by number; nothing where no file says. Raises: RecordingError."""
    if recording.file is None:
        return ()
    file = recording.file.parent / FOLDER / f"{recording.name}.yaml"
    if not file.is_file():
        return ()
    found = [read_request(entry, where) for where, entry in read_entries(file, RecordingError)]
    _check_numbers(found, recording, file)
    return tuple(sorted(found, key=lambda request: request.number))


def read_request(entry: Any, where: str) -> LeftOut:
    """Return the request that an entry puts back. Raises: RecordingError."""
    require_keys(entry, where, NEEDED, KEYS, RecordingError)
    if entry["method"] not in METHODS:
        raise RecordingError(f"{where}: `method` is none of {', '.join(sorted(METHODS))}")
    shown_by = " ".join(str(entry["shown_by"] or "").split())
    if not shown_by:
        raise RecordingError(f"{where}: `shown_by` does not say which lines show it")
    try:
        body, kind = _body(entry.get("body"))
        headers = {**kind, **{str(name): str(value) for name, value in (entry.get("headers") or {}).items()}}
        return LeftOut(
            int(entry["n"]), "put back", entry["auth"], str(entry["method"]), str(entry["path"]), headers, body,
            shown_by, dict(entry.get("answer") or {}), int(entry["status"]) if "status" in entry else None,
        )  # fmt: skip
    except (TypeError, ValueError, AttributeError) as error:
        raise RecordingError(f"{where}: {error}") from None


def _body(given: Any) -> tuple[bytes | None, dict[str, str]]:
    """Return a body as it is sent, and the header that says what it is."""
    if given is None:
        return None, {}
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return text.encode(), {"Content-Type": "application/json"}


def _check_numbers(found: list[LeftOut], recording: Recording, file: Path) -> None:
    """Refuse a number that the recording has, or that is given twice. Raises: RecordingError."""
    taken = {exchange.number for exchange in recording.exchanges}
    for request in found:
        if request.number in taken or request.number < 1:
            raise RecordingError(
                f"{file}: {request.number} is no line that {recording.name} leaves out, or is put back twice"
            )
        taken.add(request.number)
