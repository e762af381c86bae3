"""The same seed, clock and requests give the same bytes, in whatever process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

PROGRAM = """
import hashlib, sys
from mockserver import create_app
app = create_app(seed=7, freeze_time="2026-01-15T12:00:00Z")
client = app.test_client()
headers = {"Authorization": "Bearer phx_mock_all_access"}
P, E, O = "/api/projects/1", "/api/environments/1", "/api/organizations/01890000-0000-7000-8000-000000000001"
READS = [f"{P}/annotations/", f"{P}/cohorts/", f"{P}/comments/", f"{P}/persons/?limit=20", f"{P}/cohorts/activity/",
         f"{O}/roles/", f"{O}/projects/1/", f"{P}/pipeline_destination_configs/", f"{E}/persisted_folder/",
         f"{P}/persons/values/?key=email"]
digest = hashlib.sha256()
for number in range(20):
    writes = [
        client.post(f"{P}/annotations/", json={"content": f"note {number}", "scope": "project"}, headers=headers),
        client.post(f"{P}/cohorts/", json={"name": f"cohort {number}", "is_static": True}, headers=headers),
        client.post(f"{O}/roles/", json={"name": f"role {number}"}, headers=headers),
        client.patch(f"{O}/projects/1/rotate_secret_token/", headers=headers),
        client.post(f"{P}/comments/", json={"content": f"said {number}", "scope": "Dashboard"}, headers=headers),
    ]
    reads = [client.get(READS[(number + step) % len(READS)], headers=headers) for step in range(5)]
    for response in writes + reads:
        digest.update(f"{response.status_code}".encode() + response.get_data())
print(digest.hexdigest())
"""


def run(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_two_processes_answer_alike() -> None:
    first, second = run("1"), run("2")
    assert first == second
    assert len(first) == len(hashlib.sha256().hexdigest())
