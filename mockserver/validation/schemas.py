"""Components of the contract as marshmallow schemas: what a client may write, judged as DRF would judge it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import marshmallow
from marshmallow import EXCLUDE, missing

from mockserver.contract import Contract, Document, Profile
from mockserver.errors import ValidationError
from mockserver.validation import fields


@cache
def timezones() -> frozenset[str]:
    """Return the names of all time zones, looked up once: they are files, hundreds of them."""
    return frozenset(available_timezones())


def build_schema(
    contract: Contract, component: str, overrides: Mapping[str, fields.Field] | None = None,
    profile: Profile = Profile.DOCUMENTED,
) -> Schema:  # fmt: skip
    """Return the schema of a component's writable properties, in the component's order.

    A property is required on create when the component requires it, and it has neither a default nor null to fall
    back on. `overrides` are fields whose behaviour the contract cannot say. Properties that no server has are left out,
    and so ignored; those that the profile's servers have at another date are not asked for.
    """
    spec = contract.components[component]
    required = set(spec.get("required", ()))
    members: dict[str, Any] = {}
    for name, prop in spec.get("properties", {}).items():
        is_asked = name in required and profile.has(prop)
        prop = _flatten(contract, prop)
        seen = prop.get("x-observed") if profile.is_observed else None
        if prop.get("readOnly") or seen is False:
            continue
        if isinstance(seen, Mapping):
            prop = seen
        if overrides and name in overrides:
            members[name] = overrides[name]
        else:
            members[name] = build_field(contract, prop, required=is_asked)
    schema: type[Schema] = type(component, (Schema,), members)
    return schema()


def build_field(contract: Contract, prop: Document, *, required: bool = False) -> fields.Field:
    """Return the field that judges one property."""
    prop = _flatten(contract, prop)
    types = prop.get("type", [])
    types = [types] if isinstance(types, str) else list(types)
    nullable = "null" in types or not types
    options: dict[str, Any] = {"allow_none": nullable, "required": False}
    if "default" in prop:
        default = prop["default"]
        options["load_default"] = (lambda: copy.copy(default)) if isinstance(default, (list, dict)) else default
    elif nullable:
        options["load_default"] = None
    else:
        options["required"] = required
    return _typed(contract, prop, [kind for kind in types if kind != "null"], options)


def _typed(contract: Contract, prop: Document, types: list[str], options: dict[str, Any]) -> fields.Field:
    if "x-references" in prop:
        reference = fields.UuidReference if prop.get("format") == "uuid" else fields.Reference
        return reference(prop["x-references"], **options)
    if prop.get("x-choices") == "timezones":
        return fields.Choice(timezones(), **options)
    if "enum" in prop:
        return fields.Choice(prop["enum"], **options)
    bounds = {"minimum": prop.get("minimum"), "maximum": prop.get("maximum")}
    match types:
        case ["string"]:
            return _text(prop, bounds, options)
        case ["boolean"]:
            return fields.Boolean(**options)
        case ["integer"]:
            return fields.Integer(**bounds, **options)
        case ["number"]:
            return fields.Number(**bounds, **options)
        case ["array"] if prop.get("items"):
            inner = build_field(contract, prop["items"], required=True)
            many = fields.References if isinstance(inner, fields.Reference) else fields.Items
            return many(inner, **options)
        case ["object"]:
            return fields.Object(**options)
    return fields.Json(**options)


def _text(prop: Document, bounds: dict[str, Any], options: dict[str, Any]) -> fields.Field:
    match prop.get("format"):
        case "date-time":
            return fields.Timestamp(**options)
        case "uuid":
            return fields.Uuid(**options)
        case "decimal":
            return fields.DecimalText(places=prop["x-decimal-places"], digits=prop["x-max-digits"], **bounds, **options)
        case "email":
            return fields.Email(min_length=1, max_length=prop.get("maxLength"), **options)
    kind = fields.Url if prop.get("x-url") else fields.Text
    return kind(min_length=prop.get("minLength", 0), max_length=prop.get("maxLength"), **options)


def _flatten(contract: Contract, prop: Document) -> Document:
    """Return a property as one flat schema: references followed, `anyOf` of a shape and null as a nullable shape."""
    siblings = {key: value for key, value in prop.items() if key not in ("$ref", "anyOf")}
    shape = contract.resolve(prop) if "$ref" in prop else prop
    if "anyOf" in shape:
        options = [contract.resolve(option) for option in shape["anyOf"]]
        shapes = [option for option in options if option.get("type") != "null"]
        if len(shapes) != 1:
            return siblings
        flat = {**shapes[0], **siblings}
        kind = flat.get("type", [])
        flat["type"] = [*([kind] if isinstance(kind, str) else kind), "null"]
        return flat
    return {**shape, **siblings}


class Schema(marshmallow.Schema):
    """A component's writable properties; unknown ones are ignored."""

    class Meta:
        unknown = EXCLUDE

    def judge(
        self, data: Any, lookup: fields.Lookup, *,
        partial: bool = False, replacing: bool = False, is_form: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Return the values to store.

        `partial` leaves out what the body leaves out, where otherwise defaults apply; so does `replacing`, which still
        asks for what is required, as DRF's PUT does. `lookup` tells whether a record that the body refers to exists.

        Raises: ValidationError with the first problem, in the component's order.
        """
        if is_form:
            data = self._read_form(data, partial=partial)
        if data is None:
            raise ValidationError("No data provided", code="null")
        if not isinstance(data, Mapping):
            raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(data).__name__}.")
        token = fields.lookup.set(lookup)
        try:
            return self._values(data, partial=partial, replacing=replacing)
        finally:
            fields.lookup.reset(token)

    def _values(self, data: Mapping[str, Any], *, partial: bool, replacing: bool) -> dict[str, Any]:
        """Return what each field makes of its value, as `load` does, but for its hooks, and for problems after the
        first: they are half of the time that it takes.
        """
        loaded: dict[str, Any] = {}
        for name, field in self.load_fields.items():
            given = data.get(name, missing)
            if given is missing and (partial or not field.required):
                if not partial and not replacing and field.load_default is not missing:
                    loaded[name] = field.load_default() if callable(field.load_default) else field.load_default
                continue
            try:
                loaded[name] = field.deserialize(given, name, data, partial=partial)
            except marshmallow.ValidationError as error:
                detail, attr = first_problem({name: error.messages})
                raise ValidationError(str(detail), code=getattr(detail, "code", None), attr=attr) from None
        return loaded

    def _read_form(self, form: Any, *, partial: bool) -> dict[str, Any]:
        """Return a form's values as JSON would have them.

        A JSON field is written as JSON text; nothing means null where a number or date may be null; a boolean that a
        whole form leaves out is false, as an unticked box is.
        """
        data: dict[str, Any] = {}
        for name, field in self.load_fields.items():
            if name not in form:
                if isinstance(field, fields.Boolean) and not partial and not field.allow_none:
                    data[name] = False
                continue
            text = form[name]
            if isinstance(field, fields.Items):
                values = form.getlist(name)
                data[name] = _json_or(values[0], values) if len(values) == 1 else values
            elif isinstance(field, (fields.Json, fields.Object)):
                data[name] = _json_or(text, fields.NOT_JSON)
            elif text == "" and field.allow_none and not isinstance(field, fields.Text):
                data[name] = None
            else:
                data[name] = text
        return data


def _json_or(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return otherwise


def first_problem(messages: Any) -> tuple[str, str | None]:
    """Return the first message of a tree of them, and its place, names joined by two underscores."""
    path: list[str] = []
    while isinstance(messages, Mapping):
        key, messages = next(iter(messages.items()))
        if key != "_schema":
            path.append(str(key))
    return messages[0], "__".join(path) or None
