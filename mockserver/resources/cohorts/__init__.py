"""Cohorts: sets of persons, listed by hand or defined by conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.cohorts.progression import RUNS, asked, begin, settle
from mockserver.cohorts.queries import INSIGHTS
from mockserver.cohorts.references import behavioral_ids, check_type, refuse_loops
from mockserver.cohorts.uploads import ATTR as UPLOAD
from mockserver.cohorts.uploads import read_upload
from mockserver.cohorts.uses import refuse_deletion, refuse_events
from mockserver.contract import Profile
from mockserver.errors import BareNotFound, NotFound, ParseError, ValidationError
from mockserver.listing.pagination import whole_number
from mockserver.membership.definitions import definition, read_groups
from mockserver.membership.members import add_members, size
from mockserver.request.call import Answer, Call
from mockserver.resources.actors.filters import ABOUT_THE_ANSWER, read_json_text
from mockserver.resources.behaviours import SoftDelete
from mockserver.resources.cohorts.fields import Filters, PersonsQuery, of_static_cohort
from mockserver.resources.cohorts.members import CohortMembers
from mockserver.resources.filing import Filed
from mockserver.resources.resource import Record
from mockserver.store.orders import sort_key
from mockserver.validation.models import Model
from mockserver.world.entropy import read_timestamp
from mockserver.world.tables import NEWEST_COHORTS

FOLDER, FIRST_MEMBERS = "_create_in_folder", "_create_static_person_ids"
KINDS = {"static": True, "dynamic": False}
RUNS_ON_A_PAGE = 100
BOTH_DEFINITIONS = "Cannot set both query and filters at the same time."
PARSING = "JSON parse error - "
DYNAMIC_QUERY = "Cannot create a dynamic cohort with a query. Set is_static to true."


class Cohorts(SoftDelete, CohortMembers, Filed):
    """Sets of persons. Every write asks for a dynamic one to be calculated, and the next read finds that done."""

    family = "cohorts"
    table = "cohorts"
    component = "Cohort"
    title = "Cohort"
    hides_deleted = False
    keeps_folder = True
    order = NEWEST_COHORTS
    narrowing = ("search", "type", "created_by_id", "hide_behavioral_cohorts")
    relations = {"created_by": "users"}
    moments = frozenset({"created_at"})
    activity_scope = "Cohort"
    logged_fields = ("name", "description", "deleted", "filters", "query", "groups", "is_static", "cohort_type")
    field_overrides = {
        "filters": Filters(allow_none=True, load_default=None),
        "query": PersonsQuery(allow_none=True, load_default=None),
    }

    # Reading

    def formats(self, relative: str) -> tuple[str, ...]:
        return ("json", "csv") if relative.endswith("/persons") else self.renders

    def get_records(self, call: Call) -> Sequence[Record]:
        settle(call)
        return super().get_records(call)

    def list(self, call: Call) -> Any:
        """Return a page of cohorts, newest first, the deleted ones left out."""
        settle(call)
        return super().list(call)

    def get_record(self, call: Call, key: str) -> Record:
        if call.operation.method == "get":
            settle(call)
        try:
            return super().get_record(call, key)
        except NotFound:
            if call.operation.action == "activity":
                raise BareNotFound from None
            raise

    def pages_in_order(self, call: Call) -> bool:
        return not self.is_filtered(call)

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        text, creator = call.query.get("search", "").lower(), whole_number(call, "created_by_id", 0)
        is_static = KINDS.get(call.query.get("type", ""))
        hidden = (
            behavioral_ids(records) if call.query.get("hide_behavioral_cohorts", "").lower() == "true" else frozenset()
        )
        return [
            record
            for record in records
            if text in (record["name"] or "").lower()
            and (not creator or record["created_by"] == creator)
            and (is_static is None or record["is_static"] is is_static)
            and record["id"] not in hidden
        ]

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        first, folder = record.get(FIRST_MEMBERS) or [], record.get(FOLDER) or ""
        return {"filters": definition(record), FOLDER: folder, FIRST_MEMBERS: first}

    def calculation_history(self, call: Call, record: Record) -> Any:
        """Return a page of a cohort's calculations, newest first; the links are query strings."""
        limit = whole_number(call, "limit", RUNS_ON_A_PAGE) or RUNS_ON_A_PAGE
        offset = whole_number(call, "offset", 0)
        rows = call.table(RUNS).find(cohort_id=record["id"])
        rows.sort(key=lambda row: (sort_key(row["started_at"]), row["number"]), reverse=True)
        following = f"?limit={limit}&offset={offset + limit}" if offset + limit < len(rows) else None
        previous = f"?limit={limit}&offset={max(offset - limit, 0)}" if offset else None
        shown = [show_run(row) for row in rows[offset : offset + limit]]
        return {"results": shown, "count": len(rows), "next": following, "previous": previous}

    # Writing

    def load(
        self, call: Call, record: Record | None = None, *, partial: bool = False, replacing: bool = False
    ) -> dict[str, Any]:
        with of_static_cohort(record is not None and bool(record["is_static"])):
            data = super().load(call, record, partial=partial, replacing=replacing)
        if data.get("groups"):
            data["groups"] = read_groups(data["groups"])
        if data.get("query"):
            self._judge_query(data["query"], call.profile)
        return data

    def _judge_query(self, query: dict[str, Any], profile: Profile) -> None:
        """Refuse a query that is none of its kind. Raises: ValidationError, where the real server fails."""
        try:
            Model(self.contract, query["kind"], profile).judge(query)
        except ParseError as error:
            raise ValidationError(error.detail.removeprefix(PARSING), attr="query") from None

    def create(self, call: Call) -> Any:
        """Store a cohort, and put the persons into it that the body lists."""
        data = self.load(call)
        first = self.known_persons(call, data[FIRST_MEMBERS])
        cohort = {"id": None, **self.tenant_key(call), **data}  # what is refused takes no number
        check_type(call.state, cohort)
        if data["query"] and data["filters"]:
            raise ValidationError(BOTH_DEFINITIONS)
        if data["query"] and not data["is_static"]:
            # The servers find out when they have stored it, and leave it behind. Source: recorded lists afterwards.
            left = {**cohort, **self.identify(call), **self.server_fields(call), "is_calculating": True}
            call.table(self.table).insert(left)
            return Answer(ValidationError(DYNAMIC_QUERY).body, ValidationError.status)
        record = self.perform_create(call, data)
        if not record["is_static"]:
            begin(call, record)
            changes: list[dict[str, Any]] = []
        else:
            record = self._fill(call, record, first)
            changes = [self.change("people", [], [mentioned(person) for person in first])] if first else []
        self.log(call, record, "created", changes, name=record["name"])
        return record

    def _fill(self, call: Call, record: Record, first: Sequence[Record]) -> Record:
        """Put the first persons into a static cohort; a file, a query and an insight fill it in the background.

        A list of first persons counts it, however many of them are known.
        """
        table = call.table(self.table)
        if FIRST_MEMBERS in call.body:
            add_members(call.transaction, record, first)
            record = table.update(record, {"count": size(call.state, record), "last_calculation": call.now()})
        is_uploaded = self._upload(call, record)
        insight = None if is_uploaded or record["query"] else read_insight(call)
        if is_uploaded or record["query"] or insight:
            table.update(record, {"is_due": True, "is_unfilled": not (is_uploaded or first), "insight": insight})
        return record

    def _upload(self, call: Call, record: Record) -> bool:
        """Put the persons of an uploaded file into a cohort, and return whether there was one."""
        file = call.files.get(UPLOAD)
        if file is None:
            return False
        add_members(call.transaction, record, read_upload(file, call.table("persons"), call.tenant.project_id))
        return True

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        started = {} if data["is_static"] else {"is_calculating": True, **asked({})}
        record = Filed.perform_create(self, call, data)
        return call.table(self.table).update(record, started) if started else record

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {
            "version": None, "pending_version": None, "is_calculating": False, "created_by": call.user["id"],
            "created_at": call.now(), "last_calculation": None, "errors_calculating": 0, "last_error_message": None,
            "count": None, "experiment_set": [], "is_due": False, "members": [],
        }  # fmt: skip

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version; unless it is deleted it is calculated anew, a static cohort counted."""
        changed = {**record, **data}
        if data.get("cohort_type"):
            check_type(call.state, changed)
        refuse_loops(call.state, changed)
        flips = changed["deleted"] != record["deleted"]
        if flips and changed["deleted"]:
            refuse_deletion(call.state, record, call.profile)
        if data.get("filters"):
            refuse_events(call.state, changed)
        if not flips:
            data["is_calculating"] = not changed["is_static"]
        if changed["deleted"] and flips:
            return super().perform_update(call, record, data)
        if changed["is_static"]:
            updated = super().perform_update(call, record, data)
            is_unfilled = bool(not self._upload(call, updated) and data.get("query"))
            call.table(self.table).update(updated, {"is_due": True, "is_unfilled": is_unfilled})
            return updated
        updated = super().perform_update(call, record, {**data, **asked(record)})
        begin(call, updated)
        return updated


def mentioned(person: Record) -> dict[str, Any]:
    """Return a person as the activity log names one. Source: PostHog's model of cohorts."""
    email, distinct_ids = (person["properties"] or {}).get("email"), person["distinct_ids"]
    return {
        "id": person["id"],
        "email": email or "(no email)",
        "distinct_id": distinct_ids[0] if distinct_ids else "(no distinct id)",
    }


def read_insight(call: Call) -> dict[str, Any] | None:
    """Return the insight that the query parameters of a new cohort are about, if they are about one."""
    if call.query.get("insight") not in INSIGHTS:
        return None
    return {name: read_json_text(value) for name, value in call.query.items() if name not in ABOUT_THE_ANSWER}


def show_run(row: Record) -> dict[str, Any]:
    """Return a calculation as the API shows it; what the queries of it cost is not known here."""
    is_completed = row["finished_at"] is not None
    started, finished = read_timestamp(row["started_at"]), row["finished_at"]
    # Somebody may have put the world's clock back in between.
    seconds = max((read_timestamp(finished) - started).total_seconds(), 0.0) if finished else None
    return {
        "id": row["id"], "filters": row["filters"], "count": row["count"], "started_at": row["started_at"],
        "finished_at": row["finished_at"], "queries": None, "error": row["error"], "duration_seconds": seconds,
        "is_completed": is_completed, "is_successful": is_completed and row["error"] is None,
        "total_query_ms": None, "total_memory_mb": None, "total_read_rows": None, "total_written_rows": None,
        "main_query": None,
    }  # fmt: skip
