"""`mockserver import`: a scenario of a project that is not ours, and whom it still tells of."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.contract import Contract
from mockserver.serving.app import create_app
from tests.importing.conftest import run_import
from tests.replay.stranger import VARIANTS, Stranger, Variant

HEADERS = {"Authorization": "Bearer phx_mock_all_access"}
PEOPLE = ("@acme.test", "user0@example.com", "Olive", "Adam", "Mia", "User 0", "alias-0")
TEXTS = ("Campaign", "Deploy 1", "Acme Oracle", "Main project", "Support", "Paying", "Dash one", "Insight one")
SECRETS = ("phc_oeMe4NejjRsS1ixntPLJWC1HuC0eFpfY9jWJJYf052", "phx_allaccess")


@pytest.fixture(scope="module")
def company(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("import") / "company.yaml"
    result = run_import(stranger, file)
    assert result.exit_code == 0, result.output
    return file


def test_fake_of_a_project_has_its_records_by_their_ids(company: Path, contract: Contract) -> None:
    client = create_app(scenario=str(company), profile="observed", contract=contract, strict=True).test_client()

    def ids(path: str) -> list[object]:
        answer = client.get(path, headers=HEADERS)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return sorted(row["id"] for row in answer.json["results"])

    assert ids("/api/projects/42/annotations/") == [5, 6, 9]
    assert ids("/api/projects/42/cohorts/") == [3, 4]
    assert len(ids("/api/organizations/@current/roles/")) == 2
    annotation = client.get("/api/projects/42/annotations/6/", headers=HEADERS).json
    assert (annotation["dashboard_id"], annotation["created_by"]["id"]) == (5, 3)
    members = client.get("/api/projects/42/cohorts/3/persons/", headers=HEADERS).json["results"]
    assert len(members) == 3
    role = client.get("/api/organizations/@current/roles/", headers=HEADERS).json["results"][0]
    assert sorted(member["organization_member"]["level"] for member in role["members"]) == [1, 8]


def test_nobody_and_no_secret_is_written(company: Path) -> None:
    text = company.read_text()
    assert [told for told in (*PEOPLE, *TEXTS, *SECRETS) if told in text] == []


def test_vocabulary_stays_and_the_same_stays_the_same(company: Path) -> None:
    tables = yaml.safe_load(company.read_text())
    assert {event["event"] for event in tables["events"]} == {"$pageview", "signup"}
    plans = {person["properties"].get("plan") for person in tables["persons"] if person["properties"]}
    leaf = tables["cohorts"][-1]["filters"]["properties"]["values"][0]["values"][0]
    assert leaf["key"] == "plan" and set(leaf["value"]) < plans
    known = {distinct_id for person in tables["persons"] for distinct_id in person["distinct_ids"]}
    assert {event["distinct_id"] for event in tables["events"]} <= known


def test_same_project_and_seed_make_the_same_file(company: Path, stranger: Stranger, tmp_path: Path) -> None:
    assert run_import(stranger, tmp_path / "again.yaml").exit_code == 0
    assert (tmp_path / "again.yaml").read_text() == company.read_text()
    assert run_import(stranger, tmp_path / "other.yaml", "--seed", "7").exit_code == 0
    assert (tmp_path / "other.yaml").read_text() != company.read_text()


def test_what_is_named_is_kept_and_what_is_not_there_is_said(stranger: Stranger, tmp_path: Path) -> None:
    keep = [
        "--keep",
        "properties.plan",
        "--keep",
        "cohorts.name",
        "--keep",
        "*.nonsense",
        "--keep",
        "projects.api_token",
    ]
    result = run_import(stranger, tmp_path / "company.yaml", *keep)
    tables = yaml.safe_load((tmp_path / "company.yaml").read_text())
    assert {person["properties"].get("plan") for person in tables["persons"]} == {"free", "pro", None}
    assert {cohort["name"] for cohort in tables["cohorts"]} == {"Paying", "Asked by hand"}
    assert tables["projects"][0]["api_token"] == SECRETS[0]
    assert "nothing is called *.nonsense" in result.output


def test_what_was_taken_left_and_changed_is_told(stranger: Stranger, tmp_path: Path) -> None:
    told = run_import(stranger, tmp_path / "company.yaml", "--most", "2", "--no-events").output
    assert "2 persons" in told and "persons (more than 2, the others of which were not read)" in told
    assert "annotations.content (2)" in told and "projects.api_token (2)" in told and "events.properties" not in told


@pytest.mark.parametrize("variant", [each for each in VARIANTS if each.name not in ("full", "one key")], ids=str)
def test_every_kind_of_server_is_imported(variant: Variant, contract: Contract, tmp_path: Path) -> None:
    with Stranger(contract, variant) as stranger:
        result = run_import(stranger, tmp_path / "company.yaml")
        assert result.exit_code == 0, result.output
        assert {method for method, path, _ in stranger.asked if "/query/" not in path} == {"GET"}
    client = create_app(scenario=str(tmp_path / "company.yaml"), contract=contract).test_client()
    assert client.get("/api/projects/42/", headers=HEADERS).status_code == 200


def test_server_that_dies_leaves_the_file_as_it_was(contract: Contract, tmp_path: Path) -> None:
    file = tmp_path / "company.yaml"
    file.write_text("description: before")
    with Stranger(contract) as stranger:
        stranger.dies_after = 9
        result = run_import(stranger, file, "--timeout", "1")
    assert result.exit_code == 3 and "nothing was written" in result.output, result.output
    assert file.read_text() == "description: before" and list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (["--target", "mock"], "a scenario is made of the project at an address", 2),
        (["--target", "recordings"], "recordings are compared with a server", 2),
        (["--target", "real=ftp://x"], "is no address", 2),
        (["--target", "http://127.0.0.1:9", "--api-key-env", "NONE"], "the environment has no NONE", 2),
        (["--target", "http://127.0.0.1:9"], "cannot be reached", 3),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(options: list[str], said: str, code: int, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["import", "--out", str(tmp_path / "company.yaml"), *options])
    assert (result.exit_code, said in result.output, len(result.output.splitlines())) == (code, True, 1)


@pytest.mark.parametrize(("project", "code"), [("43", 0), ("44", 3), ("x y", 2)])
def test_project_that_is_named_is_the_one(project: str, code: int, stranger: Stranger, tmp_path: Path) -> None:
    result = run_import(stranger, tmp_path / "company.yaml", "--project", project)
    assert result.exit_code == code, result.output
    if code == 0:
        assert yaml.safe_load((tmp_path / "company.yaml").read_text())["projects"][0]["id"] == 43


def test_file_that_cannot_be_written_is_said_in_a_line(stranger: Stranger, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run_import(stranger, tmp_path / "file" / "company.yaml")
    assert (result.exit_code, "--out" in result.output) == (2, True)
