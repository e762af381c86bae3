"""PostHog's own functions: surveys, money, languages, and aggregates with what may follow them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analytics.conftest import Asker


@pytest.fixture
def surveyed(make_asker: Any) -> Asker:
    asker: Asker = make_asker()
    questions = [{"id": "q-a"}, {"id": "q-b"}]
    sent: list[dict[str, Any]] = [
        {"$survey_response_q-a": "yes", "$survey_response_q-b": ["x", "y"], "$survey_submission_id": "s1"},
        {"$survey_response_q-a": "no", "$survey_submission_id": "s1"},
        {"$survey_response": "old", "$survey_response_1": ["z"]},
    ]
    asker.load(events=[
        {"event": "survey sent", "distinct_id": "ann", "timestamp": f"2026-01-10T0{n}:00:00Z",
         "properties": {"$survey_id": "s", "$survey_questions": questions, **properties}}
        for n, properties in enumerate(sent)
    ])  # fmt: skip
    return asker


# Source: PostHog looks under the id of a question first, then under its number, as of old.
@pytest.mark.parametrize(
    "call, answers",
    [
        ("getSurveyResponse(0)", ["yes", "no", "old"]),
        ("getSurveyResponse(0, 'q-a')", ["yes", "no", "old"]),
        ("getSurveyResponse(1, 'q-b', true)", [['"x"', '"y"'], [], ['"z"']]),
        ("getSurveyResponse(1, null, true)", [['"x"', '"y"'], [], ['"z"']]),
    ],
)
def test_survey_response_is_found(surveyed: Asker, call: str, answers: list[Any]) -> None:
    assert [row[0] for row in surveyed.rows(f"select {call} from events order by timestamp")] == answers


def test_last_event_of_a_submission_counts(surveyed: Asker) -> None:
    query = "select toHour(timestamp) from events where uniqueSurveySubmissionsFilter('s'{}) order by timestamp"
    assert surveyed.rows(query.format("")) == [[1], [2]]
    assert surveyed.rows(query.format(", '2026-01-10 01:30:00'")) == [[2]]


@pytest.mark.parametrize("call, detail", [
    ("getSurveyResponse(event)", "must be a constant"), ("getSurveyResponse('x')", "must be a valid integer"),
    ("uniqueSurveySubmissionsFilter(event)", "must be a constant"), ("getSurveyResponse()", "at least 1 argument"),
])  # fmt: skip
def test_wrong_arguments_are_refused(asker: Asker, call: str, detail: str) -> None:
    assert detail in asker.error(f"select {call} from events")["detail"]


def test_money_is_converted_at_a_fixed_rate(asker: Asker) -> None:
    euros, same, unknown = asker.rows(
        "select convertCurrency('USD', 'EUR', 10, today()), convertCurrency('EUR', 'EUR', 1.5),"
        " convertCurrency('???', 'EUR', 10)"
    )[0]
    assert (euros, same, unknown) == (9, 1.5, 0)
    assert asker.rows("select currency, rate from exchange_rate where currency = 'EUR'") == [["EUR", 0.9]]


def test_language_is_told_by_its_code(asker: Asker) -> None:
    assert asker.rows("select languageCodeToName('de'), languageCodeToName('??')") == [["German", "Unknown"]]


# Source: PostHog lets a few aggregates be followed by ClickHouse's combinators since November 2025.
@pytest.mark.parametrize(
    "call, value",
    [("countDistinct(event)", 2), ("sumOrNull(1)", 4), ("avgForEach([1, 3])", [1.0, 3.0]), ("countOrNull()", 4),
     ("sumArgMax(1, timestamp)", 1), ("sumOrDefaultIf(1, 0)", 0), ("countDistinctIf(event, 0)", 0)],
)  # fmt: skip
def test_aggregate_takes_combinators(asker: Asker, call: str, value: Any) -> None:
    assert asker.rows(f"select {call} from events") == [[value]]


def test_combinator_takes_its_arguments_and_no_second_turn(asker: Asker) -> None:
    assert "expects 2 arguments, found 1" in asker.error("select sumOrNullIf(1) from events")["detail"]
    assert "Unsupported function call" in asker.error("select sumIfOrNull(1, 1) from events")["detail"]
