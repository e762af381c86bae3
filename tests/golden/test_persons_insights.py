"""Who a real server found behind insights over the recorded dataset, and whom ours finds: in order, page by page."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app
from tests.conftest import Client
from tests.golden.recordings import GOLDEN, SESSION, Line, lines, tables

pytest.importorskip("chdb", reason="queries are run by the extra `analytics`")
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the recordings are kept beside the repository")

LEAST = 0.94
MOST_VALUES = 20
NESTED = "computed there by nested queries; servers compute funnels by their compiled matcher, and so do we"
EXPLAINED = {
    67: NESTED,
    78: NESTED,
    79: NESTED,
    39: "a funnel's query there names two columns `prop`, and its engine takes each event's own value, not the first"
    " that its person had; the recorded FunnelsQuery attributes as ours does, and counts one more",
    51: "kept from the same question by GET, which is not among the recordings: `next` is that one's address",
}
# Kept with an answer for a while, or told of the moment it was given in.
PASSING = {"last_refresh", "is_cached", "initial"}
LINES = [
    line for line in lines(GOLDEN / "persons_insights.jsonl") if line["response"]["status"] < 500
]  # the recorded application failed at the others; ours says what is wrong


def named(line: Line) -> str:
    return f"{line['n']} {line['feature']}: {line['note']}"[:80]


@pytest.fixture(scope="module")
def recorded(contract: Contract) -> Client:
    app = create_app(scenario="blank", profile="observed", strict=True, contract=contract)
    worlds = app.extensions["mockserver"]
    for given in tables()[:2]:
        load(contract, worlds.default, given)
    worlds.register(worlds.default)
    return Client(app.test_client(), SESSION)


@pytest.fixture(scope="module")
def verdicts(recorded: Client) -> dict[int, str]:
    """What differs in each line's answer, and nothing where it is the recorded one; asked in the order of recording."""
    return {line["n"]: difference(line, recorded) for line in LINES}


@pytest.mark.parametrize("line", LINES, ids=named)
def test_persons_behind_an_insight_are_the_recorded_ones(line: Line, verdicts: dict[int, str]) -> None:
    assert bool(verdicts[line["n"]]) == (line["n"] in EXPLAINED), verdicts[line["n"]] or "this agrees by now"


def test_nearly_all_answers_are_the_recorded_ones(verdicts: dict[int, str]) -> None:
    good = sum(not verdict for verdict in verdicts.values())
    assert good >= LEAST * len(verdicts), "\n".join(verdict for verdict in verdicts.values() if verdict)


def difference(line: Line, client: Client) -> str:
    """Return how an answer differs from the recorded one; nothing if it does not."""
    request, wanted = line["request"], line["response"]
    response = client(request["method"], request["path"], request.get("body"))
    if response.status_code != wanted["status"]:
        return f"{named(line)}: {response.status_code} {response.text[:300]}"
    if line["feature"] == "values" and are_the_same_values(wanted["json"], response.json, request["path"], client):
        return ""
    want, got = comparable(wanted["json"]), comparable(response.json)
    return "" if want == got else f"{named(line)}:\n  recorded {want!s:.600}\n  here     {got!s:.600}"


def comparable(answer: Any) -> Any:
    """Return an answer without hosts, and without what passes."""
    plain = json.loads(re.sub(r"https?://[^/\"]+", "", json.dumps(answer)))
    return {name: plain[name] for name in plain if name not in PASSING} if isinstance(plain, dict) else plain


def are_the_same_values(recorded: Any, ours: Any, path: str, client: Client) -> bool:
    """Return whether values count the same, those of one count in any order.

    Of the least common ones servers show whichever come first: there each that was recorded must count as much here.
    """
    if not isinstance(recorded, list) or [row["count"] for row in recorded] != [row["count"] for row in ours]:
        return False
    least = recorded[-1]["count"] if len(recorded) == MOST_VALUES else 0
    certain = [{row["name"] for row in rows if row["count"] > least} for rows in (recorded, ours)]
    rest = [row for row in recorded if row["count"] <= least]
    key = re.sub(r"&value=[^&]*", "", path)
    counted = (client.get(f"{key}&value={row['name']}").json for row in rest)
    return certain[0] == certain[1] and all(row in found for row, found in zip(rest, counted, strict=True))
