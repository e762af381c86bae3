"""The form of a recording: lines of JSON. The first says what follows; every other is a request and its answer.

    {"format": 2, "recording": "annotations", "holds": "exchanges", "server": {"name": "PostHog", "date": "2025-08-04"},
     "recorded_at": "2026-11-20", "world": "world.json.gz", "began_at": "2026-11-20T17:45:33Z", "clock": "running"}
    {"n": 2, "note": "create", "auth": "all",
     "request": {"method": "POST", "path": "/api/projects/1/annotations/", "headers": {…}, "body": "{…}"},
     "response": {"status": 201, "headers": {…}, "json": {…}}}

Where the first line says `scripts`, a request names an operation of the contract, as a step of a script does:

    {"n": 2, "script": "a deleted annotation is hidden", "step": 1, "auth": "all_access", "at": "2026-01-15T12:00:00Z",
     "request": {"call": "annotations_create", "body": {…}, "keep": {"id": "$.id"}}, "response": {…}}

A `table` has lines of any form: they are cases of something computed. `docs/replay.md` describes every key.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mockserver.contract import Profile
from mockserver.replay.recordings.model import (
    FORMAT,
    Clock,
    Holds,
    Kept,
    Origin,
    RecordedExchange,
    RecordedScript,
    RecordedStep,
    Recording,
    RecordingError,
)
from mockserver.replay.script import Answer
from mockserver.world.entropy import read_timestamp, timestamp

UNSAID = frozenset({"expect"})
"""What of a step no recording keeps: what it must answer is the script's to say."""
WRONG = (KeyError, TypeError, ValueError, AttributeError)


def parse(text: str, file: Path) -> Recording:
    """Return the recording that lines are; `file` is where they stand. Raises: RecordingError."""
    given = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    rows = [(number, decoded(line, f"{file}, line {number}")) for number, line in given]
    if not rows or "format" not in rows[0][1]:
        raise RecordingError(f"{file}: no recording: its first line does not say which format it has")
    head = rows.pop(0)[1]
    if head["format"] != FORMAT:
        raise RecordingError(f"{file}: its format is {head['format']!r}, and this version reads {FORMAT}; record anew")
    where = f"{file}, line 1"
    try:
        common = _head(head, file)
        if not rows:
            raise RecordingError(f"{file}: it holds no exchange")
        match common["holds"]:
            case Holds.SCRIPTS:
                return Recording(**common, scripts=tuple(_scripts(rows)))
            case Holds.TABLE:
                return Recording(**common, rows=tuple(row for _, row in rows))
        exchanges = []
        for number, row in rows:
            where = f"{file}, line {number}"
            exchanges.append(_exchange(row))
        return Recording(**common, exchanges=tuple(exchanges))
    except WRONG as error:
        raise RecordingError(
            f"{where}: no recorded exchange: it lacks something, or has it in another form: {error!r}"
        ) from None


def spell(recording: Recording) -> str:
    """Return the lines of a recording."""
    rows: Iterable[Mapping[str, Any]]
    match recording.holds:
        case Holds.SCRIPTS:
            rows = _told_scripts(recording.scripts)
        case Holds.TABLE:
            rows = recording.rows
        case Holds.EXCHANGES:
            rows = map(_told_exchange, recording.exchanges)
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in (_told_head(recording), *rows))


def decoded(line: str, where: str) -> dict[str, Any]:
    """Return the object that a line is. Raises: RecordingError, naming where it stands."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise RecordingError(f"{where}: not JSON: {error}") from None
    if not isinstance(row, dict):
        raise RecordingError(f"{where}: no recorded exchange: expected an object")
    return row


# The first line


def _head(head: Mapping[str, Any], file: Path) -> dict[str, Any]:
    server, contract = head["server"], head.get("contract") or {}
    profile = server.get("profile")
    origin = Origin(
        str(server["name"]), server.get("date"), Profile(profile) if profile else None,
        str(head.get("recorded_at", "")), str(contract.get("title", "")), str(contract.get("version", "")),
    )  # fmt: skip
    began = head.get("began_at")
    return {
        "name": str(head["recording"]), "origin": origin, "holds": Holds(head["holds"]), "world": head.get("world"),
        "also": dict(head.get("also") or {}), "began_at": read_timestamp(began) if began else None,
        "clock": Clock(head.get("clock", Clock.RUNNING)), "independent": head.get("independent", False), "file": file,
    }  # fmt: skip


def _told_head(recording: Recording) -> dict[str, Any]:
    origin = recording.origin
    told = {
        "format": FORMAT, "recording": recording.name, "holds": recording.holds,
        "server": _said({"name": origin.server, "date": origin.date, "profile": origin.profile}),
        "recorded_at": origin.recorded_at,
        "contract": {"title": origin.title, "version": origin.version} if origin.title else None,
    }  # fmt: skip
    if recording.holds is Holds.EXCHANGES:
        began = timestamp(recording.began_at) if recording.began_at else None
        told |= {
            "world": recording.world, "also": recording.also, "began_at": began, "clock": recording.clock,
            "independent": recording.independent,
        }  # fmt: skip
    return _said(told)


def _said(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what it says nothing of."""
    return {key: value for key, value in told.items() if value not in (None, "", (), {}, 0, False)}


# Scripts


def _scripts(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[RecordedScript]:
    """Yield scripts; each begins at its first step."""
    begun: Mapping[str, Any] = {}
    steps: list[RecordedStep] = []
    for _, row in rows:
        if row["step"] == 1 and steps:
            yield _script(begun, steps)
            steps = []
        if row["step"] != len(steps) + 1:
            raise ValueError(f"step {row['step']} of script {row['script']!r} follows {len(steps)} others")
        if not isinstance(row["request"]["call"], str):
            raise ValueError(f"script {row['script']!r} asks nothing")
        begun = row if row["step"] == 1 else begun
        varies = tuple(row.get("varies") or ())
        steps.append(RecordedStep(dict(row["request"]), _answer(row["response"]), int(row["n"]), varies))
    yield _script(begun, steps)


def _script(row: Mapping[str, Any], steps: list[RecordedStep]) -> RecordedScript:
    profile = Profile(row["profile"]) if row.get("profile") else None
    return RecordedScript(str(row["script"]), str(row["auth"]), profile, str(row["at"]), tuple(steps))


def _told_scripts(scripts: Iterable[RecordedScript]) -> Iterator[dict[str, Any]]:
    number = 0
    for script in scripts:
        for step, recorded in enumerate(script.steps, 1):
            number += 1
            head = {"n": number, "script": script.name, "step": step, "auth": script.role}
            begun = _said({"profile": script.profile, "at": script.recorded_at}) if step == 1 else {}
            asked = {key: value for key, value in recorded.spec.items() if key not in UNSAID}
            told = {"request": asked, "response": _told_answer(recorded.answer)}
            yield {**head, **begun, **told, **_said({"varies": recorded.varies})}


# Exchanges


def _exchange(row: Mapping[str, Any]) -> RecordedExchange:
    request = row["request"]
    return RecordedExchange(
        number=int(row["n"]),
        note=str(row.get("note", "")),
        auth=row.get("auth"),
        method=str(request["method"]),
        path=str(request["path"]),
        headers={str(name): str(value) for name, value in (request.get("headers") or {}).items()},
        body=_body(request),
        answer=_answer(row["response"]),
        kept=_kept(row["kept"]) if "kept" in row else None,
        dropped=tuple(row.get("dropped") or ()),
        sequence=row.get("sequence"),
        waited_seconds=row.get("waited_seconds", 0),
    )


def _body(request: Mapping[str, Any]) -> bytes | None:
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"])
    body = request.get("body")
    if body is None:
        return None
    return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()


def _kept(told: Mapping[str, Any]) -> Kept:
    lists = {name: tuple(told[name]) for name in ("uuids", "members") if name in told}
    return Kept(**{**told, **lists})


def _answer(response: Mapping[str, Any]) -> Answer:
    body = json.dumps(response["json"]) if "json" in response else str(response.get("text") or "")
    return Answer(int(response["status"]), dict(response.get("headers") or {}), body.encode())


def _told_exchange(exchange: RecordedExchange) -> dict[str, Any]:
    request: dict[str, Any] = {"method": exchange.method, "path": exchange.path}
    request |= _said({"headers": dict(exchange.headers)}) | _told_body(exchange.body)
    head = {"n": exchange.number, **_said({"note": exchange.note}), "auth": exchange.auth}
    kept = _said(vars(exchange.kept)) if exchange.kept else None
    tail = {
        "kept": kept, "dropped": exchange.dropped, "sequence": exchange.sequence,
        "waited_seconds": exchange.waited_seconds,
    }  # fmt: skip
    return {**head, "request": request, "response": _told_answer(exchange.answer), **_said(tail)}


def _told_body(body: bytes | None) -> dict[str, str]:
    if body is None:
        return {}
    try:
        return {"body": body.decode()}
    except ValueError:
        return {"body_base64": base64.b64encode(body).decode()}


def _told_answer(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"status": answer.status, **_said({"headers": dict(answer.headers)})}
    if not answer.body:
        return told
    try:
        return {**told, "json": json.loads(answer.body)}
    except ValueError:
        return {**told, "text": answer.body.decode("utf-8", "replace")}
