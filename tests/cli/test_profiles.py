"""`--profile`, wherever a command takes one: a name, a name at a date, or a line that says what is wrong."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from mockserver.cli import main


@pytest.mark.parametrize("command", [["serve"], ["replay"], ["contract", "diff", "x.yaml"]])
@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("seen", "--profile: 'seen' is no profile"),
        ("observed@2025-13", "--profile: '2025-13' is no date"),
        ("observed@2019-01", "is before the first evidence, which is of 2023-11"),
    ],
)
def test_what_is_no_profile_is_said_in_a_line(command: list[str], profile: str, said: str) -> None:
    result = CliRunner().invoke(main, [*command, "--profile", profile])
    assert (result.exit_code, said in result.output, len(result.output.splitlines())) == (2, True, 1)


@pytest.mark.parametrize("command", [["serve"], ["replay"], ["contract", "diff"], ["import"]])
def test_help_is_given(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0 and ("observed[@YYYY-MM]" in result.output or command == ["import"])


def test_contract_is_compared_as_it_was_at_a_date(tmp_path) -> None:
    bundle = tmp_path / "bundle.yaml"
    assert CliRunner().invoke(main, ["contract", "bundle", "-o", str(bundle)]).exit_code == 0
    told = (
        CliRunner().invoke(main, ["contract", "diff", str(bundle), "--profile", "observed@2025-08", "--added"]).output
    )
    assert "calculation_history" in told
