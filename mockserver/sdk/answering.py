"""What SDKs are answered, by the names that `paths` gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Request, Response

from mockserver.capture.refusals import CaptureError
from mockserver.errors import APIError, NotFound
from mockserver.flags.projects import active_flags
from mockserver.road.rendering import encode, render_error
from mockserver.sdk import ai, batches, config, cors, definitions, flags, probes, reports, scripts, telemetry
from mockserver.sdk.capturing import body_of, take_events, take_recording
from mockserver.sdk.features import answer_features, answer_surveys
from mockserver.sdk.flags.packing import Refusal
from mockserver.sdk.paths import Asked
from mockserver.sdk.tokens import UnknownToken, find_project
from mockserver.store import Record
from mockserver.world.worlds import World, Worlds

PLAIN = "text/plain; charset=utf-8"

Answer = Callable[..., Response]


def respond(asked: Asked, worlds: Worlds, request: Request, static: Path | None, parts: dict[str, str]) -> Response:
    """Answer a request for one of the paths: preflights too, and pages of any origin may read what is answered.

    Those that servers answer as their REST API say which methods there are.
    """
    methods = (*asked.methods, "OPTIONS")
    response = cors.allow(_answered(asked, worlds, request, static, parts), request, methods)
    if asked.is_rest:
        response.headers["Allow"] = ", ".join(methods)
    return response


def _answered(asked: Asked, worlds: Worlds, request: Request, static: Path | None, parts: dict[str, str]) -> Response:
    answer = SCRIPTS.get(asked.answer) or ANSWERS[asked.answer]
    if request.method == "OPTIONS" and (answer is not answer_features or cors.is_preflight(request)):
        return flags.preflight(worlds, request)
    try:
        if asked.answer in SCRIPTS:
            return answer(static, worlds, request, **parts)
        return answer(worlds, request, **parts)
    except (CaptureError, Refusal) as error:
        return Response(error.message, error.status, content_type=PLAIN)
    except APIError as error:
        return render_error(error)


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


ANSWERS: Mapping[str, Answer] = {
    "events": take_events,
    "recording": take_recording,
    "batch": batches.take_batch,
    "telemetry": telemetry.take_telemetry,
    "event in parts": ai.take_in_parts,
    "spans": ai.take_spans,
    "not modelled": telemetry.refuse_unmodelled,
    "flags": answer_flags,
    "config": answer_config,
    "config script": answer_config_script,
    "definitions": answer_definitions,
    "features": answer_features,
    "surveys": answer_surveys,
    "health": probes.answer_health,
    "preflight": probes.answer_preflight,
    "robots": probes.answer_robots,
    "report": reports.take_report,
    "livez": probes.answer_livez,
    "readyz": probes.answer_readyz,
}
SCRIPTS: Mapping[str, Answer] = {"array": answer_array, "script": answer_static}
"""Those that look into the folder with the scripts of posthog-js."""
