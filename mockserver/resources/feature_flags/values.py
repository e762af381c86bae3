"""What a flag may be, as conditions on it are offered."""

from __future__ import annotations

from typing import Any

from mockserver.errors import BareError
from mockserver.request.call import Call
from mockserver.request.tenancy import integer
from mockserver.resources.resource import Resource

NONE_NAMED, NO_ID, UNKNOWN = (
    "Missing flag ID parameter",
    "Invalid flag ID - must be an integer",
    "Feature flag not found",
)


class FlagValues(Resource):
    """The values of a flag."""

    family = "flag_values"
    table = "feature_flags"
    component = "FeatureFlag"
    title = "Flag Value"

    def values(self, call: Call) -> Any:
        """Return on, off, and the variants of the flag that `key` is the id of. Raises: BareError."""
        named = call.query.get("key")
        if not named:
            raise BareError({"error": NONE_NAMED})
        number = integer(named)
        if number is None:
            raise BareError({"error": NO_ID})
        flag = call.table(self.table).first(id=number, **self.tenant_key(call))
        if flag is None or flag["deleted"]:
            raise BareError({"error": UNKNOWN}, 404)
        return [{"name": value} for value in (True, False, *_variants(flag["filters"]))]


def _variants(filters: Any) -> list[str]:
    multivariate = filters.get("multivariate") if isinstance(filters, dict) else None
    variants = multivariate.get("variants") if isinstance(multivariate, dict) else None
    found = [one.get("key") for one in variants if isinstance(one, dict)] if isinstance(variants, list) else []
    return [key for key in found if isinstance(key, str)]
