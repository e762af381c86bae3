import json

from click.testing import CliRunner

from mockserver.cli import main
from tests.inferred.conftest import DOCUMENTS


def test_replay_holds_a_server_to_a_document(tmp_path):
    report = tmp_path / "report.json"
    given = ["replay", "--openapi", str(DOCUMENTS / "garden.yaml"), "--only", "beds_|plants_", "--phase", "examples"]
    result = CliRunner().invoke(main, [*given, "--examples", "1", "--json", str(report)])
    assert result.exit_code == 0, result.output
    told = json.loads(report.read_text())
    assert told["contract"]["title"] == "Garden"
    assert {row["operation"] for row in told["operations"]} >= {"beds_create", "plants_list"}


def test_replay_says_what_is_no_document(tmp_path):
    file = tmp_path / "nothing.yaml"
    file.write_text("a: 1")
    result = CliRunner().invoke(main, ["replay", "--openapi", str(file)])
    assert result.exit_code == 2 and "no OpenAPI document" in result.output
