"""Roles."""

from __future__ import annotations

from mockserver.resource import Resource


class Roles(Resource):
    """Roles."""

    family = "roles"
    table = "roles"
    component = "Role"
