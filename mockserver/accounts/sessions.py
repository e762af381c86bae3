"""Sessions: begun by signing in, borne by a cookie, ended by signing out."""

from __future__ import annotations

from flask import Response

from mockserver.request.auth import CSRF_COOKIE, SESSION, SESSION_COOKIE
from mockserver.store import Record, Transaction
from mockserver.world import entropy
from mockserver.world.worlds import World


def begin(world: World, transaction: Transaction, user: Record) -> str:
    """Begin a session of a user, who was here now, and return what its cookie holds."""
    now = entropy.timestamp(entropy.now(transaction))
    transaction.table("users").update(user, {"last_login": now})
    value = world.new_session(transaction)
    transaction.table("api_keys").insert({
        "value": value, "id": None, "label": f"{SESSION}: {user['email']}", "user_id": user["id"], "scopes": None,
        "scoped_projects": None, "scoped_organizations": None, "created_at": now, "last_used_at": None,
        "last_rolled_at": None, "is_session": True,
    })  # fmt: skip
    return value


def give(response: Response, session: str) -> Response:
    """Let an answer carry the cookies of a session: itself, and the token that writes have to show."""
    response.set_cookie(SESSION_COOKIE, session, httponly=True, samesite="Lax", path="/")
    response.set_cookie(CSRF_COOKIE, csrf_token(session), samesite="Lax", path="/")
    return response


def csrf_token(session: str) -> str:
    """Return the token that writes of a session have to show."""
    return entropy.spell(entropy.draw(0, f"csrf of {session}", 0, 48), 32)
