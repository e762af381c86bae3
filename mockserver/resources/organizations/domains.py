"""Domains: what addresses are an organization's own, and how their people sign in."""

from __future__ import annotations

import re
from typing import Any

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource
from mockserver.store import View
from mockserver.world import plans
from mockserver.world.entropy import URL_SAFE
from mockserver.world.tables import DOMAINS_BY_NAME

SHAPE = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}")
ONLY_VERIFIED = ("jit_provisioning_enabled", "sso_enforcement")
SAML = ("saml_entity_id", "saml_acs_url", "saml_x509_cert")


class Domains(Resource):
    """The domains of an organization; members read them, admins write them. A domain is one organization's alone."""

    family = "domains"
    table = "domains"
    component = "OrganizationDomain"
    title = "Organization Domain"
    order = DOMAINS_BY_NAME
    depends_on = ()
    level_refusal = "Your organization access level is insufficient."

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        """Return the body's values; a domain's name stays. Raises: ValidationError."""
        data = super().load(call, record, **how)
        if record is None:
            self._judge_name(call, data["domain"])
            return {**data, **{name: self.schema.load_fields[name].load_default for name in ONLY_VERIFIED}}
        data.pop("domain", None)
        for name in ONLY_VERIFIED if not record["verified_at"] else ():
            if name in data:
                raise ValidationError(
                    "This attribute cannot be updated until the domain is verified.",
                    code="verification_required", attr=name,
                )  # fmt: skip
        organization = call.tenant.organization
        if data.get("jit_provisioning_enabled") and organization and not plans.has(organization, plans.PROVISIONING):
            raise ValidationError(
                "Automatic provisioning is not enabled for this organization.",
                code="feature_not_available", attr="jit_provisioning_enabled",
            )  # fmt: skip
        return data

    def _judge_name(self, call: Call, name: str) -> None:
        if call.table(self.table).first(domain=name) is not None:
            raise ValidationError("domain with this domain already exists.", code="unique", attr="domain")
        if not SHAPE.fullmatch(name):
            raise ValidationError("Please enter a valid domain or subdomain name.", attr="domain")

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"verified_at": None, "verification_challenge": call.new_token(alphabet=URL_SAFE)}

    def verify(self, call: Call, record: Record) -> Record:
        """Verify a domain: a server that one hosts oneself takes one's word for it. Raises: ValidationError."""
        if record["verified_at"]:
            raise ValidationError("This domain has already been verified.", code="already_verified")
        return call.table(self.table).update(record, {"verified_at": call.now()})

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        has_scim = bool(record.get("scim_enabled"))
        return {
            "is_verified": bool(record["verified_at"]),
            "has_saml": all(record.get(name) for name in SAML),
            "has_scim": has_scim,
            "scim_base_url": f"/scim/v2/{record['id']}" if has_scim else None,
            "scim_bearer_token": None,
        }


def sso_enforcement(view: View, email: str) -> str | None:
    """Return the one way in for an address, where its domain is verified and says so."""
    domain = view.table("domains").first(domain=email.rpartition("@")[2].lower())
    return (domain["sso_enforcement"] or None) if domain is not None and domain["verified_at"] else None
