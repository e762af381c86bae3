"""Dates of the contract, and the profile at a date: in the contract's view, and in a world that answers by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.contract import Contract, Profile, dates, view
from mockserver.serving.app import create_app

AUGUST = Profile("observed@2025-08")
HEADERS = {"Authorization": "Bearer phx_mock_session"}


def client(profile: str, contract: Contract):
    return create_app(profile=profile, contract=contract, freeze_time="2026-01-15T12:00:00Z", strict=True).test_client()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seen", "is no profile"),
        ("documented@2025-08", "is no profile"),
        ("observed@2025-13", "is no date"),
        ("observed@", "is no date"),
        ("observed@August", "is no date"),
        ("observed@2023-10", "before the first evidence, which is of 2023-11"),
    ],
)
def test_what_is_no_profile_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Profile(text)


def test_profile_at_its_own_date_is_itself() -> None:
    assert Profile("observed@2025-12") is Profile.OBSERVED and Profile("observed@2025-08") is AUGUST
    assert (AUGUST.date, AUGUST.undated, Profile.DOCUMENTED.date) == ("2025-08", Profile.OBSERVED, None)
    assert list(Profile) == [Profile.DOCUMENTED, Profile.OBSERVED]


def test_every_date_of_the_contract_is_one(contract: Contract) -> None:
    assert dates.problems(contract) == []
    assert {"2025-08", "2025-11", "2025-12", "2026-09"} <= set(dates.months(contract))


def test_dates_that_are_none_are_told_with_their_place(contract: Contract) -> None:
    document = {**contract.document, "components": {**contract.document["components"], "schemas": {
        "Late": {"properties": {"a": {"x-since": "2025-08-04"}, "b": {"x-since": "2025-11", "x-until": "2025-08"}}},
        "Whole": {"x-since": "2025-08"},
        "Kind": {"enum": ["a"], "x-values-since": {"a": "2025", "b": "2025-08"}},
    }}}  # fmt: skip
    told = dates.problems(Contract.of(document, contract.undocumented, contract.families))
    assert any("Late: field a" in problem and "no date" in problem for problem in told)
    assert any("Late: field b: it goes" in problem for problem in told)
    assert any("components/schemas/Whole" in problem for problem in told)
    assert any("Kind: 'b' has a date" in problem for problem in told)
    assert any("Kind: value 'a': '2025' is no date" in problem for problem in told)


def test_view_at_a_date_lacks_what_is_younger_and_has_what_went(contract: Contract) -> None:
    now, then = view(contract.document, Profile.OBSERVED), view(contract.document, AUGUST)
    gone = set(now["paths"]) - set(then["paths"])
    assert {path.rpartition("/")[2] for path in gone} == {
        "add_persons_to_static_cohort", "remove_person_from_static_cohort", "calculation_history", "log",
        "generate_conversations_public_token",
    }  # fmt: skip
    roles = [document["components"]["schemas"]["Role"] for document in (now, then)]
    assert [role["properties"]["feature_flags_access_level"] is False for role in roles] == [True, False]
    assert [role["properties"]["is_default"] is False for role in roles] == [False, True]


def test_pages_show_what_they_show_whatever_its_date(contract: Contract) -> None:
    seen = view(contract.document, Profile.DOCUMENTED)
    assert seen["components"]["schemas"]["Comment"]["properties"]["is_task"] is not False
    assert "/api/projects/{project_id}/persons/path" in seen["paths"]
    assert seen["components"]["schemas"]["Annotation"]["properties"]["emoji"] is False


@pytest.mark.parametrize(("profile", "status"), [("observed@2025-08", 404), ("observed", 200)])
def test_operation_of_a_later_date_is_not_found(profile: str, status: int, contract: Contract) -> None:
    answer = client(profile, contract).get("/api/projects/1/cohorts/1/calculation_history/", headers=HEADERS)
    assert answer.status_code == status
    if status == 404:
        assert answer.json["detail"] == "Endpoint not found."


def test_fields_come_and_go_with_the_date(contract: Contract) -> None:
    path = "/api/organizations/@current/roles/"
    keys = {
        profile: set(client(profile, contract).get(path, headers=HEADERS).json["results"][0])
        for profile in ("observed@2025-08", "observed", "observed@2026-09")
    }
    assert keys["observed@2025-08"] - keys["observed"] == {"feature_flags_access_level"}
    assert keys["observed"] - keys["observed@2025-08"] == {"is_default"}
    assert keys["observed"] == keys["observed@2026-09"]


def test_field_of_a_later_date_is_not_read(contract: Contract) -> None:
    body = {"content": "Launch", "emoji": "🚀"}
    for profile, emoji in (("observed", None), ("observed@2026-09", "🚀")):
        made = client(profile, contract).post("/api/projects/1/annotations/", json=body, headers=HEADERS)
        assert (made.status_code, made.json.get("emoji")) == (201, emoji)


def test_parameter_of_a_later_date_is_not_read(contract: Contract) -> None:
    path = "/api/projects/1/cohorts/?type=static"
    counts = [client(p, contract).get(path, headers=HEADERS).json["count"] for p in ("observed@2025-08", "observed")]
    assert counts[0] > counts[1]


def test_keys_are_taken_from_a_date_on(contract: Contract) -> None:
    path = "/api/projects/1/cohorts/1/duplicate_as_static_cohort/"
    headers = {"Authorization": "Bearer phx_mock_all_access"}
    statuses = [client(p, contract).get(path, headers=headers).status_code for p in ("observed@2025-08", "observed")]
    assert statuses == [403, 200]


def test_answer_that_is_dated_is_in_the_view_of_its_date_alone(contract: Contract) -> None:
    operation = next(o for o in contract.operations if o.id == "roles_list")
    dated = replace(operation, spec={**operation.spec, "responses": {"409": {"x-since": "2026-09", "description": ""}}})
    document = {**contract.document, "paths": {dated.path: {"get": dated.spec}}}
    views = [view(document, Profile(profile)) for profile in ("observed", "observed@2026-09")]
    assert [list(seen["paths"][dated.path]["get"]["responses"]) for seen in views] == [[], ["409"]]
