"""Records of inferred tables, put into a world by a test: checked by their schema, completed, all or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from mockserver.errors import APIError
from mockserver.inferred.answering import Inferred
from mockserver.inferred.published import Published
from mockserver.request import auth
from mockserver.request.call import Call, Tenant
from mockserver.seeding.kinds import LoadError, expected
from mockserver.store import Transaction
from mockserver.world.tables import Owner
from mockserver.world.worlds import World


def load_table(
    document: Published, path: str, world: World, transaction: Transaction, records: Sequence[Any]
) -> None:  # fmt: skip
    """Store records of a collection. Raises: LoadError; its place begins with the number of the record."""
    answers = document.answers_of(path)
    for number, given in enumerate(records):
        try:
            _load(document, answers, world, transaction, given)
        except LoadError as error:
            raise error.within(number) from None


def _load(document: Published, answers: Inferred, world: World, transaction: Transaction, given: Any) -> None:
    if not isinstance(given, Mapping):
        raise expected("an object", given)
    collection, shapes = answers.collection, document.tools.shapes
    values = dict(given)
    call = _call(document, answers, world, transaction, values)
    properties = shapes.of(collection.record).properties
    drawer = answers.tools.drawer_now(call)
    hidden = () if collection.shows_key else (collection.key,)
    for name, value in values.items():
        if name in hidden:
            continue
        if name not in properties:
            known = ", ".join(sorted([*properties, *hidden]))
            raise LoadError(f"there is no field {name!r}; known: {known}", name)
        if not drawer.fits(properties[name], value):
            kind = shapes.of(properties[name]).kind or "value"
            raise expected(f"a {kind} that fits the schema", value).within(name)
    try:
        answers.records.require_around(call)
        answers.records.make(call, values, "" if collection.is_single else None)
    except APIError as error:
        raise LoadError(error.detail, *([error.attr] if error.attr else [])) from None


def _call(
    document: Published, answers: Inferred, world: World, transaction: Transaction, values: dict[str, Any]
) -> Call:  # fmt: skip
    """Return a call as of nobody, about the tenant and the records around that a record names; those are taken out."""
    collection = answers.collection
    tenant = _tenant(transaction, collection.owner, values)
    path: dict[str, str] = {}
    if tenant.project is not None:
        path["project_id"] = str(tenant.project["id"])
    elif collection.owner == Owner.ORGANIZATION:
        path["organization_id"] = tenant.organization_id
    fields = {parameter: name for name, parameter in collection.ancestors.items()}
    for parameter in collection.parents:
        named = fields.get(parameter, parameter)
        if values.get(named) is None:
            raise LoadError(f"{named} is required: it names what the record lies in", named)
        path[parameter] = str(values[named] if named in fields.values() else values.pop(named))
    operation = document.any_operation(collection.path)
    return Call(operation, auth.nobody(transaction), tenant, world, transaction, path, MultiDict())


def _tenant(transaction: Transaction, owner: str, values: dict[str, Any]) -> Tenant:
    if not owner:
        return Tenant(None)
    table = "projects" if owner == Owner.PROJECT else "organizations"
    named = values.pop(owner, None)
    first = next(iter(transaction.table(table)), None)
    found = first if named is None else transaction.table(table).get(named)
    if found is None:
        raise LoadError(f"there is no record {named!r} in {table}" if named else f"there are no {table}", owner)
    if table == "organizations":
        return Tenant(found)
    return Tenant(transaction.table("organizations").get(found["organization_id"]), found)
