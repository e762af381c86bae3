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


@pytest.mark.parametrize("text, at, label", [("select ev from events", 9, "event"), ("select 1 from ", 14, "persons"),
                                             ("select properties. from events", 18, "amount")])  # fmt: skip
def test_autocomplete_suggests_what_could_stand_there(asker: Asker, text: str, at: int, label: str) -> None:
    body = {"kind": "HogQLAutocomplete", "language": "hogQL", "query": text, "startPosition": at, "endPosition": at}
    labels = [item["label"] for item in asker.query(body).json["suggestions"]]
    assert label in labels
