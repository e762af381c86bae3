"""Compare recorded answers to queries with ours, part by part: `python tests/golden/hogql_agreement.py [FILE…]`.

`--write` puts the tables of agreement and of disagreements, each with its reason, into `agreement.md` beside this.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.golden.reasons import EXPLAINED  # noqa: E402
from tests.golden.recordings import GOLDEN, Asked, Line, lines  # noqa: E402

FILES = [
    "hogql", "hogql_errors", "hogql_metadata", "hogql_autocomplete", "events_query", "actors_query",
    "property_filters_query", "cohorts_in_queries", "refresh_async", "schema_and_wrappers",
]  # fmt: skip
TABLE = Path(__file__).with_name("agreement.md")
HEAD = "<!-- made by `python tests/golden/hogql_agreement.py --write` -->"
LEAST = {"hogql": {"results": 0.9, "columns": 0.85, "types": 0.85}, "hogql_errors": {"error": 0.9}}
LEAST_OF_OTHERS = {"whole": 0.85}
ROUGH = re.compile(r"quantile|median|avg|corr|covar|stddev|var(?:Pop|Samp)", re.IGNORECASE)
SYNTAX = re.compile(r"mismatched input|no viable alternative|extraneous input|token recognition|missing ")
PAGE = ("columns", "types", "hogql", "limit", "hasMore", "offset")
# Kept with an answer for a while, or told of the moment it was given in.
PASSING = {
    "cache_key", "cache_target_age", "calculation_trigger", "clickhouse", "created_at", "expiration_time",
    "last_calculation", "last_refresh", "next_allowed_client_refresh", "pickup_time", "query_metadata", "start_time",
    "end_time", "task_id", "timings", "is_cached", "initial", "modifiers", "created_by",
}  # fmt: skip
# What later servers tell of a cohort.
LATER = {"cohort_type"}

Verdict = tuple[str, bool, Any, Any]
"""What was compared: a part, whether it agrees, what was recorded, what we answered."""


@dataclass
class Agreement:
    """How many answers of a file agree, part by part, and what there is to say of each that does not."""

    score: dict[str, list[int]] = field(default_factory=lambda: collections.defaultdict(lambda: [0, 0]))
    different: list[tuple[Line, list[Verdict]]] = field(default_factory=list)

    def share(self, part: str) -> float:
        """Return the share that agrees; all of nothing."""
        good, bad = self.score[part]
        return good / (good + bad) if good + bad else 1.0


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
    if isinstance(want, str) and isinstance(got, str):
        return without_host(want) == without_host(got)
    return bool(want == got)


def without_host(text: str) -> str:
    """Return an address without its host, any other text as it is."""
    return re.sub(r"^https?://[^/]+/api", "/api", text)


def sort_rows(rows: Any) -> Any:
    """Return rows in an order that depends on nothing but them."""
    return (
        sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, default=str)) if isinstance(rows, list) else rows
    )


def lasting(value: Any) -> Any:
    """Return an answer without what passes."""
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in PASSING | LATER}
    return [lasting(item) for item in value] if isinstance(value, list) else value


def verdicts(line: Line, status: int, body: Any) -> Iterator[Verdict]:
    """Yield what was compared of an answer."""
    recorded = line["response"]
    yield "status", status == recorded["status"], recorded["status"], status if status < 300 else body
    if status != recorded["status"]:
        return
    want = recorded.get("json", recorded.get("text"))
    if status >= 400:
        keys = compared_keys(want)
        yield "error", all(want[key] == body.get(key) for key in keys), want, body
    elif isinstance(want, dict) and isinstance(want.get("query_status"), dict):
        yield from status_verdicts(line, want["query_status"], body["query_status"])
    elif isinstance(want, dict) and "suggestions" in want:
        yield from suggestion_verdicts(want["suggestions"], body["suggestions"])
    elif isinstance(want, dict) and "results" in want:
        yield from answer_verdicts(line, want, body)
    else:
        yield "body", agree(lasting(want), lasting(body), 1e-9), want, body


def compared_keys(error: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what of an error is to be the same; the words of one parser's and one engine's build are not."""
    detail, code = error.get("detail", ""), error["code"]
    is_engines = code not in ("invalid_input", "parse_error", "not_found", "permission_denied")
    if is_engines or SYNTAX.search(detail) or " In scope " in detail or "ClickHouse" in detail:
        return ("type", "code")
    return ("type", "code", "detail")


def status_verdicts(line: Line, want: Any, got: Any) -> Iterator[Verdict]:
    """Yield what was compared of how a background query stands, and of the answer in it."""
    named = {"id", "results"}
    want_rest, got_rest = ({key: item for key, item in each.items() if key not in named} for each in (want, got))
    yield "body", agree(lasting(want_rest), lasting(got_rest), 1e-9), want_rest, got_rest
    yield "body", (want["results"] is None) == (got["results"] is None), want["results"], got["results"]
    if want["results"] and got["results"]:
        yield from answer_verdicts(line, want["results"], got["results"])


def suggestion_verdicts(want: list[Any], got: list[Any]) -> Iterator[Verdict]:
    """Yield what was compared of suggestions: fields in their order, functions in any; documentation is left out."""
    told = [{key: item[key] for key in want[0]} for item in got] if want else got
    fields, named = ([item for item in each if item.get("kind") == "Variable"] for each in (want, told))
    yield "body", fields == named, fields, named
    missing = [item for item in want if item not in told]
    yield "body", not missing, missing, []


def answer_verdicts(line: Line, want: Any, got: Any) -> Iterator[Verdict]:
    """Yield what was compared of an answer with results."""
    request = json.dumps(line["request"])
    is_ordered = "order by" in request.lower() or "orderby" in request.lower()
    results, count = got.get("results"), line.get("results_count")
    if count and isinstance(results, list):
        yield "count", len(results) == count, count, len(results)
        results = results[:100] + results[-3:]
    tolerance = 1e-6 if ROUGH.search(request) else 1e-9
    expected, found = lasting(want["results"]), lasting(results)
    same = agree(expected, found, tolerance)
    if not same and not is_ordered:
        same = agree(sort_rows(expected), sort_rows(found), tolerance)
    yield "results", same, want["results"], results
    for part in PAGE:
        if part in want and (part != "hogql" or '"kind": "HogQLQuery"' in request):
            yield part, agree(want[part], got.get(part), 1e-9), want[part], got.get(part)
    if line.get("sequence") and "is_cached" in want:
        yield "is_cached", want["is_cached"] == got.get("is_cached"), want["is_cached"], got.get("is_cached")


def compare(name: str, ask: Asked, only: int | None = None) -> Agreement:
    """Return how a file's answers agree with ours. Failures of the recorded server are passed over."""
    found = Agreement()
    for line in lines(GOLDEN / f"{name}.jsonl"):
        if only not in (None, line["n"]) or line["response"]["status"] >= 500:
            continue
        judged = list(verdicts(line, *ask(line)))
        different = [verdict for verdict in judged if not verdict[1]]
        found.score["whole"][bool(different)] += 1
        for part, ok, _, _ in judged:
            found.score[part][not ok] += 1
        if different:
            found.different.append((line, different))
    return found


def unexplained(name: str, found: Agreement) -> list[str]:
    """Return a paragraph on each answer that differs for no reason that is known."""
    return list(told(name, [item for item in found.different if (name, item[0]["n"]) not in EXPLAINED]))


def short_of(name: str, found: Agreement) -> list[str]:
    """Return the parts of which less agrees than should."""
    least = LEAST.get(name, LEAST_OF_OTHERS)
    return [f"{part} {found.share(part):.0%}" for part, share in least.items() if found.share(part) < share]


def told(name: str, different: list[tuple[Line, list[Verdict]]], size: int = 400) -> Iterator[str]:
    """Yield a paragraph on each part that differs, with its reason if that is known."""
    for line, judged in different:
        for part, _, want, got in judged:
            why = EXPLAINED.get((name, line["n"]))
            heading = f"{name}:{line['n']} {line.get('note', '')} - {part}" + (f" ({why})" if why else "")
            asked = line["request"].get("body") or line["request"]["path"]
            shown = {"   ": asked, "   recorded ": want, "   here     ": got}
            yield "\n".join([heading, *(label + json.dumps(item, default=str)[:size] for label, item in shown.items())])


def summary(found: Agreement) -> str:
    """Return one line of figures."""
    return "  ".join(f"{part} {good}/{good + bad}" for part, (good, bad) in found.score.items())


def document(agreements: Mapping[str, Agreement]) -> str:
    """Return the two tables as Markdown."""
    parts = ("whole", "results", "columns", "types", "error")
    text = [HEAD, "", "# Agreement with recorded answers", ""]
    text += [f"| Recordings | {' | '.join(parts)} |", "|" + " --- |" * (len(parts) + 1)]
    for name, found in agreements.items():
        figures = (f"{found.score[part][0]}/{sum(found.score[part])}" if part in found.score else "" for part in parts)
        text.append(f"| {name} | {' | '.join(figures)} |")
    text += ["", "`whole` counts answers that agree in every part.", "", "# Disagreements", ""]
    text += ["| Recording | What | Differs in | Why |", "| --- | --- | --- | --- |"]
    for name, found in agreements.items():
        for line, judged in found.different:
            differing = ", ".join(dict.fromkeys(part for part, _, _, _ in judged))
            why = EXPLAINED.get((name, line["n"]), "**not known**")
            text.append(f"| {name}:{line['n']} | {line.get('feature', '')} | {differing} | {why} |")
    return "\n".join(text) + "\n"


def main() -> None:
    """Print the table of agreement, and every disagreement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES)
    parser.add_argument("-q", action="store_true", help="the table alone")
    parser.add_argument("-n", type=int, help="one line")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    options = parser.parse_args()
    ask = Asked()
    agreements = {name: compare(name, ask, options.n) for name in options.files}
    if options.write:
        TABLE.write_text(document(agreements))
    for name, found in agreements.items():
        if not options.q:
            print("\n".join(told(name, found.different, 400 if options.n is None else 4000)))
    for name, found in agreements.items():
        short = short_of(name, found)
        print(f"{name:22s} {summary(found)}" + (f"  SHORT: {', '.join(short)}" if short else ""))


if __name__ == "__main__":
    main()
