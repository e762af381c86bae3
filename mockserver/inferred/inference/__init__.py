"""Paths into collections of records, and operations into what they do with them.

A path that ends with a parameter names a record of the collection before it; a word after it is a nested collection, a
single record, something that happens, or something that is told. What they answer and take says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.inferred.inference.envelopes import Rows, rows_of
from mockserver.inferred.inference.parameters import reading
from mockserver.inferred.naming import singular, words_of
from mockserver.inferred.operations import Operation, body_schema, success_of
from mockserver.inferred.outlines import Act, Collection, KeyKind, Role
from mockserver.inferred.reading import Components, name_of
from mockserver.inferred.shapes import Shape, Shapes
from mockserver.inferred.templates import Names, Template

VERBS = frozenset({
    "accept", "activate", "add", "append", "approve", "archive", "assign", "attach", "authorize", "backfill",
    "broadcast", "bulk", "cancel", "capture", "check", "clone", "close", "complete", "confirm", "copy", "count",
    "create", "deactivate", "decline", "delete", "detach", "disable", "duplicate", "enable", "end", "evaluate",
    "execute", "expire", "export", "finalize", "finish", "generate", "import", "invite", "invoke", "launch", "link",
    "lock", "mark", "merge", "move", "pause", "pay", "ping", "preview", "publish", "query", "read", "rearrange",
    "recalculate", "refresh", "refund", "reject", "remove", "rename", "reopen", "reorder", "request", "resend", "reset",
    "resolve", "restart", "restore", "resume", "retry", "revert", "revoke", "rollback", "rotate", "run", "search",
    "send", "set", "share", "snooze", "split", "star", "start", "stop", "submit", "subscribe", "summarize", "suspend",
    "switch", "sync", "terminate", "test", "transfer", "trigger", "unarchive", "unassign", "unlink", "unlock",
    "unpause", "unpublish", "unstar", "unsubscribe", "unwatch", "update", "upgrade", "upload", "validate", "verify",
    "void", "watch", "withdraw",
})  # fmt: skip
"""Words that say that something happens, rather than what there is."""
NO_PLURALS = frozenset({"analytics", "has", "stats", "status", "this"})
STANDARD = {"get": Act.RETRIEVE, "put": Act.UPDATE, "patch": Act.PARTIAL_UPDATE, "delete": Act.DESTROY}
KEYS = ("id", "uuid", "key", "slug", "short_id", "name", "code", "number", "sha", "token")
"""Fields that tell a record, the likeliest first, where the path's own word names none."""
SEARCHED = frozenset({"name", "title", "description", "key", "email", "content", "subject", "label", "text", "body"})
CREATED = (
    ("created",),
    ("created", "at"),
    ("created", "on"),
    ("date", "created"),
    ("inserted", "at"),
    ("created", "time"),
)
UPDATED = ("updated", "modified", "changed", "edited")
MAKERS = (("created", "by"), ("creator",), ("author",), ("created", "by", "user"), ("added", "by"), ("reporter",))
CHANGERS = (("updated", "by"), ("modified", "by"), ("last", "modified", "by"), ("last", "updated", "by"))
TENANT_FIELDS = {
    "team": "project_id", "team_id": "project_id", "project": "project_id", "project_id": "project_id",
    "organization": "organization_id", "organization_id": "organization_id",
}  # fmt: skip


def infer(operations: Sequence[Operation], components: Components) -> tuple[list[Collection], list[Role]]:
    """Return the collections of a document and what its operations do, in the order of its paths."""
    return _Inference(operations, components).infer()


class _Inference:
    """One document's."""

    def __init__(self, operations: Sequence[Operation], components: Components) -> None:
        self._shapes = Shapes(components.resolve)
        self._by_id = {operation["operationId"]: operation for operation in operations}
        self._by_path: dict[str, dict[str, Operation]] = {}
        self._templates: dict[str, Template] = {}
        self._written: dict[str, Template] = {}
        names = Names()
        for operation in operations:
            template = names.template(operation["path"])
            self._templates.setdefault(template.shape, template)
            self._written.setdefault(template.shape, Template.of(operation["path"]))
            self._by_path.setdefault(template.shape, {})[operation["method"]] = operation
        self._collections: dict[str, Collection] = {}

    def infer(self) -> tuple[list[Collection], list[Role]]:
        """Return what there is, and what is done."""
        # Items of which nothing is told but what happens to them, as in `/flows/{id}/activate`.
        implied = {item.parent.shape: item for template in self._templates.values() for item in template.around}
        for template in self._templates.values():
            if template.is_item:
                self._collect(template.parent, template)
            elif self._is_collection(template):
                self._collect(template, implied.get(template.shape))
        for shape, template in self._templates.items():
            if not template.is_item and shape not in self._collections and self._is_single(template):
                self._collections[shape] = self._single(template)
        roles = [
            self._role(operation, self._templates[shape])
            for shape, methods in self._by_path.items()
            for operation in methods.values()
        ]
        return [self._finished(each, roles) for each in self._collections.values()], roles

    # What there is

    def _collect(self, template: Template, item: Template | None) -> None:
        known = self._collections.get(template.shape)
        if known is not None and (known.parameter or item is None):
            return
        of_items = self._by_path.get(item.shape, {}) if item else {}
        of_all = self._by_path.get(template.shape, {})
        record = self._record(of_items, of_all)
        key, identity, shows_key = self._key(template, item, of_items, record)
        is_put = "post" in of_items or ("put" in of_items and self._is_put(of_items["put"], identity, record, key))
        is_made = is_put or ("post" in of_all and not self._happens(template))
        is_listed = "get" in of_all and self._rows(of_all["get"]) is not None
        self._collections[template.shape] = self._with_fields(Collection(
            path=template.path, table=template.table, owner=template.owner.value, parents=list(template.parents),
            key=key, parameter=item.parameters[-1] if item else "", identity=identity, shows_key=shows_key,
            record=record or {}, is_made=is_made, is_put=is_put, appears=not is_made and not is_listed,
        ))  # fmt: skip

    def _is_put(self, put: Operation, identity: str, record: Any, key: str) -> bool:
        """Return whether a PUT makes what there is not: it says so, or clients choose the keys."""
        if "201" in put["responses"]:
            return True
        prop = self._shapes.of(record).properties.get(key) if record is not None else None
        return identity == KeyKind.TEXT and prop is not None and not self._shapes.is_read_only(prop) and key != "id"

    def _is_collection(self, template: Template) -> bool:
        """Return whether a path of which nothing is an item lists records, or makes them."""
        methods = self._by_path[template.shape]
        if "get" in methods and not self._happens(template):
            rows = self._rows(methods["get"])
            if rows is not None and rows.is_of_objects and (
                self._lists_paged(methods["get"]) or "post" in methods or _is_plural(template.last)
            ):  # fmt: skip
                return self._listed_elsewhere(template, rows) is None
        if "post" in methods and "get" not in methods and not self._happens(template):
            status, schema = success_of(methods["post"])
            return status == "201" and schema is not None and _is_plural(template.last)
        return False

    def _listed_elsewhere(self, template: Template, rows: Rows) -> Collection | None:
        """Return the collection that a word after it lists some records of, as in `/surveys/active`."""
        name = name_of(rows.items)
        parent = self._collections.get(template.parent.shape)
        if name is None or parent is None:
            return None
        methods = self._by_path.get(template.parent.shape, {})
        listed = self._rows(methods["get"]) if "get" in methods else None
        names = {name_of(parent.record), name_of(listed.items) if listed else None}
        return parent if name in names else None

    def _is_single(self, template: Template) -> bool:
        """Return whether what is read at a path is also written there."""
        methods = self._by_path[template.shape]
        if "get" not in methods or self._rows(methods["get"]) is not None:
            return False
        if methods.keys() & {"put", "patch"}:
            return True
        told = success_of(methods["get"])[1]
        return "post" in methods and told is not None and name_of(told) == name_of(success_of(methods["post"])[1])

    def _single(self, template: Template) -> Collection:
        methods = self._by_path[template.shape]
        record = self._record(methods, {})
        return self._with_fields(Collection(
            path=template.path, table=template.table, owner=template.owner.value, parents=list(template.parents),
            is_single=True, key="", record=record or {}, is_made=True,
        ))  # fmt: skip

    def _record(self, of_items: Mapping[str, Operation], of_all: Mapping[str, Operation]) -> Any:
        """Return the schema of a whole record: as it is read, else as it is made, changed or listed."""
        sources = (of_items.get("get"), of_all.get("post"), of_items.get("put"), of_items.get("patch"))
        for operation in sources:
            schema = success_of(operation)[1] if operation else None
            if schema is not None and self._shapes.of(schema).kind in ("object", None):
                return schema
        rows = self._rows(of_all["get"]) if "get" in of_all else None
        if rows is not None and rows.is_of_objects:
            return rows.items
        for operation in (of_all.get("post"), of_items.get("put"), of_items.get("patch")):
            schema = body_schema(operation) if operation else None
            if schema is not None:
                return schema
        return None

    def _key(
        self, template: Template, item: Template | None, of_items: Mapping[str, Operation], record: Any
    ) -> tuple[str, str, bool]:  # fmt: skip
        """Return the field that tells a record, what it is like, and whether answers show it."""
        shape = self._shapes.of(record) if record is not None else Shape({})
        properties = shape.properties
        parameter = self._written.get(item.shape, item).parameters[-1] if item else ""
        name = self._key_field(parameter, template, properties)
        if name in properties:
            return name, self._identity(properties[name]), True
        schema: Any = next(
            (p["schema"] for operation in of_items.values() for p in operation["parameters"] if p["name"] == parameter),
            {},
        )
        return name, self._identity(schema), not properties or item is None

    def _key_field(self, parameter: str, template: Template, properties: Mapping[str, Any]) -> str:
        if parameter in properties:
            return parameter
        words = words_of(parameter)
        for size in range(1, len(words)):  # `batch_export_id`, `user__uuid`: the last words of it
            short = "_".join(words[size:])
            for name in properties:
                if "_".join(words_of(name)) == short and (short in KEYS or size == 1):
                    return name
        return next((name for name in KEYS if name in properties), words[-1] if words and words[-1] in KEYS else "id")

    def _identity(self, schema: Any) -> str:
        shape = self._shapes.of(schema)
        if shape.kind == "integer" or shape.kind == "number":
            return KeyKind.INTEGER
        return KeyKind.UUID if shape.words.get("format") in ("uuid", "guid") else KeyKind.TEXT

    def _with_fields(self, found: Collection) -> Collection:
        """Return a collection with what the names of its fields say."""
        properties = self._shapes.of(found.record).properties
        words = {name: words_of(name) for name in properties}
        kinds = {name: self._shapes.of(schema).kind for name, schema in properties.items()}
        times = [name for name in properties if kinds[name] in ("string", "integer", "number", None)]
        created = [name for name in times if words[name] in CREATED]
        updated = [name for name in times if self._is_update(words[name])]
        makers = [name for name in properties if words[name] in MAKERS]
        deleted = [n for n in properties if kinds[n] == "boolean" and words[n] in (("deleted",), ("is", "deleted"))]
        ancestors = {
            name: around.parameters[-1]
            for around in Template(found.path).around
            for name in properties
            if words[name] in self._parent_names(around) and name != found.key
        }
        read_only = [n for n in properties if n in TENANT_FIELDS and self._shapes.is_read_only(properties[n])]
        texts = [name for name in properties if kinds[name] == "string" and words[name]]
        by_age = f"-{created[0]}" if created else ""
        return replace(
            found,
            search_fields=[name for name in texts if words[name][-1] in SEARCHED],
            ordering="order" if "order" in properties else by_age,
            deleted=next((name for name in deleted if not self._shapes.is_read_only(properties[name])), ""),
            created_at=created, updated_at=updated, created_by=makers,
            updated_by=[name for name in properties if words[name] in CHANGERS],
            tenants={name: TENANT_FIELDS[name] for name in read_only} if found.owner else {},
            ancestors=ancestors,
        )  # fmt: skip

    def _is_update(self, words: tuple[str, ...]) -> bool:
        plain = tuple(word for word in words if word not in ("last", "at", "on", "date", "time"))
        return len(plain) == 1 and plain[0] in UPDATED

    def _parent_names(self, around: Template) -> set[tuple[str, ...]]:
        """Return what a field may be called that names a record around: `task`, `task_id` below `/tasks/{id}`."""
        names = {words_of(each.parameters[-1]) for each in (around, self._written.get(around.shape, around))}
        short = {words[:-1] for words in names if len(words) > 1 and words[-1] in KEYS}
        word = words_of(singular(around.parent.last))
        telling = {words for words in (*names, *short) if words not in {(key,) for key in KEYS}}
        return telling | {word, (*word, "id")}

    def _finished(self, found: Collection, roles: Iterable[Role]) -> Collection:
        """Return a collection with every schema that its records are shown by."""
        shapes: dict[str, Any] = {}
        for role in roles:
            if role.collection != found.path or role.action == Act.VIEW:
                continue
            schema = success_of(self._by_id[role.operation])[1]
            if schema is None:
                continue
            if role.action == Act.LIST:
                rows = rows_of(self._shapes, schema)
                schema = rows.items if rows else None
            if schema is not None and schema != found.record and self._shapes.of(schema).properties:
                shapes[repr(schema)] = schema
        return replace(found, shapes=list(shapes.values()))

    # What is done

    def _role(self, operation: Operation, template: Template) -> Role:
        method = operation["method"]
        if template.is_item:
            return self._of_item(operation, template, method)
        own = self._collections.get(template.shape)
        if own is not None:
            return self._of_collection(operation, template, own, method)
        return self._of_word(operation, template, method)

    def _of_item(self, operation: Operation, template: Template, method: str) -> Role:
        found = self._collections[template.parent.shape]
        if method == "post":
            return self._plain(operation, Act.PUT, found, on_item=True)
        action = STANDARD[method]
        if action is Act.UPDATE and found.is_put and "post" not in self._by_path.get(template.parent.shape, {}):
            action = Act.PUT
        return self._plain(operation, action, found, on_item=True)

    def _of_collection(self, operation: Operation, template: Template, found: Collection, method: str) -> Role:
        if found.is_single:
            action = {"get": Act.RETRIEVE, "delete": Act.DESTROY, "patch": Act.PARTIAL_UPDATE}.get(method, Act.UPDATE)
            return self._plain(operation, action, found, on_item=True)
        if method == "get":
            rows = self._rows(operation)
            if rows is None:
                return self._plain(operation, Act.VIEW, found, verb=template.last)
            return self._listing(operation, found, rows)
        if method == "post" and not self._happens(template):
            return self._plain(operation, Act.CREATE, found)
        return self._plain(operation, Act.ACT, found, verb=f"{method}_{template.last}")

    def _of_word(self, operation: Operation, template: Template, method: str) -> Role:
        """Return what a word does that is no collection: to the record before it, or to all of them."""
        rows = self._rows(operation) if method == "get" else None
        if rows is not None:
            elsewhere = self._listed_elsewhere(template, rows)
            if elsewhere is not None:
                return self._listing(operation, elsewhere, rows, verb=template.last)
        around, words = template.parent, [template.last]
        while not around.is_item and around.shape not in self._collections and len(around.parts) > 1:
            words.insert(0, around.parts[-1])
            around = around.parent
        on_item = around.is_item and bool(around.parents or around.parameters[-1:] != (around.tenant[0],))
        found = self._collections.get(around.parent.shape if around.is_item else around.shape)
        verb = "_".join(words).replace("-", "_").replace("{", "").replace("}", "")
        action = Act.VIEW if method == "get" else Act.ACT
        if found is None:
            return Role(operation["operationId"], action, "", verb)
        return self._plain(operation, action, found, verb=verb, on_item=on_item)

    def _plain(
        self, operation: Operation, action: Act, found: Collection, *, verb: str = "", on_item: bool = False
    ) -> Role:  # fmt: skip
        return Role(operation["operationId"], action, found.path, verb, on_item)

    def _listing(self, operation: Operation, found: Collection, rows: Rows, verb: str = "") -> Role:
        properties = {**self._shapes.of(found.record).properties, **self._shapes.of(rows.items).properties}
        read = reading(operation["parameters"], properties, rows.beside, self._shapes)
        return Role(
            operation["operationId"], Act.LIST, found.path, verb, False, rows.key, read.paging.as_json(), read.search,
            read.order, read.direction, read.filters,
        )  # fmt: skip

    # What bodies say

    def _rows(self, operation: Operation) -> Rows | None:
        schema = success_of(operation)[1]
        return rows_of(self._shapes, schema) if schema is not None else None

    def _lists_paged(self, operation: Operation) -> bool:
        rows = self._rows(operation)
        return rows is not None and bool(rows.key) and bool(rows.beside)

    def _happens(self, template: Template) -> bool:
        """Return whether the last word of a path says that something happens."""
        words = words_of(template.last)
        return bool(words) and words[0] in VERBS and not (len(words) == 1 and _is_plural(words[0]))


def _is_plural(word: str) -> bool:
    words = words_of(word)
    last = words[-1] if words else ""
    return last.endswith("s") and not last.endswith("ss") and last not in NO_PLURALS
