"""What SDKs talk to: the capture endpoints, under every name they have had, and the questions asked at start-up.

A request belongs to the world and project of the token it carries.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import Blueprint, Request, Response, request

from mockserver.capture.refusals import CaptureError
from mockserver.errors import APIError, NotFound
from mockserver.flags.projects import active_flags
from mockserver.road.rendering import encode, render_error
from mockserver.sdk import ai, batches, config, cors, definitions, flags, probes, reports, scripts, telemetry
from mockserver.sdk.capturing import BATCHES, RECORDING, SINGLES, body_of, take_events, take_recording
from mockserver.sdk.features import answer_features, answer_surveys
from mockserver.sdk.flags.packing import Refusal
from mockserver.sdk.tokens import UnknownToken, find_project
from mockserver.store import Record
from mockserver.world.worlds import World, Worlds

PLAIN = "text/plain; charset=utf-8"
READING = ("GET", "HEAD")

Answer = Callable[..., Response]


def capture_blueprint(worlds: Worlds, static: Path | None = None) -> Blueprint:
    """Return the routes that SDKs use, over these worlds; `static` is a folder with the scripts of posthog-js."""
    blueprint = Blueprint("capture", __name__)

    def add(
        path: str, answer: Answer, methods: tuple[str, ...], *, has_slash: bool = True, is_rest: bool = False
    ) -> None:  # fmt: skip
        view = _view(worlds, answer, (*methods, "OPTIONS"), is_rest=is_rest)
        for form in (path, f"{path}/") if has_slash else (path,):
            blueprint.add_url_rule(form, endpoint=form.strip("/").replace(".", "-") + "/" * form.endswith("/"),
                                   view_func=view, methods=[*methods, "OPTIONS"])  # fmt: skip

    for path in (*BATCHES, *SINGLES):
        add(f"/{path}", take_events, ("GET", "POST"))
    add(f"/{RECORDING}", take_recording, ("GET", "POST"))
    for path in batches.PATHS:
        add(f"/{path}", batches.take_batch, ("POST",))
    for path in telemetry.PATHS:
        add(f"/{path}", telemetry.take_telemetry, ("POST",))
    add(f"/{ai.IN_PARTS}", ai.take_in_parts, ("POST",))
    for path in ai.SPANS:
        add(f"/{path}", ai.take_spans, ("POST",))
    for path in telemetry.NOT_MODELLED:
        add(f"/{path}", telemetry.refuse_unmodelled, ("POST",))
    for path in ("flags", "decide"):
        add(f"/{path}", answer_flags, ("GET", "POST"))
    add("/array/<token>/config", answer_config, READING, is_rest=True)
    add("/array/<token>/config.js", answer_config_script, READING, is_rest=True)
    add("/array/<token>/array.js", partial(answer_array, static), READING, is_rest=True)
    add("/flags/definitions", answer_definitions, ("GET",))
    add("/api/early_access_features", answer_features, ("GET", "POST"))
    add("/api/surveys", answer_surveys, ("GET",))
    add("/static/<path:name>", partial(answer_static, static), READING, has_slash=False)
    add("/_health", probes.answer_health, READING)
    add("/_preflight", probes.answer_preflight, READING)
    add("/robots.txt", probes.answer_robots, READING, has_slash=False)
    add("/report", reports.take_report, ("GET", "POST"))
    add("/_livez", probes.answer_livez, READING, has_slash=False)
    add("/_readyz", probes.answer_readyz, READING, has_slash=False)
    return blueprint


def _view(worlds: Worlds, answer: Answer, methods: tuple[str, ...], *, is_rest: bool) -> Answer:
    """Return the view of one route: it answers preflights, and lets pages of any origin read what is answered.

    Those that servers answer as their REST API (`is_rest`) say which methods there are.
    """

    def view(**parts: str) -> Response:
        response = cors.allow(answered(parts), request, methods)
        if is_rest:
            response.headers["Allow"] = ", ".join(methods)
        return response

    def answered(parts: dict[str, str]) -> Response:
        if request.method == "OPTIONS" and (answer is not answer_features or cors.is_preflight(request)):
            return flags.preflight(worlds, request)
        try:
            return answer(worlds, request, **parts)
        except (CaptureError, Refusal) as error:
            return Response(error.message, error.status, content_type=PLAIN)
        except APIError as error:
            return render_error(error)

    return view


def find_project_of_config(worlds: Worlds, request: Request, token: str) -> tuple[World, Record]:
    """Return the world and project whose configuration a path names. Raises: NotFound."""
    try:
        return find_project(worlds, request, token)
    except UnknownToken:
        raise NotFound from None


def answer_flags(worlds: Worlds, request: Request) -> Response:
    """Return the feature flags of somebody, in the form of the version asked for."""
    return flags.answer(worlds, request, body_of(request))


def answer_config(worlds: Worlds, request: Request, token: str) -> Response:
    """Return what posthog-js asks for first."""
    world, project = find_project_of_config(worlds, request, token)
    told = config.config(project, has_flags=bool(active_flags(world.view(), project["id"])))
    return Response(encode(told), content_type="application/json")


def answer_config_script(worlds: Worlds, request: Request, token: str) -> Response:
    """Return the same as a script."""
    return Response(_config_script(worlds, request, token), content_type="application/javascript")


def answer_array(static: Path | None, worlds: Worlds, request: Request, token: str) -> Response:
    """Return posthog-js with the configuration of a project, which newer snippets load in one."""
    return scripts.with_config(static, _config_script(worlds, request, token))


def answer_static(static: Path | None, worlds: Worlds, request: Request, name: str) -> Response:
    """Return a script of posthog-js."""
    return scripts.answer_script(static, name)


def _config_script(worlds: Worlds, request: Request, token: str) -> bytes:
    world, project = find_project_of_config(worlds, request, token)
    return config.config_script(project, has_flags=bool(active_flags(world.view(), project["id"])))


def answer_definitions(worlds: Worlds, request: Request) -> Response:
    """Return the definitions for evaluating flags locally."""
    answer = definitions.answer_definitions(worlds, request)
    body = b"" if answer.result is None else encode(answer.result)
    return Response(body, answer.status, dict(answer.headers), content_type="application/json")
