"""The same world on both sides: what a server holds is put into the mock before the two are compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.contract import Contract
from tests.replay.stranger import Stranger, Variant

QUICK = ("--only", "annotations_|roles_|cohorts_", "--no-properties")


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def run(stranger: Stranger, *options: str) -> dict[str, Any]:
        told = [
            "--target",
            "mock:observed",
            *stranger.options,
            "--json",
            str(tmp_path / "report.json"),
            *QUICK,
            *options,
        ]
        result = CliRunner().invoke(main, ["replay", *told], env=stranger.environment)
        assert isinstance(result.exception, SystemExit | None), result.output
        report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
        return report

    return run


def unexplained(report: dict[str, Any]) -> list[tuple[str, str]]:
    rows = report["operations"]
    return [(row["operation"], d["place"]) for row in rows for d in row["differences"] if not d["accepted"]]


def test_records_of_a_server_are_the_same_in_the_mock(compare: Callable[..., Any], contract: Contract) -> None:
    with Stranger(contract, Variant("well", fails=False)) as stranger:
        report = compare(stranger)
    assert unexplained(report) == []
    assert "3 annotations" in report["notes"][0] and "mock held what could be read of real" in report["notes"][0]


def test_value_that_is_another_is_found(compare: Callable[..., Any], contract: Contract) -> None:
    def wrap(application: Any) -> Any:
        def other(environ: Any, start: Any) -> Any:
            body = b"".join(application(environ, start))
            single = environ["PATH_INFO"].rstrip("/").endswith("annotations/9")
            return [body.replace(b"Deploy 2", b"Deploy 3") if single else body]

        return other

    with Stranger(contract, Variant("well", fails=False), wrap=wrap) as stranger:
        found = unexplained(compare(stranger))
    assert ("annotations_retrieve", "$.content") in found and {place for _, place in found} == {"$.content"}


def test_mock_keeps_its_own_world_when_asked_to(compare: Callable[..., Any], contract: Contract) -> None:
    with Stranger(contract, Variant("well", fails=False)) as stranger:
        report = compare(stranger, "--no-import")
    assert not any("held what could be read" in note for note in report["notes"])


def test_project_that_cannot_be_read_leaves_the_mock_its_own(compare: Callable[..., Any], contract: Contract) -> None:
    def wrap(application: Any) -> Any:
        def closed(environ: Any, start: Any) -> Any:
            if environ["PATH_INFO"].rstrip("/") in ("/api/projects/42", "/api/environments/42"):
                start("403 Forbidden", [("Content-Type", "application/json")])
                return [b'{"type": "authentication_error", "code": "permission_denied", "detail": "No.", "attr": null}']
            return application(environ, start)

        return closed

    with Stranger(contract, Variant("well", fails=False), wrap=wrap) as stranger:
        report = compare(stranger)
    assert "mock keeps its own records" in report["notes"][0] and "403: No." in report["notes"][0]


def test_server_that_dies_while_it_is_read_leaves_a_report(compare: Callable[..., Any], contract: Contract) -> None:
    with Stranger(contract) as stranger:
        stranger.dies_after = 30
        report = compare(stranger, "--timeout", "1")
    assert report["exit_code"] == 3 and report["targets"][1]["problem"]
