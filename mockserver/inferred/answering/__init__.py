"""Actions on what was inferred: made, listed, read, changed and removed, as modelled families are.

What a client sends is judged by the schema of the body (`bodies`); a record is made of it, of what the server sets,
and of what is drawn for the rest (`records`, `values`); and every answer is fitted to the schema of its response
(`answers`).
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.contract import Document, Operation, Profile
from mockserver.errors import HardDeleteRefused, of_status
from mockserver.inferred import changing, paging
from mockserver.inferred.answering.answers import Answers
from mockserver.inferred.answering.bodies import Bodies
from mockserver.inferred.answering.records import Around, Records
from mockserver.inferred.answering.tools import Tools
from mockserver.inferred.outlines import Collection, Role
from mockserver.inferred.templates import Template
from mockserver.request.call import MEMBER, Call, Principal, Tenant
from mockserver.request.tenancy import locate, require_membership
from mockserver.resources.resource import Resource
from mockserver.store import Record, View


class Inferred(Resource):
    """Answers the operations about one collection, or about none."""

    table = "inferred"
    component = ""
    tells_fields = False
    depends_on = None

    def __init__(  # a family is read from our contract; this is not
        self, tools: Tools, template: Template, collection: Collection, roles: Mapping[str, Role],
        around: Sequence[Around],
    ) -> None:  # fmt: skip
        self.owner = template.owner
        self.key = collection.key
        self.collection = collection
        self.tools = tools
        self.records = Records(tools, template.owner, collection, around)
        self.bodies = Bodies(tools, collection)
        self.answers = Answers(tools, collection, collection.table or template.table)
        self._roles = roles

    # The standard actions

    def list(self, call: Call) -> Any:
        """Return a page of the records that the query asks for."""
        role = self.role(call)
        self.records.require_around(call)
        every = self.records.shelf(call).all()
        asked = paging.chosen(call, role, self.collection, every, self.tools.shapes)
        return self.answers.page(call, role, paging.narrowed(asked, role.verb))

    def create(self, call: Call) -> Any:
        """Store a new record, or several where a list of them is sent."""
        self.records.require_around(call)
        accepted = self.bodies.accepted(call)
        if isinstance(accepted, builtins.list):
            made = [self.records.make(call, each if isinstance(each, Mapping) else {}) for each in accepted]
            return self.answers.several(call, made)
        return self.answers.one(call, self.records.make(call, accepted if isinstance(accepted, Mapping) else {}))

    def retrieve(self, call: Call) -> Any:  # type: ignore[override]
        """Return one record."""
        return self.answers.one(call, self.find(call)[1])

    def update(self, call: Call) -> Any:  # type: ignore[override]
        """Change a record to what the body says; what the body may leave out, and does, stays as it is."""
        key, record = self.find(call)
        return self.answers.one(call, self.records.change(call, key, record, self.bodies.fields(call)))

    def partial_update(self, call: Call) -> Any:  # type: ignore[override]
        """Change some fields of a record."""
        key, record = self.find(call, with_deleted=True)
        return self.answers.one(call, self.records.change(call, key, record, self.bodies.fields(call, partial=True)))

    def destroy(self, call: Call) -> Any:  # type: ignore[override]
        """Remove a record."""
        key, record = self.find(call)
        self.records.shelf(call).remove(key)
        return self.answers.removed(call, record)

    # Other actions

    def put(self, call: Call) -> Any:
        """Let a record be as the body says, whether there was one or not."""
        self.records.require_around(call)
        shelf = self.records.shelf(call)
        key = self.records.read_key(call, shelf, call.path[self.collection.parameter])
        record, fields = shelf.get(key), self.bodies.fields(call)
        if record is not None:
            return self.answers.one(call, self.records.change(call, key, record, fields))
        return self.answers.one(call, self.records.make(call, fields, key))

    def act(self, call: Call) -> Any:
        """Let happen what the last word of the path says, as far as its name and its body tell."""
        role = self.role(call)
        sent = self.bodies.fields(call, partial=call.operation.method == "patch")
        if not role.on_item:
            self.records.require_around(call)
            if changing.is_removal(role.verb) and self.collection.path and not self.collection.is_single:
                self.records.remove_several(call, sent)
            return self.answers.told(call, role.verb, sent)
        key, record = self.find(call, with_deleted=True)
        if changing.is_copy(role.verb):
            return self.answers.one(call, self.records.copy(call, record, sent))
        changes = changing.changes(self.tools.shapes, record, self.collection.record, role.verb, sent, call.now())
        if changes:
            record = self.records.change(call, key, record, changes)
        return self.answers.told(call, role.verb, sent, record)

    def view(self, call: Call) -> Any:
        """Tell what nobody writes: always the same of the same record."""
        role = self.role(call)
        if role.on_item:
            return self.answers.told(call, role.verb, {}, self.find(call)[1])
        self.records.require_around(call)
        return self.answers.told(call, role.verb, {})

    def refuse(self, call: Call) -> Any:
        """Refuse, where the document tells of no other answer."""
        status = call.operation.successes[call.profile].status
        raise HardDeleteRefused if status == HardDeleteRefused.status else of_status(status)

    def role(self, call: Call) -> Role:
        """Return what the operation does."""
        return self._roles[call.operation.id]

    def find(self, call: Call, *, with_deleted: bool = False) -> tuple[Any, Record]:
        """Return the key and the record that the path names. Raises: NotFound."""
        return self.records.find(call, with_deleted=with_deleted)

    # Hooks of a family

    def locate(self, path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
        return locate(path, principal, view) if self.owner else Tenant(None, level=MEMBER)

    def require_membership(self, tenant: Tenant, path: Mapping[str, str]) -> None:
        if self.owner:
            require_membership(tenant, path)

    def scopes(self, operation: Operation, body: Any) -> tuple[str, ...]:
        return operation.scopes

    def reads(self, profile: Profile) -> tuple[str, ...]:
        return self.parses

    def rows_component(self, schema: Document | None, rows_key: str = "results") -> str | None:
        return None
