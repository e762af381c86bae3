"""What `*` stands for. Source: the fields that PostHog's tables leave out of it."""

from __future__ import annotations

import pytest

from tests.analytics.conftest import Asker

PERSON = ["id", "created_at", "properties", "is_identified"]


@pytest.mark.parametrize(
    "star, columns",
    [
        ("person.*", PERSON),
        ("events.person.*", PERSON),
        ("pdi.person.*", PERSON),
        ("pdi.*", ["distinct_id", "person_id"]),
        ("group_0.*", ["index", "key", "created_at", "updated_at", "properties"]),
    ],
)
def test_star_behind_a_path_is_what_it_leads_to(asker: Asker, star: str, columns: list[str]) -> None:
    shown = asker.answer(f"select {star} from events limit 1")["columns"]
    assert [name for name in shown if not name.startswith("$virt")] == columns


def test_star_of_sessions_leaves_out_other_names_of_its_fields(asker: Asker) -> None:
    answer = asker.answer("select * from sessions limit 1")
    assert "$page_screen_autocapture_count_up_to" in answer["columns"]
    assert not {"id", "session_id_v7", "duration", "$exit_current_url", "$exit_pathname"} & {*answer["columns"]}
    assert dict(answer["types"])["distinct_id"] == "Nullable(String)"
    assert asker.answer("select session.* from events limit 1")["columns"] == answer["columns"]
    assert asker.rows("select duration, id = session_id from sessions") == [[7200, 1]]


def test_star_behind_nothing_is_refused(asker: Asker) -> None:
    assert asker.error("select nope.* from events")["detail"] == "Unable to resolve field: nope"
    assert asker.error("select properties.* from events")["code"] == "invalid_input"


def test_column_of_a_list_of_events_is_called_by_its_name(asker: Asker) -> None:
    query = {"kind": "EventsQuery", "select": ["event as d", "distinct_id -- who"], "after": "all", "limit": 99_999}
    answer = asker.query(query).json
    assert (answer["columns"], answer["limit"]) == (["d", "distinct_id -- who"], 50_000)


def test_debugging_explains_and_describes(asker: Asker) -> None:
    answer = asker.answer("select event from events", modifiers={"debug": True})
    assert "ReadFromMergeTree (default.events)" in answer["explain"][-1]
    assert (answer["metadata"]["isValid"], answer["metadata"]["table_names"]) == (True, ["events"])
    assert asker.answer("select event from events")["explain"] is None
