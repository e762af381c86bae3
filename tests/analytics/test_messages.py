"""What a query is refused for, in the words of PostHog's resolver and printer."""

from __future__ import annotations

import pytest

from tests.analytics.conftest import Asker


@pytest.mark.parametrize(
    "sql, detail",
    [
        ("select {zzz}", "Global variable not found: zzz"),
        ("select {variables.x}", "Global variable not found: variables"),
        ("with a as (select 1 from a) select * from a", "Too many CTE expansions (50+). Probably a CTE loop."),
        ("with a as (select 1 from b), b as (select 1 from a) select * from a",
         "Too many CTE expansions (50+). Probably a CTE loop."),
        ("select 1 from events e join events e on 1 = 1", "Already have joined a table called \"e\". Can't redefine."),
        ("select 1 from events e join (select 1) e on 1 = 1",
         "Already have joined a table called \"e\". Can't join another one with the same name."),
        ("select nope1(1) = 2, nope2(3)", "Unsupported function call 'nope2(...)'"),
        ("select 1 from events e join persons p using (id)", "Unable to resolve field: id"),
    ],
)  # fmt: skip
def test_query_is_refused_in_posthogs_words(asker: Asker, sql: str, detail: str) -> None:
    error = asker.error(sql)
    assert (error["code"], error["detail"]) == ("invalid_input", detail)


def test_variable_that_is_missing_among_others_is_named(asker: Asker) -> None:
    variables = {"1": {"variableId": "1", "code_name": "y", "value": 1}}
    assert asker.error("select {variables.x}", variables=variables)["detail"] == "Variable x is missing from query"


def test_using_is_refused_by_the_engine(asker: Asker) -> None:
    assert asker.error("select 1 from events e join events p using (uuid)")["code"] == "unknown_identifier"


def test_cte_sees_those_defined_after_it(asker: Asker) -> None:
    assert asker.rows("with a as (select n from b), b as (select 1 as n) select n from a") == [[1]]


# Source: in HogQL whatever may be null is guarded where it is compared: text that may be no date, tuples.
@pytest.mark.parametrize(
    "expression, value, type",
    [
        ("today() > toDate('garbage')", 0, "UInt8"),
        ("toDateTime(concat('gar', 'bage')) = now()", 0, "UInt8"),
        ("toDateTime(concat('gar', 'bage')) != now()", 1, "UInt8"),
        ("(1, null) = (1, 2)", 0, "UInt8"),
        ("(1, 2) = (1, 2)", 1, "UInt8"),
        ("[1] = [1]", 1, "UInt8"),
    ],
)
def test_what_may_be_nothing_is_guarded_where_it_is_compared(
    asker: Asker, expression: str, value: int, type: str
) -> None:
    answer = asker.answer(f"select {expression}")
    assert (answer["results"], answer["types"][0][1]) == ([[value]], type)
    assert "2026-01-15" not in answer["types"][0][0]


def test_date_that_cannot_be_read_is_now(asker: Asker) -> None:
    # Source: PostHog's reader of relative dates cuts them to the day only where it found one.
    query = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "opened"}]}
    given = {"date_from": "garbage"}
    assert asker.query({**query, "dateRange": given}).json["resolved_date_range"]["date_from"] == "2026-01-15T12:00:00Z"
    day = asker.query({**query, "dateRange": {"date_from": "-0d"}}).json["resolved_date_range"]
    assert day["date_from"] == "2026-01-15T00:00:00Z"
