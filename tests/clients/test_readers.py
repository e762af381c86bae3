"""What others built to read and change analytics: PostHog's toolkit for agents, a command line, Airbyte's connector."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mockserver.testing.worlds import PostHog
from tests.clients.conftest import INSTALLED, PROGRAMS, ROOT, SECONDS, is_there

LONG = 4 * SECONDS


@pytest.fixture
def made_key(posthog: PostHog) -> str:
    """A personal API key as PostHog's own page makes one, bound to nothing."""
    session = posthog.create_api_key()
    wish = {"label": "readers", "scopes": ["*"], "scoped_teams": [], "scoped_organizations": []}
    headers = {"Authorization": f"Bearer {session}"}
    return str(posthog.http.post("/api/personal_api_keys/", json=wish, headers=headers).json()["value"])


def run(command: list[str], folder: Path, text: str | None = None, **environment: str) -> str:
    done = subprocess.run(
        command, input=text, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=LONG,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_an_agent_looks_around_and_makes_a_dashboard(posthog: PostHog, made_key: str) -> None:
    home = INSTALLED / "agents"
    node = is_there(ROOT / ".venv" / "bin" / "node", home / "node_modules" / "@posthog" / "agent-toolkit")
    program = (PROGRAMS / "agent.mjs").read_text(encoding="utf-8")
    told = json.loads(
        run([node, "--input-type=module", "-"], home, program, POSTHOG_URL=posthog.url, POSTHOG_KEY=made_key)
    )
    assert told["tools"] > 30
    assert told["tiles"] == ["Views"]
    assert "Made by an agent" not in told["left"]
    assert told["left"] == told["dashboards"]
    assert "audit-log" in told["flags"]
    assert told["events"][0][0] > 1000


def test_a_command_line_works_with_dashboards(posthog: PostHog, tmp_path: Path) -> None:
    phog = is_there(INSTALLED / "phog" / "bin" / "posthog")
    known = {
        "POSTHOG_API_KEY": posthog.api_key, "POSTHOG_HOST": posthog.url, "POSTHOG_PROJECT_ID": str(posthog.project_id),
        "HOME": str(tmp_path),
    }  # fmt: skip

    def ask(*words: str) -> Any:
        said = run([phog, "--json", "--yes", *words], tmp_path, **known)
        return json.loads(said) if said.strip().startswith(("{", "[")) else said

    made = ask("dashboard", "create", "--name", "Shell", "--tags", "a,b")
    assert (made["name"], sorted(made["tags"])) == ("Shell", ["a", "b"])
    ask("dashboard", "update", str(made["id"]), "--name", "Command line")
    assert ask("dashboard", "get", str(made["id"]))["name"] == "Command line"
    insight = ask("insight", "list")[0]
    assert ask("insight", "get", str(insight["id"]))["short_id"] == insight["short_id"]
    assert ask("query", "run", "--hogql", "select 1 as one")["results"] == [[1]]
    with pytest.raises(AssertionError, match="API error 405"):  # as from PostHog, which deletes by PATCH alone
        ask("dashboard", "delete", str(made["id"]))
    assert "Command line" in [one["name"] for one in ask("dashboard", "list")]
    assert ask("flag", "list")


def test_airbyte_reads_a_project_and_then_what_is_new(posthog: PostHog, tmp_path: Path) -> None:
    airbyte = is_there(INSTALLED / "airbyte" / "bin" / "source-posthog")
    since = "2025-01-01T00:00:00Z"
    settings = {"api_key": posthog.api_key, "start_date": since, "base_url": posthog.url, "events_time_step": 91}
    keep(tmp_path, "config", settings)

    def ask(*words: str) -> list[dict[str, Any]]:
        said = run([airbyte, words[0], "--config", "config.json", *words[1:]], tmp_path)
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    (checked,) = [told["connectionStatus"] for told in ask("check") if told["type"] == "CONNECTION_STATUS"]
    assert checked["status"] == "SUCCEEDED"
    (catalog,) = [told["catalog"] for told in ask("discover") if told["type"] == "CATALOG"]
    modes = {stream["name"]: stream["supported_sync_modes"][-1] for stream in catalog["streams"]}
    assert modes["events"] == "incremental"
    chosen = [
        {"stream": stream, "sync_mode": modes[stream["name"]], "destination_sync_mode": "append"}
        for stream in catalog["streams"]
    ]
    keep(tmp_path, "catalog", {"streams": chosen})
    told = ask("read", "--catalog", "catalog.json")
    counts = Counter(one["record"]["stream"] for one in told if one["type"] == "RECORD")
    assert set(counts) == set(modes)
    assert counts["events"] > 1000
    states = {
        one["state"]["stream"]["stream_descriptor"]["name"]: one["state"] for one in told if one["type"] == "STATE"
    }
    keep(tmp_path, "state", list(states.values()))
    posthog.http.post("/capture/", json={"api_key": posthog.project_token, "event": "new thing", "distinct_id": "zed"})
    again = ask("read", "--catalog", "catalog.json", "--state", "state.json")
    records = [one["record"] for one in again if one["type"] == "RECORD" and one["record"]["stream"] == "events"]
    assert "new thing" in [record["data"]["event"] for record in records]
    assert len(records) < counts["events"] / 10


def keep(folder: Path, name: str, value: Any) -> None:
    (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
