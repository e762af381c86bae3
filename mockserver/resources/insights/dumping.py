"""Queries as servers show them after they have read them into their models: every field of each, given or not.

Source: recorded insights with the filters of a dashboard over theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract import Contract, Document, Profile

DEFAULTS: Mapping[str, Any] = {
    "explicitDate": False, "filterTestAccounts": False, "operator": "exact", "breakdown_type": "event",
    "aggregationAxisFormat": "numeric", "resultCustomizationBy": "value", "showAlertThresholdLines": False,
    "showLegend": False, "showMultipleYAxes": False, "showPercentStackView": False, "showValuesOnSeries": False,
    "smoothingIntervals": 1, "yAxisScaleType": "linear", "display": "ActionsLineGraph", "compare": False,
    "interval": "day",
}  # fmt: skip
"""What a field is that is not given, where the servers' models have something other than nothing."""
LATER = frozenset({"optionalInFunnel"})
"""Fields that no recorded answer of 2025 shows where they are not given."""
WITH_PROPERTIES = frozenset({
    "TrendsQuery", "FunnelsQuery", "RetentionQuery", "PathsQuery", "StickinessQuery", "LifecycleQuery",
})  # fmt: skip
"""Kinds that have no properties, rather than nothing, where none are given."""


def dumped(contract: Contract, query: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    """Return a query with every field of its kind."""
    kind = query.get("kind")
    spec = contract.components.get(str(kind))
    return dict(query) if spec is None else _model(contract, str(kind), spec, query, profile)


def _model(contract: Contract, name: str, spec: Document, given: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    properties = spec.get("properties", {})
    whole: dict[str, Any] = {}
    for field, schema in properties.items():
        if not profile.has(schema) or (field in LATER and field not in given):
            continue
        if given.get(field) is not None:
            whole[field] = _value(contract, schema, given[field], profile)
        else:
            whole[field] = (
                [] if field == "properties" and name in WITH_PROPERTIES else _default(schema, field, field in given)
            )
    others = {field: value for field, value in given.items() if field not in properties}
    return dict(sorted({**whole, **others}.items()))


def _default(schema: Document, field: str, is_given: bool) -> Any:
    if is_given:
        return None
    return schema.get("default", DEFAULTS.get(field))


def _value(contract: Contract, schema: Document, value: Any, profile: Profile) -> Any:
    if isinstance(value, list):
        items = contract.resolve(_fitting(contract, schema, value)).get("items") or {}
        return [_value(contract, items, item, profile) for item in value]
    if not isinstance(value, Mapping):
        return value
    shape = _fitting(contract, schema, value)
    resolved = contract.resolve(shape)
    if "properties" not in resolved:
        return value
    return _model(contract, "", resolved, value, profile)


def _fitting(contract: Contract, schema: Document, value: Any) -> Document:
    """Return the one of a schema's options that a value is of."""
    resolved: Document = contract.resolve(schema)
    if "discriminator" in resolved and isinstance(value, Mapping):
        target = resolved["discriminator"]["mapping"].get(value.get(resolved["discriminator"]["propertyName"]))
        return {"$ref": target} if target else {}
    options = resolved.get("anyOf")
    if not options:
        return resolved
    best, most = {}, -1
    for option in options:
        inner = _fitting(contract, option, value)
        score = _fit(contract.resolve(inner), value)
        if score > most:
            best, most = inner, score
    return best


def _fit(shape: Document, value: Any) -> int:
    """Return how well a value fits a shape: the fields that it has of it, none where a constant differs."""
    if isinstance(value, list):
        return 1 if "items" in shape or shape.get("type") == "array" else -1
    if not isinstance(value, Mapping) or shape.get("type") == "null":
        return -1
    properties = shape.get("properties", {})
    for field, schema in properties.items():
        if "const" in schema and field in value and value[field] != schema["const"]:
            return -1
    if shape.get("additionalProperties") is False and any(field not in properties for field in value):
        return -1
    return sum(field in value for field in properties)
