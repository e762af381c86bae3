"""Fields of flags whose rules the contract cannot say: a key that nobody else has, filters that can be evaluated."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mockserver.contract import Contract
from mockserver.request.call import Call
from mockserver.resources.feature_flags.features import has_features
from mockserver.resources.feature_flags.rules import judge_filters
from mockserver.resources.feature_flags.secrets import kept_payloads
from mockserver.store import Record
from mockserver.validation import fields
from mockserver.validation.fields import refuse

KEY = re.compile(r"[a-zA-Z0-9_-]+")
NO_SETS = "Feature flags must have at least one condition set (group)."


@dataclass(frozen=True)
class Judged:
    """The request whose body is being judged, and the flag that it changes, if it changes one."""

    call: Call
    record: Record | None


_judged: ContextVar[Judged] = ContextVar("judged")


@contextmanager
def of_flag(call: Call, record: Record | None) -> Iterator[None]:
    """Judge bodies as those of a flag that is made, or of one that is changed."""
    token = _judged.set(Judged(call, record))
    try:
        yield
    finally:
        _judged.reset(token)


class Key(fields.Text):
    """What code asks for a flag by; of the living flags of a project only one has it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        judged = _judged.get()
        taken = judged.call.table("feature_flags").find(
            key=text, project_id=judged.call.tenant.project_id, deleted=False
        )
        if any(judged.record is None or flag["id"] != judged.record["id"] for flag in taken):
            refuse("There is already a feature flag with this key.", "unique")
        if not KEY.fullmatch(text):
            refuse("Only letters, numbers, hyphens (-) & underscores (_) are allowed.", "invalid_key")
        return text


class Dashboard(fields.Reference):
    """The id of a dashboard, of whatever project: servers of 2025 look no further. Source: a recorded answer."""

    def __init__(self) -> None:
        super().__init__("dashboards")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        key = None if isinstance(value, (bool, dict, list)) else self.key(value)
        if key is not None and _judged.get().call.table(self.table).get(key) is not None:
            return key
        return super()._deserialize(value, attr, data, **kwargs)


class Filters(fields.Object):
    """The conditions of a flag. Those without condition sets change nothing, and make none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        filters = super()._deserialize(value, attr, data, **kwargs)
        judged = _judged.get()
        if "groups" not in filters:
            if judged.record is None:
                refuse(NO_SETS)
            return dict(judged.record["filters"])
        flag = judged.record or {"key": str((data or {}).get("key")), "id": None}
        if judged.record is not None:
            filters = dict(kept_payloads(judged.record, filters))
        call = judged.call
        judge_filters(
            call.state, call.tenant.project_id, flag, filters, has_feature=has_features(call.state, judged.record)
        )
        return filters


def defaults(contract: Contract) -> dict[str, Any]:
    """Return what a new flag is where nothing is said of it, as the contract gives it."""
    fields = contract.components["FeatureFlag"]["properties"]
    return {
        name: copy.copy(field["default"])
        for name, field in fields.items()
        if "default" in field and not field.get("writeOnly") and name != "version"
    }
