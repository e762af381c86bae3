import pytest

from mockserver.serving.app import create_app
from tests.inferred.asking import Asking
from tests.inferred.conftest import DOCUMENTS

BEDS = "/api/projects/1/beds/"


@pytest.fixture
def bed(garden):
    return garden.post(BEDS, {"name": "Roses", "size": 4, "tags": ["red", "old"]})


def at(bed):
    return f"{BEDS}{bed['short_id']}/"


def test_record_that_is_made_is_read_changed_and_listed(garden, bed):
    assert garden.get(at(bed)) == bed
    changed = garden.patch(at(bed), {"name": "Tulips"})
    assert changed == {**bed, "name": "Tulips"} == garden.get(at(bed))
    names = [row["name"] for row in garden.get(BEDS)["results"]]
    assert "Tulips" in names and "Roses" not in names


def test_server_sets_what_is_read_only(garden, bed):
    assert bed["created_at"] == "2026-01-15T12:00:00Z" and bed["team_id"] == 1
    assert bed["created_by"]["email"] == garden.get("/api/users/@me/")["email"]
    assert "secret" not in bed and bed["soil"] == "loam"
    assert garden.post(BEDS, {"name": "Mint", "team_id": 7})["team_id"] == 1


def test_record_marked_as_deleted_is_hidden_and_can_be_restored(garden, bed):
    garden.patch(at(bed), {"deleted": True})
    assert garden.status("GET", at(bed)) == 404
    assert bed["short_id"] not in [row["short_id"] for row in garden.get(BEDS)["results"]]
    garden.patch(at(bed), {"deleted": False})
    assert garden.get(at(bed)) == bed


def test_delete_refuses_where_the_document_does(garden, bed):
    refused = garden.ask("DELETE", at(bed))
    assert (refused.status_code, refused.data) == (405, b"")
    assert garden.status("GET", at(bed)) == 200


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({}, "name", "required"),
        ({"name": None}, "name", "null"),
        ({"name": "x" * 81}, "name", "max_length"),
        ({"name": "x", "soil": "peat"}, "soil", "invalid_choice"),
        ({"name": "x", "size": 0}, "size", "min_value"),
        ({"name": "x", "size": "big"}, "size", "invalid_input"),
    ],
)
def test_body_that_does_not_fit_is_refused(garden, body, attr, code):
    answer = garden.ask("POST", BEDS, body)
    told = answer.get_json()
    assert (answer.status_code, told["attr"], told["code"], told["type"]) == (400, attr, code, "validation_error")


def test_list_is_narrowed_searched_sorted_and_paged(garden):
    for name, size, soil in (("Beans", 9, "sand"), ("Peas", 30, "sand"), ("Leek", 20, "clay")):
        garden.post(BEDS, {"name": name, "size": size, "soil": soil, "tags": [name.lower(), "veg"]})

    def names(query):
        return [row["name"] for row in garden.get(f"{BEDS}?{query}")["results"]]

    assert names("soil=sand&order_by=size") == ["Beans", "Peas"]
    assert names("soil=sand&order_by=-size") == ["Peas", "Beans"]
    assert names("tags=veg&size__gte=20&order_by=name") == ["Leek", "Peas"]
    assert names("search=lee") == ["Leek"]
    assert names("tags=peas") == ["Peas"]
    first = garden.get(f"{BEDS}?soil=sand&order_by=name&limit=1")
    assert (first["count"], len(first["results"]), first["previous"]) == (2, 1, None)
    assert garden.get(first["next"].removeprefix("http://localhost"))["results"][0]["name"] == "Peas"


def test_action_changes_what_its_name_says(garden, bed):
    assert garden.post(f"{at(bed)}archive/")["archived"] is True
    assert garden.post(f"{at(bed)}cancel/")["status"] == "cancelled"
    assert garden.get(at(bed))["archived"] is True and garden.get(at(bed))["status"] == "cancelled"


def test_copy_is_a_record_of_its_own(garden, bed):
    copy = garden.post(f"{at(bed)}duplicate/")
    assert copy["name"] == "Roses (copy)" and copy["short_id"] != bed["short_id"] and copy["tags"] == bed["tags"]
    assert garden.get(at(copy)) == copy


def test_nested_collection_belongs_to_its_record(garden, bed):
    other = garden.post(BEDS, {"name": "Other"})
    plant = garden.post(f"{at(bed)}plants/", {"kind": "rose"})
    assert plant["bed"] == bed["short_id"]
    assert garden.get(f"{at(bed)}plants/") == [plant] and garden.get(f"{at(other)}plants/") == []
    assert garden.status("GET", f"{at(other)}plants/{plant['id']}/") == 404
    assert garden.status("GET", f"{BEDS}nowhere/plants/") == 404
    assert garden.status("DELETE", f"{at(bed)}plants/{plant['id']}/") == 204
    assert garden.get(f"{at(bed)}plants/") == []


def test_single_record_is_there_and_is_written(garden):
    path = "/api/projects/1/garden_settings/"
    before = garden.get(path)
    changed = garden.patch(path, {"irrigation": not before["irrigation"]})
    assert changed == {**before, "irrigation": not before["irrigation"]} == garden.get(path)


def test_what_is_only_told_is_always_the_same(garden, bed):
    assert garden.get(f"{at(bed)}weather/") == garden.get(f"{at(bed)}weather/")
    assert garden.status("GET", f"{BEDS}nowhere/weather/") == 404


def test_what_nobody_can_make_is_there_from_the_start(garden):
    tools = garden.get("/api/projects/1/tools/")
    assert len(tools) == 3
    assert garden.get(f"/api/projects/1/tools/{tools[1]['id']}/") == tools[1]


def test_conventions_of_the_api_hold(garden, bed):
    stranger = Asking(garden.app, None)
    assert stranger.status("GET", BEDS) == 401
    assert stranger.status("GET", BEDS, Authorization="Bearer phx_unknown") == 401
    reader = Asking(garden.app, "phx_mock_read_only")
    refused = reader.ask("POST", BEDS, {"name": "x"})
    assert (refused.status_code, refused.get_json()["detail"]) == (403, "API key missing required scope 'bed:write'")
    assert garden.status("GET", "/api/projects/99/beds/") == 404
    assert garden.status("GET", f"{BEDS}nothing/") == 404
    wrong = garden.ask("POST", at(bed))
    assert wrong.status_code in (403, 405) and wrong.headers["Allow"] == "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"


def test_answer_says_that_it_is_inferred_and_a_modelled_family_wins(garden):
    assert garden.ask("GET", BEDS).headers["X-Mockserver-Source"] == "inferred"
    note = garden.post("/api/projects/1/annotations/", {"content": "Launch"})
    modelled = garden.ask("GET", f"/api/projects/1/annotations/{note['id']}/")
    assert "X-Mockserver-Source" not in modelled.headers and modelled.get_json()["content"] == "Launch"
    beside = garden.ask("POST", f"/api/projects/1/annotations/{note['id']}/water/", {})
    assert beside.status_code == 200 and beside.headers["X-Mockserver-Source"] == "inferred"
    assert garden.status("POST", "/api/projects/1/annotations/123456/water/", {}) == 404


def test_same_seed_and_requests_give_the_same_bytes(garden):
    def answers():
        app = create_app(scenario="empty", freeze_time="2026-01-15T12:00:00Z", openapi=[str(DOCUMENTS / "garden.yaml")])
        asking = Asking(app)
        made = asking.ask("POST", BEDS, {"name": "Roses"})
        return [made.data, asking.ask("GET", BEDS).data, asking.ask("GET", "/api/projects/1/tools/").data]

    assert answers() == answers()


def test_options_tell_of_a_view_without_its_fields(garden):
    told = garden.ask("OPTIONS", BEDS)
    assert (told.status_code, told.get_json()["name"]) == (200, "Beds List")


def test_reference_that_nobody_sent_names_what_exists(tmp_path):
    document = tmp_path / "shop.yaml"
    document.write_text("""
openapi: 3.1.0
info: {title: Shop, version: '1'}
components:
  schemas:
    Customer: {type: object, properties: {id: {type: integer, readOnly: true}, name: {type: string}}}
    Order:
      type: object
      required: [id, customer_id]
      properties:
        id: {type: integer, readOnly: true}
        customer_id: {type: integer}
paths:
  /customers:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Customer'}}}}
      responses: {'201': {content: {application/json: {schema: {$ref: '#/components/schemas/Customer'}}}}}
  /customers/{id}:
    get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Customer'}}}}}}
  /orders:
    post: {responses: {'201': {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}}
  /orders/{id}:
    get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}}
""")
    shop = Asking(create_app(scenario="empty", openapi=[str(document)]), None)
    shop.post("/customers", {"name": "Ada"})
    shop.ask("POST", "/customers", {"name": "Grace"})
    assert shop.post("/orders")["customer_id"] == 1
    assert shop.post("/orders", {"customer_id": 2})["customer_id"] == 2
