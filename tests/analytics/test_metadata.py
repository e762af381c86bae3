"""What an editor is told: of queries while they are written, and of the tables there are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analytics.conftest import Asker


def metadata(asker: Asker, text: str, language: str = "hogQL", **fields: Any) -> Any:
    response = asker.query({"kind": "HogQLMetadata", "language": language, "query": text, **fields})
    assert response.status_code == 200, response.json
    return response.json


def notice(message: str, start: int | None, end: int | None) -> dict[str, Any]:
    return {"end": end, "fix": None, "message": message, "start": start}


def test_valid_query_is_told_its_fields(asker: Asker) -> None:
    told = metadata(asker, "select event, properties.amount from events where timestamp > now()")
    assert told["notices"] == [
        notice("Field 'event' is of type 'String'", 7, 12),
        notice("Field 'timestamp' is of type 'DateTime'", 50, 59),
        notice("Event property 'amount' is of type 'Float'.", 25, 31),
    ]
    assert (told["isValid"], told["table_names"], told["isUsingIndices"]) == (True, ["events"], "yes")


@pytest.mark.parametrize(
    "text, language, error",
    [
        ("select nope from events", "hogQL", notice("Unable to resolve field: nope", 7, 11)),
        ("", "hogQL", notice("Unexpected end of query", 0, 0)),
        ("select nopefn(1)", "hogQL", notice("Unsupported function call 'nopefn(...)'", 7, 16)),
        ("select 1; select 2", "hogQL", notice("no viable alternative at input 'select 1;'", 8, 18)),
        ("", "hogQLExpr", notice("Empty query", None, None)),
        ("Hello {", "hogTemplate", notice("Unexpected end of query", 7, 7)),
    ],
)
def test_wrong_text_is_told_where(asker: Asker, text: str, language: str, error: Any) -> None:
    told = metadata(asker, text, language)
    assert (told["isValid"], told["errors"], told["isUsingIndices"]) == (False, [error], None)


def test_program_is_told_of_names_nobody_declares(asker: Asker) -> None:
    told = metadata(asker, "let a := event.properties.x; return a", "hog")
    assert (told["isValid"], told["warnings"]) == (True, [notice("Unknown global variable: event", 9, 27)])


def test_schema_tells_tables_and_fields(asker: Asker) -> None:
    schema = asker.query({"kind": "DatabaseSchemaQuery"}).json
    assert {"events", "persons", "sessions", "groups"} <= set(schema["tables"])
    event = schema["tables"]["events"]["fields"]
    assert (event["timestamp"]["type"], event["properties"]["type"]) == ("datetime", "json")
    assert (event["person"]["type"], event["person"]["table"]) == ("lazy_table", "persons")


def test_schema_tells_where_a_field_leads(asker: Asker) -> None:
    tables = asker.query({"kind": "DatabaseSchemaQuery"}).json["tables"]
    event, person = tables["events"]["fields"], tables["persons"]["fields"]
    assert event["group_1"]["fields"] == ["index", "team_id", "key", "created_at", "updated_at", "properties"]
    assert (event["goe_0"]["type"], event["goe_0"]["fields"]) == ("virtual_table", ["key", "created_at", "properties"])
    assert person["pdi"]["fields"] == ["team_id", "distinct_id", "person_id"]  # and not back to the person
    assert person["$virt_revenue"]["chain"] == ["revenue_analytics", "revenue"]
    assert event["$session_id"]["hogql_value"] == "`$session_id`"


def suggestions(asker: Asker, text: str, **fields: Any) -> list[Any]:
    at = text.find("|")
    query = {"kind": "HogQLAutocomplete", "language": "hogQL", "query": text.replace("|", "")}
    response = asker.query({**query, "startPosition": at, "endPosition": at, **fields})
    assert response.status_code == 200, response.json
    return response.json["suggestions"]  # type: ignore[no-any-return]


SOURCE = {"sourceQuery": {"kind": "HogQLQuery", "query": "select 1 from persons"}, "language": "hogQLExpr"}


@pytest.mark.parametrize(
    "text, fields, first, last",
    [
        ("select ev| from events", {}, "uuid", None),
        ("select e.| from events e where 1", {}, "uuid", None),
        ("select p.| from events e left join persons as p on 1", {}, "id", None),
        ("select 1 from |", {}, "events", None),
        ("select properties.| from events", {}, "amount", None),
        ("select person.properties.| from events", {}, "age", "is_admin"),
        ("select person.| from events", {}, "id", "$virt_revenue_last_30_days"),
        ("select pdi.person.| from events", {}, "id", "$virt_revenue_last_30_days"),
        ("select poe.properties.| from events", {}, "age", "is_admin"),
        ("is_|", SOURCE, "id", None),
        ("event.na|", {"language": "hog", "globals": {"event": {"name": 1, "uuid": 2}}}, "name", "uuid"),
    ],
)
def test_autocomplete_suggests_what_could_stand_there(
    asker: Asker, text: str, fields: Any, first: str, last: str | None
) -> None:
    labels = [item["label"] for item in suggestions(asker, text, **fields)]
    assert labels[0] == first and last in (labels[-1], None)


@pytest.mark.parametrize(
    "text, fields",
    [
        ("properties.|", {"language": "hogQLExpr"}),
        ("select event.x.| from events", {}),
        ("select no.such.| from events", {}),
        ("select x| ", {"language": "hog"}),
    ],
)
def test_autocomplete_knows_nothing_there(asker: Asker, text: str, fields: Any) -> None:
    assert suggestions(asker, text, **fields) == []


def test_suggestion_is_typed_as_a_name_needs(asker: Asker) -> None:
    found = {item["label"]: item for item in suggestions(asker, "select | from events")}
    assert (found["$session_id"]["insertText"], found["$session_id"]["detail"]) == ("`$session_id`", "String")
    assert (found["count"]["insertText"], found["count"]["kind"]) == ("count()", "Function")
    assert (found["person"]["detail"], found["properties"]["detail"]) == ("Table", "Object")


# Source: a FROM begins with its word in the servers' parser; a cohort is refused where it is named.
def test_mistake_is_marked_where_it_stands(asker: Asker) -> None:
    assert metadata(asker, "select 1 from nope")["errors"] == [notice('Unknown table "nope".', 9, 18)]
    told = metadata(asker, "select 1 from events where person_id in cohort 5")
    assert told["errors"] == [notice("Could not find cohort with ID 5", 47, 48)]


def test_globals_fill_placeholders_and_are_known_to_templates(asker: Asker) -> None:
    assert metadata(asker, "select {x}", globals={"x": 1})["isValid"]
    told = metadata(asker, "Hello {name} {known}", "hogTemplate", globals={"known": 1})
    assert told["warnings"] == [notice("Unknown global variable: name", 7, 11)]


def test_expression_is_told_its_fields(asker: Asker) -> None:
    assert metadata(asker, "event = 'a'", "hogQLExpr")["notices"] == [notice("Field 'event' is of type 'String'", 0, 5)]


@pytest.mark.parametrize("text, use", [("select id from persons", "partial"), ("select event from events", "no"),
                                       ("select 1", "yes")])  # fmt: skip
def test_use_of_indexes_is_told(asker: Asker, text: str, use: str) -> None:
    assert metadata(asker, text)["isUsingIndices"] == use


def suggested(asker: Asker, text: str, kind: str) -> list[str]:
    query = {"kind": "HogQLAutocomplete", "language": "hogQL", "query": text}
    answer = asker.query({**query, "startPosition": len(text), "endPosition": len(text)}).json
    return [item["label"] for item in answer["suggestions"] if item["kind"] == kind]


def test_tables_that_servers_offer_are_suggested_after_from(asker: Asker) -> None:
    tables = suggested(asker, "select 1 from ", "Folder")
    assert {"events", "persons", "sessions", "exchange_rate"} <= {*tables}
    assert not [name for name in tables if name.startswith("raw_")]


def test_fields_of_events_are_suggested_before_any_table_is_named(asker: Asker) -> None:
    assert suggested(asker, "select ", "Variable")[:2] == ["uuid", "event"]
