"""Flags for SDKs: `/flags` as the flags service answers, `/decide` as Django did and as that service does now.

In profile `observed` both are as recorded in August 2025; otherwise they are what servers became since, where `/decide`
is only another door to the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Request, Response

from mockserver.errors import AuthenticationFailed, NotAuthenticated, PermissionDenied, ValidationError
from mockserver.flags.evaluating import Outcome, evaluate
from mockserver.flags.evaluation import Flag
from mockserver.flags.people import remember, subject_of
from mockserver.flags.projects import Project, project_of
from mockserver.flags.quotas import FLAGS, is_limited
from mockserver.flags.rules import DJANGO, SERVICE_OF_2025, SERVICE_OF_2026, Rules, is_of_2025
from mockserver.flags.secrets import REDACTED, ciphertext
from mockserver.flags.verdicts import Reason, Verdict
from mockserver.request import auth
from mockserver.request.tenancy import level
from mockserver.road.rendering import encode
from mockserver.sdk import config
from mockserver.sdk.audiences import is_for
from mockserver.sdk.packing import Refusal, unpack_for_django, unpack_for_service
from mockserver.sdk.questions import Question, read_for_django, read_for_service
from mockserver.store import Record, Transaction
from mockserver.traffic.interception import enter
from mockserver.world import entropy
from mockserver.world.worlds import World, Worlds

NO_TOKEN = "No API token provided. Please include a valid API token in your request."
WRONG_TOKEN = "The provided API key is invalid or has expired. Please check your API key and try again."
NO_ID = "The distinct_id field is missing from the request. Please include a valid identifier."
EMPTY_ID = "The distinct_id field cannot be empty. Please provide a valid identifier."
DECIDE = "/decide"
SURVEYS = "survey-targeting-"


class NoProjectKey(NotAuthenticated):
    """A question to Django without a project token."""

    code = "no_api_key"
    detail = "No project API key provided. You can find your project API key in PostHog project settings."


class WrongProjectKey(AuthenticationFailed):
    """A question to Django with a token that no project has."""

    code = "invalid_api_key"
    detail = "Project API key invalid. You can find your project API key in PostHog project settings."


class WrongPersonalKey(AuthenticationFailed):
    """A question to Django with a personal key that nobody has."""

    code = "invalid_personal_key"
    detail = "Invalid Personal API key."


class NoDistinctId(ValidationError):
    """A question to Django about nobody."""

    code = "missing_distinct_id"
    detail = "Decide requires a distinct_id."


def answer(worlds: Worlds, request: Request, raw: bytes) -> Response:
    """Return somebody's flags in the form that is asked for. Raises: Refusal, APIError."""
    is_decide = request.path.startswith(DECIDE)
    world = worlds.of_key(_token_in(request, raw))
    old = is_of_2025(world.profile)
    if request.method == "GET" and (is_decide or not old):
        return _respond({**config.BARE, "featureFlags": {}} if is_decide else {**_shaped({}, False), **config.BARE})
    if is_decide and old:
        return _answer_as_django(worlds, request, raw)
    return _answer_as_service(worlds, request, raw, old=old, is_decide=is_decide)


def preflight(worlds: Worlds, request: Request) -> Response:
    """Return what a browser is told that asks whether it may ask; Django's `/decide` said that all is well."""
    if request.path.startswith(DECIDE) and is_of_2025(worlds.default.profile):
        return _respond({"status": 1})
    return Response(status=200)


def _token_in(request: Request, raw: bytes) -> str | None:
    """Return the token of a question, however it is packed; nothing where none can be read."""
    told = (raw, request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", ""), request.args)
    try:
        body = unpack_for_service(*told, is_of_2025=False)
    except Refusal:
        try:
            body = unpack_for_django(*told)
        except ValidationError:
            return None
    names = ("token", "api_key", "$token")
    found = next((body[name] for name in names if body.get(name)), None) if isinstance(body, Mapping) else None
    return found.strip() if isinstance(found, str) else None


def _project_of_token(worlds: Worlds, token: str) -> tuple[World, Record] | None:
    world = worlds.owner(token)
    project = world.view().table("projects").first(api_token=token) if world else None
    return (world, project) if world is not None and project is not None else None


# The flags service


def _answer_as_service(
    worlds: Worlds, request: Request, raw: bytes, *, old: bool, is_decide: bool
) -> Response:  # fmt: skip
    content_type, encoding = request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", "")
    body = unpack_for_service(raw, content_type, encoding, request.args, is_of_2025=old)
    asked = read_for_service(body, request, is_of_2025=old)
    found = _project_of_token(worlds, asked.token)
    _refuse_for_service(asked, found is not None, old=old)
    assert found is not None
    world, project = found
    enter(request, world)
    rules = SERVICE_OF_2025 if old else SERVICE_OF_2026
    with world.store.transaction() as transaction:
        outcome, flags, limited = _evaluate(transaction, project, asked, rules, request)
        about: dict[str, Any] = {"requestId": _request_id(world, transaction, request)}
        if not old:
            about["evaluatedAt"] = int(entropy.now(transaction).timestamp() * 1000)
    if limited:
        about["quotaLimited"] = [FLAGS]
    payloads = _payloads(outcome, flags, ciphered=world.seed)
    if is_decide:
        told = config.config_of_decide(project)
        return _respond({**told, **_shaped_for_decide(asked.version, outcome, flags, payloads), **about})
    with_config = asked.with_config
    told = config.config(project, has_flags=bool(flags.flags)) if with_config else {}
    if asked.version >= 2:
        return _respond({**_shaped(_detailed(outcome, flags, payloads), outcome.failed), **about, **told})
    return _respond({**_plain(outcome, payloads), **about, **told})


def _refuse_for_service(asked: Question, is_known: bool, *, old: bool) -> None:
    """Refuse a question without a token or a distinct id; the order of these has changed, and their form as well."""
    if old:
        if not asked.token:
            raise Refusal(NO_TOKEN, 401)
        if asked.distinct_id is None:
            raise Refusal(NO_ID)
        if not asked.distinct_id:
            raise Refusal(EMPTY_ID)
        if not is_known:
            raise Refusal(WRONG_TOKEN, 401)
        return
    if not asked.token:
        raise NotAuthenticated(NO_TOKEN)
    if not is_known:
        raise AuthenticationFailed(WRONG_TOKEN)
    if asked.distinct_id is None and not asked.disabled:
        raise Refusal(NO_ID)


def _evaluate(
    transaction: Transaction, project: Record, asked: Question, rules: Rules, request: Request
) -> tuple[Outcome, Project, bool]:  # fmt: skip
    """Return what the flags asked for are, the project's flags, and whether its quota is used up."""
    project_id = project["id"]
    flags = project_of(transaction, project_id, rules)
    limited = is_limited(project)
    if asked.disabled or limited:
        return Outcome(), flags, limited
    distinct_id = asked.distinct_id or ""
    if asked.anonymous_id and flags.keeps_people:
        remember(transaction, project_id, [distinct_id, asked.anonymous_id], asked.anonymous_id, flags.keeps_people)
    subject = subject_of(
        transaction, project_id, distinct_id, rules, given=asked.given, groups=asked.groups,
        given_of_groups=asked.given_of_groups, anonymous_id=asked.anonymous_id, only_given=asked.only_given,
    )  # fmt: skip

    def is_wanted(flag: Flag) -> bool:
        if asked.only_surveys and not flag.key.startswith(SURVEYS):
            return False
        return rules.overrides_first or is_for(flag.record, asked, request)

    return evaluate(flags, subject, rules, asked.keys, is_wanted), flags, False


def _request_id(world: World, transaction: Transaction, request: Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    try:
        return str(UUID(given))
    except ValueError:
        return entropy.uuid7(world.seed, transaction)


# Django


def _answer_as_django(worlds: Worlds, request: Request, raw: bytes) -> Response:
    content_type, encoding = request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", "")
    body = unpack_for_django(raw, content_type, encoding, request.args)
    asked = read_for_django(body, request)
    world, project = _project_for_django(worlds, asked, body)
    enter(request, world)
    if asked.distinct_id is None:
        raise NoDistinctId
    with world.store.transaction() as transaction:
        outcome, flags, limited = _evaluate(transaction, project, asked, DJANGO, request)
        request_id = _request_id(world, transaction, request)
    payloads = {key: payload for key, payload in _payloads(outcome, flags).items() if payload}
    about = {"requestId": request_id, **({"quotaLimited": [FLAGS]} if limited else {})}
    told = {**config.config_of_decide(project), **about}
    return _respond({**told, **_shaped_for_decide(asked.version, outcome, flags, payloads)})


def _project_for_django(worlds: Worlds, asked: Question, body: Any) -> tuple[World, Record]:
    """Return the project of a token, or the one named beside a personal key. Raises: APIError."""
    if not asked.token:
        raise NoProjectKey
    found = _project_of_token(worlds, asked.token)
    if found is not None:
        return found
    named = body.get("project_id") if isinstance(body, Mapping) else None
    if named is None:
        raise WrongProjectKey
    world = worlds.of_key(asked.token)
    view = world.view()
    try:
        principal = auth.authenticate((asked.token, "body"), view)
    except AuthenticationFailed:
        raise WrongPersonalKey from None
    project = view.table("projects").get(int(named) if str(named).isdigit() else None)
    organization = view.table("organizations").get(project["organization_id"]) if project else None
    if project is None or organization is None or not level(principal.user, organization, view, project):
        raise PermissionDenied("You don't have access to the project.")
    return world, project


# Shapes


def _payloads(outcome: Outcome, flags: Project, *, ciphered: int | None = None) -> dict[str, Any]:
    """Return the payloads of the flags that are on, by key; one that is kept secret as its cipher, or blacked out."""
    found = {}
    for key, verdict in outcome.verdicts.items():
        payload = verdict.payload if verdict.enabled else None
        flag = flags.flags[key].record
        if payload is not None and flag.get("has_encrypted_payloads"):
            named = verdict.variant or "true"
            payload = REDACTED if ciphered is None else ciphertext(ciphered, flag["id"], named, payload)
        if payload is not None:
            found[key] = payload
    return found


def _shaped(flags: dict[str, Any], failed: bool) -> dict[str, Any]:
    return {"errorsWhileComputingFlags": failed, "flags": flags}


def _plain(outcome: Outcome, payloads: dict[str, Any]) -> dict[str, Any]:
    failed, values = outcome.failed, _values(outcome)
    return {"errorsWhileComputingFlags": failed, "featureFlags": values, "featureFlagPayloads": payloads}


def _values(outcome: Outcome) -> dict[str, bool | str]:
    return {key: verdict.value for key, verdict in outcome.verdicts.items()}


def _shaped_for_decide(
    version: int, outcome: Outcome, flags: Project, payloads: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """Return flags in a form of `/decide`: keys, then values by key, then payloads too, and at last everything."""
    failed = {"errorsWhileComputingFlags": outcome.failed}
    if version >= 4:
        details = _detailed(outcome, flags, payloads)
        for detail in details.values():  # Django tells of a flag in an order of its own
            detail["metadata"] = {
                name: detail["metadata"][name] for name in ("id", "payload", "version", "description")
            }
        return {"flags": details, **failed}
    if version == 3:
        return {"featureFlags": _values(outcome), **failed, "featureFlagPayloads": payloads}
    values = {key: verdict.value for key, verdict in outcome.verdicts.items() if verdict.enabled}
    return {"featureFlags": values if version == 2 else list(values)}


def _detailed(outcome: Outcome, flags: Project, payloads: dict[str, Any]) -> dict[str, Any]:
    return {key: _detail(flags.flags[key], verdict, payloads.get(key)) for key, verdict in outcome.verdicts.items()}


def _detail(flag: Flag, verdict: Verdict, payload: Any) -> dict[str, Any]:
    """Return all that is told of one flag; newer services say as well that it could not be computed."""
    failed = verdict.reason is Reason.MISSING_COHORT
    tells = not (failed and flag.rules.overrides_first)
    reason: dict[str, Any] = {"code": verdict.reason.value, "condition_index": verdict.index}
    if tells:
        reason["description"] = verdict.description
    record = flag.record
    metadata = {"id": record["id"], "version": record["version"], "description": None, "payload": payload}
    return {
        "key": flag.key, "enabled": verdict.enabled, "variant": verdict.variant if verdict.enabled else None,
        **({"failed": True} if failed and tells else {}), "reason": reason, "metadata": metadata,
    }  # fmt: skip


def _respond(value: Any) -> Response:
    return Response(encode(value), content_type="application/json")
