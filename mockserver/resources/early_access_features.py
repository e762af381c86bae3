"""Early access features: what people may switch on for themselves before everybody has it, by a flag of its own."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import ValidationError
from mockserver.flags.definitions import minimal_flag
from mockserver.request.call import Call
from mockserver.resources.feature_flags import FeatureFlags
from mockserver.resources.feature_flags.features import TABLE, has_features
from mockserver.resources.feature_flags.fields import defaults
from mockserver.resources.filing import Filed
from mockserver.resources.resource import Record
from mockserver.world.tables import OLDEST_FEATURES

RELEASED = ("concept", "alpha", "beta", "general-availability")
"""Stages in which people may enrol."""
FLAG = "feature_flag_id"


class EarlyAccessFeatures(Filed):
    """Features in a stage before release. While it is released, whoever enrols in it has its flag."""

    family = "early_access_features"
    table = TABLE
    component = "EarlyAccessFeature"
    title = "Early Access Feature"
    order = OLDEST_FEATURES
    depends_on = ("feature_flags",)

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._flags = FeatureFlags(contract)

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        flag = call.table("feature_flags").get(record["feature_flag"])
        return {"feature_flag": minimal_flag(flag, call.world.seed) if flag else None}

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Store a feature on the flag that the body names, or on one that is made for it."""
        given = data.pop(FLAG, None)
        is_released = data["stage"] in RELEASED
        if given is None:
            flag = self._make_flag(call, data["name"], is_released)
        else:
            flag = self._given_flag(call, given)
            if is_released:
                flag = self._let_enrol(call, flag)
        return super().perform_create(call, {**data, "feature_flag": flag["id"], "created_at": call.now()})

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version; a stage that is given opens the flag to those who enrol, or closes it."""
        data = {name: value for name, value in data.items() if name != FLAG}
        flag = call.table("feature_flags").get(record["feature_flag"])
        if "stage" in data and flag is not None:
            if data["stage"] not in RELEASED:
                self._close(call, flag)
            elif record["stage"] not in RELEASED:
                self._let_enrol(call, flag)
        return super().perform_update(call, record, data)

    def perform_destroy(self, call: Call, record: Record) -> None:
        """Remove a feature; its flag stays, closed to enrolment."""
        flag = call.table("feature_flags").get(record["feature_flag"])
        if flag is not None:
            self._close(call, flag)
        super().perform_destroy(call, record)

    # Its flag

    def _make_flag(self, call: Call, name: str, is_released: bool) -> Record:
        key = slug(name)
        if not key:
            raise ValidationError("This field may not be blank.", code="blank", attr="key")
        if call.table("feature_flags").first(key=key, deleted=False, **self.tenant_key(call)) is not None:
            raise ValidationError("There is already a feature flag with this key.", code="unique", attr="key")
        sets: dict[str, Any] = {"groups": [{"properties": [], "rollout_percentage": 0, "variant": None}]}
        if is_released:
            sets["super_groups"] = enrolled(key)
        made = defaults(self.contract)
        return self._flags.perform_create(
            call, {**made, "name": f"Feature Flag for Feature {name}", "key": key, "filters": sets}
        )  # fmt: skip

    def _given_flag(self, call: Call, number: Any) -> Record:
        """Return the flag that a body names. Raises: ValidationError for one that cannot have a feature."""
        flag = call.table("feature_flags").get(number)
        if flag is None or flag["project_id"] != call.tenant.project_id:
            raise ValidationError("Feature Flag with this ID does not exist")
        if has_features(call.state, flag):
            raise ValidationError(f"Linked feature flag {flag['key']} already has a feature attached to it.")
        if flag["filters"].get("aggregation_group_type_index") is not None:
            raise ValidationError("Group-based feature flags are not supported for Early Access Features.")
        if (flag["filters"].get("multivariate") or {}).get("variants"):
            raise ValidationError("Multivariate feature flags are not supported for Early Access Features.")
        return flag

    def _let_enrol(self, call: Call, flag: Record) -> Record:
        filters = {**flag["filters"], "super_groups": enrolled(flag["key"])}
        return self._flags.perform_update(call, flag, {"filters": filters})

    def _close(self, call: Call, flag: Record) -> None:
        """Let nobody enrol any more; servers do so beside the flag's own rules, and count no version."""
        filters = {**flag["filters"], "super_groups": None}
        call.table("feature_flags").update(flag, {"filters": filters})


def enrolled(key: str) -> list[dict[str, Any]]:
    """Return the condition that whoever enrolled in a flag's feature meets."""
    enrolment = {"key": f"$feature_enrollment/{key}", "type": "person", "value": ["true"], "operator": "exact"}
    return [{"properties": [enrolment], "rollout_percentage": 100}]


def slug(name: str) -> str:
    """Return a name as Django's `slugify` spells it: words of letters and digits, in lower case, with hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^\w\s-]", "", plain.lower())
    return re.sub(r"[-\s]+", "-", kept).strip("-_")
