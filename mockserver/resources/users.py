"""Users."""

from __future__ import annotations

from mockserver.resource import Resource


class Users(Resource):
    """Users."""

    family = "users"
    table = "users"
    component = "User"
