"""RoleMemberships."""

from __future__ import annotations

from mockserver.resource import Resource


class RoleMemberships(Resource):
    """RoleMemberships."""

    family = "role_memberships"
    table = "role_memberships"
    component = "RoleMembership"
