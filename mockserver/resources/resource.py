"""Resource: a family of operations over one table, and the six standard actions.

A family declares what is particular to it and overrides hooks; everything else is the same for all of them.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mockserver.contract import ByProfile, Contract, Document, Operation, Profile, component_name, for_profile
from mockserver.errors import NotFound
from mockserver.listing.pagination import (
    Cursor,
    Fetch,
    FullPageOffset,
    LimitOffset,
    NumberedPages,
    Page,
    PageNumber,
)
from mockserver.request.call import Call, Principal, Tenant
from mockserver.request.parsing import MEDIA_TYPES
from mockserver.request.tenancy import integer, locate, require_membership, uuid
from mockserver.store import Order, Record, View
from mockserver.world.tables import TABLES, Owner

if TYPE_CHECKING:
    from mockserver.validation import fields
    from mockserver.validation.schemas import Schema

__all__ = ["Page", "Record", "Resource"]

Shape = Callable[[Record, Call], Any]


class Resource:
    """A class that answers the operations of one family."""

    family: ClassVar[str]
    table: ClassVar[str]
    component: ClassVar[str]
    writes: ClassVar[str | None] = None
    """The component that bodies are judged by, where it is another than the records'."""
    title: ClassVar[str] = ""
    """The name that OPTIONS gives; the server's own view is called so."""
    pagination: ClassVar[LimitOffset | Cursor | FullPageOffset | PageNumber | NumberedPages] = LimitOffset()
    order: ClassVar[Order | None] = None
    """The list kept in order that `list` pages through, when nothing filters it."""
    search_fields: ClassVar[Sequence[str]] = ()
    narrowing: ClassVar[Sequence[str]] = ()
    """Parameters of the list, beside a search, that leave some of it out or order it anew."""
    relations: ClassVar[Mapping[str, str]] = {}
    """Fields that hold a user's id and show the user."""
    depends_on: ClassVar[Sequence[str] | None] = ()
    """Other tables that a record's representation reads; None where it also depends on who asks."""
    parses: ClassVar[tuple[str, ...]] = MEDIA_TYPES
    renders: ClassVar[tuple[str, ...]] = ("json",)
    moments: ClassVar[frozenset[str]] = frozenset()
    """Fields whose times CSV spells as Python does: those that servers show without a serializer of their own."""
    field_overrides: ClassVar[Mapping[str, fields.Field]] = {}
    tells_fields: ClassVar[bool] = True
    """Whether OPTIONS tells the fields of what may be written; servers tell none where no serializer reads it."""
    has_writing_scope: ClassVar[bool] = True
    """Whether servers know a scope for writing here, even where nothing can be written."""
    refuses_without_scope: ClassVar[bool] = True
    """Whether servers refuse a scoped key for a method that names no action, as PostHog's do, before their 405."""
    level_refusal: ClassVar[str] = "You need to have admin level or higher."
    reads_first: ClassVar[frozenset[str]] = frozenset()
    """Actions of methods that may write which take long to compute: they are given the state as it stands, so that
    nobody waits for them, and write at their end, if at all, in `call.writing()`."""
    shape_only: ClassVar[frozenset[str]] = frozenset()
    """Actions that answer in the right shape and do not yet compute what they should."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.owner = TABLES[self.table].owner
        self.key = TABLES[self.table].key
        self._schemas = ByProfile(self._build_schema)
        self._layouts: dict[tuple[str, Profile], builtins.list[str]] = {}

    def _build_schema(self, profile: Profile) -> Schema:
        from mockserver.validation.schemas import build_schema  # with the first body: who only reads needs no fields

        return build_schema(self.contract, self.writes or self.component, self.field_overrides, profile)

    @cached_property
    def schema(self) -> Schema:
        """How bodies are judged, where the profile does not matter."""
        return self._schemas[Profile.DOCUMENTED]

    # The six standard actions

    def list(self, call: Call) -> Any:
        """Return a page of the records the caller may see."""
        return self.pagination.page(call, self.fetcher(call))

    def create(self, call: Call) -> Any:
        """Store a new record."""
        return self.perform_create(call, self.load(call))

    def retrieve(self, call: Call, record: Record) -> Any:
        """Return one record."""
        return record

    def update(self, call: Call, record: Record) -> Any:
        """Change a record to what the body says; what the body may leave out, and does, stays as it is."""
        return self.perform_update(call, record, self.load(call, record, replacing=True))

    def partial_update(self, call: Call, record: Record) -> Any:
        """Change some fields of a record."""
        return self.perform_update(call, record, self.load(call, record, partial=True))

    def destroy(self, call: Call, record: Record) -> Any:
        """Remove a record."""
        self.perform_destroy(call, record)

    # Hooks: what a family may do otherwise

    def locate(self, path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
        """Return the tenant that a path is about. Raises: NotFound."""
        return locate(path, principal, view)

    def require_membership(self, tenant: Tenant, path: Mapping[str, str]) -> None:
        """Refuse who does not belong to the tenant that a path names. Raises: PermissionDenied."""
        require_membership(tenant, path)

    def scopes(self, operation: Operation, body: Any) -> tuple[str, ...]:
        """Return the scopes that a request needs, all of them."""
        return operation.scopes

    def reads(self, profile: Profile) -> tuple[str, ...]:
        """Return the media types of bodies that are read."""
        return self.parses

    def formats(self, relative: str) -> tuple[str, ...]:
        """Return the formats that a path's answers come in; the path is given as it goes on from the mount."""
        return self.renders

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the records of the tenant that the caller may see, in the list's order."""
        table = call.table(self.table)
        if self.order:
            return table.in_order(self.order, self.group(call))
        return table.find(**self.tenant_key(call))

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        """Return the records that the query parameters ask for."""
        return records

    def is_filtered(self, call: Call) -> bool:
        """Return whether a list is anything but the whole of `order`, so that it must be gone through."""
        asked = ("search", *self.narrowing) if self.search_fields else self.narrowing
        return any(call.query.get(name) for name in asked)

    def pages_in_order(self, call: Call) -> bool:
        """Return whether a page can be cut from `order` as it stands, without going through all records."""
        return type(self).get_records is Resource.get_records and not self.is_filtered(call)

    def get_record(self, call: Call, key: str) -> Record:
        """Return the record that the path names. Raises: NotFound, for another tenant's too."""
        record = call.table(self.table).get(self.read_key(key))
        if record is None or any(record.get(name) != value for name, value in self.tenant_key(call).items()):
            raise NotFound
        return record

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Store a record made of what the client gave and what the server sets."""
        return call.table(self.table).insert({**self.identify(call), **data, **self.server_fields(call)})

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Store a new version of a record."""
        return call.table(self.table).update(record, data)

    def perform_destroy(self, call: Call, record: Record) -> None:
        """Remove a record from its table."""
        call.table(self.table).delete(record)

    def server_fields(self, call: Call) -> dict[str, Any]:
        """Return what the server sets on a new record, beside its id and tenant."""
        return {}

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        """Return the fields of a record that are not stored as the API shows them."""
        return {}

    def shapes(self) -> Mapping[str, Shape]:
        """Return how a record looks as another component than its own."""
        return {}

    # What families build on

    def load(
        self, call: Call, record: Record | None = None, *, partial: bool = False, replacing: bool = False
    ) -> dict[str, Any]:
        """Return the body's values, judged by the component. Raises: ValidationError."""
        schema = self._schemas[call.profile]
        return schema.judge(call.body, self.lookup(call), partial=partial, replacing=replacing, is_form=call.is_form)

    def lookup(self, call: Call) -> fields.Lookup:
        """Return a test of whether a record of another table exists for this tenant."""

        def exists(table: str, key: Any) -> bool:
            found = call.table(table).get(key)
            return found is not None and self._is_tenants(call, table, found)

        return exists

    def _is_tenants(self, call: Call, table: str, record: Record) -> bool:
        match TABLES[table].owner:
            case Owner.PROJECT:
                return bool(record["project_id"] == call.tenant.project_id)
            case Owner.ORGANIZATION:
                return bool(record.get("is_global") or record["organization_id"] == call.tenant.organization_id)
        return True

    def tenant_key(self, call: Call) -> dict[str, Any]:
        """Return the fields that tie a record to the tenant."""
        match self.owner:
            case Owner.PROJECT:
                return {"project_id": call.tenant.project_id}
            case Owner.ORGANIZATION:
                return {"organization_id": call.tenant.organization_id}
        return {}

    def group(self, call: Call) -> tuple[Any, ...]:
        """Return which of the lists kept in `order` is the tenant's: of living records, where some are deleted."""
        assert self.order is not None
        values = {**self.tenant_key(call), "deleted": False}
        return tuple(values[name] for name in self.order.group)

    def identify(self, call: Call) -> dict[str, Any]:
        """Return a new record's id and tenant."""
        identifier = call.next_id(self.table) if TABLES[self.table].identity == "integer" else call.new_uuid()
        return {self.key: identifier, **self.tenant_key(call)}

    def read_key(self, text: str) -> Any:
        """Return the key that a path segment spells. Raises: NotFound when it spells none."""
        key = integer(text) if TABLES[self.table].identity == "integer" else uuid(text)
        if key is None:
            raise NotFound
        return key

    def fetcher(self, call: Call) -> Fetch:
        """Return how to get one stretch of the list: from the list kept in order, or by going through all of it."""
        whole = self.pages_in_order(call)

        def fetch(offset: int, limit: int) -> tuple[Sequence[Record], int]:
            if whole and self.order:
                return call.table(self.table).page(self.order, self.group(call), offset, limit)
            records = self.filter_records(call, self.search(call, self.get_records(call)))
            return records[offset : offset + limit], len(records)

        return fetch

    def search(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        """Return the records in which every word of `search` stands, in whatever case."""
        terms = search_terms(call.query.get("search", ""))
        if not terms or not self.search_fields:
            return records
        return [record for record in records if all(self._mentions(record, term) for term in terms)]

    def _mentions(self, record: Record, term: str) -> bool:
        return any(term in str(record.get(name) or "").lower() for name in self.search_fields)

    # Representation

    def show(self, record: Record, call: Call, component: str | None = None) -> Any:
        """Return a record as a component of the contract, in the component's order of fields."""
        component = component or self.component
        shape = self.shapes().get(component)
        if shape:
            return shape(record, call)
        own = self.represent(record, call)
        for name, table in self.relations.items():
            if name not in own:
                own[name] = user_basic(call, record.get(name), table)
        return {name: own[name] if name in own else record.get(name) for name in self._layout(component, call.profile)}

    def _layout(self, component: str, profile: Profile) -> builtins.list[str]:
        """Return the names that a component shows."""
        key = (component, profile)
        if key not in self._layouts:
            spec: Document = for_profile(self.contract.components[component], profile)
            self._layouts[key] = [
                name
                for name, prop in spec.get("properties", {}).items()
                if prop is not False and not prop.get("writeOnly")
            ]
        return self._layouts[key]

    def rows_component(self, schema: Document | None, rows_key: str = "results") -> str | None:
        """Return the component of a page's rows."""
        envelope = self.contract.resolve(schema or {})
        rows = envelope.get("properties", {}).get(rows_key, envelope if envelope.get("type") == "array" else {})
        return component_name(rows.get("items"))


def user_basic(call: Call, user_id: Any, table: str = "users") -> dict[str, Any] | None:
    """Return a user as other records show one."""
    user = call.table(table).get(user_id) if user_id is not None else None
    return user_fields(user) if user else None


def user_fields(user: Record) -> dict[str, Any]:
    """Return what other records show of a user."""
    return {name: user.get(name) for name in USER_BASIC} | {"hedgehog_config": hedgehog_basic(user)}


def hedgehog_basic(user: Record) -> dict[str, Any] | None:
    """Return of a user's hedgehog what other records show: how it looks."""
    hedgehog = user.get("hedgehog_config")
    return {name: hedgehog.get(name) for name in HEDGEHOG_BASIC} if isinstance(hedgehog, Mapping) and hedgehog else None


HEDGEHOG_BASIC = ("use_as_profile", "color", "accessories", "skin")


USER_BASIC = (
    "id", "uuid", "distinct_id", "first_name", "last_name", "email", "is_email_verified", "hedgehog_config",
    "role_at_organization",
)  # fmt: skip


def search_terms(text: str) -> list[str]:
    """Return the words of a search in lower case: parted by blanks or commas, quoted phrases kept together."""
    found = re.findall(r'"([^"]*)"|\'([^\']*)\'|([^\s,"\']+)', text.replace("\x00", ""))
    return [term.lower() for groups in found for term in groups if term.strip()]
