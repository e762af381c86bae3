"""Servers that nothing tells are ours: whatever is asked for, of whichever of them, no replay ends in a traceback."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.contract import Contract
from tests.replay.stranger import FULL, ORGANIZATION, VARIANTS, Stranger, Variant

ONLY = r"annotations_(list|create|retrieve|partial)|roles_(list|create)|persons_cohorts|comments_list|query_log"
TARGETS = {"alone": (), "mock first": ("mock:observed",), "pages first": ("mock",)}
MODES = {"all": (), "scripts": ("--no-properties",), "properties": ("--no-scripts",)}
WRITES = {
    "reading": (),
    "writing": ("--allow-writes", "--project", "42"),
    "writing roles": ("--allow-writes", "--project", "42", "--organization", ORGANIZATION),
}
LIMITS = ("--examples", "1", "--coverage", "2", "--only", ONLY, "--json", "report.json")
CHOSEN = [
    (VARIANTS[i], target, list(MODES)[(i + j) % 3], list(WRITES)[(i + 2 * j) % 3])
    for i in range(len(VARIANTS))
    for j, target in enumerate(TARGETS)
]
"""Every two of the choices together, once; `python -m tests.replay.test_strangers` runs all that there are."""


@pytest.fixture
def stranger(contract) -> Iterator[Callable[..., Stranger]]:
    """Start a stranger."""
    started: list[Stranger] = []

    def start(variant: Variant = FULL) -> Stranger:
        started.append(Stranger(contract, variant))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.mark.parametrize(("variant", "target", "mode", "writes"), CHOSEN, ids=str)
def test_no_combination_of_options_ends_in_a_traceback(run, stranger, variant, target, mode, writes, tmp_path) -> None:
    server = stranger(variant)
    output = run(*command(server, target, mode, writes), exit_code=1, **server.environment).output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["targets"][-1]["problem"] is None and server.keys["all_access"] not in output
    assert not list(tmp_path.rglob("*.jsonl")), "something was left"


def command(server: Stranger, target: str, mode: str, writes: str) -> list[str]:
    named = [part for what in TARGETS[target] for part in ("--target", what)]
    return ["replay", *named, *server.options, *MODES[mode], *WRITES[writes], *LIMITS]


def test_what_cannot_be_asked_is_said_once(run, stranger) -> None:
    server = stranger(VARIANTS[1])
    said = run(
        "replay", "--target", "mock:observed", *server.options, "--no-properties", "--only", "annotations", exit_code=1,
        **server.environment,
    ).output  # fmt: skip
    line = "skipped: there is no key of role 'outsider' for real; --api-key-env outsider=NAME gives one"
    assert " ".join(said.split()).count(line) == 1


def sweep() -> int:
    """Run every combination against every variant, say how each ended, and return how many ended in a traceback."""
    contract, broken = Contract.read(), 0
    for variant, target, mode, writes in itertools.product(VARIANTS, TARGETS, MODES, WRITES):
        with Stranger(contract, variant) as server:
            result = CliRunner().invoke(main, command(server, target, mode, writes), env=server.environment)
        failed = result.exception is not None and not isinstance(result.exception, SystemExit)
        broken += failed
        print(
            f"{variant} · {target} · {mode} · {writes}: {result.exception if failed else result.exit_code}", flush=True
        )
    return broken


if __name__ == "__main__":
    raise SystemExit(min(sweep(), 1))
