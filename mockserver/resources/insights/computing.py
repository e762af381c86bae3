"""What an insight was answered: kept from before, computed now, or in the background, as its query is everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.contract import Contract
from mockserver.queries import answers, statuses
from mockserver.queries.answers import Age
from mockserver.queries.bodies import ASYNC, BLOCKING, Query, Request
from mockserver.queries.giving import NEVER, PLANS, Do, Given, give
from mockserver.request.call import Call
from mockserver.resources.insights.dumping import dumped
from mockserver.resources.insights.questions import as_asked, inside, put_over, question, runnable
from mockserver.store import Record

ALWAYS = "force_blocking"
CACHED = "force_cache"
LAZY = "lazy_async"
TRUE = frozenset({"", "1", "on", "t", "true", "y", "yes"})
SHARED = {CACHED: LAZY, ALWAYS: BLOCKING, ASYNC: ASYNC}
"""What those see who only bear a sharing token, who may not ask for anything at will: by what was asked for."""
NOTHING_ASKED = {"insight": "TRENDS"}
"""What an insight without any question shows as its filters."""
MEMO = "insight answers"

Fields = dict[str, Any]


def mode_of(call: Call) -> str:
    """Return how a request wants results."""
    given = _refresh(call)
    if given is True or (isinstance(given, str) and given.lower() in TRUE):
        mode = ALWAYS
    else:
        mode = given if isinstance(given, str) and given in PLANS else CACHED
    return mode if call.principal.sharing is None else SHARED.get(mode, LAZY)


def computed(contract: Contract, call: Call, insight: Record, dashboard: Record | None = None) -> Fields:
    """Return the fields of an insight that tell its question and what is known of the answer.

    Looked at on a dashboard it has that one's filters and variables. Insights of one request that ask the same are
    computed once, and the others find that kept. Raises: ValidationError for a query that cannot be run.
    """
    filters, variables = put_over(call, dashboard)
    whole = question(insight)
    asked = as_asked(whole, filters, variables) if whole is not None else None
    query = runnable(asked)
    given = _given(call, insight, dashboard, query)
    return {**_shown_question(contract, call, insight, asked, bool(filters)), **_shown_answer(given, call)}


def is_asked_for(call: Call) -> bool:
    """Return whether a request asks for results in any way that is one."""
    return mode_of(call) != CACHED if call.principal.sharing is None else _refresh(call) is not None


def _refresh(call: Call) -> Any:
    """Return `refresh` of the query string, or of the body of a write."""
    given: Any = call.query.get("refresh")
    return call.body.get("refresh") if given is None and isinstance(call.body, Mapping) else given


def last_refresh(call: Call, insight: Record) -> str | None:
    """Return when an insight was last computed, as far as that is kept."""
    query = runnable(question(insight))
    if query is None:
        return None
    age, kept = answers.find_answer(call, answers.cache_key(call, query))
    return None if age is Age.MISSING else kept["last_refresh"]


def _given(call: Call, insight: Record, dashboard: Record | None, query: Query | None) -> Given:
    if query is None:
        return Given("" if insight.get("query") is not None else answers.cache_key(call, {"kind": ""}), {})
    mode = mode_of(call)
    kept: dict[str, Given] = call.memo.setdefault(MEMO, {})
    key = answers.cache_key(call, query)
    plan: Mapping[Age, Do] = NEVER if mode == CACHED else PLANS[mode]
    if key in kept:
        known = kept[key]
        is_found = known.answer and plan[Age.FRESH] is Do.GIVE
        return replace(known, answer={**known.answer, "is_cached": True}) if is_found else known
    about = {"insight_id": insight["id"], "dashboard_id": dashboard["id"] if dashboard else None}
    request = Request(query, mode, call.query.get("client_query_id") or key, None, about)
    return kept.setdefault(key, give(call, request, plan))


def _shown_question(contract: Contract, call: Call, insight: Record, asked: Query | None, is_changed: bool) -> Fields:
    """Return the filters and the query as servers show them: older filters as they are, with no query beside them."""
    if not insight.get("query"):
        kept = insight.get("filters") or {}
        return {"filters": kept if "insight" in kept else {**kept, **NOTHING_ASKED}, "query": insight.get("query")}
    if asked is not None and is_changed:
        asked = inside(asked, lambda inner: dumped(contract, inner, call.profile))
    return {"filters": {}, "query": asked}


def _shown_answer(given: Given, call: Call) -> Fields:
    answer, status = given.answer, given.status
    zone = (call.tenant.project or {}).get("timezone") or "UTC"
    started_anew = status is not None and mode_of(call) == "force_async"
    return {
        "last_refresh": answer.get("last_refresh"),
        "cache_target_age": answer.get("cache_target_age"),
        "next_allowed_client_refresh": answer.get("next_allowed_client_refresh"),
        "result": answer.get("results"),
        "hasMore": answer.get("hasMore"),
        "columns": answer.get("columns"),
        "timezone": zone if is_asked_for(call) else answer.get("timezone"),
        "is_cached": bool(answer.get("is_cached")),
        "query_status": statuses.show(status) if status is not None else None,
        "hogql": answer.get("hogql"),
        "types": answer.get("types"),
        "filters_hash": None if started_anew else given.key or None,
        "resolved_date_range": answer.get("resolved_date_range"),
    }
