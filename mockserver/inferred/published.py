"""A document in use: its operations bound to what answers them, route by route, when they are first asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from mockserver.contract import ByProfile, Operation, Profile, Standing, Success
from mockserver.contract.operations import Unread
from mockserver.inferred.answering import Inferred
from mockserver.inferred.answering.neighbouring import Neighbouring
from mockserver.inferred.answering.records import Around, Records
from mockserver.inferred.answering.tools import Tools
from mockserver.inferred.compiled import Compiled
from mockserver.inferred.conforming import Conformity
from mockserver.inferred.matching import Matcher
from mockserver.inferred.naming import singular, words_of
from mockserver.inferred.operations import success_of
from mockserver.inferred.outlines import Act, Collection, Role
from mockserver.inferred.shapes import Shapes
from mockserver.inferred.templates import Names, Template
from mockserver.request.parsing import MEDIA_TYPES
from mockserver.resources.resource import Resource
from mockserver.road.binding import Endpoint, Route
from mockserver.world.tables import Owner

NOTHING_UNREAD = Unread(frozenset(), frozenset())
VACANT = "vacant"
"""The table of families that hold nothing: what a document says of them is more than they do."""
NO_COLLECTION = Collection("", "")


class Published:
    """One document, answered from."""

    def __init__(self, compiled: Compiled, modelled: Sequence[Route]) -> None:
        self.compiled = compiled
        self.name = called(compiled.name)
        self.tools = Tools(Shapes(compiled.components.resolve))
        self.conformity = Conformity(compiled.operations, self.tools)
        self._modelled = {Template.of(route.path).shape: route for route in modelled}
        self._routes: dict[str, Route] = {}
        self._resources: dict[tuple[str, bool], Inferred] = {}

    @cached_property
    def templates(self) -> dict[str, Template]:
        """The paths, by what tells each from the others."""
        names = Names()
        listed = [names.template(operation["path"]) for operation in self.compiled.operations.values()]
        return {template.shape: template for template in listed}

    @cached_property
    def ids(self) -> dict[str, dict[str, str]]:
        """The operations of each path, by method."""
        found: dict[str, dict[str, str]] = {}
        for id, operation in self.compiled.operations.items():
            shape = Template.of(operation["path"]).shape
            found.setdefault(shape, {})[operation["method"].upper()] = id
        return found

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.templates.values())

    @cached_property
    def collections(self) -> dict[str, Collection]:
        """What there is, by path."""
        return {path: Collection.of_json(each) for path, each in self.compiled.collections.items()}

    @cached_property
    def _by_shape(self) -> dict[str, Collection]:
        return {Template.of(path).shape: each for path, each in self.collections.items()}

    def match(self, path: str) -> tuple[Template, dict[str, str]] | None:
        """Return the template that a path fits, and what it has for its parameters."""
        base = self.compiled.base
        if base and path.startswith(f"{base}/"):
            found = self._matcher.match(path[len(base) :])
            if found is not None:
                return found
        return self._matcher.match(path)

    def is_modelled(self, shape: str, method: str) -> bool:
        """Return whether a modelled family answers an operation."""
        route = self._modelled.get(shape)
        return route is not None and route.resource.table != VACANT and method in route.endpoints

    @cached_property
    def answered(self) -> dict[str, tuple[str, str]]:
        """The operations that are answered from here, each with its path's shape and its method."""
        return {
            id: (shape, method)
            for shape, methods in self.ids.items()
            for method, id in methods.items()
            if not self.is_modelled(shape, method)
        }

    def operations(self) -> list[Operation]:
        """Return every operation that is answered from here."""
        return [self.route(shape).endpoints[method].operation for shape, method in self.answered.values()]

    def outline(self) -> list[dict[str, Any]]:
        """Return what the paths are about: collections that are answered from here, and what is done with each."""
        done: dict[str, dict[str, str]] = {}
        for id in self.answered:
            role = Role.of_json(self.compiled.roles[id])
            done.setdefault(role.collection, {})[id] = f"{role.action} {role.verb}".strip()
        return [
            {
                "path": path, "table": found.table, "key": found.key, "identity": str(found.identity),
                "single": found.is_single, "operations": done[path],
            }
            for path, found in self.collections.items()
            if path in done
        ]  # fmt: skip

    # Routes

    def route(self, shape: str) -> Route:
        """Return a path's route."""
        if shape not in self._routes:
            self._routes[shape] = self._made(self.templates[shape])
        return self._routes[shape]

    def _made(self, template: Template) -> Route:
        endpoints: dict[str, Endpoint] = {}
        resource: Inferred | None = None
        for method, id in self.ids[template.shape].items():
            role = Role.of_json(self.compiled.roles[id])
            resource = self._resource(template, role)
            operation = self._operation(id, template)
            refuses = operation.successes[Profile.DOCUMENTED].status >= 400
            action = resource.refuse if refuses else getattr(resource, role.action)
            endpoints[method] = Endpoint(operation, resource, action, False)
        assert resource is not None
        mount = self._mount(template, resource)
        return Route(template.path, template.path[len(mount) :].lstrip("/"), resource, endpoints)

    def _mount(self, template: Template, resource: Inferred) -> str:
        path = resource.collection.path
        return path if path and template.path.startswith(path) else template.path

    def _operation(self, id: str, template: Template) -> Operation:
        told = self.compiled.operations[id]
        spec = {**told, "security": self._security(told.get("security")), "x-open": self._is_open(told.get("security"))}
        spec["x-any-key"] = template.owner is Owner.NOBODY and not template.path.startswith("/api/")
        spec["responses"] = {"401": {}, **told["responses"]}
        success = self._success(told)
        return Operation(
            id, told["method"], told["path"], template.table, told["path"], Standing.INFERRED, spec,
            ByProfile(lambda profile: success), ByProfile(lambda profile: NOTHING_UNREAD),
        )  # fmt: skip

    def _success(self, told: Mapping[str, Any]) -> Success:
        status, schema = success_of(told)
        content = told["responses"][status].get("content", {})
        return Success(int(status), schema, tuple(content))

    def _security(self, told: Any) -> list[dict[str, list[str]]]:
        """Return the first of the ways in which one may be let in: a key that may do what it asks for may do all."""
        first = told[0] if isinstance(told, list) and told else None
        known = first if isinstance(first, Mapping) else {}
        return [{str(n): [str(s) for s in scopes] for n, scopes in known.items() if isinstance(scopes, list)}]

    def _is_open(self, told: Any) -> bool:
        """Return whether nobody has to show who they are: it is said, or no way of doing so is known."""
        if told is None:
            return not self.compiled.schemes
        return isinstance(told, list) and (not told or any(not requirement for requirement in told))

    def _resource(self, template: Template, role: Role) -> Inferred:
        """Return what answers the operations about a collection."""
        found = self.collections.get(role.collection, NO_COLLECTION)
        path = Template(found.path) if found.path else template
        key = (template.shape, True) if not found.path else (path.shape, False)
        if key not in self._resources:
            self._resources[key] = made = self._bound(path, template, found)
            made.records.refer(self._referred(found))
        return self._resources[key]

    def _referred(self, found: Collection) -> dict[str, Records]:
        """Return the fields of a record that must name one of another collection, each with the records of that.

        A field is named after what it names: `customer`, or `customer_id`, of `/customers`, in the same tenant.
        """
        shapes = self.tools.shapes
        others: dict[str, Records] = {}
        shape = shapes.of(found.record)
        taken = {found.key, *found.tenants, *found.ancestors, *found.created_by, *found.updated_by}
        for name, prop in shape.properties.items():
            each = shapes.of(prop)
            words = words_of(name)
            words = words[:-1] if len(words) > 1 and words[-1] in ("id", "uuid") else words
            path = self._by_word.get((found.owner, words), found.path)
            is_given = name in taken or each.nullable or "enum" in each.words
            if path == found.path or is_given or self.collections[path].parents:
                continue
            if each.kind in ("integer", "string") and not isinstance(other := self.answers_of(path), Neighbouring):
                others[name] = other.records
        return others

    @cached_property
    def _by_word(self) -> dict[tuple[str, tuple[str, ...]], str]:
        """The collections, by their tenant and the words for one of their records."""
        listed = {(each.owner, words_of(singular(each.table))): path for path, each in self.collections.items()}
        return {key: path for key, path in listed.items() if not self.collections[path].is_single}

    def _bound(self, path: Template, template: Template, found: Collection) -> Inferred:
        name = "".join(word.title() for word in re.findall(r"[A-Za-z0-9]+", found.table or template.table)) or "Root"
        media_types = {kind for told in self.compiled.operations.values() for kind in _media_types(told)}
        members = {
            "family": found.table or template.table, "title": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name),
            "parses": (*MEDIA_TYPES, *sorted(media_types.difference(MEDIA_TYPES))),
            "refuses_without_scope": path.owner is not Owner.NOBODY or path.path.startswith("/api/"),
        }  # fmt: skip
        roles = {id: Role.of_json(role) for id, role in self.compiled.roles.items() if role["collection"] == found.path}
        around = [self._around(each) for each in (path.around if found.path else template.around)]
        told = (self.tools, path, found, roles, around)
        modelled = self._modelled_at(path.shape)
        if found.path and modelled is not None:
            item = self._around(Template(f"{found.path}/{{{found.parameter}}}")) if found.parameter else None
            kind = type(name, (Neighbouring,), members)
            return kind(*told, item=item, modelled=modelled)  # type: ignore[no-any-return]
        return type(name, (Inferred,), members)(*told)  # type: ignore[no-any-return]

    def _modelled_at(self, shape: str) -> Resource | None:
        """Return the modelled family of which a path is a collection."""
        for each in (shape, f"{shape}/{{}}"):
            route = self._modelled.get(each)
            if route is not None and route.resource.table != VACANT:
                return route.resource
        return None

    def _around(self, item: Template) -> Around:
        """Return who knows the records that a path lies in: a modelled family, a collection, or nobody."""
        route = self._modelled.get(item.shape)
        if route is not None and route.resource.table != VACANT:
            return Around(item, None, route.resource, Template.of(route.path).parameters)
        found = self._by_shape.get(item.parent.shape)
        if found is None or found.is_single:
            return Around(item, None, None, ())
        named = Role("", Act.RETRIEVE, found.path, on_item=True)
        return Around(item, self._resource(item, named).records, None, ())

    def tables(self) -> dict[str, str]:
        """Return the tables of what is answered from here, each with its collection's path; a project's first."""
        paths = [each["path"] for each in self.outline()]
        paths.sort(key=lambda path: self.collections[path].owner != Owner.PROJECT)
        found: dict[str, str] = {}
        for path in paths:
            if not isinstance(self.answers_of(path), Neighbouring):
                found.setdefault(self.collections[path].table, path)
        return found

    def answers_of(self, path: str) -> Inferred:
        """Return what answers the operations about a collection."""
        return self._resource(Template(path), Role("", Act.LIST, path))

    def any_operation(self, path: str) -> Operation:
        """Return an operation about a collection: whichever there is."""
        id = next(id for id in self.answered if self.compiled.roles[id]["collection"] == path)
        where, method = self.answered[id]
        return self.route(where).endpoints[method].operation


def called(source: str) -> str:
    """Return the name that a document goes by: its title, or its file's name, in small letters."""
    last = source.rstrip("/").rsplit("/", 1)[-1]
    plain = re.sub(r"\.(?:ya?ml|json)$", "", last, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9.]+", "-", plain.lower()).strip("-.") or "document"


def _media_types(told: Mapping[str, Any]) -> list[str]:
    return [kind.partition(";")[0].strip().lower() for kind in told["requestBody"].get("content", {})]
