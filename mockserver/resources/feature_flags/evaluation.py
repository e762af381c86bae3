"""Flags for SDKs that evaluate them by themselves, and flags that are configuration from afar."""

from __future__ import annotations

from mockserver.errors import AuthenticationFailed, BareNotFound, PermissionDenied, QuotaExceeded
from mockserver.flags.definitions import definitions
from mockserver.flags.quotas import is_limited
from mockserver.flags.rules import is_of_2025
from mockserver.flags.secrets import REDACTED
from mockserver.request.call import Answer, Call
from mockserver.request.conditional import tagged
from mockserver.request.tenancy import CURRENT, integer, level
from mockserver.resources.resource import Resource
from mockserver.store import Record

WRONG_TOKEN = "Incorrect authentication credentials."


class EvaluatedAfar(Resource):
    """What servers ask of a project's flags, by a key or by the project's secret token."""

    def local_evaluation(self, call: Call) -> Answer:
        """Return the definitions of the project's flags; 304 to who has them already.

        Raises: QuotaExceeded, AuthenticationFailed and PermissionDenied for a `token` that is wrong or another's.
        """
        project = self._project_asked_for(call)
        if is_limited(project):
            raise QuotaExceeded
        told = definitions(
            call.state, project["id"], call.world.seed, with_cohorts="send_cohorts" in call.query,
            is_of_2025=is_of_2025(call.profile),
        )  # fmt: skip
        return tagged(told, call.asked.get("If-None-Match"))

    def _project_asked_for(self, call: Call) -> Record:
        """Return the project of the path; where that is the asker's own, the one that `token` names goes before."""
        own, token = call.tenant.project, call.query.get("token")
        assert own is not None
        if not token or call.path["project_id"] != CURRENT:
            return own
        project = call.table("projects").first(api_token=token)
        if project is None:
            raise AuthenticationFailed(WRONG_TOKEN)
        organization = call.table("organizations").get(project["organization_id"])
        asker = call.principal
        is_let_in = (
            asker.project["id"] == project["id"]
            if asker.project is not None
            else organization is not None and level(call.user, organization, call.state, project)
        )
        if not is_let_in:
            raise PermissionDenied("You don't have access to the project.")
        return project

    def remote_config(self, call: Call) -> Answer:
        """Return the payload of a flag that is remote configuration, by its id or key; nothing where it has none.

        A secret one is shown to a scoped key alone.

        Raises: BareNotFound for any other flag.
        """
        flag = self._find_flag(call, call.path["id"])
        if flag is None or flag["deleted"] or not flag.get("is_remote_configuration"):
            raise BareNotFound
        payloads = flag["filters"].get("payloads")
        payload = payloads.get("true") if isinstance(payloads, dict) else None
        if payload is None:
            return Answer(None, 200)
        if flag.get("has_encrypted_payloads") and not (call.principal.is_scoped and call.principal.project is None):
            payload = REDACTED
        return Answer(payload, 200)

    def _find_flag(self, call: Call, named: str) -> Record | None:
        flags, key = call.table(self.table), self.tenant_key(call)
        number = integer(named)
        found = flags.first(key=named, **key)
        return found if found is not None or number is None else flags.first(id=number, **key)
