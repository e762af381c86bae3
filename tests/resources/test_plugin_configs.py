"""Logs of plugin configs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

LOGS = "/api/environments/1/plugin_configs/831/logs/"
TYPES = ("DEBUG", "LOG", "INFO", "WARN", "ERROR")
INSTANCE = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def logs(either: Client) -> Client:
    """A client of a world with a plugin config that wrote five lines."""
    lines = [
        {"plugin_id": 930, "plugin_config_id": 831, "timestamp": f"2026-01-01T00:00:0{number}.123456Z", "type": type,
         "source": "PLUGIN", "message": f"Line {number}", "instance_id": INSTANCE}
        for number, type in enumerate(TYPES)
    ]  # fmt: skip
    tables = {
        "plugins": [{"id": 930, "name": "Plugin"}],
        "plugin_configs": [{"id": 831, "plugin": 930, "order": 1}],
        "plugin_log_entries": lines,
    }
    assert either.as_key(None).post("/__admin/worlds/default/load", tables).status_code == 201
    return either


def messages(client: Client, **query: Any) -> list[str]:
    response = client.get(LOGS, query_string=query)
    assert response.status_code == 200, response.text
    return [line["message"][-1] for line in response.json["results"]]


def test_lines_are_listed_newest_first(logs: Client) -> None:
    page = logs.get(LOGS).json
    assert (page["count"], page["next"], page["previous"]) == (5, None, None)
    line = page["results"][0]
    assert line.pop("id")
    assert line == {
        "team_id": 1, "plugin_id": 930, "plugin_config_id": 831, "timestamp": "2026-01-01T00:00:04.123456Z",
        "source": "PLUGIN", "type": "ERROR", "message": "Line 4", "instance_id": INSTANCE,
    }  # fmt: skip


@pytest.mark.parametrize(
    "query, found",
    [
        ({"after": "2026-01-01T00:00:02.123456Z"}, "43"),
        ({"before": "2026-01-01T00:00:01.123456+00:00"}, "0"),
        ({"after": "2026-01-01T00:00:01Z", "before": "2026-01-01 00:00:03"}, "21"),
        ({"after": "2026-01-01"}, "43210"),
        ({"search": "lINE 3"}, "3"),
        ({"search": "nothing"}, ""),
        ({"type_filter": ["WARN", "DEBUG"]}, "30"),
        ({"limit": ""}, "43210"),
        ({"limit": "0"}, "43210"),
        ({"offset": "3"}, "10"),
        ({"offset": "x"}, "43210"),
        ({"limit": "3", "before": "2026-01-01T00:00:03Z"}, "210"),
        ({"limit": "2", "offset": "1"}, "3"),
    ],
)
def test_lines_are_filtered(logs: Client, query: dict[str, Any], found: str) -> None:
    assert "".join(messages(logs, **query)) == found


def test_limit_cuts_before_paging(logs: Client) -> None:
    page = logs.get(LOGS + "?limit=2").json
    assert (page["count"], len(page["results"]), page["next"]) == (2, 2, None)
    assert messages(logs, limit=2, offset=2) == []


@pytest.mark.parametrize("limit", ["x", "1.5", "-1", "9" * 40])
def test_limit_that_is_no_number_is_refused(logs: Client, limit: str) -> None:
    response = logs.get(LOGS, query_string={"limit": limit})
    assert (response.status_code, response.json["code"], response.json["attr"]) == (400, "invalid_input", None)
    assert response.json["detail"] == "Query param limit must be omitted or an integer!"


@pytest.mark.parametrize("query", [{"after": "x"}, {"before": ""}, {"after": "2026-13-01"}, {"type_filter": "NOPE"}])
def test_nonsense_is_refused(logs: Client, query: dict[str, str]) -> None:
    response = logs.get(LOGS, query_string=query)
    assert (response.status_code, response.json["attr"]) == (400, next(iter(query)))


@pytest.mark.parametrize("path", ["1/plugin_configs/999999", "1/plugin_configs/x", "2/plugin_configs/831"])
def test_config_that_is_not_there_has_no_lines(logs: Client, path: str) -> None:
    page = logs.get(f"/api/environments/{path}/logs/").json
    assert page == {"count": 0, "next": None, "previous": None, "results": []}


def test_lines_come_by_the_hundred_without_a_limit(logs: Client) -> None:
    line = {"plugin_id": 930, "plugin_config_id": 831, "type": "LOG", "source": "CONSOLE", "message": "again"}
    lines = {"plugin_log_entries": [line] * 100}
    assert logs.as_key(None).post("/__admin/worlds/default/load", lines).status_code == 201
    page = logs.get(LOGS).json
    assert (page["count"], len(page["results"])) == (105, 100)
    assert len(messages(logs, offset=100)) == 5
    assert logs.get(page["next"]).json["results"] == []  # its link carries a limit, which cuts before paging
