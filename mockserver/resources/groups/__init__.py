"""Groups: companies, workspaces, whatever events belong to beside persons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.errors import NotFound, SwappedValidationError, ValidationError
from mockserver.listing.pagination import Cursor
from mockserver.listing.tuplesort import first_rows
from mockserver.listing.values import laid_out
from mockserver.request.call import Answer, Call
from mockserver.request.tenancy import integer
from mockserver.resources.behaviours import ActivityLogged
from mockserver.resources.groups.properties import counted_names, counted_values, define
from mockserver.resources.groups.relations import related_to
from mockserver.resources.resource import Record, Shape
from mockserver.store.orders import sort_key

INDEX, KEY = "group_type_index", "group_key"
UNSET = "$unset"
NO_INDEX = (
    "You must pass ?group_type_index= in this URL. To get a list of valid group types, call "
    "/api/:project_id/groups_types/."
)


class Groups(ActivityLogged):
    """Groups of a project, known by the index of their type and their key. Source: recorded answers."""

    family = "groups"
    table = "groups"
    component = "Group"
    title = "Groups"
    pagination = Cursor()
    tells_fields = False
    activity_scope = "Group"

    # Reading

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the groups of one type, the newest first. Raises: ValidationError where none is named."""
        if not call.query.get(INDEX):
            raise ValidationError(NO_INDEX, attr=INDEX)
        index = _index(call)
        found = [group for group in call.table(self.table).find(**self.tenant_key(call)) if group[INDEX] == index]
        return first_rows(found, _made_at, len(found))  # those of one moment fall as PostgreSQL lets them

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        key, text = call.query.get(KEY, "").lower(), call.query.get("search", "").lower()
        return [
            group
            for group in records
            if key in group[KEY].lower()
            and (not text or text == group[KEY].lower() or text in stored(group["group_properties"]).lower())
        ]

    def find(self, call: Call) -> Any:
        """Return the group of a type and a key."""
        return self._asked_for(call)

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"group_properties": laid_out(record["group_properties"])}

    def shapes(self) -> Mapping[str, Shape]:
        return {"FoundGroup": self._found}

    def _found(self, record: Record, call: Call) -> dict[str, Any]:
        shown: dict[str, Any] = self.show(record, call)
        return {**shown, **({"notebook": None} if "notebook" in self._layout("FoundGroup", call.profile) else {})}

    def activity(self, call: Call, record: Record | None = None) -> Any:
        """Return a page of what was done to a group."""
        return super().activity(call, self._asked_for(call))

    def related(self, call: Call) -> Any:
        """Return the persons and groups that came in the same events as a person or a group."""
        key = call.query.get("id")
        if not key:
            raise _required("id")
        return related_to(call, _index(call) if call.query.get(INDEX) else None, key)

    def property_definitions(self, call: Call) -> Any:
        """Return the properties that groups have, by the index of their type, the commonest first."""
        return counted_names(call.table(self.table).find(**self.tenant_key(call)))

    def property_values(self, call: Call) -> Any:
        """Return the values of a property, the commonest first."""
        if not call.query.get(INDEX):
            raise _required(INDEX)
        key, index = call.query.get("key"), _index(call)
        if not key:
            raise _required("key")
        groups = [group for group in call.table(self.table).find(**self.tenant_key(call)) if group[INDEX] == index]
        return counted_values(groups, key, call.query.get("value", ""))

    # Writing

    def create(self, call: Call) -> Any:
        """Store a group. Raises: ValidationError, NotFound.

        Of what type it is and what its properties are the servers find out when they have stored it, and leave it
        behind. Source: recorded lists.
        """
        data = self.load(call)
        data["group_properties"] = {} if data["group_properties"] is None else data["group_properties"]
        if self._held(call, data[INDEX], data[KEY]) is not None:
            raise ValidationError("A group with this key already exists", attr="detail")
        problem = self._problem(call, data)
        if problem is None:
            for name, value in data["group_properties"].items():
                define(call, data[INDEX], name, value)
        elif not call.is_observed:
            raise problem
        made = {**self.identify(call), **data, "created_at": call.now()}
        record = call.table(self.table).insert(made)
        return record if problem is None else Answer(problem.body, problem.status)

    def _problem(self, call: Call, data: Mapping[str, Any]) -> NotFound | ValidationError | None:
        if not isinstance(data["group_properties"], Mapping):
            return ValidationError("Properties are an object.", attr="group_properties")
        kind = call.table("group_types").first(group_type_index=data[INDEX], **self.tenant_key(call))
        return NotFound() if kind is None else None

    def update_property(self, call: Call) -> Any:
        """Set a property of a group. Raises: NotFound, ValidationError."""
        group, body = self._asked_for(call), _body(call)
        name, value = body.get("key"), body.get("value")
        if not name:
            raise SwappedValidationError("key")
        if value is None:
            raise SwappedValidationError("value")
        if not isinstance(name, str):
            raise ValidationError("Not a valid string.", code="invalid", attr="key")
        held = laid_out(_properties(group))
        define(call, group[INDEX], name, value)
        action = "changed" if name in held else "created"
        return self._put(call, group, {**held, name: value}, name, self.change(None, held.get(name), value, action))

    def delete_property(self, call: Call) -> Any:
        """Take a property from a group. Raises: NotFound, ValidationError, for one that it lacks too."""
        group, body = self._asked_for(call), _body(call)
        name = body.get(UNSET)
        if not name:
            raise SwappedValidationError(UNSET)
        if not isinstance(name, str):
            detail = "This field is required and must be a string (the property name to delete)."
            raise ValidationError(detail, attr=UNSET)
        held = _properties(group)
        if name not in held:
            raise ValidationError(f"Property '{name}' does not exist on this group.", attr=UNSET)
        kept = {each: value for each, value in laid_out(held).items() if each != name}
        return self._put(call, group, kept, name, self.change(None, held[name], None, "deleted"))

    def _put(
        self, call: Call, group: Record, properties: dict[str, Any], name: str, change: dict[str, Any]
    ) -> dict[str, Any]:  # fmt: skip
        updated = call.table(self.table).update(group, {"group_properties": properties})
        self.log(call, updated, "update_property", [change], name=name)
        return {**self.show(updated, call), "group_properties": properties}  # as it was put, not yet as it lies

    # What these are made of

    def _asked_for(self, call: Call) -> Record:
        """Return the group that the query names. Raises: ValidationError, NotFound."""
        for name in (INDEX, KEY):
            if not call.query.get(name):
                raise _required(name)
        group = self._held(call, _index(call), call.query[KEY])
        if group is None:
            raise NotFound
        return group

    def _held(self, call: Call, index: int, key: str) -> Record | None:
        return call.table(self.table).first(group_key=key, group_type_index=index, **self.tenant_key(call))


def stored(properties: Any) -> str:
    """Return properties as PostgreSQL spells them, in whose text lists are searched."""
    return json.dumps(laid_out(properties), ensure_ascii=False)


def _made_at(group: Record) -> Any:
    return sort_key(group["created_at"])


def _properties(group: Record) -> dict[str, Any]:
    held = group["group_properties"]
    return dict(held) if isinstance(held, Mapping) else {}


def _index(call: Call) -> int:
    text = call.query[INDEX].strip()
    number = integer(text.removeprefix("-"))
    if number is None:
        raise ValidationError("A valid integer is required.", attr=INDEX)
    return -number if text.startswith("-") else number


def _body(call: Call) -> Mapping[str, Any]:
    if isinstance(call.body, Mapping):
        return call.body
    kind = {list: "list", str: "str", type(None): "NoneType"}.get(type(call.body), type(call.body).__name__)
    raise ValidationError(f"Invalid data. Expected a dictionary, but got {kind}.")


def _required(name: str) -> ValidationError:
    """Return the error for a parameter that is missing, in the words of later servers; those of 2025 fail."""
    return ValidationError("This query parameter is required.", attr=name)
