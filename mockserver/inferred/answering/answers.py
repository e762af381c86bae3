"""Answers: records, pages of them and what actions tell, fitted to the schema of the operation's response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.inferred import paging
from mockserver.inferred.answering.tools import Tools
from mockserver.inferred.outlines import Collection, Role
from mockserver.request.call import Answer, Call
from mockserver.store import Record
from mockserver.store.contents import Version


class Answers:
    """What operations about one collection answer; `table` is what draws values where no record gives them."""

    def __init__(self, tools: Tools, collection: Collection, table: str) -> None:
        self._tools = tools
        self._shapes = tools.shapes
        self._collection = collection
        self._table = table

    def one(self, call: Call, record: Record) -> Any:
        """Return a record as the operation's answer shows it."""
        schema = success_schema(call)
        if schema is None:
            return without_json(call)
        if self._shapes.of(schema).kind == "array":
            return self.several(call, [record])
        return self._shown(call, schema, record)

    def several(self, call: Call, records: Sequence[Record]) -> Any:
        """Return records that were made together; where the answer is no list of them, the first."""
        schema = success_schema(call)
        if not records:
            return without_json(call)
        shape = self._shapes.of(schema)
        if schema is None or shape.kind != "array":
            return self.one(call, records[0])
        return [self._shown(call, shape.words.get("items", {}), record) for record in records]

    def removed(self, call: Call, record: Record) -> Any:
        """Return what the answer shows of a record that is gone."""
        schema = success_schema(call)
        return without_json(call) if schema is None else self._fitted(call, schema, {**record, "deleted": True})

    def told(self, call: Call, verb: str, sent: Mapping[str, Any], record: Record | None = None) -> Any:
        """Return what an action or a view tells: of a record, where its answer is one; else what fits."""
        schema = success_schema(call)
        if schema is None:
            return without_json(call)
        if record is not None and self._is_about_record(schema):
            return self._shown(call, schema, record)
        key = "" if record is None else record.get(self._collection.key, "")
        drawer = self._tools.drawer_at_start(call)
        drawn = drawer.draw(schema, verb, place=f"{self._table}/{key}:{verb}")
        if sent and isinstance(drawn, Mapping):
            properties = self._shapes.of(schema).properties
            echoed = {n: v for n, v in sent.items() if n in properties and drawer.fits(properties[n], v)}
            drawn = {**drawn, **echoed}
        return drawn

    def page(self, call: Call, role: Role, records: Sequence[Record]) -> Any:
        """Return a page of records, in the envelope of the answer."""
        shapes, schema = self._shapes, success_schema(call)
        keys = [record.get(self._collection.key, number) for number, record in enumerate(records)]
        part = paging.window(call, role.pages, keys)
        rows = records[part.start : part.end]
        shape = shapes.of(schema)

        def draw(schema: Any, name: str) -> Any:
            return self._tools.drawer_at_start(call).draw(schema, name, place=f"{self._collection.table}:page")

        envelope = paging.Envelope(call, role.pages, part, keys, shapes, draw)
        if not role.rows:
            _link(call, envelope)
            items = shape.words.get("items", {})
            return [self._shown(call, items, row) for row in rows]
        items = shapes.of(shape.properties[role.rows]).words.get("items", {})
        filled = envelope.fill({name: prop for name, prop in shape.properties.items() if name != role.rows})
        shown = [self._shown(call, items, row) for row in rows]
        return {name: shown if name == role.rows else filled[name] for name in shape.properties}

    def _is_about_record(self, schema: Any) -> bool:
        """Return whether a schema is the record's own, or shows most of what the record's does."""
        if schema == self._collection.record or schema in self._collection.shapes:
            return True
        shown = self._shapes.of(schema).properties.keys()
        own = self._shapes.of(self._collection.record).properties.keys()
        return bool(own) and len(shown & own) * 2 > max(len(shown), 3)

    def _shown(self, call: Call, schema: Any, record: Record) -> Any:
        """Return a record as a schema has it, worked out once for each version of it."""
        kept: dict[int, Any] | None = record.rendered if isinstance(record, Version) else None
        if kept is None:
            kept = {}
            if isinstance(record, Version):
                record.rendered = kept
        if id(schema) not in kept:
            kept[id(schema)] = self._fitted(call, schema, record)
        return kept[id(schema)]

    def _fitted(self, call: Call, schema: Any, record: Mapping[str, Any]) -> Any:
        """Return a record as a schema has it; its key with it, where the schema shows none."""
        found = self._collection
        key = record.get(found.key)
        drawer = self._tools.drawer_now(call)
        drawn = drawer.draw(schema, found.table, sent=dict(record), place=f"{found.table}/{key}")
        if found.shows_key or not found.key or not isinstance(drawn, Mapping) or found.key in drawn:
            return drawn
        return drawn if self._shapes.of(schema).others is False else {found.key: key, **drawn}


def success_schema(call: Call) -> Any:
    """Return the schema of the answer's JSON, if it is any."""
    return call.operation.successes[call.profile].schema


def without_json(call: Call) -> Any:
    """Return an answer that is no JSON: nothing, or something of the media type that the document names."""
    success = call.operation.successes[call.profile]
    media_type = next(iter(success.media_types), None)
    if success.schema is not None or media_type is None or success.status in (204, 304):
        return Answer(None, success.status)
    return Answer("" if media_type.startswith("text/") else b"", success.status, media_type=media_type)


def _link(call: Call, envelope: paging.Envelope) -> None:
    """Say where the next page is of a list without an envelope, in the header that says it (RFC 8288)."""
    links = {"next": envelope.link(ahead=True), "prev": envelope.link(ahead=False)}
    told = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items() if address)
    if told:
        call.headers["Link"] = told
