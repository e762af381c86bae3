"""Worlds that outlive their server, over real sockets and processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mockserver.serving.app import close, create_app
from tests.serving.killing import KEY, run

MOMENT = "2026-01-15T12:00:00Z"


@pytest.fixture
def store(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/worlds.db"


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from mockserver.cli import main; main()", *arguments]
    return subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(store):
    assert run(1, store, "--freeze-time", MOMENT) > 0


def test_a_restart_answers_byte_for_byte_the_same(store, contract):
    paths = ["/api/projects/1/annotations/?limit=3", "/api/projects/1/persons/", "/api/projects/1/feature_flags/"]

    def asked(app, key):
        browser = app.test_client()
        return [browser.get(path, headers={"Authorization": f"Bearer {key}"}).data for path in paths]

    app = create_app(store=store, freeze_time=MOMENT, contract=contract)
    client = app.test_client()
    made = client.post("/__admin/worlds", json={"profile": "observed", "seed": 4}).json
    client.post("/api/projects/1/annotations/", headers=KEY, json={"content": "kept", "date_marker": MOMENT})
    client.post(f"/__admin/worlds/{made['id']}/snapshots", json={"name": "early"})
    client.post(f"/__admin/worlds/{made['id']}/load", json={"annotations": [{"content": "late"}]})
    client.post(f"/__admin/worlds/{made['id']}/faults", json={"match": {"operation": "roles_list"}, "status": 500})
    before = asked(app, "phx_mock_all_access") + asked(app, made["api_key"])
    faults = client.get(f"/__admin/worlds/{made['id']}/faults").json
    assert len(faults["faults"]) == 1
    journal = client.get("/__admin/worlds/default/requests").json
    close(app)

    again = create_app(store=store, freeze_time=MOMENT, contract=contract)
    client = again.test_client()
    assert client.get("/__admin/worlds/default/requests").json == journal
    assert client.get("/__admin/health").json["store"]["url"] == store
    assert asked(again, "phx_mock_all_access") + asked(again, made["api_key"]) == before
    assert client.get(f"/__admin/worlds/{made['id']}/faults").json == faults
    assert client.get(f"/__admin/worlds/{made['id']}").json["profile"] == "observed"
    assert client.post(f"/__admin/worlds/{made['id']}/snapshots/early/restore").status_code == 204
    assert client.post("/__admin/worlds", json={}).json["id"] not in ("default", made["id"])
    assert client.delete(f"/__admin/worlds/{made['id']}").status_code == 204
    close(again)
    third = create_app(store=store, contract=contract)
    assert made["id"] not in {world["id"] for world in third.test_client().get("/__admin/worlds").json["worlds"]}
    close(third)


def test_stores_are_checked_compacted_and_carried_over(store, contract, tmp_path):
    app = create_app(store=store, freeze_time=MOMENT, contract=contract)
    app.test_client().post("/api/projects/1/annotations/", headers=KEY, json={"content": "x", "date_marker": MOMENT})
    assert "in use by another process" in command("store", "check", store).stderr
    close(app)
    assert command("store", "compact", store).returncode == 0
    lines = tmp_path / "worlds.jsonl"
    assert command("store", "export", store, "--out", str(lines)).returncode == 0
    other = f"sqlite:///{tmp_path}/other.db"
    assert command("store", "import", other, str(lines)).stdout == "1 world imported\n"
    checked = command("store", "check", other)
    assert (checked.returncode, checked.stdout.splitlines()[0][:24]) == (0, "default: scenario demo, ")
    assert command("store", "export", other).stdout == lines.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "--store", "mongodb://x"), "Error: no store for 'mongodb://x'"),
        (("store", "check", "memory://"), "Error: memory:// ends with its server"),
        (("store", "check", "sqlite:///no/such/w.db"), "Error: there is no folder"),
        (("store", "import", "sqlite:///{}/w.db", "-"), "Error: line 1: no world as `export` writes it"),
    ],
)
def test_what_cannot_be_opened_is_said_in_a_line(arguments, said, tmp_path):
    given = [argument.format(tmp_path) for argument in arguments]
    program = [sys.executable, "-c", "from mockserver.cli import main; main()", *given]
    done = subprocess.run(program, capture_output=True, text=True, input="{}\n", timeout=120, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(said)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mounting, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("a disk that is full takes one that is small, and there is no mount here")
    if done.returncode:
        pytest.skip(f"a disk that is full takes one that is small, and mounting one is refused: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
def test_a_disk_that_is_full_refuses_writes_and_loses_nothing(small_disk, contract, shared):
    notes, body = "/api/projects/1/annotations/", {"content": "x" * 400, "date_marker": MOMENT}
    options = {"store": f"sqlite:///{small_disk}/worlds.db", "shared": shared, "contract": contract}
    app = create_app(scenario="empty", **options)
    client = app.test_client()
    kept = [client.post(notes, headers=KEY, json=body).json["id"]]
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    for _ in range(50):  # what is left of the log's last page may take some
        answer = client.post(notes, headers=KEY, json=body)
        if answer.status_code != 201:
            break
        kept.append(answer.json["id"])
    assert (answer.status_code, answer.json["code"]) == (507, "store_full")
    assert answer.headers["Retry-After"] == "5"
    assert client.post("/__admin/worlds", json={}).status_code == 507
    assert {note["id"] for note in client.get(notes, headers=KEY).json["results"]} == set(kept)
    ballast.unlink()
    kept.append(client.post(notes, headers=KEY, json=body).json["id"])
    before = client.get(notes, headers=KEY)
    assert {note["id"] for note in before.json["results"]} == set(kept)
    close(app)
    again = create_app(**options)
    assert again.test_client().get(notes, headers=KEY).data == before.data
    close(again)
