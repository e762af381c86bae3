"""Each step of the image, the compose file and the workflow, run without Docker and without GitHub."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from mockserver.cli import main
from tests.docs.blocks import ROOT

SECONDS = 60


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", "")
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines()) if word]


def said(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """What the image holds: the files it copies, and the package installed from them alone."""
    folder = tmp_path_factory.mktemp("image")
    for line in said("COPY"):
        *sources, target = shlex.split(line)
        for source in sources:
            path, into = ROOT / source, folder / target
            if path.is_dir():
                shutil.copytree(path, into, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, into / path.name)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder / "site"), "."]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    if "No matching distribution found for hatchling" in done.stderr:
        pytest.skip("hatchling, which builds the package, is neither installed nor to be had")
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.mark.parametrize(("environment", "is_open"), [({"MOCKSERVER_ADMIN_TOKEN": "s3cret"}, True), ({}, False)])
def test_image_serves_and_is_healthy(image, environment, is_open, tmp_path) -> None:
    port = free_port()
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(image), "MOCKSERVER_PORT": str(port),
        "MOCKSERVER_SCENARIO": "empty", **environment,
    }  # fmt: skip
    start = [sys.executable, "-m", *json.loads(said("ENTRYPOINT")[0]), *json.loads(said("CMD")[0])]
    check = json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])
    server = subprocess.Popen(start, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 20
        while subprocess.run([sys.executable, *check[1:]], env=env, capture_output=True).returncode != 0:
            assert server.poll() is None and time.monotonic() < deadline, "it never was healthy"
    finally:
        server.terminate()
        output = server.communicate(timeout=10)[0]
    assert server.returncode == 0
    assert ("the control plane is off" in output) is not is_open
    assert subprocess.run([sys.executable, *check[1:]], env=env, capture_output=True).returncode != 0


def test_image_is_not_root_and_has_the_extras_it_names() -> None:
    assert said("USER") == ["10001"]
    assert any("useradd --uid 10001" in line for line in said("RUN"))
    extras = re.search(r"'\.\[(.*)\]'", said("RUN")[0])
    assert extras is not None
    assert all(f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text() for extra in extras[1].split(","))


def test_image_leaves_out_what_it_does_not_need() -> None:
    ignored = set((ROOT / ".dockerignore").read_text().split())
    assert {".git", ".venv", "tests"} <= ignored
    assert not ignored & {source for line in said("COPY") for source in shlex.split(line)[:-1]}


@pytest.mark.parametrize(("file", "front"), [("compose.yaml", "posthog"), ("compose.shared.yaml", "proxy")])
def test_compose_files_set_options_that_there_are(file, front) -> None:
    composed = yaml.safe_load((ROOT / file).read_text())
    services = composed["services"]
    options = {f"MOCKSERVER_{option.name.upper()}" for option in main.get_command(None, "serve").params}
    assert services["posthog"]["environment"].keys() <= options
    assert services["posthog"]["build"] == "."
    host, outside, inside = services[front]["ports"][0].split(":")
    assert host == "127.0.0.1" and outside.isdigit()
    assert inside == (said("EXPOSE")[0] if front == "posthog" else "80")
    volumes = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())]
    assert all(
        (ROOT / volume).is_file() if volume.startswith(".") else volume in composed["volumes"] for volume in volumes
    )
    assert services["posthog"]["environment"]["MOCKSERVER_STORE"].partition("://")[0] in ("sqlite", "postgresql")


def test_replicas_are_asked_through_their_proxy() -> None:
    asked = re.findall(r"http://(\w+):(\d+)", (ROOT / "examples" / "nginx.conf").read_text())
    assert asked == [("posthog", said("EXPOSE")[0])]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_workflow_runs(tmp_path) -> None:
    workflow = yaml.safe_load((ROOT / "examples" / "github-actions.yaml").read_text())
    job = workflow["jobs"]["tests"]
    steps = [step["run"] for step in job["steps"] if "run" in step]
    (tmp_path / "test_one.py").write_text("def test_world(posthog):\n    assert posthog.api_key\n")
    preamble = (ROOT / "tests/docs/commands.sh").read_text().partition("mockserver() {")[0]
    program = [
        preamble,
        'mockserver() { exec "$PYTHON" -m mockserver "$@"; }',
        "trap 'kill $(jobs -p)' EXIT",
        *(step if number < 3 else f"export $(cat $GITHUB_ENV)\n{step}" for number, step in enumerate(steps)),
    ]
    env = {
        **os.environ, "PYTHON": sys.executable, "ROOT": str(ROOT), "GITHUB_ENV": str(tmp_path / "env"), **job["env"],
        "PYTEST_XDIST_AUTO_NUM_WORKERS": "1",
    }  # fmt: skip
    command = ["bash", "-c", "\n".join(program)]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert '"results":[{' in done.stdout
    assert "PostHog, faked" in done.stdout
