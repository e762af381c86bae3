"""Bodies, judged by the schema that the document has for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from mockserver.inferred.answering.tools import Tools
from mockserver.inferred.operations import json_schema
from mockserver.inferred.outlines import Collection
from mockserver.request.call import Call


class Bodies:
    """What clients send about the records of one collection."""

    def __init__(self, tools: Tools, collection: Collection) -> None:
        self._tools = tools
        self._collection = collection

    def accepted(self, call: Call, *, partial: bool = False) -> Any:
        """Return what is accepted of the body. Raises: ValidationError."""
        schema = _schema(call)
        body = call.body
        if call.is_form and call.files:
            named = [(name, file.filename or name) for name, file in call.files.items()]
            body = MultiDict([*body.items(multi=True), *named])
        if schema is None:
            properties = self._tools.shapes.of(self._collection.record).properties
            given = body.to_dict() if call.is_form else body
            return {n: v for n, v in given.items() if n in properties} if isinstance(given, Mapping) else {}
        return self._tools.judge.judge(schema, body, partial=partial, is_form=call.is_form)

    def fields(self, call: Call, *, partial: bool = False) -> Mapping[str, Any]:
        """Return what is accepted of a body that is about one record. Raises: ValidationError."""
        accepted = self.accepted(call, partial=partial)
        return accepted if isinstance(accepted, Mapping) else {}


def _schema(call: Call) -> Any:
    """Return the schema of what was sent: of JSON, or of a form."""
    content: Mapping[str, Any] = call.operation.spec["requestBody"].get("content", {})
    if call.is_form:
        forms = [media["schema"] for kind, media in content.items() if "form" in kind]
        if forms:
            return forms[0]
    schema = json_schema(content)
    return schema if schema is not None or not content else next(iter(content.values())).get("schema")
