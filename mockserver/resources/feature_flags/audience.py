"""Whom flags are for: the asker, somebody named, and how many a condition would reach. Django's rules decide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from mockserver.errors import ValidationError
from mockserver.flags.definitions import minimal_flag
from mockserver.flags.evaluating import evaluate
from mockserver.flags.evaluation import Flag
from mockserver.flags.matching.errors import Unreadable
from mockserver.flags.people import subject_of
from mockserver.flags.projects import make_flag, project_of
from mockserver.flags.rules import DJANGO
from mockserver.flags.subjects import PERSON, Subject
from mockserver.flags.verdicts import Reason, Verdict
from mockserver.membership.members import add_members, context_of, find_cohort
from mockserver.request.call import Answer, Call
from mockserver.resources.cohorts import Cohorts
from mockserver.resources.resource import Record, Resource
from mockserver.world import entropy
from mockserver.world.tables import NEWEST_FLAGS, NEWEST_PERSONS

NO_CONDITION = "Missing condition for which to get blast radius"
OTHER_GROUPS = "Invalid group type index for feature flag condition."


class FlagAudience(Resource):
    """Actions of flags that decide them."""

    def my_flags(self, call: Call) -> Any:
        """Return every flag, the newest first, with what it is for the asker."""
        verdicts = _verdicts(call, call.user["distinct_id"])
        flags = call.table(self.table).in_order(NEWEST_FLAGS, (call.tenant.project_id, False))
        return [
            {"feature_flag": minimal_flag(flag, call.world.seed), "value": _value(verdicts.get(flag["key"]))}
            for flag in flags
        ]

    def evaluation_reasons(self, call: Call) -> Any:
        """Return what every flag is for somebody, and why."""
        distinct_id = call.query.get("distinct_id")
        if not distinct_id:
            raise ValidationError("distinct_id is required")
        verdicts = _verdicts(call, distinct_id)
        flags = call.table(self.table).find(deleted=False, **self.tenant_key(call))
        off = {flag["key"]: _told(Verdict(False, Reason.DISABLED)) for flag in flags if not flag["active"]}
        return {**{key: _told(verdict) for key, verdict in verdicts.items()}, **off}

    def user_blast_radius(self, call: Call) -> Any:
        """Return how many persons, or groups of a type, meet a condition; its share aside."""
        body = call.body if isinstance(call.body, Mapping) else {}
        condition, index = body.get("condition"), body.get("group_type_index")
        if not isinstance(condition, Mapping):
            raise ValidationError(NO_CONDITION)
        properties = condition.get("properties") or []
        if not isinstance(properties, list) or not all(isinstance(item, Mapping) for item in properties):
            raise ValidationError("Filters are not valid (properties must be a list of property filters)")
        others = (item for item in properties if item.get("key") != "$group_key")
        if index is not None and any(item.get("group_type_index") != index for item in others):
            raise ValidationError(OTHER_GROUPS)
        flag = _ready(call, {"groups": [{"properties": properties}], "aggregation_group_type_index": index})
        subjects = list(_people(call) if index is None else _groups(call, index))
        return {"users_affected": sum(flag.decide(one).enabled for one in subjects), "total_users": len(subjects)}

    def create_static_cohort_for_flag(self, call: Call, record: Record) -> Answer:
        """Make a static cohort of those whom a flag is on for now; it is filled after the answer."""
        cohorts = Cohorts(self.contract)
        moment = entropy.now(call.state).strftime("%Y-%m-%d %H:%M:%S")
        data = {
            "name": f"Users with feature flag {record['key']} enabled at {moment}", "is_static": True, "groups": [],
            "description": "", "deleted": False, "filters": None, "query": None,
        }  # fmt: skip
        made = cohorts.perform_create(call, data)
        shown = cohorts.show(made, call, "Cohort")
        flag = _ready(call, record["filters"], record)
        persons = call.table("persons").in_order(NEWEST_PERSONS, (call.tenant.project_id,))
        add_members(
            call.transaction, made, [person for person in persons if flag.decide(_subject(call, person)).enabled]
        )
        call.table("cohorts").update(made, {"is_due": True, "is_unfilled": False})
        return Answer({"cohort": shown}, 201)


def _verdicts(call: Call, distinct_id: str) -> Mapping[str, Verdict]:
    """Return what each active flag is for somebody, and for the groups that the query names as JSON."""
    text = call.query.get("groups") or "{}"
    try:
        groups = orjson.loads(text)
    except orjson.JSONDecodeError:
        groups = None
    if not isinstance(groups, Mapping):
        raise ValidationError("groups must be a JSON object", attr="groups")
    project = project_of(call.state, call.tenant.project_id, DJANGO)
    subject = subject_of(call.state, call.tenant.project_id, distinct_id, DJANGO, groups=groups)
    return evaluate(project, subject, DJANGO).verdicts


def _value(verdict: Verdict | None) -> bool | str:
    return verdict.value if verdict is not None else False


def _told(verdict: Verdict) -> dict[str, Any]:
    return {
        "value": verdict.value, "evaluation": {"reason": verdict.reason.value, "condition_index": verdict.index},
    }  # fmt: skip


def _ready(call: Call, filters: Mapping[str, Any], record: Record | None = None) -> Flag:
    """Return a flag of these filters, ready to be decided. Raises: ValidationError."""
    made = {"id": 0, "key": "condition", **(record or {}), "filters": filters}
    project_id = call.tenant.project_id
    zone = context_of(call.state, project_id).zone
    try:
        return make_flag(made, DJANGO, zone, lambda value: find_cohort(call.state, project_id, value))
    except Unreadable as error:
        raise ValidationError(f"Can't evaluate flag - please check release conditions ({error})") from None


def _subject(call: Call, person: Record) -> Subject:
    distinct_id = person["distinct_ids"][0] if person["distinct_ids"] else person["uuid"]
    return subject_of(call.state, call.tenant.project_id, distinct_id, DJANGO)


def _people(call: Call) -> Iterator[Subject]:
    for person in call.table("persons").find(project_id=call.tenant.project_id):
        yield _subject(call, person)


def _groups(call: Call, index: Any) -> Iterator[Subject]:
    now = entropy.now(call.state)
    for group in call.table("groups").find(project_id=call.tenant.project_id, group_type_index=index):
        stored = {PERSON: None, index: group["group_properties"]}
        yield Subject(group["group_key"], now, stored=stored, groups={index: group["group_key"]})
