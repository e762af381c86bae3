"""Actions on what was inferred: made, listed, read, changed and removed, as modelled families are.

What a client sends is judged by the schema of the body; a record is made of it, of what the server sets, and of what is
drawn for the rest; and every answer is fitted to the schema of its response.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from mockserver.contract import Document, Operation, Profile
from mockserver.errors import HardDeleteRefused, NotFound, ValidationError, of_status
from mockserver.inferred import changing, paging
from mockserver.inferred.drawing import Drawer
from mockserver.inferred.judging import Judge
from mockserver.inferred.keeping import Place, Shelf
from mockserver.inferred.operations import json_schema
from mockserver.inferred.outlines import Collection, Role
from mockserver.inferred.shapes import Shapes
from mockserver.inferred.templates import Template
from mockserver.request.call import MEMBER, Answer, Call, Principal, Tenant
from mockserver.request.tenancy import locate, require_membership
from mockserver.resources.resource import Resource, user_fields
from mockserver.store import Record, View
from mockserver.store.contents import Version
from mockserver.world import entropy
from mockserver.world.tables import Owner

ONESELF = "@me"
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
COPY = " (copy)"
MOST_KEYS = 20
"""How many keys are drawn by a schema that few fit."""
TITLES = ("name", "title")


class Tools:
    """What reads and draws values of one document."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.judge = Judge(shapes)

    def drawer(self, seed: int, moment: datetime) -> Drawer:
        """Return what draws values, as of a moment."""
        return Drawer(self.shapes, seed, moment)


class Around:
    """A record that others lie in: who finds it, and the parameter that names it."""

    def __init__(self, template: Template, answers: Inferred | None, modelled: Resource | None, names: Sequence[str]):
        self.template = template
        self.parameter = template.parameters[-1]
        self._answers = answers
        self._modelled = modelled
        self._names = names

    def require(self, call: Call) -> str:
        """Return the key that the path names, as it is written in one way only. Raises: NotFound."""
        if self._modelled is not None:
            self.modelled_record(call)
        text = call.path[self.parameter]
        if self._modelled is None and self._answers is not None:
            shelf = self._answers.shelf(call)
            key = self._answers.read_key_of(call, shelf, text)
            if shelf.get(key) is None:
                raise NotFound
            return str(key)
        return text

    def modelled_record(self, call: Call) -> tuple[Resource, Call, Record]:
        """Return a modelled family's record, and the call as that family knows it. Raises: NotFound."""
        assert self._modelled is not None
        tenant_id = call.path.get("project_id") or call.path.get("organization_id", "")
        values = [call.path.get(name, tenant_id) for name in self.template.parameters]
        path = {**call.path, **dict(zip(self._names, values, strict=True))}
        tenant = self._modelled.locate(path, call.principal, call.state)
        asked = Call(
            call.operation, call.principal, tenant, call.world, call.state, path, call.query, call.body,
            call.is_form, call.files, call.make_url, call.format, call.headers, call.asked,
        )  # fmt: skip
        return self._modelled, asked, self._modelled.get_record(asked, values[-1])


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
        self.template = template
        self.collection = collection
        self.tools = tools
        self.around = around
        self._roles = roles
        self._others: Mapping[str, Inferred] = {}

    def refer(self, others: Mapping[str, Inferred]) -> None:
        """Learn which fields name a record of another collection, and what answers for it."""
        self._others = others

    # The standard actions

    def list(self, call: Call) -> Any:
        """Return a page of the records that the query asks for."""
        role, shapes = self.role(call), self.tools.shapes
        self.require_around(call)
        records = self.narrowed(role, paging.chosen(call, role, self.collection, self.shelf(call).all(), shapes))
        return self.page(call, role, records)

    def create(self, call: Call) -> Any:
        """Store a new record, or several where a list of them is sent."""
        self.require_around(call)
        accepted = self.accepted(call)
        if isinstance(accepted, builtins.list):
            made = [self.make(call, each if isinstance(each, Mapping) else {}) for each in accepted]
            return self.answer(call, None) if not made else self.answers(call, made)
        return self.answer(call, self.make(call, accepted if isinstance(accepted, Mapping) else {}))

    def retrieve(self, call: Call) -> Any:  # type: ignore[override]
        """Return one record."""
        return self.answer(call, self.find(call)[1])

    def update(self, call: Call) -> Any:  # type: ignore[override]
        """Change a record to what the body says; what the body may leave out, and does, stays as it is."""
        key, record = self.find(call)
        return self.answer(call, self.change(call, key, record, self.values(call)))

    def partial_update(self, call: Call) -> Any:  # type: ignore[override]
        """Change some fields of a record."""
        key, record = self.find(call, with_deleted=True)
        return self.answer(call, self.change(call, key, record, self.values(call, partial=True)))

    def destroy(self, call: Call) -> Any:  # type: ignore[override]
        """Remove a record."""
        key, record = self.find(call)
        self.shelf(call).remove(key)
        return self.answer(call, record, deleted=True, object_deleted=True)

    def put(self, call: Call) -> Any:
        """Let a record be as the body says, whether there was one or not."""
        self.require_around(call)
        shelf = self.shelf(call)
        key = self.read_key_of(call, shelf, call.path[self.collection.parameter])
        record, values = shelf.get(key), self.values(call)
        if record is not None:
            return self.answer(call, self.change(call, key, record, values))
        return self.answer(call, self.make(call, values, key))

    def act(self, call: Call) -> Any:
        """Let happen what the last word of the path says, as far as its name and its body tell."""
        role = self.role(call)
        accepted = self.accepted(call, partial=call.operation.method == "patch")
        sent = accepted if isinstance(accepted, Mapping) else {}
        if not role.on_item:
            self.require_around(call)
            self.act_on_several(call, role, sent)
            return self.told(call, role.verb, sent)
        key, record = self.find(call, with_deleted=True)
        if changing.is_copy(role.verb):
            return self.answer(call, self.copy(call, record, sent))
        changes = changing.changes(self.tools.shapes, record, self.collection.record, role.verb, sent, call.now())
        if changes:
            record = self.change(call, key, record, changes)
        return self.told(call, role.verb, sent, record)

    def view(self, call: Call) -> Any:
        """Tell what nobody writes: always the same of the same record."""
        role = self.role(call)
        if role.on_item:
            return self.told(call, role.verb, {}, self.find(call)[1])
        self.require_around(call)
        return self.told(call, role.verb, {})

    def refuse(self, call: Call) -> Any:
        """Refuse, where the document tells of no other answer."""
        status = call.operation.successes[call.profile].status
        raise HardDeleteRefused if status == HardDeleteRefused.status else of_status(status)

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

    # Records

    def role(self, call: Call) -> Role:
        """Return what the operation does."""
        return self._roles[call.operation.id]

    def shelf(self, call: Call) -> Shelf:
        """Return the records of the collection, where the path says."""
        tenant = {Owner.PROJECT: "project_id", Owner.ORGANIZATION: "organization_id"}.get(self.owner)
        parents = tuple(self.parent_key(call, name) for name in self.collection.parents)
        place = Place(
            self.collection.table, self.owner.value, getattr(call.tenant, tenant) if tenant else None, parents
        )  # fmt: skip
        return Shelf(call.state, self.collection, place, call.world.seed, lambda key, name: self.sown(call, key, name))

    def parent_key(self, call: Call, parameter: str) -> str:
        """Return the key of a record that the path lies in, as it is written in one way only."""
        found = next((each for each in self.around if each.parameter == parameter), None)
        return str(call.path[parameter]) if found is None else found.require(call)

    def require_around(self, call: Call) -> None:
        """Refuse a path that lies in records that are not there. Raises: NotFound."""
        for each in self.around:
            if each.parameter in self.collection.parents:
                each.require(call)

    def read_key_of(self, call: Call, shelf: Shelf, text: str) -> Any:
        """Return the key that a part of a path names; oneself by `@me`. Raises: NotFound when it names none."""
        if text == ONESELF and call.user.get("uuid"):
            text = str(call.user["id" if self.collection.identity == "integer" else "uuid"])
        key = shelf.read_key(text)
        if key is None:
            raise NotFound
        return key

    def find(self, call: Call, *, with_deleted: bool = False) -> tuple[Any, Record]:
        """Return the key and the record that the path names. Raises: NotFound."""
        self.require_around(call)
        shelf = self.shelf(call)
        key = "" if self.collection.is_single else self.read_key_of(call, shelf, self.named(call))
        record = shelf.get(key)
        if record is None or (record.get(self.collection.deleted) and not with_deleted):
            raise NotFound
        return key, record

    def named(self, call: Call) -> str:
        """Return what the path says of the record's key, by whatever name the path has for it."""
        return call.path[self.collection.parameter]

    def make(self, call: Call, accepted: Mapping[str, Any], key: Any = None) -> Record:
        """Store a new record of what was accepted. Raises: ValidationError where its key is taken."""
        shelf, found = self.shelf(call), self.collection
        drawer = self.drawer(call)
        if key is None:
            given = accepted.get(found.key)
            if given is not None and not isinstance(given, (Mapping, builtins.list)):
                if not shelf.is_free(given):
                    detail = f"A record with this {found.key} already exists."
                    raise ValidationError(detail, code="unique", attr=found.key)
                key = given
                shelf.reserve([given])
            else:
                key = self._fitting_key(drawer, shelf, shelf.new_key(self._example_key()))
        sent = {**self.references(call), **self.set_by_server(call, is_new=True), found.key: key, **accepted}
        if found.deleted:
            sent.setdefault(found.deleted, False)
        return shelf.put(key, self.whole(drawer, sent, f"{found.table}/{key}"))

    def change(self, call: Call, key: Any, record: Record, changes: Mapping[str, Any]) -> Record:
        """Store a new version of a record."""
        sent = {**record, **self.set_by_server(call, is_new=False), **changes}
        if self.collection.key in record:
            sent[self.collection.key] = record[self.collection.key]
        return self.shelf(call).put(key, self.whole(self.drawer(call), sent, f"{self.collection.table}/{key}"))

    def copy(self, call: Call, record: Record, sent: Mapping[str, Any]) -> Record:
        """Store another record like one, under a key of its own and a name that says so."""
        own = {self.collection.key, *self.collection.created_at, *self.collection.updated_at}
        values = {name: value for name, value in record.items() if name not in own}
        for name in TITLES:
            if isinstance(values.get(name), str) and name not in sent:
                values[name] = values[name] + COPY
        properties = self.tools.shapes.of(self.collection.record).properties
        return self.make(call, {**values, **{n: v for n, v in sent.items() if n in properties}})

    def act_on_several(self, call: Call, role: Role, sent: Mapping[str, Any]) -> None:
        """Remove the records that a body names, where that is what happens to several of them."""
        if not changing.is_removal(role.verb) or self.collection.is_single or not self.collection.path:
            return
        shelf = self.shelf(call)
        for value in sent.values():
            for each in value if isinstance(value, builtins.list) else ():
                key = shelf.read_key(str(each))
                if key is not None and shelf.get(key) is not None:
                    shelf.remove(key)

    def narrowed(self, role: Role, records: builtins.list[Record]) -> builtins.list[Record]:
        """Return the records that a word at the end of the path leaves, as `active` does."""
        word = role.verb.replace("-", "_")
        names = [name for name in (word, f"is_{word}") if word and any(isinstance(r.get(name), bool) for r in records)]
        return [record for record in records if all(record.get(name) for name in names)]

    # Values

    def drawer(self, call: Call) -> Drawer:
        """Return what draws values now."""
        return self.tools.drawer(call.world.seed, entropy.now(call.state))

    def old_drawer(self, call: Call) -> Drawer:
        """Return what draws values that are there from the start: as of when the tenant was made."""
        made = call.tenant.project or call.tenant.organization or next(iter(call.table("organizations")), None) or {}
        told = made.get("created_at")
        return self.tools.drawer(call.world.seed, entropy.read_timestamp(told) if told else LONG_AGO)

    def sown(self, call: Call, key: Any, name: str) -> dict[str, Any]:
        """Return the record that is there from the start under a key."""
        found = self.collection
        drawer = self.old_drawer(call)
        drawn = drawer.draw(found.record, found.table, place=name)
        record = dict(drawn) if isinstance(drawn, Mapping) else {}
        for schema in found.shapes:
            more = drawer.draw(schema, found.table, place=name)
            record = {**(more if isinstance(more, Mapping) else {}), **record}
        properties = self.tools.shapes.of(found.record).properties
        fixed = {n: v for n, v in self.belonging(call).items() if drawer.fits(properties[n], v)}
        record.update(fixed)
        if found.deleted:
            record[found.deleted] = False
        if found.key:
            record[found.key] = key
        return record

    def references(self, call: Call) -> dict[str, Any]:
        """Return the fields that must name a record of another collection, with one that exists, where one does."""
        fields: dict[str, Any] = {}
        for name, other in self._others.items():
            record = other.shelf(call).first()
            if record is not None:
                fields[name] = record.get(other.collection.key)
        return fields

    def belonging(self, call: Call) -> dict[str, Any]:
        """Return the fields that say what a record belongs to: its tenant, and the records that it lies in."""
        fields: dict[str, Any] = {}
        for name, owner in self.collection.tenants.items():
            tenant = call.tenant.project if owner == "project_id" else call.tenant.organization
            if tenant is not None:
                fields[name] = tenant["id"]
        shapes = self.tools.shapes
        properties = shapes.of(self.collection.record).properties
        for name, parameter in self.collection.ancestors.items():
            text = self.parent_key(call, parameter)
            is_number = shapes.of(properties[name]).kind in ("integer", "number") and text.isdigit()
            fields[name] = int(text) if is_number else text
        return fields

    def set_by_server(self, call: Call, *, is_new: bool) -> dict[str, Any]:
        """Return the fields of a record that say when it was written and by whom, and what it belongs to."""
        found, shapes = self.collection, self.tools.shapes
        properties = shapes.of(found.record).properties
        now = entropy.now(call.state)
        fields = dict(self.belonging(call)) if is_new else {}
        for name in (*(found.created_at if is_new else ()), *found.updated_at):
            shape = shapes.of(properties[name])
            if shape.kind in ("integer", "number"):
                fields[name] = int(now.timestamp())
            else:
                told = entropy.timestamp(now)
                fields[name] = told[:10] if shape.words.get("format") == "date" else told
        if call.user.get("uuid"):
            for name in (*(found.created_by if is_new else ()), *found.updated_by):
                fields[name] = self._person(call.user, properties[name])
        return fields

    def _person(self, user: Record, schema: Any) -> Any:
        """Return a user as a field shows one."""
        shape = self.tools.shapes.of(schema)
        if shape.kind in ("integer", "number"):
            return user["id"]
        if shape.kind == "string":
            return user["uuid" if shape.words.get("format") == "uuid" else "email"]
        return user_fields(user)

    def whole(self, drawer: Drawer, sent: Mapping[str, Any], place: str) -> dict[str, Any]:
        """Return a record with everything that any answer shows of it; what was sent is kept where it fits."""
        record = dict(sent)
        for number, schema in enumerate((self.collection.record, *self.collection.shapes)):
            drawn = drawer.draw(schema, self.collection.table, sent=record, place=place)
            if isinstance(drawn, Mapping):
                record = {**record, **drawn} if number == 0 else {**drawn, **record}
        return record

    def _example_key(self) -> Any:
        found = self.collection
        schema = self.tools.shapes.of(found.record).properties.get(found.key)
        return self.tools.shapes.of(schema).words.get("example") if schema is not None else None

    def _fitting_key(self, drawer: Drawer, shelf: Shelf, key: Any) -> Any:
        """Return a new key as the record's schema has it: of its own pattern, where it has one."""
        found = self.collection
        schema = self.tools.shapes.of(found.record).properties.get(found.key)
        if schema is None or drawer.fits(schema, key):
            return key
        for attempt in range(MOST_KEYS):
            drawn = drawer.draw(schema, found.key, place=f"{found.table}/{key}/{attempt}")
            if isinstance(drawn, (str, int)) and shelf.is_free(drawn):
                return drawn
        return key

    # Bodies

    def accepted(self, call: Call, *, partial: bool = False) -> Any:
        """Return what is accepted of the body. Raises: ValidationError."""
        schema = self.body_schema(call)
        body = call.body
        if call.is_form and call.files:
            named = [(name, file.filename or name) for name, file in call.files.items()]
            body = MultiDict([*body.items(multi=True), *named])
        if schema is None:
            properties = self.tools.shapes.of(self.collection.record).properties
            given = body.to_dict() if call.is_form else body
            return {n: v for n, v in given.items() if n in properties} if isinstance(given, Mapping) else {}
        return self.tools.judge.judge(schema, body, partial=partial, is_form=call.is_form)

    def values(self, call: Call, *, partial: bool = False) -> Mapping[str, Any]:
        """Return what is accepted of a body that is about one record. Raises: ValidationError."""
        accepted = self.accepted(call, partial=partial)
        return accepted if isinstance(accepted, Mapping) else {}

    def body_schema(self, call: Call) -> Any:
        """Return the schema of what was sent: of JSON, or of a form."""
        content: Mapping[str, Any] = call.operation.spec["requestBody"].get("content", {})
        if call.is_form:
            forms = [media["schema"] for kind, media in content.items() if "form" in kind]
            if forms:
                return forms[0]
        schema = json_schema(content)
        return schema if schema is not None or not content else next(iter(content.values())).get("schema")

    # Answers

    def answer(
        self, call: Call, record: Record | None, *, deleted: bool = False, object_deleted: bool = False
    ) -> Any:  # fmt: skip
        """Return a record as the operation's answer shows it."""
        schema = self.success_schema(call)
        if schema is None or record is None:
            return self.other_answer(call)
        if deleted or object_deleted:
            return self.fitted(call, schema, {**record, "deleted": True})
        if self.tools.shapes.of(schema).kind == "array":
            return self.answers(call, [record])
        return self.shown(call, schema, record)

    def answers(self, call: Call, records: Sequence[Record]) -> Any:
        """Return several records that were made together."""
        schema = self.success_schema(call)
        shape = self.tools.shapes.of(schema)
        if schema is None or shape.kind != "array":
            return self.answer(call, records[0])
        return [self.shown(call, shape.words.get("items", {}), record) for record in records]

    def told(self, call: Call, verb: str, sent: Mapping[str, Any], record: Record | None = None) -> Any:
        """Return what an action or a view tells: of a record, where its answer is one; else what fits."""
        schema = self.success_schema(call)
        if schema is None:
            return self.other_answer(call)
        if record is not None and self.is_about_record(schema):
            return self.shown(call, schema, record)
        key = "" if record is None else record.get(self.collection.key, "")
        drawer, place = self.old_drawer(call), f"{self.collection.table or self.template.table}/{key}:{verb}"
        drawn = drawer.draw(schema, verb, place=place)
        if sent and isinstance(drawn, Mapping):
            properties = self.tools.shapes.of(schema).properties
            echoed = {n: v for n, v in sent.items() if n in properties and drawer.fits(properties[n], v)}
            drawn = {**drawn, **echoed}
        return drawn

    def is_about_record(self, schema: Any) -> bool:
        """Return whether a schema is the record's own, or shows most of what the record's does."""
        if schema == self.collection.record or schema in self.collection.shapes:
            return True
        shown = self.tools.shapes.of(schema).properties.keys()
        own = self.tools.shapes.of(self.collection.record).properties.keys()
        return bool(own) and len(shown & own) * 2 > max(len(shown), 3)

    def shown(self, call: Call, schema: Any, record: Record) -> Any:
        """Return a record as a schema has it, worked out once for each version of it."""
        kept: dict[int, Any] | None = record.rendered if isinstance(record, Version) else None
        if kept is None:
            kept = {}
            if isinstance(record, Version):
                record.rendered = kept
        if id(schema) not in kept:
            kept[id(schema)] = self.fitted(call, schema, record)
        return kept[id(schema)]

    def fitted(self, call: Call, schema: Any, record: Mapping[str, Any]) -> Any:
        """Return a record as a schema has it; its key with it, where the schema shows none."""
        found = self.collection
        key = record.get(found.key)
        place = f"{found.table}/{key}"
        drawn = self.drawer(call).draw(schema, found.table, sent=dict(record), place=place)
        if found.shows_key or not found.key or not isinstance(drawn, Mapping) or found.key in drawn:
            return drawn
        return drawn if self.tools.shapes.of(schema).others is False else {found.key: key, **drawn}

    def page(self, call: Call, role: Role, records: Sequence[Record]) -> Any:
        """Return a page of records, in the envelope of the answer."""
        shapes, schema = self.tools.shapes, self.success_schema(call)
        keys = [record.get(self.collection.key, number) for number, record in enumerate(records)]
        part = paging.window(call, role.pages, keys)
        rows = records[part.start : part.end]
        shape = shapes.of(schema)
        if not role.rows:
            items = shape.words.get("items", {})
            self._link(call, role, part, keys)
            return [self.shown(call, items, row) for row in rows]
        items = shapes.of(shape.properties[role.rows]).words.get("items", {})
        drawer = self.old_drawer(call)
        place = f"{self.collection.table}:page"
        envelope = paging.Envelope(
            call, role.pages, part, keys, shapes, lambda prop, name: drawer.draw(prop, name, place=place)
        )  # fmt: skip
        beside = {name: prop for name, prop in shape.properties.items() if name != role.rows}
        filled = envelope.fill(beside)
        shown = [self.shown(call, items, row) for row in rows]
        return {name: shown if name == role.rows else filled[name] for name in shape.properties}

    def _link(self, call: Call, role: Role, part: paging.Window, keys: Sequence[Any]) -> None:
        """Say where the next page is of a list without an envelope, in the header that says it (RFC 8288)."""
        envelope = paging.Envelope(call, role.pages, part, keys, self.tools.shapes, lambda schema, name: None)
        links = {"next": envelope.link(ahead=True), "prev": envelope.link(ahead=False)}
        told = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items() if address)
        if told:
            call.headers["Link"] = told

    def success_schema(self, call: Call) -> Any:
        """Return the schema of the answer's JSON, if it is any."""
        return call.operation.successes[call.profile].schema

    def other_answer(self, call: Call) -> Any:
        """Return an answer that is no JSON: nothing, or something of the media type that the document names."""
        success = call.operation.successes[call.profile]
        media_type = next(iter(success.media_types), None)
        if success.schema is not None or media_type is None or success.status in (204, 304):
            return Answer(None, success.status)
        return Answer("" if media_type.startswith("text/") else b"", success.status, media_type=media_type)


class Neighbouring(Inferred):
    """Answers what a document tells of a modelled family beside what that family answers, over the family's records."""

    def __init__(self, *told: Any, item: Around | None, modelled: Resource) -> None:
        super().__init__(*told)
        self._item = item
        self._modelled = modelled

    def find(self, call: Call, *, with_deleted: bool = False) -> tuple[Any, Record]:
        family, asked, record = self._around(call)
        shown = family.show(record, asked)
        return record[family.key], shown if isinstance(shown, Mapping) else {}

    def list(self, call: Call) -> Any:
        """Return the family's own list."""
        return self._fitted(call, self._modelled, call, self._modelled.list(call))

    def create(self, call: Call) -> Any:
        """Let the family make a record."""
        return self._fitted(call, self._modelled, call, self._modelled.create(call))

    def update(self, call: Call) -> Any:  # type: ignore[override]
        """Let the family change a record."""
        family, asked, record = self._around(call)
        return self._fitted(call, family, asked, family.update(asked, record=record))

    def put(self, call: Call) -> Any:
        """Let the family change a record."""
        return self.update(call)

    def partial_update(self, call: Call) -> Any:  # type: ignore[override]
        """Let the family change some fields of a record."""
        family, asked, record = self._around(call)
        return self._fitted(call, family, asked, family.partial_update(asked, record=record))

    def destroy(self, call: Call) -> Any:  # type: ignore[override]
        """Let the family remove a record."""
        family, asked, record = self._around(call)
        family.perform_destroy(asked, record)
        return self.other_answer(call)

    def act(self, call: Call) -> Any:
        """Tell what an action tells; the family's records are the family's to change."""
        role = self.role(call)
        accepted = self.accepted(call, partial=True)
        sent = accepted if isinstance(accepted, Mapping) else {}
        if role.on_item:
            return self.told(call, role.verb, sent, self.find(call)[1])
        self.require_around(call)
        return self.told(call, role.verb, sent)

    def _around(self, call: Call) -> tuple[Resource, Call, Record]:
        if self._item is None:
            raise NotFound
        return self._item.modelled_record(call)

    def _fitted(self, call: Call, family: Resource, asked: Call, result: Any) -> Any:
        """Return what a family answered as the document has it."""
        schema = self.success_schema(call)
        if schema is None:
            return self.other_answer(call)
        value = family.show(result, asked) if isinstance(result, Version) else result
        if isinstance(value, Mapping):
            return self.drawer(call).draw(schema, self.collection.table, sent=dict(value), place=str(value.get("id")))
        return value
