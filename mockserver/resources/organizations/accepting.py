"""Accepting an invite: whoever was asked belongs to the organization, as what the invite said, and may be new."""

from __future__ import annotations

from typing import Any

from mockserver.errors import ValidationError
from mockserver.request import passwords
from mockserver.resources.organizations.belonging import grant, join
from mockserver.resources.organizations.invites import is_expired, pending
from mockserver.store import Record, Transaction
from mockserver.world import entropy

EXPIRED = "This invite has expired. Please ask your admin for a new one."
MEMBER_ALREADY = "You already are a member of this organization."


def accept(
    seed: int, transaction: Transaction, invite: Record, user: Record | None = None, *,
    first_name: str | None = None, last_name: str | None = None, password: str | None = None,
) -> tuple[Record, Record]:  # fmt: skip
    """Let somebody in who was invited, and return the user and the membership; the invites for them are gone.

    Without a `user` it is the one of the invite's address, made where there is none.

    Raises: ValidationError for an invite that is good no more, and for who belongs already.
    """
    if is_expired(transaction, invite):
        raise ValidationError(EXPIRED, code="expired")
    user = user or transaction.table("users").first(email=invite["target_email"])
    if user is None:
        user = new_user(seed, transaction, invite["target_email"], {
            "first_name": first_name or invite["first_name"] or invite["target_email"].partition("@")[0],
            "last_name": last_name or "", "password": passwords.digest(password) if password else None,
        })  # fmt: skip
    organization = transaction.table("organizations").get(invite["organization_id"])
    assert organization is not None
    there = {"user_id": user["id"], "organization_id": organization["id"]}
    if transaction.table("organization_memberships").first(**there) is not None:
        raise ValidationError(MEMBER_ALREADY, code="user_already_member")
    membership = join(seed, transaction, user, organization, invite["level"])
    grant(seed, transaction, membership, invite["private_project_access"] or [])
    for waiting in pending(transaction, organization["id"], invite["target_email"]):
        transaction.table("invites").delete(waiting)
    return transaction.table("users").get(user["id"]) or user, membership


def new_user(seed: int, transaction: Transaction, email: str, given: dict[str, Any]) -> Record:
    """Make a user who belongs nowhere yet, and has just signed in."""
    now = entropy.timestamp(entropy.now(transaction))
    return transaction.table("users").insert({
        "id": transaction.next("ids.users"), "uuid": entropy.uuid7(seed, transaction),
        "distinct_id": entropy.token(seed, transaction), "email": email, "is_email_verified": None,
        "hedgehog_config": None, "role_at_organization": None, "current_organization_id": None,
        "current_project_id": None, "is_active": True, "date_joined": now, "last_login": now, **given,
    })  # fmt: skip
