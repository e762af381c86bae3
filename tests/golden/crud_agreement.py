"""Replay recorded exchanges with a real server in order, and say of each line that differs why it may.

    python tests/golden/crud_agreement.py [FAMILY…]

The recordings are of August 2025, and so is the profile. What no two runs need agree on stands in `LINES`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from flask.testing import FlaskClient

from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app

BESIDE = Path(__file__).parents[2].parent / "shared" / "golden"
GOLDEN = Path(os.environ.get("MOCKSERVER_GOLDEN", BESIDE))
REPLAY = GOLDEN / "replay_crud.py"
FAMILIES = ("annotations", "cohorts", "persons")

# Places that differ on some lines: a pattern of the line's method, path and note, one of the difference, the reason.
LINES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "cohorts": (
        (r"right after create", r"^\.(is_calculating|count): ",
         "a calculation is seen as done on the next read; the recorded one was still running"),
    ),
    "persons": (
        (r"activity", "", "the recorded server wrote the entry of a split later than it answered"),
        (r"values \?key", "", "equal counts come in no promised order"),
    ),
    "annotations": (),
}  # fmt: skip

REFERENCE = re.compile(r'("type": "cohort", "value": "?)(\d+)')


@dataclass(frozen=True)
class Line:
    """How one recorded line went: what differs, and why it may (nothing when it may not)."""

    number: int
    note: str
    differences: tuple[str, ...]
    reason: str | None = None

    @property
    def verdict(self) -> str:
        """`same`, `explained` or `different`."""
        if not self.differences:
            return "same"
        return "explained" if self.reason else "different"


def recorded_replay() -> ModuleType:
    """Return the program that came with the recordings; its comparison is what they are measured by."""
    spec = importlib.util.spec_from_file_location("recorded_replay", REPLAY)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def replay(family: str, contract: Contract) -> Iterator[Line]:
    """Replay a family over the world of the recordings, and yield how each line went."""
    program = recorded_replay()
    tables = json.loads((GOLDEN / "crud" / "world.json").read_text())
    for event in tables["events"]:
        event["timestamp"] = program.at_now(event["timestamp"])
    app = create_app(scenario="blank", profile="observed@2025-08", contract=contract)
    worlds = app.extensions["mockserver"]
    load(contract, worlds.default, tables)
    worlds.register(worlds.default)
    keys = {key["label"]: key["value"] for key in tables["api_keys"]}
    client, mapping = app.test_client(), {}  # type: ignore[var-annotated]
    for text in (GOLDEN / "crud" / f"{family}.jsonl").read_text().splitlines():
        row = json.loads(text)
        if row["response"]["status"] < 500:
            found = _send(program, client, row, family, keys, mapping)
            yield Line(row["n"], row["note"], tuple(found), _reason(family, row, found))


def _send(
    program: ModuleType, client: FlaskClient, row: Any, family: str, keys: Mapping[str, str], mapping: dict[Any, Any]
) -> list[str]:
    request, recorded = row["request"], row["response"]
    headers = dict(request.get("headers") or {})
    if str(row["auth"]).startswith("session:"):
        headers["Authorization"] = "Bearer " + keys[row["auth"]]
    body = request["body"]
    body = json.dumps(body) if isinstance(body, (dict, list)) else body
    data = _refer(program.translate(body, mapping), mapping).encode() if body is not None else None
    path = program.translate_path(request["path"], mapping)
    response = client.open(path, method=request["method"], headers=headers, data=data)
    if response.status_code != recorded["status"]:
        return [f"status: recorded {recorded['status']}, here {response.status_code}: {response.get_data()[:160]!r}"]
    if "json" not in recorded:
        return [] if bool(recorded.get("text")) == bool(response.get_data()) else ["body: there, or not"]
    actual = response.get_json(silent=True)
    _cut(row, actual)
    program.learn(recorded["json"], actual, mapping)
    return list(program.differences(_link(program, recorded["json"], mapping), actual, mapping))


def _refer(body: str, mapping: Mapping[Any, Any]) -> str:
    """Return a body whose references to cohorts are those of here; the program maps such ids in paths alone."""
    return REFERENCE.sub(lambda found: f"{found[1]}{mapping.get(int(found[2]), found[2])}", body)


def _link(program: ModuleType, answer: Any, mapping: Mapping[Any, Any]) -> Any:
    """Return a recorded answer whose links to other pages name the ids of here."""
    if not isinstance(answer, dict):
        return answer
    links = {name: answer[name] for name in ("next", "previous") if isinstance(answer.get(name), str)}
    host = re.compile(r"^https?://[^/]+")
    return {**answer, **{name: program.translate_path(host.sub("", link), mapping) for name, link in links.items()}}


def _cut(row: Any, actual: Any) -> None:
    """Keep of a long list what the recording kept of it."""
    rows = actual.get("results") if isinstance(actual, dict) else None
    if "truncated_results" in row and isinstance(rows, list) and len(rows) == int(row["truncated_results"].split()[0]):
        actual["results"] = rows[:3] + rows[-1:]


def _reason(family: str, row: Any, found: list[str]) -> str | None:
    if not found:
        return None
    said = f"{row['request']['method']} {row['request']['path']} {row['note']}"
    here = [(place, why) for line, place, why in LINES[family] if re.search(line, said)]
    reasons = [next((why for place, why in here if re.search(place, difference)), None) for difference in found]
    return reasons[0] if all(reasons) else None


def main() -> None:
    """Print every line that differs, with its reason, and the sums."""
    contract = Contract.read()
    for family in sys.argv[1:] or FAMILIES:
        lines = list(replay(family, contract))
        for line in lines:
            if line.verdict != "same":
                print(f"{family}:{line.number} {line.note}: {line.verdict}: {line.reason or ''}")
                print(*(f"    {difference}" for difference in line.differences[:3]), sep="\n")
        sums = Counter(line.verdict for line in lines)
        print(f"{family:12} {sums['same']} same, {sums['explained']} explained, {sums['different']} different")


if __name__ == "__main__":
    main()
