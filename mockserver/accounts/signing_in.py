"""Signing in with an address and a password, and out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Request, Response, redirect

from mockserver.accounts import bodies, sessions
from mockserver.errors import APIError, PermissionDenied, ValidationError
from mockserver.request import passwords
from mockserver.request.auth import CSRF_COOKIE, SESSION_COOKIE
from mockserver.resources.organizations.domains import SAML, sso_enforcement
from mockserver.resources.organizations.members import is_2fa_enabled
from mockserver.road.rendering import JSON, encode
from mockserver.store import Transaction
from mockserver.world import entropy
from mockserver.world.worlds import Worlds

FAILURES = "sign_in.failures"
MOST_FAILURES = 30
SHUT_OUT_FOR = timedelta(minutes=10)
WRONG = "Invalid email or password."
TOO_MANY = "Too many failed login attempts. Please try again in 10 minutes."
NO_MAIL = "Cannot reset passwords because email is not configured for your instance. Please contact your administrator."


class SecondFactorNeeded(APIError):
    """Whoever has a second factor must prove it as well, which this server does not ask for in a page."""

    status = 401
    type = "authentication_error"
    code = "2fa_required"
    detail = "2FA is required."


def sign_in(worlds: Worlds, request: Request) -> Response:
    """Begin a session of whoever knows a user's password. Raises: ValidationError, PermissionDenied."""
    email, password = bodies.text(bodies.read(request), "email", "password")
    world = bodies.world_with(worlds, request, "users", email=email)
    client = request.remote_addr or ""
    with world.store.transaction() as transaction:
        if _is_shut_out(transaction, client):
            raise PermissionDenied(TOO_MANY, code="too_many_failed_attempts")
        user = transaction.table("users").first(email=email)
        enforced = sso_enforcement(transaction, email) if user else None
        if enforced:
            raise ValidationError(f"You can only login with SSO for this account ({enforced}).", code="sso_enforced")
        session = None
        if user is None or user.get("is_active") is False or not passwords.fits(user, password):
            _note_failure(transaction, client)
        elif is_2fa_enabled(user):
            raise SecondFactorNeeded
        else:
            _forget_failures(transaction, client)
            session = sessions.begin(world, transaction, user)
    if session is None:  # once the failure is written down
        raise ValidationError(WRONG, code="invalid_credentials")
    worlds.register(world)
    return sessions.give(_respond({"success": True}), session)


def precheck(worlds: Worlds, request: Request) -> Response:
    """Say how an address signs in, to anybody. Raises: ValidationError."""
    (email,) = bodies.text(bodies.read(request), "email")
    name = email.rpartition("@")[2].lower()
    view = bodies.world_with(worlds, request, "domains", domain=name).view()
    domain = view.table("domains").first(domain=name)
    has_saml = domain is not None and bool(domain["verified_at"]) and all(domain.get(field) for field in SAML)
    return _respond({"sso_enforcement": sso_enforcement(view, email), "saml_available": has_saml})


def reset(worlds: Worlds, request: Request) -> Response:
    """Refuse to send a new password, since no mail leaves this server. Raises: ValidationError."""
    bodies.text(bodies.read(request), "email")
    raise ValidationError(NO_MAIL, code="email_not_available")


def finish_reset(worlds: Worlds, request: Request, uuid: str) -> Response:
    """Refuse every token of a reset: none was ever sent. Raises: ValidationError."""
    raise ValidationError("This reset token is invalid or has expired.", code="invalid_token", attr="token")


def sign_out(worlds: Worlds, request: Request) -> Response:
    """End the session that a cookie bears, if any, and send the browser to where one signs in."""
    value = request.cookies.get(SESSION_COOKIE)
    world = worlds.owner(value) if value else None
    if value and world is not None:
        with world.store.transaction() as transaction:
            key = transaction.table("api_keys").get(value)
            if key is not None:
                transaction.table("api_keys").delete(key)
        worlds.register(world)
    response: Any = redirect("/login")
    for name in (SESSION_COOKIE, CSRF_COOKIE):
        response.delete_cookie(name)
    return response  # type: ignore[no-any-return]


def _is_shut_out(transaction: Transaction, client: str) -> bool:
    known = (transaction.value(FAILURES) or {}).get(client)
    if known is None or known["count"] < MOST_FAILURES:
        return False
    return entropy.now(transaction) < entropy.read_timestamp(known["at"]) + SHUT_OUT_FOR


def _note_failure(transaction: Transaction, client: str) -> None:
    failures = dict(transaction.value(FAILURES) or {})
    known, now = failures.get(client), entropy.now(transaction)
    is_over = known is None or entropy.read_timestamp(known["at"]) + SHUT_OUT_FOR <= now
    count = 1 if is_over or known is None else known["count"] + 1
    transaction.put(FAILURES, {**failures, client: {"count": count, "at": entropy.timestamp(now)}})


def _forget_failures(transaction: Transaction, client: str) -> None:
    failures = dict(transaction.value(FAILURES) or {})
    if failures.pop(client, None) is not None:
        transaction.put(FAILURES, failures)


def _respond(value: object) -> Response:
    return Response(encode(value), 200, content_type=JSON)
