"""Tie every operation of the contract to the action that answers it, or refuse to start."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache, cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

from mockserver.caching import find_made, keep_made
from mockserver.contract import ByProfile, Contract, Family, Operation, Profile
from mockserver.contract.locations import contract_files
from mockserver.request.call import Call
from mockserver.store import Record

if TYPE_CHECKING:
    from mockserver.resources.resource import Resource

Action = Callable[..., Any]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
METHOD_ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")
STANDARD = frozenset({"list", "create", "retrieve", "update", "partial_update", "destroy"})


class BindingError(Exception):
    """The contract and the resources do not fit; the message names the operation and the method sought."""


@dataclass(frozen=True)
class Endpoint:
    """An operation bound to its action."""

    operation: Operation
    resource: Resource
    action: Action
    takes_record: bool

    @cached_property
    def reads_first(self) -> bool:
        """Whether the action is given the state as it stands, and not a transaction."""
        operation = self.operation
        return operation.method.upper() in SAFE or operation.action in self.resource.reads_first

    def act(self, call: Call) -> Any:
        """Answer; an action that names `record` is given it, or the 404 is sent first."""
        if self.takes_record and "id" in call.path:
            record: Record = self.resource.get_record(call, call.path["id"])
            return self.action(call, record=record)
        return self.action(call)


@dataclass(frozen=True)
class Route:
    """A path under one mount, and what answers each of its methods."""

    path: str
    relative: str
    resource: Resource
    endpoints: Mapping[str, Endpoint]
    unmodelled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Methods that servers answer here and this contract does not describe, and the scopes that they ask for."""
    instead: Route | None = None
    """The route that takes this path for a record's, in a profile whose servers do not know any of its operations."""

    def seen(self, profile: Profile, path: dict[str, str]) -> tuple[Route, dict[str, str]]:
        """Return the route that a profile's servers find, and the path's parameters as they read them."""
        found = self._seen[profile]
        return (found, path) if found.relative == self.relative else (found, {**path, "id": self.relative})

    def operation_id(self, profile: Profile, method: str) -> str | None:
        """Return the operation that a method is for, as a profile's servers have it."""
        return self._operation_ids[profile].get(method)

    @cached_property
    def _operation_ids(self) -> ByProfile[dict[str, str]]:
        return ByProfile(self._name_operations)

    def _name_operations(self, profile: Profile) -> dict[str, str]:
        ids = {method: endpoint.operation.id for method, endpoint in self._seen[profile].endpoints.items()}
        return ids | ({"HEAD": ids["GET"]} if "GET" in ids else {})

    @cached_property
    def _seen(self) -> ByProfile[Route]:
        return ByProfile(self._see)

    def _see(self, profile: Profile) -> Route:
        there = {method: e for method, e in self.endpoints.items() if e.operation.exists_in(profile)}
        if not there and self.instead is not None:
            return self.instead._seen[profile]
        return self if len(there) == len(self.endpoints) else replace(self, endpoints=there)

    @property
    def is_gone(self) -> bool:
        """Whether nothing at all is found under this path: so it is where `seen` leaves no method."""
        return not self.endpoints

    @property
    def is_custom(self) -> bool:
        """Whether the path ends in an action's own name rather than in a collection or a record."""
        return any(part and not part.startswith("{") for part in self.relative.split("/"))

    @cached_property
    def allow(self) -> str:
        """The `Allow` header: the methods in DRF's order."""
        methods = [method for method in METHOD_ORDER if method in self.endpoints or method in self.unmodelled]
        return ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """The formats that its answers come in, the usual one first."""
        return self.resource.formats(self.relative)

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """Scopes of the path's actions, whatever the method."""
        return next((e.operation.scopes for e in self.endpoints.values() if e.operation.scopes), ())

    @cached_property
    def declares_scopes(self) -> bool:
        """Whether the path's actions declare scopes of their own, so that they are asked for whatever the method."""
        return any(e.operation.scopes and not e.operation.scoped_by_name for e in self.endpoints.values())

    @cached_property
    def stranger_status(self) -> int:
        """The status for who bears no key or an unknown one, whatever the method."""
        return next(iter(self.endpoints.values())).operation.stranger_status

    @cached_property
    def takes_sharing_tokens(self) -> bool:
        """Whether a sharing token is looked at here at all, whatever the method."""
        return any(e.operation.takes_sharing_tokens for e in self.endpoints.values())

    @cached_property
    def takes_nobody(self) -> bool:
        """Whether who bears no key is let in here, whatever the method."""
        return any(e.operation.takes_nobody for e in self.endpoints.values())

    @cached_property
    def reading_scope(self) -> str | None:
        """The scope that OPTIONS asks for."""
        return f"{self.scopes[0].partition(':')[0]}:read" if self.scopes else None

    @property
    def name(self) -> str:
        """The name that OPTIONS gives."""
        if self.is_custom:
            return self.relative.rsplit("/", 1)[-1].replace("_", " ").title()
        title = self.resource.title or type(self.resource).__name__
        return f"{title} {'Instance' if self.relative else 'List'}"


class Routes(Sequence[Route]):
    """The routes of every mount, by path; those of a family are bound when one of them is first asked for."""

    def __init__(self, contract: Contract, resources: Mapping[str, type[Resource]]) -> None:
        self._contract, self._resources = contract, resources
        self._bound: dict[str, dict[str, Route]] = {}
        self._binding = RLock()
        self.families = contract.summary.routes
        """The family of each path."""

    def at(self, path: str) -> Route:
        """Return the route of a path. Raises: BindingError, KeyError."""
        return self.of(self.families[path])[path]

    def of(self, family: str) -> Mapping[str, Route]:
        """Return the routes of a family, by path.

        Raises: BindingError for an operation without a method, or a resource's own public method that is neither an
        operation nor a hook.
        """
        found = self._bound.get(family)
        if found is None:
            with self._binding:  # two resources of one family would each keep what is worked out once
                found = self._bound.get(family)
                if found is None:
                    found = self._bound[family] = {route.path: route for route in self._bind(family)}
        return found

    def __getitem__(self, place: Any) -> Any:
        paths = list(self.families)[place]
        return [self.at(path) for path in paths] if isinstance(place, slice) else self.at(paths)

    def __iter__(self) -> Iterator[Route]:
        return map(self.at, self.families)

    def __len__(self) -> int:
        return len(self.families)

    def _bind(self, family: str) -> Iterable[Route]:
        operations = self._contract.operations_of(family)
        resource = self._resources[family](self._contract)
        _refuse_strays(type(resource), operations)
        return _routes(self._contract, self._contract.families[family], operations, resource)


def bind_shipped(contract: Contract, resources: Mapping[str, type[Resource]]) -> Routes:
    """Return every route of the contract that is shipped. All of them can be bound: that was found out by an earlier
    process of the same code and the same contract, or is now. Raises: BindingError.
    """
    if find_made("bound", "") is None:
        routes = bind(contract, resources)
        keep_made("bound", "", True, contract_files())
        return routes
    return Routes(contract, resources)


def bind(contract: Contract, resources: Mapping[str, type[Resource]]) -> Routes:
    """Return every route, bound. Raises: BindingError, also for a family without a resource, and the reverse."""
    missing = contract.families.keys() - resources.keys()
    if missing:
        raise BindingError(f"no resource answers the families: {', '.join(sorted(missing))}")
    unknown = resources.keys() - contract.families.keys()
    if unknown:
        raise BindingError(f"no family of the contract is called: {', '.join(sorted(unknown))}")
    routes = Routes(contract, resources)
    for family in contract.families:
        routes.of(family)
    return routes


def _routes(contract: Contract, family: Family, operations: Sequence[Operation], resource: Resource) -> Iterable[Route]:
    """Yield the routes of a family; what the contract shows under one mount answers under each of them."""
    for mount in family.mounts:
        found: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            methods = found.setdefault(operation.relative, {})
            if operation.method.upper() not in methods or operation.mount == mount:
                methods[operation.method.upper()] = operation
        routes: dict[str, Route] = {}
        for relative, methods in found.items():
            path = f"{mount}/{relative}" if relative else mount
            endpoints = {method: _endpoint(operation, resource) for method, operation in methods.items()}
            unmodelled = {
                method.upper(): tuple(scopes)
                for operation in methods.values()
                for method, scopes in contract.unmodelled(operation.path).items()
            }
            routes[relative] = Route(path, relative, resource, endpoints, unmodelled)
        for relative, route in routes.items():
            is_word = "/" not in relative and route.is_custom
            yield replace(route, instead=routes["{id}"]) if is_word and "{id}" in routes else route


def _endpoint(operation: Operation, resource: Resource) -> Endpoint:
    action = getattr(resource, operation.action, None)
    if not callable(action):
        public = [name for name in dir(resource) if not name.startswith("_")]
        closest = get_close_matches(operation.action, public, n=1)
        hint = f"; the closest is {closest[0]}" if closest else ""
        raise BindingError(f"{operation.id}: {type(resource).__name__} has no method {operation.action}{hint}")
    return Endpoint(operation, resource, action, _takes_record(getattr(action, "__func__", action)))


@cache
def _takes_record(function: Action) -> bool:
    return "record" in inspect.signature(function).parameters


def _refuse_strays(resource: type[Resource], operations: Iterable[Operation]) -> None:
    wanted = {operation.action for operation in operations}
    if not resource.reads_first <= wanted:
        raise BindingError(f"{resource.__name__}: not an operation: {', '.join(sorted(resource.reads_first - wanted))}")
    hooks = {name for base in resource.__mro__[1:] for name in vars(base)} - STANDARD
    for name, member in vars(resource).items():
        if name.startswith("_") or not inspect.isfunction(member) or name in wanted or name in hooks:
            continue
        closest = get_close_matches(name, wanted, n=1)
        hint = f"; did you mean {closest[0]}?" if closest else ""
        raise BindingError(f"{resource.__name__}.{name} is neither an operation of {resource.family} nor a hook{hint}")
