"""What of a project is replaced before it is written, and what never is."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.importing import Masker
from mockserver.importing.pseudonyms import Pseudonyms, shape


def mask(contract: Contract, table: str, record: dict[str, Any], *keep: str) -> dict[str, Any]:
    return Masker(contract, keep=keep).mask({table: [record]})[table][0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ada@acme.test", "email"), ("https://acme.test/x", "url"), ("2025-01-31", "moment"), ("10.1.2.3", "address"),
        ("2025-01-31T10:00:00Z", "moment"), ("01890000-0000-7000-8000-0000000000aa", "uuid"), ("12.5", "digits"),
        ("a8f3k2l9x0q1", "token"), ("pro", "words"), ("two words", "words"),
    ],
)  # fmt: skip
def test_invented_value_looks_as_the_real_one_does(text: str, kind: str) -> None:
    made = Pseudonyms(0).of("", text)
    assert (shape(text), shape(made)) == (kind, kind) and made != text


def test_same_is_the_same_and_another_is_another() -> None:
    made = Pseudonyms(0)
    assert made.of("", "pro") == made.of("", "pro") and made.number(42) == made.number(42)
    assert len({made.of("email", f"{number}@acme.test") for number in range(500)}) == 500


def test_invented_value_does_not_depend_on_the_real_one() -> None:
    assert Pseudonyms(0).of("first_name", "Ada") == Pseudonyms(0).of("first_name", "Grace")


def test_every_value_of_a_property_is_replaced_and_no_name_of_one(contract: Contract) -> None:
    properties = {"age": 34, "vip": True, "tags": ["gold"], "address": {"zip": "12345"}, "seen": None, "n": 1.5}
    made = mask(contract, "persons", {"distinct_ids": ["ada"], "properties": properties})["properties"]
    assert made.keys() == properties.keys() and made["address"].keys() == {"zip"}
    assert made["age"] != 34 and made["tags"] != ["gold"] and made["address"]["zip"] != "12345" and made["n"] != 1.5
    assert (made["vip"], made["seen"]) == (True, None)


@pytest.mark.parametrize("name", ["api_token", "secret_api_token", "live_events_token", "slack_incoming_webhook"])
def test_secret_of_a_project_is_never_written(name: str, contract: Contract) -> None:
    assert name not in mask(
        contract, "projects", {"id": 1, name: "phs_1234567890"}, name if name != "api_token" else "x"
    )


@pytest.mark.parametrize("text", ["phx_0123456789", "sk_live_0123456789", "AKIA0123456789ABCDEF", "ghp_0123456789abc"])
def test_text_that_looks_like_a_key_is_not_kept_for_any_name(text: str, contract: Contract) -> None:
    record = {"id": 1, "content": text, "scope": text, "item_id": text}
    assert text not in str(mask(contract, "comments", record, "content", "*.scope"))


def test_secret_inside_a_config_is_left_out(contract: Contract) -> None:
    config = {"url": "https://acme.test", "api_key": "abc", "nested": {"Password": "abc", "rows": 5}}
    made = mask(contract, "plugin_configs", {"id": 1, "config": config})["config"]
    assert made.keys() == {"url", "nested"} and made["nested"] == {"rows": 5} and "acme" not in made["url"]


def test_address_is_replaced_even_in_a_name_that_code_is_written_against(contract: Contract) -> None:
    for event in ("ada@acme.test", "wrote to ada@acme.test"):
        record = {"event": event, "distinct_id": "a", "properties": {}}
        assert "ada" not in mask(contract, "events", record)["event"]


def test_filter_names_its_property_and_compares_with_what_persons_have(contract: Contract) -> None:
    leaf = {"key": "plan", "type": "person", "operator": "exact", "value": ["pro", "ada@acme.test"]}
    other = {"key": "id", "type": "cohort", "value": 4}
    happened = {"key": "signed_up", "type": "behavioral", "value": "performed_event", "time_value": 7}
    tree = {"properties": {"type": "AND", "values": [leaf, other, happened]}}
    masker = Masker(contract)
    made = masker.mask({
        "persons": [{"distinct_ids": ["a"], "properties": {"plan": "pro", "email": "ada@acme.test"}}],
        "cohorts": [{"id": 3, "filters": tree}],
    })  # fmt: skip
    values = made["cohorts"][0]["filters"]["properties"]["values"]
    assert values[1:] == [other, happened] and values[0]["key"] == "plan"
    assert values[0]["value"] == list(made["persons"][0]["properties"].values()) != leaf["value"]


def test_literals_of_a_query_are_replaced_and_units_are_not(contract: Contract) -> None:
    text = "select dateTrunc('day', timestamp) from events where properties.email = 'ada@acme.test'"
    query = {"kind": "HogQLQuery", "query": text}
    made = mask(contract, "cohorts", {"id": 3, "query": query})["query"]
    assert (
        made["kind"] == "HogQLQuery" and "dateTrunc('day', timestamp)" in made["query"] and "ada" not in made["query"]
    )


def test_what_is_kept_by_name_stays_wherever_that_is(contract: Contract) -> None:
    leaf = {"key": "plan", "type": "person", "value": "pro"}
    tables = {
        "persons": [{"distinct_ids": ["ada"], "properties": {"plan": "pro", "city": "Bonn"}}],
        "cohorts": [{"id": 3, "name": "Paying", "filters": {"properties": leaf}}],
    }
    made = Masker(contract, keep=["properties.plan", "persons.distinct_ids"]).mask(tables)
    assert made["persons"][0]["properties"]["plan"] == made["cohorts"][0]["filters"]["properties"]["value"] == "pro"
    assert made["persons"][0]["distinct_ids"] == ["ada"] and made["persons"][0]["properties"]["city"] != "Bonn"
    assert made["cohorts"][0]["name"] != "Paying"


def test_how_a_step_matches_stays_and_with_what_is_replaced(contract: Contract) -> None:
    step = {"event": "$autocapture", "selector": "a.nav", "text": "Ada's shop", "text_matching": "contains",
            "url": None, "url_matching": "regex"}  # fmt: skip
    [made] = mask(contract, "actions", {"name": "Ada's", "steps": [step]})["steps"]
    assert {**made, "text": step["text"]} == step and made["text"] != step["text"]
