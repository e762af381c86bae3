"""Personal API keys: what the key that a request bears allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import NotFound
from mockserver.request import tenancy
from mockserver.request.call import Call, Principal, Tenant
from mockserver.resources.projects.tokens import mask
from mockserver.resources.resource import Record, Resource
from mockserver.store import View
from mockserver.world import entropy


class PersonalApiKeys(Resource):
    """The key itself, masked; no other key is shown to a key."""

    family = "personal_api_keys"
    table = "api_keys"
    component = "PersonalApiKey"
    title = "Personal API Key"
    depends_on = None

    def locate(self, path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
        """Return no tenant: a key that is limited to some is shown all the same."""
        return Tenant(None)

    def get_record(self, call: Call, key: str) -> Record:
        if key not in (tenancy.CURRENT, identifier(call.principal.key)):
            raise NotFound
        return call.principal.key

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {
            "id": identifier(record),
            "value": None,
            "mask_value": mask(record["value"]),
            "last_used_at": call.now(),
            "scoped_teams": record["scoped_projects"] or None,
            "scoped_organizations": record["scoped_organizations"] or None,
            "last_rolled_at": None,
        }


def identifier(key: Record) -> str:
    """Return a key's id: it says nothing of the value, and is the same each time."""
    return entropy.spell(entropy.draw(0, f"id of {key['value']}", 0), 32)
