"""What a server answers about its own project, recorded over a world that the project is, its people replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.contract import Contract, Profile
from mockserver.importing.disguise import Disguise
from mockserver.replay.recordings.files import read_library
from mockserver.replay.recordings.playing import Playback
from mockserver.replay.targets import start_mock
from tests.importing.test_command import PEOPLE, SECRETS, TEXTS
from tests.replay.stranger import FULL, Stranger

ONLY = r"^(annotations_(list|retrieve)|persons_(list|retrieve|values_retrieve)|roles_list|early_access_feature_list)$"


@pytest.fixture(scope="module")
def folder(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("recorded")
    with Stranger(contract, replace(FULL, fails=False)) as stranger:
        told = [*stranger.options, "--only", ONLY, "--world", "--once", "--out", str(out)]
        result = CliRunner().invoke(main, ["record", *told], env=stranger.environment)
    assert result.exit_code == 0, result.output
    return out


def test_a_mock_given_that_world_answers_the_same(folder: Path, contract: Contract) -> None:
    mock = start_mock("mock", contract, profile=Profile.OBSERVED)
    try:
        report = Playback(contract, mock, read_library(folder), "recordings").run()
    finally:
        mock.close()
    over_it = [tally for tally in report.tallies if tally.recording.endswith("_exchanges")]
    assert sum(tally.same for tally in over_it) > 50
    assert [tally.unexplained for tally in over_it if tally.unexplained] == []


def test_nobody_and_no_secret_is_told(folder: Path) -> None:
    text = "".join(file.read_text() for file in folder.glob("*_exchanges.jsonl")) + (folder / "world.json").read_text()
    assert [told for told in (*PEOPLE, *TEXTS, *SECRETS) if told in text] == []


def test_an_answer_is_told_as_its_world_is(contract: Contract) -> None:
    tables = {"persons": [{"id": 1, "properties": {"name": "Ada", "age": 36, "plan": "pro"}}]}
    masked = {"persons": [{"id": 1, "properties": {"name": "Zoe", "age": 71, "plan": "pro"}}]}
    disguise = Disguise(contract, tables, masked, address="http://real.example", instead="https://posthog.example")
    answer = {
        "name": "Ada", "age": 36, "id": 36, "plan": "pro", "next": "http://real.example/api/?limit=1",
        "said": "something about Ada", "config": {"mySecret": "s3cr3t"}, "api_token": "phc_abc",
    }  # fmt: skip
    assert disguise.of(answer) == {
        "name": "Zoe", "age": 71, "id": 36, "plan": "pro", "next": "https://posthog.example/api/?limit=1",
        "said": "[replaced]", "config": {}, "api_token": "phc_replaced0",
    }  # fmt: skip
