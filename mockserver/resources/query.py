"""Query: questions about events and persons, answered at once or in the background."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from mockserver.contract import ByProfile, Contract
from mockserver.errors import NotFound, ValidationError
from mockserver.queries import runs, statuses
from mockserver.queries.bodies import in_present_form, read_request
from mockserver.queries.drafting import draft
from mockserver.queries.giving import PLANS, give
from mockserver.queries.running import UNKEPT, run
from mockserver.request.call import Answer, Call
from mockserver.resources.behaviours import OnlyAsked
from mockserver.store import Record
from mockserver.validation.models import Model

LONGEST_PROMPT = 400


class Queries(OnlyAsked):
    """Queries of a project. Only those that run in the background can be asked for again, by their id."""

    family = "query"
    component = "QueryRequest"
    title = "Query"
    reads_first = frozenset({"create"})

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.request = ByProfile(partial(Model, contract, "QueryRequest"))
        self.upgrade_request = ByProfile(partial(Model, contract, "QueryUpgrade"))

    def create(self, call: Call) -> Any:
        """Answer a query, or start it in the background, as it is asked and as the answer kept of it allows."""
        request = read_request(self.request[call.profile], call)
        if request.query["kind"] in UNKEPT:
            return run(call, request.query)
        given = give(call, request, PLANS[request.mode])
        if given.status is None:
            return given.answer
        around = given.answer or ({} if request.mode == "force_async" else {"cache_key": given.key})
        return self._started(given.status, around, call)

    def retrieve(self, call: Call) -> Any:  # type: ignore[override]
        """Return how a background query stands. Raises: NotFound for one that is unknown, forgotten or cancelled."""
        status = statuses.find(call, call.path["id"])
        if status is None:
            raise NotFound(f"Query {call.path['id']} not found for team {call.tenant.project_id}")
        if not status["complete"]:
            status = statuses.advance(call, status)
        with_progress = "true" in (call.query.get("show_progress"), call.query.get("showProgress"))
        shown = {"query_status": statuses.show(status, with_progress=with_progress)}
        return Answer(shown, status["http_status"]) if call.is_observed else shown

    def destroy(self, call: Call) -> Any:  # type: ignore[override]
        """Cancel a background query; one that is done stays, and one that is unknown is cancelled as well."""
        status = statuses.find(call, call.path["id"])
        if status and status["complete"]:
            return {"message": "Query already complete"}
        statuses.forget(call.transaction, status)
        if call.query.get("dequeue_only"):
            return {"message": "Only tried to dequeue, not cancelling query on clickhouse"}
        return {"message": "Cancelled query on clickhouse"}

    def log(self, call: Call) -> Any:
        """Return the runs of a query since yesterday; none for one that is unknown."""
        return runs.answer(call, call.path["id"])

    def upgrade(self, call: Call) -> Any:
        """Return a query in the present form of its kind, without running it."""
        body = in_present_form(call)
        self.upgrade_request[call.profile].judge(body)
        return {"query": body["query"]}

    def check_auth_for_async(self, call: Call) -> Any:
        """Tell that one may query here."""
        return {"user": "ok"}

    def draft_sql(self, call: Call) -> Any:
        """Return HogQL for a question. Raises: ValidationError for one that is unclear."""
        prompt = call.query.get("prompt") or ""
        if not prompt:
            raise ValidationError("This field is required.", code="required", attr="prompt")
        if len(prompt) > LONGEST_PROMPT:
            raise ValidationError("This field is too long.", code="too_long", attr="prompt")
        return {"sql": draft(call, prompt)}

    def _started(self, status: Record, around: Mapping[str, Any], call: Call) -> Any:
        shown = {**around, "query_status": statuses.show(status)}
        return Answer(shown, 202) if call.is_observed and not status["complete"] else shown
