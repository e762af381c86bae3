"""Exchanges that somebody else kept, made recordings."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.replay.recordings.adding import About, add
from mockserver.replay.recordings.files import read_recording
from mockserver.replay.recordings.model import Holds, Kept, RecordedExchange, RecordingError

ABOUT = About("PostHog", "2025-08-04", "2026-11-20", "world.json")
KEY = "phx_somebody"
CREATED = {"id": 5, "created_at": "2026-11-20T17:45:33.235196Z"}


def exchange(number: int, *, method: str = "GET", **request: Any) -> dict[str, Any]:
    return {
        "n": number, "family": "roles", "note": f"line {number}", "auth": "all",
        "request": {"method": method, "path": "/api/organizations/@current/roles/", **request},
        "response": {"status": 200, "headers": {"content-type": "application/json"}, "json": CREATED},
    }  # fmt: skip


@pytest.fixture
def added(tmp_path: Path):
    """Add lines as a recording, and return what its file holds."""
    (tmp_path / "world.json").write_text(json.dumps({"api_keys": [{"label": "all", "value": KEY}]}))

    def added(*rows: dict[str, Any], about: About = ABOUT):
        source = tmp_path / "roles.jsonl"
        source.write_text("\n".join(map(json.dumps, rows)))
        return read_recording(add(source, tmp_path / "set", about)[0])

    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "world.json").write_text((tmp_path / "world.json").read_text())
    return added


def only(recording) -> RecordedExchange:
    assert len(recording.exchanges) == 1
    return recording.exchanges[0]


def test_recording_says_of_which_server_and_when(added) -> None:
    recording = added(exchange(1))
    assert (recording.name, str(recording.origin), recording.holds) == ("roles", "PostHog of 2025-08-04", "exchanges")
    assert recording.file.name == "roles.jsonl.gz"
    assert recording.began_at.isoformat() == "2026-11-20T17:45:33.235196+00:00"
    assert recording.origin.answers_as == "observed@2025-08"


def test_key_of_the_world_is_kept_by_its_label_alone(added) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Accept": "*/*"}
    assert only(added(exchange(1, headers=headers))).headers == {"Accept": "*/*"}
    other = {"Authorization": "Bearer bad"}
    assert only(added(exchange(1, headers=other))).headers == other


@pytest.mark.parametrize("body", [b'{"name": "\xc3\xa9"}', b"\x1f\x8b\x08\xff", b"not json"])
def test_body_is_kept_byte_for_byte(added, body: bytes) -> None:
    assert only(added(exchange(1, body_base64=base64.b64encode(body).decode()))).body == body


def test_cut_list_says_what_was_kept(added) -> None:
    cut = exchange(1) | {"truncated_results": "19 rows in the real answer; first 3 and the last kept"}
    assert only(added(cut)).kept == Kept(first=3, last=1, of=19)


def test_lines_without_a_request_are_a_table(added) -> None:
    rows = ({"filter": {"operator": "exact"}, "result": True}, {"filter": {}, "error": "no key"})
    recording = added(*rows)
    assert recording.holds is Holds.TABLE and recording.rows == rows


def test_line_that_is_none_is_refused_with_its_number(added) -> None:
    with pytest.raises(RecordingError, match=r"roles.jsonl, line 3: no recorded exchange"):
        added(exchange(1), {"n": 2})
