"""Personal API keys: made, limited, rolled and removed by a session; a key itself sees itself and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import NotFound, PermissionDenied, ValidationError
from mockserver.request import tenancy
from mockserver.request.auth import KEYS_REFUSED, is_session
from mockserver.request.call import EVERYTHING, Call, Principal, Tenant
from mockserver.resources.projects.tokens import mask
from mockserver.resources.resource import Record, Resource
from mockserver.store import View
from mockserver.validation.fields import Integer, Items, Text
from mockserver.world import entropy

MOST = 10
TOO_MANY = "You can only have 10 personal API keys. Remove an existing key before creating a new one."
STRANGE_PROJECT = "You must be a member of all teams that you are scoping the key to."
STRANGE_ORGANIZATION = "You must be a member of all organizations that you are scoping the key to."
STORED_AS = {"scoped_teams": "scoped_projects"}
ACCESSES = ("read", "write")


class PersonalApiKeys(Resource):
    """The keys of whoever asks, the newest first; what a session makes works as a key at once."""

    family = "personal_api_keys"
    table = "api_keys"
    component = "PersonalApiKey"
    title = "Personal API Key"
    depends_on = None
    field_overrides = {  # null is shown of older keys, and taken of none
        "scoped_teams": Items(Integer(), required=True), "scoped_organizations": Items(Text(), required=True),
    }  # fmt: skip

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        kinds = contract.components["AccessOfKind"]["properties"]["resource"]["enum"]
        asked = {scope.partition(":")[0] for operation in contract.operations for scope in operation.scopes}
        self._objects = frozenset({*kinds, *asked})

    def locate(self, path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
        """Return no tenant: a key that is limited to some is shown all the same."""
        return Tenant(None)

    # What is asked for

    def list(self, call: Call) -> Any:
        """Return the asker's keys, all of them."""
        return [self.show(key, call) for key in self.get_records(call)]

    def get_records(self, call: Call) -> Sequence[Record]:
        keys = [key for key in call.table(self.table).find(user_id=call.user["id"]) if not is_session(key)]
        return sorted(keys, key=lambda key: str(key["created_at"]))[::-1]

    def get_record(self, call: Call, key: str) -> Record:
        """Return a key by its id. Raises: NotFound; PermissionDenied, for a key that asks for another one."""
        own = call.principal.key
        if key == tenancy.CURRENT:
            if is_session(own):  # there the servers fail
                raise NotFound("A session is no personal API key.")
            return own
        found = next((one for one in self.get_records(call) if identifier(one) == key), None)
        if found is None:
            raise NotFound
        if call.principal.is_scoped and call.is_observed and found["value"] != own["value"]:
            raise PermissionDenied(KEYS_REFUSED)
        return found

    # What may be written

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        """Return the body's values. Raises: ValidationError, as DRF does, one field after the other."""
        try:
            data, problem = super().load(call, record, **how), None
        except ValidationError as error:
            data, problem = {}, error
        given = data or (call.body if isinstance(call.body, Mapping) else {})
        for name, judge in {
            "scopes": self._require_scopes, "scoped_teams": _require_projects,
            "scoped_organizations": _require_organizations,
        }.items():  # fmt: skip
            if problem is not None and (problem.attr or "label").partition("__")[0] in ("label", name):
                raise problem
            judge(call, given.get(name) or ())
        return {STORED_AS.get(name, name): value for name, value in data.items()}

    def _require_scopes(self, call: Call, wanted: Sequence[Any]) -> None:
        for scope in wanted:
            subject, _, access = str(scope).partition(":")
            if scope != EVERYTHING and (subject not in self._objects or access not in ACCESSES):
                raise ValidationError(f"Invalid scope: {scope}", attr="scopes")

    # What happens

    def create(self, call: Call) -> Any:
        """Make a key and show its value, this once."""
        data = self.load(call)
        if len(self.get_records(call)) >= MOST:
            raise ValidationError(TOO_MANY)
        value = call.world.new_key(call.transaction)
        made = call.table(self.table).insert({
            **data, "value": value, "id": identifier({"value": value}), "user_id": call.user["id"],
            "scopes": data["scopes"] or [EVERYTHING], "created_at": call.now(), "last_used_at": None,
            "last_rolled_at": None,
        })  # fmt: skip
        return {**self.show(made, call), "value": value}

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        if "scopes" in data:
            data["scopes"] = data["scopes"] or [EVERYTHING]
        return super().perform_update(call, record, data)

    def roll(self, call: Call, record: Record) -> Any:
        """Give a key another value, and show it this once; the one that it had lets nobody in any more."""
        value = call.world.new_key(call.transaction)
        kept = {**record, "id": identifier(record), "value": value, "last_rolled_at": call.now(), "last_used_at": None}
        call.table(self.table).delete(record)
        return {**self.show(call.table(self.table).insert(kept), call), "value": value}

    # How it looks

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {
            "id": identifier(record),
            "value": None,
            "mask_value": mask(record["value"]),
            "last_used_at": last_used(call, record),
            "scopes": record["scopes"] or [EVERYTHING],
            "scoped_teams": record["scoped_projects"],
            "scoped_organizations": record["scoped_organizations"],
            "last_rolled_at": record.get("last_rolled_at"),
        }


def identifier(key: Mapping[str, Any]) -> str:
    """Return a key's id: it says nothing of the value, and is the same each time."""
    return key.get("id") or entropy.spell(entropy.draw(0, f"id of {key['value']}", 0, 64), 43)


def last_used(call: Call, key: Record) -> str | None:
    """Return when a key was last used: in this world, or before, as its record says."""
    reading = call.last_use(key["value"])
    return entropy.timestamp(entropy.moment_of(reading)) if reading else key.get("last_used_at")


def _require_projects(call: Call, wanted: Sequence[int]) -> None:
    for number in wanted:
        project = call.table("projects").get(number)
        organization = call.table("organizations").get(project["organization_id"]) if project else None
        if organization is None or not tenancy.level(call.user, organization, call.state, project):
            raise ValidationError(STRANGE_PROJECT, attr="scoped_teams")


def _require_organizations(call: Call, wanted: Sequence[str]) -> None:
    for text in wanted:
        spelled = tenancy.uuid(text)
        if spelled is None:
            raise ValidationError("Invalid organization UUID", attr="scoped_organizations")
        organization = call.table("organizations").get(spelled)
        if organization is None or not tenancy.level(call.user, organization, call.state):
            raise ValidationError(STRANGE_ORGANIZATION, attr="scoped_organizations")
