"""Events, read. Source: recorded answers, PostHog's sources."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

EVENTS = "/api/projects/1/events/"
PROBE = "0198f400-0000-7000-8000-00000000000{}"


@pytest.fixture
def probed(observed):
    """A client of a world with four events of its own, an hour apart, the last one an hour ago."""
    events = [
        {
            "uuid": PROBE.format(number), "event": "probed", "distinct_id": f"prober-{number % 2}",
            "timestamp": f"-{4 - number}h",
            "properties": {"number": number, "kind": ["even", "odd"][number % 2], "$set": {"name": "Pro", "age": 3}},
        }
        for number in range(4)
    ]  # fmt: skip
    loaded = observed.post("/__admin/worlds/default/load", {"events": events})
    assert loaded.status_code == 201, loaded.json
    return observed


def numbers(answer) -> list[int]:
    return [event["properties"]["number"] for event in answer.json["results"]]


def test_a_list_is_paged_by_time(probed) -> None:
    first = probed.get(f"{EVENTS}?event=probed&limit=3")
    assert numbers(first) == [3, 2, 1]
    assert "before=2026-01-15T09%3A00%3A00%2B00%3A00" in first.json["next"]
    second = probed.get(first.json["next"])
    assert (numbers(second), second.json["next"]) == ([0], None)
    turned = probed.get(f"{EVENTS}?event=probed&limit=1&offset=1&orderBy=%5B%22timestamp%22%5D")
    assert numbers(turned) == [1]
    assert "after=2026-01-15T09" in turned.json["next"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("distinct_id=prober-1", [3, 1]),
        ("after=2026-01-15T09:30:00Z", [3, 2]),
        ("after=-150M", [3, 2]),
        ("before=2026-01-15T09:00:00Z", [0]),
        ("after=2026-01-15T12:00:00Z", []),
        ("after=rubbish", []),
        ("person_id=99999", []),
        ("properties=" + quote(json.dumps({"kind": "odd"})), [3, 1]),
        ("properties=" + quote(json.dumps([{"key": "number", "value": 1, "operator": "gt"}])), [3, 2]),
        ("properties=" + quote(json.dumps([{"key": "kind", "value": "odd"}])) + "&distinct_id=prober-0", []),
        ("action_id=99999", []),
        ("limit=0", []),
    ],
)
def test_a_list_is_narrowed(probed, query, found) -> None:
    assert numbers(probed.get(f"{EVENTS}?event=probed&{query}")) == found


def test_a_list_of_somebodys_events(probed) -> None:
    person = probed.get("/api/projects/1/persons/?distinct_id=prober-1").json["results"][0]
    for key in (person["id"], person["uuid"]):
        assert numbers(probed.get(f"{EVENTS}?person_id={key}")) == [3, 1]


@pytest.mark.parametrize(
    "query", ["properties={", "limit=-1", "limit=abc", "orderBy=x", "person_id=abc", "action_id=x"]
)
def test_nonsense_is_refused(observed, query) -> None:
    refused = observed.get(f"{EVENTS}?{query}")
    assert (refused.status_code, refused.json["type"]) == (400, "validation_error")


def test_an_event_is_found_however_its_uuid_is_spelled(probed) -> None:
    wanted = PROBE.format(2)
    for spelled in (wanted, wanted.upper(), wanted.replace("-", "")):
        assert probed.get(f"{EVENTS}{spelled}/").json["id"] == wanted
    event = probed.get(f"/api/event/{wanted}/?include_person=1").json
    assert event["timestamp"] == "2026-01-15T10:00:00+00:00"
    assert event["person"] == {"is_identified": False, "distinct_ids": ["prober-0"], "properties": {"name": "Pro"}}
    assert probed.get(f"{EVENTS}{wanted}/").json["person"] is None
    refused = probed.get(f"{EVENTS}abc/")
    expected = {"detail": "Invalid UUID", "code": "invalid", "type": "validation_error"}
    assert (refused.status_code, refused.json) == (400, expected)
    missing = probed.get(f"{EVENTS}{PROBE.format(9)}/")
    assert (missing.status_code, missing.json["detail"]) == (404, f"No events exist for event UUID {PROBE.format(9)}")


def test_what_was_clicked_on_is_told(observed) -> None:
    chain = 'a.small:href="/x"nth-child="1"text="Go";div:nth-child="2"'
    event = {"event": "$autocapture", "distinct_id": "x", "timestamp": "-1h", "properties": {"$elements_chain": chain}}
    observed.post("/__admin/worlds/default/load", {"events": [event]})
    shown = observed.get(f"{EVENTS}?distinct_id=x").json["results"][0]
    assert (shown["elements_chain"], "$elements_chain" in shown["properties"]) == (chain, False)
    assert [(element["tag_name"], element["href"], element["text"]) for element in shown["elements"]] == [
        ("a", "/x", "Go"), ("div", None, None),
    ]  # fmt: skip


def test_csv_has_no_next_page(probed) -> None:
    for address in (f"{EVENTS}?event=probed&limit=2&format=csv", "/api/projects/1/events.csv?event=probed&limit=2"):
        rows = probed.get(address).get_data(as_text=True).split("\r\n")
        assert rows[0].startswith("distinct_id,elements_chain,event,id,person.distinct_ids.0,person.is_identified")
        assert (rows[1].split(",")[3], len(rows)) == (PROBE.format(3), 4)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("key=kind", {"even", "odd"}),
        ("key=kind&value=VE", {"even"}),
        ("key=kind&properties_number=[1,3]", {"odd"}),
        ("key=kind&event_name=zzz", set()),
        ("key=event&is_column=true&event_name=probed", {"probed"}),
        ("key=zzz", set()),
    ],
)
def test_values_of_a_property(probed, query, found) -> None:
    assert {row["name"] for row in probed.get(f"{EVENTS}values/?{query}").json} == found


def test_custom_events_are_those_without_a_name_of_posthogs(probed) -> None:
    names = [row["name"] for row in probed.get(f"{EVENTS}values/?key=custom_event").json]
    assert "probed" in names and "$pageview" not in names and names == sorted(names)
    assert probed.get(f"{EVENTS}values/").status_code == 400
    assert probed.get(f"{EVENTS}values/?key=zzz&is_column=true").status_code == 400
