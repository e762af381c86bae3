"""What records are completed by: the contract, the world, and what stands in it by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.contract import Contract
from mockserver.store import Transaction
from mockserver.world import entropy
from mockserver.world.worlds import World

Whole = dict[str, Any]
"""A record that is being completed."""
Given = Mapping[str, Any]
"""What was given of it."""


class Surroundings:
    """What a record is completed by."""

    def __init__(self, contract: Contract, world: World, transaction: Transaction) -> None:
        self.contract = contract
        self.world = world
        self.transaction = transaction
        self.moment = entropy.now(transaction)
        self.now = entropy.timestamp(self.moment)

    def fake(self, what: str, key: Any) -> Any:
        """Return one of Faker's kinds, the same for the same key."""
        with entropy.faker(self.world.seed, f"{what}:{key}") as fake:
            return getattr(fake, what)()

    def creator(self, whole: Mapping[str, Any], given: Given) -> Any:
        """Return who made a record: somebody did if it is not said, as the API always knows who asks it."""
        return whole.get("created_by") if "created_by" in given else self.first_member(whole["project_id"])

    def first_member(self, project_id: int) -> Any:
        """Return the id of the first who belongs to a project's organization, if anybody does."""
        project = self.transaction.table("projects").get(project_id) or {}
        organization_id = project.get("organization_id")
        member = self.transaction.table("organization_memberships").first(organization_id=organization_id)
        return member["user_id"] if member else None


Finish = Callable[[Surroundings, Whole, Given], Whole]
"""Returns a record with what its table adds, given what was filled in and what was given."""
