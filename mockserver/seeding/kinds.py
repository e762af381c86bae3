"""What value a field of a loaded record may have, and how it is then stored.

A kind takes a value and returns what is stored for it, or raises a `LoadError` that says what was expected. Most are
read from the contract's components; `FIELDS` names those that no component shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from mockserver.contract import Contract, Document, Profile
from mockserver.world import entropy

Kind = Callable[[Any], Any]

LARGEST_ID = 2**53  # what every JSON reader still counts exactly
RELATIVE = re.compile(r"(?:@now)?([+-])(?:(\d{1,6})d)?(?:(\d{1,7})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?")
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,), "null": (type(None),),
}  # fmt: skip
NAMES = {"string": "text", "integer": "an integer", "number": "a number", "boolean": "true or false",
         "array": "a list", "object": "an object", "null": "null"}  # fmt: skip


class LoadError(Exception):
    """A record does not fit; `place` is where: table, number of the record, field."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.place = place

    def within(self, *outer: str | int) -> LoadError:
        """Return the error as seen from outside: its place begins further out."""
        return LoadError(self.message, *outer, *self.place)


def expected(what: str, value: Any) -> LoadError:
    """Return the error that says what was expected and what came."""
    shown = repr(value)
    return LoadError(f"expected {what}, got {shown if len(shown) <= 80 else shown[:77] + '...'}")


def anything(value: Any) -> Any:
    """Take any value."""
    return value


def text(value: Any) -> str:
    """Take text."""
    if not isinstance(value, str):
        raise expected("text", value)
    return value


def given_text(value: Any) -> str:
    """Take text that is not empty."""
    if not isinstance(value, str) or not value:
        raise expected("text that is not empty", value)
    return value


def flag(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise expected("true or false", value)
    return value


def whole(value: Any) -> int:
    """Take an integer."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise expected("an integer", value)
    return value


def id_number(value: Any) -> int:
    """Take an integer that can be an id."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_ID:
        raise expected("an integer above 0", value)
    return value


def structure(value: Any) -> Mapping[str, Any]:
    """Take an object."""
    if not isinstance(value, Mapping):
        raise expected("an object", value)
    return value


def uuid(value: Any) -> str:
    """Take a UUID, in any spelling."""
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise expected("a UUID", value) from None


def one_of(*values: Any) -> Kind:
    """Take one of these."""

    def kind(value: Any) -> Any:
        if not isinstance(value, (str, int, float)) or isinstance(value, bool) or value not in values:
            raise expected("one of " + ", ".join(repr(choice) for choice in values), value)
        return value

    return kind


def profile(value: Any) -> str:
    """Take the name of a profile, with or without a date."""
    try:
        return str(Profile(value))
    except ValueError as error:
        raise LoadError(str(error)) from None


def list_of(item: Kind, *, least: int = 0) -> Kind:
    """Take a list of one kind."""

    def kind(value: Any) -> Any:
        if not isinstance(value, list) or len(value) < least:
            raise expected("a list that is not empty" if least else "a list", value)
        for number, entry in enumerate(value):
            try:
                item(entry)
            except LoadError as error:
                raise error.within(number) from None
        return value

    return kind


def nullable(kind: Kind) -> Kind:
    """Take null too."""
    return lambda value: None if value is None else kind(value)


def moment(now: datetime) -> Kind:
    """Take a time: ISO 8601, or so long before or after now, as in `-3d2h`."""

    def kind(value: Any) -> str:
        if isinstance(value, datetime):
            return entropy.timestamp(value if value.tzinfo else value.replace(tzinfo=UTC))
        if isinstance(value, str):
            found = RELATIVE.fullmatch(value)
            if found and any(found.groups()[1:]):
                days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
                span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
                try:
                    return entropy.timestamp(now - span if found[1] == "-" else now + span)
                except OverflowError:
                    raise expected("a time between the years 1 and 9999", value) from None
            from mockserver.validation.fields import Timestamp  # late: with marshmallow, for times that are given whole

            read = Timestamp.read(value)
            if read is not None:
                return entropy.timestamp(read)
        raise expected("a time (ISO 8601, or relative to now as in -3d2h)", value)

    return kind


def storable(record: Mapping[str, Any]) -> None:
    """Refuse what cannot be stored as JSON in a database. Raises: LoadError, naming the field."""
    try:
        if b"\\u0000" not in orjson.dumps(record):
            return
    except orjson.JSONEncodeError:
        pass
    for name, value in record.items():
        try:
            spelled = orjson.dumps(value)
        except orjson.JSONEncodeError as error:
            raise LoadError(f"cannot be written as JSON: {error}", name) from None
        if re.search(rb"(?<!\\)(?:\\\\)*\\u0000", spelled):
            raise LoadError("text may not hold NUL characters", name)


FIELDS: Mapping[str, Kind] = {
    "email": given_text,
    "event": given_text,
    "distinct_id": given_text,
    "properties": structure,
    "person_properties": structure,
    "person_id": uuid,
    "distinct_ids": list_of(given_text, least=1),
    "level": one_of(1, 8, 15),
    "scopes": nullable(list_of(given_text)),
    "scoped_projects": nullable(list_of(whole)),
    "scoped_organizations": nullable(list_of(uuid)),
    "group_type_index": one_of(0, 1, 2, 3, 4),
    "group_type": given_text,
    "group_key": given_text,
    "group_properties": structure,
    "property_type": nullable(one_of("String", "Numeric", "Boolean", "DateTime", "Duration")),
    "short_id": given_text,
    "steps": list_of(structure),
    "owner": nullable(id_number),
    "verified_by": nullable(id_number),
    "verified": nullable(flag),
    "hidden": nullable(flag),
    "default_columns": nullable(list_of(given_text)),
    "primary_property": nullable(given_text),
    "quota_limited": list_of(given_text),
    "evaluation_tags": nullable(list_of(given_text)),
    "secret_api_token": nullable(given_text),
    "secret_api_token_backup": nullable(given_text),
    "members": list_of(anything),
    "capabilities": nullable(structure),
    "metrics": nullable(structure),
    "public_jobs": nullable(structure),
    "is_global": flag,
    "hog_function_migration_available": flag,
    "is_identified": flag,
    "is_active": flag,
    "is_staff": flag,
    "is_session": flag,
    "password": given_text,
    "has_social_auth": flag,
    "anonymize_data": flag,
    "notification_settings": structure,
    "two_factor": structure,
    "scene_personalisation": list_of(structure),
    "available_product_features": nullable(list_of(structure)),
    "deleted": flag,
    "value": given_text,
    "current_organization_id": nullable(uuid),
    "current_project_id": nullable(id_number),
    "organization_id": uuid,
    "project_id": id_number,
    "user_id": nullable(id_number),
    "user_uuid": uuid,
    "role_id": uuid,
}
MOMENTS = ("timestamp", "date_joined", "last_login")
TEXTS = ("name", "slug", "label", "derived_name", "description", "url", "icon", "tag", "latest_tag", "plugin_type")


def of_field(name: str, now: datetime) -> Kind:
    """Return the kind of a field that no component shows."""
    if name.endswith("_at") or name in MOMENTS:
        return nullable(moment(now))
    return FIELDS.get(name, nullable(text) if name in TEXTS else anything)


def of_property(contract: Contract, spec: Document, now: datetime, *, refers: bool) -> Kind:
    """Return the kind of a component's property; `refers` when it holds the id of another record.

    A record that a component shows whole is stored by id, so what `refers` to a component is an id as well.
    """
    spec = contract.resolve(spec)
    types = spec.get("type", [])
    types = (types,) if isinstance(types, str) else tuple(types)
    if refers and set(types) <= {"object", "null"}:
        return nullable(id_number)
    if spec.get("format") == "date-time":
        kind: Kind = moment(now)
    elif spec.get("format") == "uuid":
        kind = uuid
    elif "enum" in spec:
        kind = one_of(*(value for value in spec["enum"] if value is not None))
    elif types:
        kind = _typed(types, spec)
    else:
        return anything
    return nullable(kind) if "null" in types else kind


def _typed(types: tuple[str, ...], spec: Document) -> Kind:
    classes = tuple(cls for name in types for cls in TYPES[name])
    takes_flags = bool in classes
    what = " or ".join(NAMES[name] for name in types if name != "null") or "null"
    longest, least, most = spec.get("maxLength"), spec.get("minimum"), spec.get("maximum")

    def kind(value: Any) -> Any:
        if not isinstance(value, classes) or (isinstance(value, bool) and not takes_flags):
            raise expected(what, value)
        if longest is not None and isinstance(value, str) and len(value) > longest:
            raise expected(f"text of at most {longest} characters", value)
        if isinstance(value, (int, float)) and (
            (least is not None and value < least) or (most is not None and value > most)
        ):
            raise expected(f"a number from {least} to {most}", value)
        return value

    return kind
