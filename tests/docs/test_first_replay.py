"""The page of a first replay, run line by line: a stranger stands in for the reader's PostHog."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from mockserver.contract import Contract
from tests.docs.blocks import DOCS, Block, blocks_of
from tests.replay.stranger import FULL, Stranger, Variant

ADDRESS = "https://eu.posthog.com"
PAGE = DOCS / "first-replay.md"
FINE = Variant("fine", roles={"all_access": FULL.roles["all_access"]}, fails=False)
SECONDS = 90


def said(block: Block, stranger: Stranger, folder: str) -> str:
    """Return what a block of commands prints, told that it goes to the stranger."""
    program = 'mockserver() { "$PYTHON" -m mockserver "$@"; }\n' + block.code.replace(ADDRESS, stranger.url)
    environment = {"POSTHOG_KEY": stranger.keys["all_access"], "MOCKSERVER_RATE": "5000", "COLUMNS": "400"}
    done = subprocess.run(
        ["bash", "-euc", program], cwd=folder, text=True, timeout=SECONDS, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "PYTHON": sys.executable, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_each_line_says_what_the_page_shows(contract: Contract, tmp_path) -> None:
    shown = ""
    with Stranger(contract, FINE) as stranger:
        for block in blocks_of(PAGE):
            if block.language == "shell":
                shown = said(block, stranger, str(tmp_path))
            for line in block.code.splitlines() if block.language == "text" else ():
                pattern = ".*".join(re.escape(part) for part in line.split("…"))
                assert re.search(f"^{pattern}$", shown, re.MULTILINE), (line, shown)
    assert (tmp_path / "replay.html").is_file()
