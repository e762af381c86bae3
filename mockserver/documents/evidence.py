"""What the fake was held against: the recordings that come along, how much agrees, and why the rest does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mockserver.documents.markdown import code, table
from mockserver.replay.recordings.agreement import Agreement, read_agreement
from mockserver.replay.recordings.explaining import MEANING, Cause, Explanation, read_explanations
from mockserver.replay.recordings.files import FOLDER, read_library
from mockserver.replay.recordings.model import Holds, Recording

ABOUT = "about.yaml"
UNSEEN = Agreement(0, 0, 0)
NUMBERS = ("Lines", "Same", "Explained", "Unexplained", "Failed there", "Put back")


def recordings() -> str:
    """Return what was recorded, a section a set: from what, what stood in for parts of it, and how much agrees."""
    agreements = read_agreement()
    sets: dict[Path, list[Recording]] = {}
    for recording in read_library().recordings:
        sets.setdefault(recording.file.parent if recording.file else FOLDER, []).append(recording)
    sections = [_set(folder, held, agreements) for folder, held in sets.items()]
    return "\n\n".join([_sums(agreements), *sections])


def _sums(agreements: Mapping[str, Agreement]) -> str:
    known = agreements.values()
    same, explained = sum(one.same for one in known), sum(one.explained for one in known)
    unexplained, failed = sum(len(one.unexplained) for one in known), sum(one.failed for one in known)
    asked = same + explained + unexplained
    return (
        f"Of **{asked} recorded exchanges** the fake answers **{same} the same**, and {explained} otherwise for a "
        f"reason that is known; {unexplained} differ for none. The server failed on {failed} more, which are not asked."
    )


def _set(folder: Path, held: list[Recording], agreements: Mapping[str, Agreement]) -> str:
    file = folder / ABOUT
    about: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    origin = held[0].origin
    said = [
        f"### {about.get('title', folder.name)}", str(about.get("about", "")),
        f"Recorded of: {about.get('server', f'{origin}.')}",
        f"Recorded {about.get('recorded', f'on {origin.recorded_at}.')}",
    ]  # fmt: skip
    stood_in = [(part["part"], part["here"], part["trust"]) for part in about.get("stood_in", ())]
    if stood_in:
        said.append(table(("Part of it", "Here", "What to trust"), stood_in))
    rows = [_row(recording, agreements.get(recording.name, UNSEEN)) for recording in held]
    said.append(table(("Recording", *NUMBERS), rows))
    return "\n\n".join(text.strip() for text in said if text)


def _row(recording: Recording, known: Agreement) -> tuple[str, ...]:
    if recording.holds is not Holds.EXCHANGES:
        size = len(recording.rows) or sum(len(script.steps) for script in recording.scripts)
        return (code(recording.name), str(size), *[f"({recording.holds})"] * (len(NUMBERS) - 1))
    counts = len(recording.exchanges), known.same, known.explained, len(known.unexplained), known.failed
    return (code(recording.name), *map(str, counts), str(len(recording.left_out)))


def put_back() -> str:
    """Return the requests that recordings leave out and that are sent at their place, each with what shows it."""
    asked = [(recording, request) for recording in read_library().recordings for request in recording.left_out]
    rows = [
        (code(recording.name), str(request.number), code(f"{request.method} {request.path}"), request.shown_by)
        for recording, request in asked
    ]
    return f"{len(rows)} requests are put back.\n\n" + table(("Recording", "At", "Request", "Shown by"), rows)


def reasons() -> str:
    """Return why recorded answers are not ours, by the kind of reason."""
    given = read_explanations().given
    sections = []
    for cause in Cause:
        rows = [_reason(one) for one in given if one.cause is cause]
        if rows:
            said = MEANING[cause]
            sections += [f"### {said[0].upper()}{said[1:]}", table(("Recordings", "Lines", "Differs in", "Why"), rows)]
    return "\n\n".join(sections)


def _reason(one: Explanation) -> tuple[str, str, str, str]:
    names = ", ".join("all" if name == "*" else code(name) for name in sorted(one.recordings))
    lines = ", ".join(map(str, sorted(one.lines))) or (code(one.request) if one.request else "all")
    place = code(one.place) if one.place != "*" else "anything"
    if one.sent_as:
        place = f"sent as {code(one.sent_as[1])}"
    return names, lines, place, one.reason


def unexplained() -> str:
    """Return the lines that differ for no reason that is known."""
    rows = list(_unexplained(read_agreement()))
    return table(("Recording", "Line", "First difference: recorded / here"), rows) if rows else "None."


def _unexplained(agreements: Mapping[str, Agreement]) -> Iterator[tuple[str, str, str]]:
    for name, known in agreements.items():
        for line, difference in known.unexplained.items():
            yield code(name), str(line), code(difference)
