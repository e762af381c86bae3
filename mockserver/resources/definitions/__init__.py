"""Definitions: the events and properties that a project has received, and what its people say of them.

Capture finds them (`capture/definitions`). What people say lies in a row of its own on the servers, which is made when
somebody first reads or changes the definition: until then nothing is said, not even that it is not verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mockserver.errors import NotFound, ValidationError
from mockserver.request.call import Call
from mockserver.resources.behaviours import ActivityLogged
from mockserver.resources.resource import Record, Resource
from mockserver.resources.tagged import Tagged

LATER = "2026-09"
"""The servers whose lists know more; what their code says was read and not run."""
WRITTEN = "written"
"""When a definition was written last, by count: PostgreSQL finds what was written last at the end of a table."""
EXTENDED = "extended"
"""Whether a definition has its row of what people say."""


def is_later(call: Call) -> bool:
    """Return whether the servers of the world's date are those that know more."""
    date = call.profile.date
    return date is not None and date >= LATER


class Definitions(Tagged, ActivityLogged):
    """Definitions of either kind: read, described, verified or hidden, and removed."""

    relations: ClassVar[Mapping[str, str]] = {"updated_by": "users", "verified_by": "users"}
    depends_on = None
    changes_on_create = None
    tags_follow = "description"
    noun: ClassVar[str]
    """What a refusal calls one, with its article."""

    def retrieve(self, call: Call, record: Record) -> Any:
        """Return a definition; who reads it first makes the row of what is said of it."""
        if record.get(EXTENDED):
            return record
        with call.writing() as writing:
            found = writing.table(self.table).get(record["id"])
            if found is None:
                raise NotFound
            return found if found.get(EXTENDED) else writing.table(self.table).update(found, self.extension(writing))

    def extension(self, call: Call) -> dict[str, Any]:
        """Return what is said of a definition of which nobody has said anything."""
        said = {"description": "", "verified": False, "hidden": False, "updated_at": call.now()}
        return {EXTENDED: True, WRITTEN: self._written(call), **said}

    def _written(self, call: Call) -> int:
        return call.transaction.next(f"{self.table}.written")

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        data = super().load(call, record, **how)
        if data.get("hidden") and data.get("verified"):
            raise ValidationError(f"{self.noun} cannot be both hidden and verified")
        return data

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store what is said of a definition; who said it last is kept, and each time it is logged."""
        base = {} if record.get(EXTENDED) else self.extension(call)
        said = self.settled(call, record, data)
        stamped = {"updated_by": call.user["id"], "updated_at": call.now(), WRITTEN: self._written(call)}
        updated = Resource.perform_update(self, call, record, {**base, **said, **stamped})
        self.log(
            call, updated, "changed", self.changes({**base, **record}, updated), name=updated["name"],
            type=self.kind_of(updated),
        )  # fmt: skip
        return updated

    def settled(self, call: Call, record: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a body says, and what follows of it: nothing is verified and hidden; who verified first stays."""
        said = dict(data)
        if said.get("hidden"):
            said["verified"] = False
        elif said.get("verified"):
            said["hidden"] = False
        if said.get("verified") and not record.get("verified"):
            said |= {"verified_by": call.user["id"], "verified_at": call.now()}
        elif "verified" in said and not said["verified"]:
            said |= {"verified_by": None, "verified_at": None}
        return said

    def perform_destroy(self, call: Call, record: Record) -> None:
        super().perform_destroy(call, record)
        self.log(call, record, "deleted", None, name=record["name"], type=self.kind_of(record))

    def kind_of(self, record: Record) -> str | None:
        """Return the kind of thing that an entry of the log tells of a definition."""
        return None

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"tags": record.get("tags") or []}
