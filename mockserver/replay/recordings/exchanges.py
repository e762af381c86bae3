"""Recorded exchanges, a request and its answer a line of JSON; `docs/replay.md` describes the form.

The lines of a file follow one another. The requests hold the identifiers and keys of the server that was recorded, so
they only make sense to a world that starts as that server did: `world.json` beside the files says how.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mockserver.replay.recordings.model import RecordedExchange, RecordingError, Story
from mockserver.replay.script import Answer

SUFFIX = ".jsonl"
WORLD = "world.json"
AGO = re.compile(r"@now-(\d+)d(\d+)h")


def read_stories(file: Path) -> Story:
    """Return the exchanges of a file. Raises: RecordingError."""
    exchanges = []
    try:
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if text.strip():
                where = f"{file}, line {number}"
                exchanges.append(_exchange(json.loads(text)))
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordingError(f"{where}: no recorded exchange: {error!r}") from None
    if not exchanges:
        raise RecordingError(f"{file}: it holds no exchange")
    return Story(file.stem, tuple(exchanges))


def read_world(folder: Path) -> dict[str, Any] | None:
    """Return the tables that the recorded server started with, if a folder has them. Raises: RecordingError."""
    file = folder / WORLD
    if not file.exists():
        return None
    try:
        tables = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordingError(f"{file}: {error}") from None
    if not isinstance(tables, dict):
        raise RecordingError(f"{file}: expected an object of tables")
    return tables


def dated(node: Any, now: datetime) -> Any:
    """Return tables with `@now-3d1h` replaced by the time it was then."""
    if isinstance(node, dict):
        return {key: dated(value, now) for key, value in node.items()}
    if isinstance(node, list):
        return [dated(value, now) for value in node]
    found = AGO.fullmatch(node) if isinstance(node, str) else None
    return (now - timedelta(days=int(found[1]), hours=int(found[2]))).isoformat() if found else node


def _exchange(row: Mapping[str, Any]) -> RecordedExchange:
    request, response = row["request"], row["response"]
    body = request.get("body")
    kept = row.get("truncated_results")
    return RecordedExchange(
        number=int(row["n"]),
        note=str(row.get("note", "")),
        auth=row.get("auth"),
        method=str(request["method"]),
        path=str(request["path"]),
        headers={str(name): str(value) for name, value in (request.get("headers") or {}).items()},
        body=json.dumps(body) if isinstance(body, (dict, list)) else body,
        answer=_answer(response),
        kept_of=int(str(kept).split()[0]) if kept else None,
    )


def _answer(response: Mapping[str, Any]) -> Answer:
    body = json.dumps(response["json"]) if "json" in response else str(response.get("text") or "")
    return Answer(int(response["status"]), dict(response.get("headers") or {}), body.encode())
