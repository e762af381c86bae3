"""What orchestrators and front ends ask of a PostHog before they use it: is it alive, is it ready, how is it set up.

Source: Django's views of late 2025, of a self-hosted server all of whose parts are up.
"""

from __future__ import annotations

from flask import Request, Response

from mockserver.road.rendering import encode
from mockserver.world.worlds import Worlds

CHECKS = (
    "clickhouse", "postgres", "postgres_flags", "postgres_migrations_uptodate", "kafka_connected", "celery_broker",
    "cache",
)  # fmt: skip
ROLES = {
    "events": ("kafka_connected",),
    "web": ("postgres", "cache"),
    "worker": ("clickhouse", "postgres", "celery_broker"),
    "decide": ("postgres_flags", "cache"),
    "query": ("postgres", "cache"),
    "report": ("kafka_connected",),
}
"""What the parts of a server depend on."""


def answer_health(worlds: Worlds, request: Request) -> Response:
    """Say that the server is up, in a word."""
    return Response("ok", content_type="text/plain")


def answer_robots(worlds: Worlds, request: Request) -> Response:
    """Ask crawlers to stay away."""
    return Response("User-agent: *\nDisallow: /", content_type="text/plain")


def answer_livez(worlds: Worlds, request: Request) -> Response:
    """Say that the process answers."""
    return _respond({"http": True})


def answer_readyz(worlds: Worlds, request: Request) -> Response:
    """Say that everything which the server, or the `role` named, depends on is there."""
    role = request.args.get("role")
    if role and role not in ROLES:
        return _respond({"error": "InvalidRole"}, 400)
    return _respond(dict.fromkeys(ROLES[role] if role else CHECKS, True))


def answer_preflight(worlds: Worlds, request: Request) -> Response:
    """Say how the instance is set up, as a login page wants to know it."""
    up = ("django", "redis", "plugins", "celery", "clickhouse", "kafka", "db")
    organizations = worlds.default.view().table("organizations")
    return _respond({
        **dict.fromkeys(up, True),
        "initiated": len(organizations) > 0,
        "cloud": False,
        "demo": False,
        "realm": "hosted-clickhouse",
        "region": None,
        "available_social_auth_providers": {"github": False, "gitlab": False, "google-oauth2": False},
        "can_create_org": len(organizations) == 0,
        "email_service_available": False,
        "slack_service": {"available": False, "client_id": None},
        "data_warehouse_integrations": {"hubspot": {"client_id": ""}, "salesforce": {"client_id": ""}},
        "object_storage": True,
        "public_egress_ip_addresses": [],
    })  # fmt: skip


def _respond(value: object, status: int = 200) -> Response:
    response = Response(encode(value), status, content_type="application/json")
    response.headers["Cache-Control"] = "max-age=0, no-cache, no-store, must-revalidate, private"
    return response
