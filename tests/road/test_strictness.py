import json
from typing import Any

import pytest

from mockserver.contract import Contract, Profile
from mockserver.listing.pagination import Page
from mockserver.road.rendering import Listing
from mockserver.road.strictness import Strictness
from mockserver.serving.app import create_app


@pytest.fixture(scope="module")
def rows(contract) -> list[dict[str, Any]]:
    headers = {"Authorization": "Bearer phx_mock_all_access"}
    client = create_app(contract=contract).test_client()
    return client.get("/api/projects/1/annotations/?limit=3", headers=headers).json["results"]


@pytest.fixture
def find(contract):
    strictness = Strictness(contract)
    operation = next(each for each in contract.operations if each.id == "annotations_list")

    def find(rows: list[dict[str, Any]], **envelope: Any) -> str | None:
        page = Page(rows, {"count": 3, "next": None, "previous": None, "results": (), **envelope})
        listing = Listing(page, [json.dumps(row).encode() for row in rows], 200, {})
        return strictness.find_problem(operation, listing, Profile.DOCUMENTED)

    return find


def test_row_is_judged_wherever_it_stands_among_rows_judged_before(find, rows) -> None:
    assert find(rows) is None
    assert find([*rows[:2], {**rows[2], "content": 5}]).startswith("results/2/content: 5 is not")
    assert find([*rows, {**rows[0], "unknown": 1}]).startswith("results/3: ")


def test_row_that_is_wrong_is_wrong_again(find, rows) -> None:
    wrong = [{**rows[0], "content": 5}]
    assert find(wrong) == find(wrong) is not None


def test_what_stands_around_rows_is_judged_each_time(find, rows) -> None:
    assert find(rows) is None
    assert find(rows, count="3").startswith("count: ")


def test_rows_are_judged_together_where_the_contract_says_something_of_them_together(contract: Contract) -> None:
    strictness = Strictness(contract)
    operation = next(each for each in contract.operations if each.id == "persons_funnel_retrieve")
    around = {"next": None, "initial": "http://localhost/", "missing_persons": 0, "is_cached": False}
    page = Page([], {**around, "last_refresh": "2026-01-15T12:00:00Z"})
    problem = strictness.find_problem(operation, Listing(page, [], 200, {}), Profile.DOCUMENTED)
    assert problem == "results: [] has less than 1 item"
