"""Compare the answers to recorded queries with ours, part by part: `python tests/golden/hogql_agreement.py [FILE…]`.

The recordings (`golden/`, beside the repository or named by MOCKSERVER_GOLDEN) were made over `golden/dataset`, which
is loaded into a world of its own; queries are asked of `mockserver.analytics` directly.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from mockserver.analytics import run_query  # noqa: E402
from mockserver.contract import Contract, Profile  # noqa: E402
from mockserver.errors import APIError  # noqa: E402
from mockserver.seeding import load  # noqa: E402
from mockserver.world import World  # noqa: E402

GOLDEN = Path(os.environ.get("MOCKSERVER_GOLDEN", ROOT.parent / "shared" / "golden"))
FILES = ["hogql", "hogql_errors", "hogql_metadata", "events_query", "actors_query"]
CREATED = "events loaded here were created when they were loaded; those recorded had been created when they happened"
ENGINE = "the engine of the recording lacked these functions; ClickHouse has them"
ORDER = "rows in no promised order"
SHOWN_DISPLAY = "the recorded answer was kept from a query of another display, and repeats that one's"
EXPLAINED = {
    ("hogql", 106): "upperUTF8 of a later ICU turns ß into SS",
    ("hogql", 215): "lag and lead over rows of equal order",
    ("hogql", 225): "a subquery that is a CTE is indented otherwise",
    ("hogql", 308): CREATED,
    ("hogql", 389): "an average over 86 of the 102 persons who have an age; which 86 cannot be told",
    ("hogql", 572): ENGINE,
    ("hogql", 573): ENGINE,
    ("hogql_errors", 159): "the recording lost the row of a value that cannot be converted",
    ("hogql_errors", 214): ORDER,
    ("events_query", 2): CREATED,
    ("events_query", 9): CREATED,
    ("events_query", 11): ORDER,
    ("trends_query", 95): SHOWN_DISPLAY,
    ("trends_query", 97): SHOWN_DISPLAY,
    ("trends_query", 99): SHOWN_DISPLAY,
    ("property_filters_query", 167): "relative dates in filters are read, as later servers do",
    ("property_filters_query", 168): "relative dates in filters are read, as later servers do",
}
GROUP = ("group_type_index", "group_key", "group_properties", "created_at")
ROUGH = re.compile(r"quantile|median|avg|corr|covar|stddev|var(?:Pop|Samp)", re.IGNORECASE)
SYNTAX = re.compile(r"mismatched input|no viable alternative|extraneous input|token recognition|missing ")


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def make_world() -> World:
    """Return a world that holds the dataset in project 3."""
    contract = Contract.read()
    world = World.new("golden", profile=Profile.OBSERVED)
    from mockserver import entropy

    with world.store.transaction() as transaction:
        entropy.freeze(transaction, entropy.read_timestamp("2026-11-10T12:00:00Z"))
    for given in tables():
        load(contract, world, given)
    return world


def tables() -> list[dict[str, Any]]:
    """Return what the dataset loads into a world: everything but the events, then these."""
    data = GOLDEN / "dataset"
    groups = json.loads((data / "groups.json").read_text())
    return [
        {
            "organizations": [{"name": "Golden"}],
            "users": [{"id": 1, "email": "owner@acme.test"}],
            "organization_memberships": [{"user_id": 1, "level": 15}],
            "projects": [{"id": 3, "name": "Golden", "timezone": "UTC", "test_account_filters": [
                {"key": "email", "type": "person", "value": "corp.test", "operator": "not_icontains"}]}],
            "api_keys": [{"value": "phx_golden", "user_id": 1, "scopes": None}],
            "property_definitions": json.loads((data / "property_definitions.json").read_text()),
            "group_types": [{"group_type": "organization", "group_type_index": 0}],
            "groups": [{name: group[name] for name in GROUP} for group in groups],
            "persons": lines(data / "persons.jsonl"),
        },
        {"events": lines(data / "events.jsonl")},
    ]  # fmt: skip


def make_call(world: World) -> Any:
    """Return as much of a call as a query needs."""
    view = world.view()
    project, user = view.table("projects").get(3), view.table("users").get(1)
    tenant = SimpleNamespace(project=project, project_id=3)
    return SimpleNamespace(
        state=view, world=world, tenant=tenant, user=user, table=view.table, is_observed=True, profile=world.profile
    )


def ask(call: Any, body: Any) -> tuple[int, Any]:
    """Return the status and body that a request's query is answered with."""
    try:
        return 200, run_query(call, body["query"])
    except APIError as error:
        return error.status, error.body


def agree(want: Any, got: Any, tolerance: float) -> bool:
    """Return whether two values agree, numbers within a relative tolerance."""
    if isinstance(want, bool) or isinstance(got, bool) or want is None or got is None:
        return bool(want == got)
    if isinstance(want, (int, float)) and isinstance(got, (int, float)):
        return math.isclose(want, got, rel_tol=tolerance, abs_tol=1e-9)
    if isinstance(want, dict) and isinstance(got, dict):
        return want.keys() == got.keys() and all(agree(want[key], got[key], tolerance) for key in want)
    if isinstance(want, list) and isinstance(got, list):
        return len(want) == len(got) and all(agree(a, b, tolerance) for a, b in zip(want, got, strict=True))
    return bool(want == got)


def sort_rows(rows: Any) -> Any:
    """Return rows in an order that depends on nothing but them."""
    return (
        sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, default=str)) if isinstance(rows, list) else rows
    )


def verdicts(line: dict[str, Any], status: int, body: Any) -> list[tuple[str, bool, Any, Any]]:
    """Return what was compared: part, whether it agrees, what was recorded, what we answered."""
    recorded = line["response"]
    found = [("status", status == recorded["status"], recorded["status"], body if status != 200 else status)]
    if status != recorded["status"]:
        return found
    want = recorded.get("json", recorded.get("text"))
    if status != 200:
        keys = ("type", "code") if SYNTAX.search(want.get("detail", "")) else ("type", "code", "detail")
        if (
            " In scope " in want.get("detail", "")
            or "ClickHouse" in want.get("detail", "")
            or want["code"] != "invalid_input"
        ):
            keys = ("type", "code")
        return [*found, ("error", all(want[key] == body.get(key) for key in keys), want, body)]
    if "results" not in want:
        return [*found, ("body", agree(want, body, 1e-9), want, body)]
    request = json.dumps(line["request"])
    for part in ("results", "columns", "types", "hogql", "limit", "hasMore", "offset"):
        if part not in want:
            continue
        expected, got = want[part], body.get(part)
        if part == "results":
            if line.get("results_count") and isinstance(got, list):
                found.append(("count", len(got) == line["results_count"], line["results_count"], len(got)))
                got = got[:100] + got[-3:]
            tolerance = 1e-6 if ROUGH.search(request) else 1e-9
            same = agree(expected, got, tolerance)
            if not same and "order by" not in request.lower() and "orderby" not in request.lower():
                same = agree(sort_rows(expected), sort_rows(got), tolerance)
            found.append((part, same, expected, got))
        else:
            found.append((part, agree(expected, got, 1e-9), expected, got))
    return found


Score = dict[str, list[int]]


def compare(name: str, call: Any, only: int | None = None) -> tuple[Score, list[str]]:
    """Return how many answers of a file agree, part by part, and a paragraph on each that does not."""
    score: Score = collections.defaultdict(lambda: [0, 0])
    told: list[str] = []
    for line in lines(GOLDEN / f"{name}.jsonl"):
        body, recorded = line["request"].get("body"), line["response"]
        if only not in (None, line["n"]) or recorded["status"] >= 500:
            continue
        if not isinstance(body, dict) or not isinstance(body.get("query"), dict):
            continue
        if recorded["status"] == 400 and recorded["json"]["code"] == "parse_error":
            continue  # the body's shape is judged before the query is run
        found = verdicts(line, *ask(call, body))
        agrees = all(ok for _, ok, _, _ in found)
        score["whole"][0 if agrees else 1] += 1
        if not agrees and (name, line["n"]) in EXPLAINED:
            score["explained"][0] += 1
        for part, ok, want, got in found:
            score[part][0 if ok else 1] += 1
            if not ok:
                told.append(paragraph(name, line, part, want, got, 350 if only is None else 4000))
    return score, told


def paragraph(name: str, line: dict[str, Any], part: str, want: Any, got: Any, size: int) -> str:
    """Return what differs, and why if that is known."""
    why = EXPLAINED.get((name, line["n"]))
    heading = f"{name}:{line['n']} {line.get('note', '')} - {part}" + (f" ({why})" if why else "")
    shown = (("", line["request"]["body"]["query"]), ("recorded ", want), ("here     ", got))
    return "\n".join([heading, *(f"   {label}{json.dumps(value, default=str)[:size]}" for label, value in shown)])


def table(score: Score) -> str:
    """Return one line of the table."""
    return "  ".join(f"{part} {good}/{good + bad}" for part, (good, bad) in score.items() if part != "explained")


def main() -> None:
    """Print the table of agreement, and every disagreement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES)
    parser.add_argument("-q", action="store_true", help="the table alone")
    parser.add_argument("-n", type=int, help="one line")
    options = parser.parse_args()
    call = make_call(make_world())
    for name in options.files:
        score, told = compare(name, call, options.n)
        if not options.q:
            print("\n".join(told))
        print(f"{name:22s} {table(score)}  explained {score['explained'][0]}")


if __name__ == "__main__":
    main()
