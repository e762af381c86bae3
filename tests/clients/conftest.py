"""PostHog's own clients as their users install them, each in a program of its own; `make clients` installs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.testing.worlds import PostHog

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".venv" / "clients"
PROGRAMS = Path(__file__).parent / "programs"
NODE_MODULES = INSTALLED / "node" / "node_modules"
SECONDS = 60

Run = Callable[..., Any]


def is_there(runtime: str | Path, *modules: Path) -> str:
    """Return where a runtime is, or skip the test that needs it and these modules."""
    found = shutil.which(runtime)
    missing = [str(runtime)] * (found is None) + [module.name for module in modules if not module.exists()]
    if found is None or missing:
        pytest.skip(f"{' and '.join(missing)} not installed: make clients")
    return found


def command(client: str, program: str) -> tuple[list[str], Path, Path]:
    """Return how a program is run with a client, the file that it is, and the folder in which its modules are found."""
    if client == "node":
        node = is_there(ROOT / ".venv" / "bin" / "node", NODE_MODULES / "posthog-node")
        return [node, "--input-type=module", "-"], PROGRAMS / f"{program}.mjs", NODE_MODULES.parent
    if client == "python":
        pytest.importorskip("posthog", reason="posthog is not installed: pip install posthog")
        python = sys.executable
    else:
        python = is_there(INSTALLED / client / "bin" / "python")
    return [python, "-"], PROGRAMS / f"{program}.py", ROOT


@pytest.fixture(params=["python", "python-6", "python-3", "node"])
def run(request: pytest.FixtureRequest, posthog: PostHog) -> Run:
    """Runs a program with a client on a server, once with each, and returns what it tells."""

    def run(program: str, **settings: str) -> Any:
        arguments, path, folder = command(request.param, program)
        known = {"POSTHOG_URL": posthog.url, "POSTHOG_TOKEN": posthog.project_token, "POSTHOG_KEY": posthog.api_key}
        with path.open() as text:
            done = subprocess.run(
                arguments, stdin=text, env={**os.environ, **known, **settings}, cwd=folder, capture_output=True,
                text=True, timeout=SECONDS,
            )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return run
