"""Signing up by an invite, and what asks for mail, of which none leaves this server."""

from __future__ import annotations

from flask import Request, Response

from mockserver.accounts import bodies, sessions
from mockserver.errors import NotAuthenticated, ValidationError
from mockserver.request import passwords
from mockserver.request.tenancy import uuid as read_uuid
from mockserver.resources.organizations.accepting import EXPIRED, MEMBER_ALREADY, accept
from mockserver.resources.organizations.invites import is_expired
from mockserver.resources.resource import user_fields
from mockserver.road.dispatch import principal_of
from mockserver.road.rendering import JSON, encode
from mockserver.store import Record, View
from mockserver.world.worlds import World, Worlds

NO_INVITE = "The provided invite ID is not valid."
NOT_YOURS = "This invite is intended for another email address."
NO_MAIL = (
    "Cannot verify email address because email is not configured for your instance. Please contact your administrator."
)


def sign_up(worlds: Worlds, request: Request) -> Response:
    """Refuse whoever was not invited: there is an organization already. Raises: NotAuthenticated."""
    raise NotAuthenticated


def answer_invite(worlds: Worlds, request: Request, invite: str) -> Response:
    """Say whom an invite is for, or accept it: as who is signed in, or as a new user. Raises: ValidationError."""
    known = read_uuid(invite)
    world = bodies.world_with(worlds, request, "invites", id=known) if known else worlds.default
    view = world.view()
    found = view.table("invites").get(known) if known else None
    if found is None:
        raise ValidationError(NO_INVITE)
    user = principal_of(request, view)
    _judge(view, found, user)
    if request.method == "POST":
        return _join(worlds, world, request, found, user)
    organization = view.table("organizations").get(found["organization_id"]) or {}
    return Response(encode({
        "id": found["id"], "target_email": found["target_email"], "first_name": found["first_name"],
        "organization_name": organization.get("name"),
    }), 200, content_type=JSON)  # fmt: skip


def _judge(view: View, invite: Record, user: Record | None) -> None:
    """Refuse an invite that is another's, or good no more. Raises: ValidationError."""
    if user is not None and user["email"].lower() != invite["target_email"]:
        raise ValidationError(NOT_YOURS, code="invalid_recipient")
    if is_expired(view, invite):
        raise ValidationError(EXPIRED, code="expired")
    known = user or view.table("users").first(email=invite["target_email"])
    if known is None:
        return
    there = {"user_id": known["id"], "organization_id": invite["organization_id"]}
    if view.table("organization_memberships").first(**there) is not None:
        raise ValidationError(MEMBER_ALREADY, code="user_already_member")
    if user is None:
        raise ValidationError(f"/login?next=/signup/{invite['id']}", code="account_exists")


def _join(worlds: Worlds, world: World, request: Request, invite: Record, user: Record | None) -> Response:
    given = {}
    if user is None:
        given = dict(zip(("first_name", "password"), bodies.text(bodies.read(request), "first_name", "password"),
                         strict=True))  # fmt: skip
        passwords.require_good(given["password"], "password_too_short")
    with world.store.transaction() as transaction:
        joined, _ = accept(world.seed, transaction, invite, user, **given)
        session = sessions.begin(world, transaction, joined) if user is None else None
    worlds.register(world)
    response = Response(encode({**user_fields(joined), "redirect_url": "/"}), 201, content_type=JSON)
    return sessions.give(response, session) if session else response


def ask_for_verification(worlds: Worlds, request: Request) -> Response:
    """Refuse to send what verifies an address. Raises: ValidationError."""
    bodies.text(bodies.read(request), "uuid")
    raise ValidationError(NO_MAIL, code="email_not_available")


def verify_email(worlds: Worlds, request: Request) -> Response:
    """Refuse every token that verifies an address: none was ever sent. Raises: ValidationError."""
    bodies.text(bodies.read(request), "token")
    raise ValidationError("This verification token is invalid or has expired.", code="invalid_token", attr="token")
