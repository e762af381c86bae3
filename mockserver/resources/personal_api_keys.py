"""PersonalApiKeys."""

from __future__ import annotations

from mockserver.resource import Resource


class PersonalApiKeys(Resource):
    """PersonalApiKeys."""

    family = "personal_api_keys"
    table = "api_keys"
    component = "PersonalApiKey"
