"""What a request for flags asks: whose flags, which of them, what is said of the person, in which form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Request

from mockserver.capture.repeating import repeats
from mockserver.flags.matching.texts import text_of
from mockserver.sdk.flags.packing import INVALID_JSON, Refusal

LONGEST_ID = 200
NEWEST = 2

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """One request for flags."""

    token: str = ""
    distinct_id: str | None = None
    given: Properties = field(default_factory=dict)
    groups: Properties = field(default_factory=dict)
    given_of_groups: Mapping[str, Properties] = field(default_factory=dict)
    anonymous_id: str | None = None
    keys: Sequence[str] | None = None
    contexts: Sequence[str] = ()
    runtime: str | None = None
    disabled: bool = False
    only_surveys: bool = False
    only_given: bool = False
    version: int = 0
    with_config: bool = False


ALIASES = {
    "token": ("token", "$token", "api_key"),
    "distinct_id": ("distinct_id", "$distinct_id"),
    "anonymous_id": ("$anon_distinct_id", "anon_distinct_id"),
    "person_properties": ("person_properties",),
    "group_properties": ("group_properties",),
    "groups": ("groups",),
    "keys": ("flag_keys",),
    "disabled": ("disable_flags",),
    "geoip_disable": ("geoip_disable",),
}
"""Fields of a body, each with the names that it may have."""
NEWER_ALIASES = {
    **ALIASES,
    "person_properties": ("person_properties", "$properties"),
    "group_properties": ("group_properties", "$group_properties"),
    "groups": ("groups", "$groups"),
    "keys": ("flag_keys", "flag_keys_to_evaluate"),
    "contexts": ("evaluation_contexts", "evaluation_environments"),
    "runtime": ("evaluation_runtime",),
    "device_id": ("device_id", "$device_id"),
}


NAMES = frozenset(name for names in NEWER_ALIASES.values() for name in names)


def read_for_service(body: Any, request: Request, *, is_of_2025: bool) -> Question:
    """Return what a body asks the flags service. Raises: Refusal for a field of another type, or given twice."""
    if not isinstance(body, Mapping):
        raise Refusal(INVALID_JSON)
    fields = {name: _one_of(body, names) for name, names in (ALIASES if is_of_2025 else NEWER_ALIASES).items()}
    token, distinct_id = fields["token"], fields["distinct_id"]
    checks = (
        token is None or isinstance(token, str),
        distinct_id is None or (isinstance(distinct_id, (str, int, float)) and not isinstance(distinct_id, bool)),
        _is_text(fields["anonymous_id"]),
        _is_object(fields["person_properties"]),
        _is_object(fields["groups"]),
        _is_object_of_objects(fields["group_properties"]),
        _is_list_of_texts(fields["keys"]),
        _is_list_of_texts(fields.get("contexts")),
        _is_text(fields.get("runtime")),
        fields["disabled"] is None or isinstance(fields["disabled"], bool),
        fields["geoip_disable"] is None or isinstance(fields["geoip_disable"], bool),
    )
    if not all(checks):
        raise Refusal(INVALID_JSON)
    version, with_config = form_of(request, is_of_2025=is_of_2025)
    return Question(
        (token or "").strip() if not is_of_2025 else token or "",
        None if distinct_id is None else text_of(distinct_id)[:LONGEST_ID],
        fields["person_properties"] or {},
        fields["groups"] or {},
        fields["group_properties"] or {},
        fields["anonymous_id"],
        fields["keys"],
        fields.get("contexts") or (),
        fields.get("runtime"),
        fields["disabled"] is True,
        request.args.get("only_evaluate_survey_feature_flags", "").lower() == "true",
        not is_of_2025 and request.args.get("only_use_override_person_properties", "").lower() == "true",
        version,
        with_config,
    )


def _one_of(body: Mapping[str, Any], names: Sequence[str]) -> Any:
    given = [name for name in names if name in body]
    if len(given) > 1 or repeats(body, names):
        raise Refusal(INVALID_JSON)
    return body[given[0]] if given else None


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_object(value: Any) -> bool:
    return value is None or isinstance(value, Mapping)


def _is_object_of_objects(value: Any) -> bool:
    return value is None or (isinstance(value, Mapping) and all(isinstance(one, Mapping) for one in value.values()))


def _is_list_of_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def form_of(request: Request, *, is_of_2025: bool) -> tuple[int, bool]:
    """Return the version that is asked for, and whether the configuration is as well.

    Newer services answer a request that names neither with both.
    """
    named = request.args.get("v", request.args.get("version"))
    asked = request.args.get("config")
    if not is_of_2025 and named is None and asked is None and request.path.startswith("/flags"):
        return NEWEST, True
    version = int(named) if named is not None and re.fullmatch(r"[0-9]{1,3}", named) else 1
    return version, asked is not None and asked.lower() in ("true", "1", "")


def read_for_django(body: Any, request: Request) -> Question:
    """Return what a body asks of Django's `/decide`; whatever is of another type is as if it were not there."""
    asked = body if isinstance(body, Mapping) else {}
    token = next((asked[name] for name in ("token", "api_key", "$token") if asked.get(name)), "")
    distinct_id = asked.get("distinct_id", asked.get("$distinct_id"))
    keys, anonymous = asked.get("flag_keys_to_evaluate"), asked.get("$anon_distinct_id")
    named = request.args.get("v", "1")
    return Question(
        str(token).strip(),
        None if distinct_id is None else text_of(distinct_id)[:LONGEST_ID],
        _object(asked.get("person_properties")),
        _object(asked.get("groups")),
        {name: one for name, one in _object(asked.get("group_properties")).items() if isinstance(one, Mapping)},
        anonymous if isinstance(anonymous, str) and anonymous else None,
        [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else None,
        disabled=asked.get("disable_flags") in (True, "true", "1", 1, "True"),
        only_surveys=request.args.get("only_evaluate_survey_feature_flags", "").lower() == "true",
        version=int(named) if re.fullmatch(r"[0-9]{1,3}", named) else 2,
        with_config=True,
    )


def _object(value: Any) -> Properties:
    return value if isinstance(value, Mapping) else {}
