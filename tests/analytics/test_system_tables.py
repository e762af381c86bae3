"""A project's own records, as the tables `system.…` that PostHog offers since November 2025."""

from __future__ import annotations

import pytest

from tests.analytics.conftest import Asker


@pytest.fixture
def kept(asker: Asker) -> Asker:
    asker.load(
        cohorts=[{"id": 5, "name": "Few", "is_static": True}, {"id": 6, "name": "Gone", "deleted": True}],
        actions=[{"id": 7, "name": "Bought", "steps": [{"event": "bought"}]}],
        dashboards=[{"id": 8, "name": "Sales"}],
        groups=[{"group_type_index": 0, "group_key": "acme", "group_properties": {"name": "Acme"}}],
    )
    return asker


def test_records_are_rows(kept: Asker) -> None:
    query = "select id, name, deleted, is_static, team_id from system.cohorts order by id"
    assert kept.rows(query) == [[5, "Few", 0, 1, 1], [6, "Gone", 1, 0, 1]]
    steps = "select name, JSONExtractString(steps, 1, 'event') from system.actions"
    assert kept.rows(steps) == [["Bought", "bought"]]
    assert kept.rows("select d.name from system.dashboards d where d.id = 8") == [["Sales"]]
    assert kept.rows("select key, properties.name from system.groups") == [["acme", "Acme"]]
    assert kept.rows("select count() from system.insights") == [[0]]


def test_records_stand_beside_events(kept: Asker) -> None:
    query = "select c.name, count() from events e join system.cohorts c on c.id = 5 group by c.name"
    assert kept.rows(query) == [["Few", 4]]


def test_what_is_written_is_seen(kept: Asker) -> None:
    assert kept.rows("select count() from system.dashboards") == [[1]]
    kept.load(dashboards=[{"name": "Costs"}])
    assert kept.rows("select name from system.dashboards order by id desc limit 1") == [["Costs"]]


def test_star_leaves_the_project_out(kept: Asker) -> None:
    assert "team_id" not in kept.answer("select * from system.cohorts")["columns"]
    assert kept.error("select * from system.api_keys")["detail"] == 'Unknown table "system.api_keys".'
