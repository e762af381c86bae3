"""Servers that nothing tells are ours: whatever is asked for, of whichever of them, no replay ends in a traceback."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.contract import Contract
from tests.replay.stranger import FULL, ORGANIZATION, VARIANTS, Stranger, Variant

FINE = replace(FULL, name="fine", fails=False)
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
        "replay", "--target", "mock:observed", *server.options, "--no-properties", "--only", "annotations",
        **server.environment,
    ).output  # fmt: skip
    line = "skipped: there is no key of role 'outsider' for real; --api-key-env outsider=NAME gives one"
    assert " ".join(said.split()).count(line) == 1


def test_what_was_found_is_kept_at_whichever_moment_a_server_dies(run, stranger, tmp_path) -> None:
    only = ("--only", "roles_(list|retrieve)|persons_cohorts", "--examples", "1", "--coverage", "2")
    whole = stranger()
    run("replay", *whole.options, *only, exit_code=1, **whole.environment)
    moments = [len(whole.asked) * tenth // 11 for tenth in range(1, 11)]
    for number, moment in enumerate(moments):
        dying = stranger()
        dying.dies_after = moment
        other = ("--target", "mock:observed") if number % 3 == 0 else ()
        arguments = ("replay", *other, *dying.options, *only, "--json", "report.json")
        said = run(*arguments, exit_code=3, **dying.environment).output
        report = json.loads((tmp_path / "report.json").read_text())
        assert "cannot be reached" in report["targets"][-1]["problem"], moment
        assert report["headline"].startswith("real was lost on the way") and report["headline"][:30] in said
        (tmp_path / "report.json").unlink()


def test_what_a_dead_server_was_left_with_is_removed_later(run, stranger, contract, tmp_path) -> None:
    dying = stranger(FINE)
    dying.before = lambda number: setattr(dying, "dies_after", number) if count(dying, "annotations") > 5 else None
    writing = ("--allow-writes", "--project", "42", "--no-properties", "--only", "annotations")
    said = run("replay", *dying.options, *writing, exit_code=3, **dying.environment).output
    assert "run mockserver replay --clean later" in said and list(tmp_path.rglob("*.jsonl"))
    port = int(dying.url.rpartition(":")[2])
    with Stranger(contract, FINE, port=port, world=dying.world) as again:
        told = run("replay", "--clean", *again.options, **again.environment).output
    assert "real: removed" in told and not list(tmp_path.rglob("*.jsonl"))
    assert count(dying, "annotations") == 3


def count(server: Stranger, table: str) -> int:
    """Return how many records are shown."""
    return sum(not record.get("deleted") for record in server.world.view().table(table))


def sweep() -> int:
    """Run every combination against every variant, say how each ended, and return how many did not end as documented.

    Documented is 0 where nothing differs, and 1 where something does.
    """
    contract, broken, number = Contract.read(), 0, 0
    for variant, target, mode, writes in itertools.product(VARIANTS, TARGETS, MODES, WRITES):
        with Stranger(contract, variant) as server:
            result = CliRunner().invoke(main, command(server, target, mode, writes), env=server.environment)
        failed = result.exception is not None and not isinstance(result.exception, SystemExit)
        broken += failed or result.exit_code not in (0, 1)
        number += 1
        print(
            f"{variant} · {target} · {mode} · {writes}: {result.exception if failed else result.exit_code}", flush=True
        )
    print(f"{number - broken} of {number} ended as documented")
    return broken


if __name__ == "__main__":
    raise SystemExit(min(sweep(), 1))
