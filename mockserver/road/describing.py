"""What OPTIONS says of a view: its name, what it reads and gives, and the fields of what may be written.

Source: DRF's SimpleMetadata, and recorded answers. The fields are told only to who may write and bears no scoped key,
whose scopes say nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockserver.contract import Contract, Document, Profile, for_profile
from mockserver.errors import APIError
from mockserver.request.call import Call
from mockserver.road.binding import Endpoint, Route

MEDIA_TYPES = {"json": "application/json", "csv": "text/csv"}
TOLD = ("PUT", "POST")
"""The methods whose fields are told; a view is asked for its permissions with each of them."""
FORMATS = {"date-time": "datetime", "email": "email", "decimal": "decimal"}
BOUNDS = {
    "minLength": "min_length", "maxLength": "max_length", "minimum": "min_value", "maximum": "max_value",
    "x-max-digits": "max_digits", "x-decimal-places": "decimal_places",
}  # fmt: skip


def description(route: Route, call: Call) -> dict[str, Any]:
    """Return what OPTIONS says of a view to who asks."""
    resource = route.resource
    text: dict[str, Any] = {
        "name": route.name,
        "description": "",
        "renders": [MEDIA_TYPES[name] for name in route.formats],
        "parses": list(resource.reads(call.profile)),
    }
    actions = {
        method: fields(resource.contract, resource.component, call.profile, resource.writes)
        for method in writable(route, call)
    }
    return {**text, "actions": actions} if actions else text


def writable(route: Route, call: Call) -> Iterator[str]:
    """Yield the methods whose fields are told: those that the asker may use, on a record that there is."""
    if call.principal.is_scoped or not route.resource.tells_fields:
        return
    for method in TOLD:
        endpoint = route.endpoints.get(method)
        if endpoint is not None and may_use(endpoint, replace(call, operation=endpoint.operation)):
            yield method


def may_use(endpoint: Endpoint, call: Call) -> bool:
    """Return whether the asker's level lets them write, and whether there is what a PUT would replace."""
    if call.tenant.level < endpoint.operation.membership_level:
        return False
    if endpoint.operation.method != "put" or "id" not in call.path:  # what has no id of its own is always there
        return True
    try:
        endpoint.resource.get_record(call, call.path["id"])
    except APIError:
        return False
    return True


def fields(contract: Contract, component: str, profile: Profile, writes: str | None = None) -> dict[str, Any]:
    """Return the fields of a component as DRF tells them; those that are written as another says, as it says."""
    spec = for_profile(contract.components[component], profile)
    required = set(spec.get("required", ()))
    written = for_profile(contract.components[writes], profile).get("properties", {}) if writes else {}
    return {
        name: field(contract, profile, name, written.get(name) or prop, is_required=name in required and not writes)
        for name, prop in spec.get("properties", {}).items()
        if prop is not False
    }


def field(contract: Contract, profile: Profile, name: str, prop: Document, *, is_required: bool) -> dict[str, Any]:
    """Return one field as DRF tells it."""
    flat, nested = flatten(contract, prop)
    types = [kind for kind in as_list(flat.get("type")) if kind != "null"]
    nullable = "null" in as_list(flat.get("type")) or not types
    is_read = bool(prop.get("readOnly"))
    kind = kind_of(flat, types, nested, is_read=is_read)
    told: dict[str, Any] = {
        "type": kind,
        "required": is_required and not is_read and not nullable and "default" not in flat,
        "read_only": is_read,
        "label": flat.get("x-label") or label(name, types),
        **bounds(flat, kind, is_read=is_read),
    }
    if not told["label"]:
        del told["label"]
    if kind == "list":
        told["child"] = field(contract, profile, "", flat["items"], is_required=True)
    elif nested:
        told["children"] = fields(contract, nested, profile)
    elif kind == "choice" and not is_read:
        told["choices"] = choices(flat)
    return told


def kind_of(flat: Document, types: list[str], nested: str | None, *, is_read: bool) -> str:
    """Return the kind of a field. What a view works out, relations and JSON are plain fields."""
    if "x-view-kind" in flat:
        return str(flat["x-view-kind"])
    if nested:
        return "nested object"
    if ("x-references" in flat and not is_read) or types in (["object"], []) or (types == ["array"] and is_read):
        return "field"
    if "enum" in flat or "x-choices" in flat:
        return "choice"
    if flat.get("format") in FORMATS:
        return FORMATS[flat["format"]]
    return {"array": "list", "number": "float"}.get(types[0], types[0]) if len(types) == 1 else "field"


def bounds(flat: Document, kind: str, *, is_read: bool) -> dict[str, Any]:
    """Return a field's bounds; of what is only read, and of what is no text or number, there are none."""
    if is_read or kind in ("field", "choice", "list", "nested object"):
        return {}
    found = {BOUNDS[name]: value for name, value in flat.items() if name in BOUNDS}
    return {name: value for name, value in found.items() if not (name == "min_length" and kind == "string")}


def choices(flat: Document) -> list[dict[str, Any]]:
    """Return the values of a choice and how they are called; nothing and null are no choices of their own."""
    names: Mapping[str, str] = flat.get("x-names", {})

    from mockserver.validation.schemas import timezones  # late: OPTIONS is seldom asked

    listed = sorted(timezones()) if flat.get("x-choices") == "timezones" else flat.get("enum", ())
    values = [value for value in listed if value not in ("", None)]
    return [{"value": value, "display_name": names.get(str(value), str(value))} for value in values]


def label(name: str, types: list[str]) -> str:
    """Return a name as DRF spells it; the integer key of a model has its own spelling."""
    return "ID" if name == "id" and types == ["integer"] else name.replace("_", " ").capitalize()


def flatten(contract: Contract, prop: Document) -> tuple[Document, str | None]:
    """Return a property as one shape, and the component that it nests, if it does."""
    options = [option for option in prop.get("anyOf", ()) if option.get("type") != "null"]
    reference = prop.get("$ref") or (options[0].get("$ref") if len(options) == 1 else None)
    if reference is None:
        return prop, None
    shape = contract.resolve({"$ref": reference})
    flat = {**shape, **{key: value for key, value in prop.items() if key not in ("$ref", "anyOf")}}
    return flat, str(reference).rsplit("/", 1)[-1] if "properties" in shape else None


def as_list(value: Any) -> list[Any]:
    """Return a value as the list that it is or would be."""
    return value if isinstance(value, list) else [] if value is None else [value]
