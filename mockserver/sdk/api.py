"""What SDKs talk to: the capture endpoints, under every name they have had, and the questions asked at start-up.

A request belongs to the world and project of the token it carries. Errors of capture are plain text, as the real
service's are; only an unknown token is told in PostHog's envelope, as its documentation shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Request, Response, request

from mockserver import capture
from mockserver.capture.decoding import CaptureError, Payload, read_payload
from mockserver.capture.normalizing import normalize, read_moment
from mockserver.errors import APIError, AuthenticationFailed, NotFound
from mockserver.flags.projects import active_flags
from mockserver.road.rendering import encode, render_error
from mockserver.sdk import config, definitions, flags
from mockserver.sdk.features import answer_features
from mockserver.sdk.packing import Refusal
from mockserver.store import Record
from mockserver.traffic.interception import enter
from mockserver.world import entropy
from mockserver.world.worlds import World, Worlds

PATHS = ("batch", "capture", "e", "i/v0/e", "track", "engage", "i/v0/ai/batch")
NAMED_BY_PATH = {"/engage": "$identify"}  # what an event without a name is, in the oldest of the forms
RECORDINGS = "s"
INVALID_TOKEN = "Project API key invalid. You can find your project API key in your PostHog project settings."
PREFLIGHT = "Access-Control-Request-Method"
PLAIN = "text/plain; charset=utf-8"
READING = ("GET", "HEAD")

CORS = {
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "X-Requested-With,Content-Type,Authorization,Content-Encoding",
}


class UnknownToken(AuthenticationFailed):
    """A project token that no world knows."""

    code = "invalid_api_key"
    detail = INVALID_TOKEN


def capture_blueprint(worlds: Worlds) -> Blueprint:
    """Return the routes that SDKs use, over these worlds."""
    blueprint = Blueprint("capture", __name__)

    def add(path: str, answer: Callable[..., Response], methods: tuple[str, ...]) -> None:
        def view(**parts: str) -> Response:
            response = _allow(answered(parts), request)
            if methods is READING:
                response.headers["Allow"] = "GET, HEAD, OPTIONS"
            return response

        def answered(parts: dict[str, str]) -> Response:
            if request.method == "OPTIONS" and (answer is not answer_features or PREFLIGHT in request.headers):
                return flags.preflight(worlds, request)
            try:
                return answer(worlds, request, **parts)
            except (CaptureError, Refusal) as error:
                return Response(error.message, error.status, content_type=PLAIN)
            except APIError as error:
                return render_error(error)

        for form in (path, f"{path}/"):
            blueprint.add_url_rule(form, endpoint=form.strip("/").replace(".", "-") + "/" * form.endswith("/"),
                                   view_func=view, methods=[*methods, "OPTIONS"])  # fmt: skip

    for path in PATHS:
        add(f"/{path}", take_events, ("GET", "POST"))
    add(f"/{RECORDINGS}", take_recording, ("POST",))
    for path in ("flags", "decide"):
        add(f"/{path}", answer_flags, ("GET", "POST"))
    add("/array/<token>/config", answer_config, READING)
    add("/array/<token>/config.js", answer_config_script, READING)
    add("/flags/definitions", answer_definitions, ("GET",))
    add("/api/early_access_features", answer_features, ("GET", "POST"))
    return blueprint


def find_project(worlds: Worlds, request: Request, token: str) -> tuple[World, Record]:
    """Return the world and project that a token names; the request is that world's. Raises: UnknownToken."""
    world = worlds.owner(token)
    project = world.view().table("projects").first(api_token=token) if world else None
    if world is None or project is None:
        raise UnknownToken
    enter(request, world)
    return world, project


def find_project_of_config(worlds: Worlds, request: Request, token: str) -> tuple[World, Record]:
    """Return the world and project whose configuration a path names. Raises: NotFound."""
    try:
        return find_project(worlds, request, token)
    except UnknownToken:
        raise NotFound from None


def take_events(worlds: Worlds, request: Request) -> Response:
    """Store the events of a request, all of them or, when one cannot be taken, none."""
    payload = read(request)
    world, project = find_project(worlds, request, payload.token)
    with world.store.transaction() as transaction:
        now = entropy.now(transaction)
        sent_at = None if payload.is_historical else read_moment(payload.sent_at) or sent_at_of(request)
        ip = None if project.get("anonymize_ips") else request.remote_addr
        default = NAMED_BY_PATH.get(request.path.rstrip("/"), "")
        events = [normalize(event, now, sent_at=sent_at, ip=ip, default_event=default) for event in payload.events]
        capture.ingest(world, transaction, project["id"], events)
    return accepted(request)


def take_recording(worlds: Worlds, request: Request) -> Response:
    """Accept a session recording, which is not kept."""
    find_project(worlds, request, read(request).token)
    return accepted(request)


def accepted(request: Request) -> Response:
    """Return the answer to events taken: nothing at all for a beacon, which nobody waits for."""
    if request.args.get("beacon") == "1":
        response = Response(status=204)
        response.headers.remove("Content-Type")
        return response
    return _json({"status": "Ok"})


def read(request: Request) -> Payload:
    """Return what a capture request carries. Raises: CaptureError."""
    return read_payload(
        body_of(request), request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", ""),
        request.args,
    )  # fmt: skip


def body_of(request: Request) -> bytes:
    """Return the body as it was sent; a form that was read already is written out again."""
    return request.get_data() or urlencode(list(request.form.items(multi=True))).encode()


def sent_at_of(request: Request) -> Any:
    """Return when a browser says it sent a request: milliseconds, in the parameter `_`."""
    text = request.args.get("_", "")
    return read_moment(int(text)) if text.isdecimal() and len(text) < 16 else None


def answer_flags(worlds: Worlds, request: Request) -> Response:
    """Return the feature flags of somebody, in the form of the version asked for."""
    return flags.answer(worlds, request, body_of(request))


def answer_config(worlds: Worlds, request: Request, token: str) -> Response:
    """Return what posthog-js asks for first."""
    world, project = find_project_of_config(worlds, request, token)
    return _json(config.config(project, has_flags=bool(active_flags(world.view(), project["id"]))))


def answer_config_script(worlds: Worlds, request: Request, token: str) -> Response:
    """Return the same as a script."""
    world, project = find_project_of_config(worlds, request, token)
    script = config.config_script(project, has_flags=bool(active_flags(world.view(), project["id"])))
    return Response(script, content_type="application/javascript")


def answer_definitions(worlds: Worlds, request: Request) -> Response:
    """Return the definitions for evaluating flags locally."""
    answer = definitions.answer_definitions(worlds, request)
    body = b"" if answer.result is None else encode(answer.result)
    return Response(body, answer.status, dict(answer.headers), content_type="application/json")


def _json(value: Any) -> Response:
    return Response(encode(value), content_type="application/json")


def _allow(response: Response, request: Request) -> Response:
    """Let a page of any origin read the answer: SDKs run on their users' pages."""
    origin = request.headers.get("Origin")
    response.headers["Access-Control-Allow-Origin"] = origin or "*"
    if origin:
        response.headers.extend(CORS)
    return response
