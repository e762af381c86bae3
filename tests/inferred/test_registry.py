import copy
import json

import pytest
import yaml
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.inferred.compiled import compile_document
from mockserver.inferred.reading import Source
from mockserver.serving.app import create_app
from mockserver.testing import ControlPlane
from mockserver.testing.client import ControlError, in_process
from tests.inferred.asking import Asking
from tests.inferred.conftest import DOCUMENTS

BEDS = "/api/projects/1/beds/"
GARDEN = yaml.safe_load((DOCUMENTS / "garden.yaml").read_text())


@pytest.fixture(scope="module")
def server():
    app = create_app(scenario="empty", freeze_time="2026-01-15T12:00:00Z")
    return Asking(app), ControlPlane("http://mock", transport=in_process(app))


@pytest.fixture
def given(server):
    asking, plane = server
    plane.add_contract(GARDEN)
    yield asking, plane
    plane.remove_contract("garden")
    plane.world().reset()


def test_document_comes_and_goes_while_the_server_runs(server):
    asking, plane = server
    assert asking.status("GET", BEDS) == 404
    shown = plane.add_contract(GARDEN)
    assert (shown["name"], shown["operations"], shown["inferred"]) == ("garden", 20, 19)
    oddity = {
        "place": "paths./api/projects/{project_id}/beds/{short_id}/archive/.post",
        "text": "{project_id} is not among its parameters; it is text",
    }
    assert oddity in shown["oddities"]
    assert {"beds", "beds_plants", "garden_settings", "tools"} <= {each["table"] for each in shown["collections"]}
    assert asking.status("GET", BEDS) == 200
    assert [each["name"] for each in plane.contracts()] == ["garden"]
    plane.remove_contract("garden")
    assert asking.status("GET", BEDS) == 404 and plane.contracts() == []


@pytest.mark.parametrize(
    ("document", "status", "said"),
    [
        ({"info": {"title": "x"}}, 400, "no OpenAPI document"),
        ({"openapi": "3.0.0", "info": {"title": "x"}}, 400, "no `paths`"),
        ({**GARDEN, "info": {"title": "Another"}}, 409, "is an operation of garden already"),
        (GARDEN, 409, "of this name"),
        ({**GARDEN, "info": {"title": "y"}, "x-mockserver": {"collections": {"/beds": {}}}}, 400, "no such collection"),
    ],
)
def test_document_that_cannot_be_answered_from_is_refused(given, document, status, said):
    _, plane = given
    with pytest.raises(ControlError, match=said) as refusal:
        plane.add_contract(document)
    assert refusal.value.status == status and [each["name"] for each in plane.contracts()] == ["garden"]


def test_what_a_family_cannot_have_is_not_answered_in_its_place(server):
    asking, plane = server
    path = "/api/projects/{project_id}/dashboards/{dashboard_id}/sharing/passwords/"
    made = {"201": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    plane.add_contract({"openapi": "3.0.3", "info": {"title": "Own"}, "paths": {path: {"post": {"responses": made}}}})
    refused = asking.ask("POST", "/api/projects/1/dashboards/9.5e-2/sharing/passwords/", {})
    assert refused.status_code == 404 and "X-Mockserver-Source" not in refused.headers
    plane.remove_contract("own")


def test_records_are_loaded_completed_and_checked(given):
    asking, plane = given
    world = plane.world()
    assert world.load(beds=[{"name": "Roses", "short_id": "abc", "created_at": "2025-01-01T00:00:00Z"}]) == {"beds": 1}
    bed = asking.get(f"{BEDS}abc/")
    assert (bed["name"], bed["created_at"], bed["soil"], bed["team_id"]) == ("Roses", "2025-01-01T00:00:00Z", "loam", 1)
    world.load(beds_plants=[{"bed": "abc", "kind": "rose", "id": 7}])
    assert [plant["id"] for plant in asking.get(f"{BEDS}abc/plants/")] == [7]
    assert asking.post(f"{BEDS}abc/plants/", {"kind": "rose"})["id"] == 8


@pytest.mark.parametrize(
    ("tables", "attr"),
    [
        ({"beds": [{"colour": "red"}]}, "beds__0__colour"),
        ({"beds": [{"name": "x"}, {"size": "big"}]}, "beds__1__size"),
        ({"beds_plants": [{"kind": "rose"}]}, "beds_plants__0__bed"),
        ({"beds": [{"short_id": "a"}, {"short_id": "a"}]}, "beds__1__short_id"),
        ({"meadows": []}, "meadows"),
    ],
)
def test_load_refuses_what_does_not_fit_and_loads_nothing(given, tables, attr):
    asking, plane = given
    with pytest.raises(ControlError) as refusal:
        plane.world().load(**tables)
    assert refusal.value.attr == attr and asking.get(BEDS)["count"] == 0


def test_worlds_snapshots_and_states_hold_inferred_records(given):
    asking, plane = given
    world = plane.world()
    bed = asking.post(BEDS, {"name": "Roses"})
    snapshot, state, fork = world.snapshot(), world.state(), world.fork()
    asking.patch(f"{BEDS}{bed['short_id']}/", {"name": "Tulips"})
    world.restore(snapshot)
    assert asking.get(f"{BEDS}{bed['short_id']}/") == bed
    world.reset()
    assert asking.get(BEDS)["count"] == 0
    world.put_state(state)
    assert asking.get(f"{BEDS}{bed['short_id']}/") == bed
    assert Asking(asking.app, fork.api_key).get(f"{BEDS}{bed['short_id']}/") == bed
    fork.delete()


def test_faults_stubs_journal_and_coverage_know_inferred_operations(given):
    asking, plane = given
    world = plane.world()
    world.fail("beds_list", status=503, times=1)
    assert [asking.status("GET", BEDS) for _ in range(2)] == [503, 200]
    with pytest.raises(ControlError, match="does not allow"):
        world.stub("beds_list", status=200, body={"count": "many"})
    world.stub("beds_list", status=200, body={"count": 0, "results": []}, times=1)
    assert asking.get(BEDS) == {"count": 0, "results": []}
    assert world.verify({"operation": "beds_list"}, count=3)["ok"]
    assert {entry["source"] for entry in world.requests if entry["operation"] == "beds_list"} == {"inferred"}
    rows = {row["operation"]: row for row in plane.coverage()["operations"]}
    assert rows["beds_list"]["source"] == "inferred" and rows["beds_list"]["calls"] >= 3
    assert rows["annotations_list"]["source"] == "modelled"


def test_overrides_correct_what_was_inferred():
    document = copy.deepcopy(GARDEN)
    document["x-mockserver"] = {
        "collections": {"/api/projects/{project_id}/beds": {"table": "flower_beds", "key": "name"}},
        "operations": {"beds_cancel_create": {"verb": "archive", "scopes": ["garden:write"]}},
    }
    app = create_app(scenario="empty")
    asking, plane = Asking(app), ControlPlane("http://mock", transport=in_process(app))
    plane.add_contract(document)
    plane.world().load(flower_beds=[{"name": "Roses"}])
    assert asking.post(f"{BEDS}Roses/cancel/")["archived"] is True
    refused = Asking(app, "phx_mock_read_only").ask("POST", f"{BEDS}Roses/cancel/", {})
    assert "garden:write" in refused.get_json()["detail"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("collections: {'/api/projects/{id}/bed': {table: x}}", "no such collection; did you mean"),
        ("collections: {'/api/projects/{id}/beds': {tabel: x}}", "did you mean table"),
        ("collections: {'/api/projects/{id}/beds': {key: 3}}", "text is expected"),
        ("collections: {'/api/projects/{id}/beds': {identity: number}}", "is none of integer, uuid, text"),
        ("operations: {beds_lst: {verb: x}}", "no such operation; did you mean beds_list"),
        ("operation: {}", "did you mean operations"),
        ("[1, 2]", "an object"),
        ("{", "cannot be read"),
    ],
)
def test_override_that_names_nothing_is_told_with_its_place(tmp_path, text, said):
    file = tmp_path / "overrides.yaml"
    file.write_text(text)
    given = ["serve", "--openapi", str(DOCUMENTS / "garden.yaml"), "--overrides", str(file)]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 2 and said in result.output and str(file) in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_compiled_document_is_kept_by_what_it_says(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = Source.given("garden.yaml", GARDEN)
    made = compile_document(source)
    (kept,) = tmp_path.glob("*/openapi-garden-yaml-*.json")
    assert compile_document(source) == made and made.title == "Garden"
    compile_document(Source.given("garden.yaml", {**GARDEN, "info": {"title": "Another"}}))
    assert len([*kept.parent.iterdir()]) == 2


def test_routes_show_what_was_inferred():
    document = str(DOCUMENTS / "garden.yaml")
    given = ["routes", "--openapi", document, "--inferred", "--json"]
    rows = {row["operation"]: row for row in json.loads(CliRunner().invoke(main, given).output)}
    assert len(rows) == 19 and "notes_retrieve" not in rows
    archive = rows["beds_archive_create"]
    assert (archive["action"], archive["verb"], archive["standing"]) == ("Beds.act", "archive", "inferred")
    assert (archive["collection"]["key"], archive["collection"]["deleted"]) == ("short_id", "deleted")
    assert CliRunner().invoke(main, ["routes", "--inferred"]).exit_code == 2


def test_junk_in_a_document_is_put_up_with_or_told_in_a_line():
    document = copy.deepcopy(GARDEN)
    document["components"]["schemas"]["Bed"]["required"] = ["id", {"a": 1}]
    document["components"]["schemas"]["Plant"]["properties"]["kind"] = {"type": {}, "pattern": "("}
    document["paths"]["/api/projects/{project_id}/tools/"] = None
    document["paths"]["/nothing"] = {"get": [], "post": {"responses": {"many": {}}}}
    app = create_app(scenario="empty", strict=True)
    asking, plane = Asking(app), ControlPlane("http://mock", transport=in_process(app))
    told = {oddity["place"] for oddity in plane.add_contract(document)["oddities"]}
    assert {
        "components.schemas.Bed.required", "components.schemas.Plant.properties.kind.type",
        "components.schemas.Plant.properties.kind.pattern", "paths./nothing.get", "paths./nothing.post.responses.many",
    } <= told  # fmt: skip
    bed = asking.post(BEDS, {"name": "Roses"})
    assert asking.post(f"{BEDS}{bed['short_id']}/plants/", {"kind": "rose"})["kind"] == "rose"
