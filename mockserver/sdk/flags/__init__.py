"""`/flags` and `/decide`, for SDKs: as the flags service answers both, and as Django answered the latter.

In a profile of servers before 2026 they are as recorded in August 2025; otherwise they are what servers became since,
where `/decide` is only another door to the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request, Response

from mockserver.errors import AuthenticationFailed, NotAuthenticated, ValidationError
from mockserver.flags.quotas import FLAGS, is_limited
from mockserver.flags.rules import SERVICE_OF_2025, SERVICE_OF_2026, is_of_2025
from mockserver.road.rendering import encode
from mockserver.sdk import config
from mockserver.sdk.flags import decide
from mockserver.sdk.flags.asking import request_id, tell
from mockserver.sdk.flags.packing import Refusal, unpack_for_django, unpack_for_service
from mockserver.sdk.flags.questions import NAMES, Question, read_for_service
from mockserver.sdk.tokens import named_by
from mockserver.traffic.interception import enter
from mockserver.world import entropy
from mockserver.world.worlds import Worlds

NO_TOKEN = "No API token provided. Please include a valid API token in your request."
WRONG_TOKEN = "The provided API key is invalid or has expired. Please check your API key and try again."
NO_ID = "The distinct_id field is missing from the request. Please include a valid identifier."
EMPTY_ID = "The distinct_id field cannot be empty. Please provide a valid identifier."
DECIDE = "/decide"
NO_FLAGS: dict[str, Any] = {"errorsWhileComputingFlags": False, "flags": {}}


def answer(worlds: Worlds, request: Request, raw: bytes) -> Response:
    """Return somebody's flags in the form that is asked for. Raises: Refusal, APIError."""
    is_decide = request.path.startswith(DECIDE)
    world = worlds.of_key(_token_in(request, raw))
    old = is_of_2025(world.profile)
    if request.method in ("GET", "HEAD") and (is_decide or not old):
        return _respond({**config.BARE, "featureFlags": {}} if is_decide else {**NO_FLAGS, **config.BARE})
    if is_decide and old:
        return _respond(decide.answer(worlds, request, raw))
    return _respond(_answer_as_service(worlds, request, raw, old=old, is_decide=is_decide))


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


def _answer_as_service(
    worlds: Worlds, request: Request, raw: bytes, *, old: bool, is_decide: bool
) -> dict[str, Any]:  # fmt: skip
    content_type, encoding = request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", "")
    body = unpack_for_service(raw, content_type, encoding, request.args, is_of_2025=old, fields=NAMES)
    asked = read_for_service(body, request, is_of_2025=old)
    found = named_by(worlds, asked.token)
    refuse(asked, is_known=found is not None, old=old)
    assert found is not None
    world, project = found
    enter(request, world)
    rules = SERVICE_OF_2025 if old else SERVICE_OF_2026
    with world.store.transaction() as transaction:
        telling = tell(transaction, project, asked, rules, request, world.seed)
        about: dict[str, Any] = {"requestId": request_id(world, transaction, request)}
        if not old:
            about["evaluatedAt"] = int(entropy.now(transaction).timestamp() * 1000)
    if is_limited(project):
        about["quotaLimited"] = [FLAGS]
    if is_decide:
        return {**config.config_of_decide(project), **telling.for_decide(asked.version), **about}
    told = config.config(project, has_flags=bool(telling.project.flags)) if asked.with_config else {}
    return {**telling.for_flags(asked.version), **about, **told}


def refuse(asked: Question, *, is_known: bool, old: bool) -> None:
    """Refuse a question without a good token or a distinct id, in the order and the form of the service's state.

    Raises: Refusal, NotAuthenticated, AuthenticationFailed.
    """
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


def _respond(value: Any) -> Response:
    return Response(encode(value), content_type="application/json")
