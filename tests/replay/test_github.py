"""What a workflow of GitHub's is told: an annotation for each thing found, and a summary of the job."""

from __future__ import annotations

import pytest

from mockserver.contract import Contract
from tests.replay.stranger import FULL, Stranger


@pytest.fixture
def told(run, contract: Contract, tmp_path) -> tuple[str, str]:
    """What a failing run prints, and what it adds to the summary."""
    with Stranger(contract, FULL) as stranger:
        summary = tmp_path / "summary.md"
        summary.write_text("# Before\n")
        options = ("--only", "persons_cohorts|roles_list", "--examples", "1", "--coverage", "2", "--github")
        environment = {**stranger.environment, "GITHUB_STEP_SUMMARY": str(summary)}
        output = run("replay", *stranger.options, *options, exit_code=1, **environment).output
        assert stranger.keys["all_access"] not in output + summary.read_text()
    return output, summary.read_text()


def test_what_was_found_is_annotated(told) -> None:
    lines = [line for line in told[0].splitlines() if line.startswith("::")]
    assert lines[0].startswith("::error title=mockserver replay::Look at ")
    assert any(line.startswith("::warning title=The server's own failures%3A ") for line in lines)
    assert all(line.count("::") == 2 for line in lines)


def test_summary_of_the_job_has_a_row_for_each_thing_found(told) -> None:
    text = told[1]
    assert text.startswith("# Before\n## mockserver replay\n\n**Look at ")
    assert "### The server's own failures" in text and "| real answers 500 |" in text
    assert "### Not reached" in text and "the server fails on it" in text


def test_run_outside_of_github_is_annotated_alone(run) -> None:
    said = run("replay", "--only", "roles_list", "--no-properties", "--github", GITHUB_STEP_SUMMARY="").output
    assert "::notice title=mockserver replay::Nothing is unexplained" in said
