"""What a script may expect of a server of another date: the fields that such a server does not have are left out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mockserver.contract import ByProfile, Contract, Document, Operation, Profile, view
from mockserver.contract.document import resolve


class Expectations:
    """Expected bodies as they are of a profile's date."""

    def __init__(self, contract: Contract) -> None:
        self._views: ByProfile[Document] = ByProfile(lambda profile: view(contract.whole, profile))

    def of(self, operation: Operation, profile: Profile, status: int, expected: Any) -> Any:
        """Return what of an expected body an answer of this status can hold in a profile."""
        document = self._views[profile]
        spec = document["paths"].get(operation.path, {}).get(operation.method, {})
        response = resolve(document, spec.get("responses", {}).get(str(status), {}))
        return _dated(document, response.get("content", {}).get("application/json", {}).get("schema"), expected)


@lru_cache(maxsize=2)
def expectations(contract: Contract) -> Expectations:
    """Return what may be expected by a contract: its views are made once."""
    return Expectations(contract)


def _dated(document: Document, schema: Any, expected: Any) -> Any:
    schema = _object(document, schema)
    if isinstance(expected, Mapping):
        properties = schema.get("properties", {})
        return {
            name: _dated(document, properties.get(name), value)
            for name, value in expected.items()
            if properties.get(name) is not False
        }
    if isinstance(expected, list):
        return [_dated(document, schema.get("items"), item) for item in expected]
    return expected


def _object(document: Document, schema: Any) -> Mapping[str, Any]:
    """Return a schema without references, and of one or null the one."""
    schema = resolve(document, schema)
    for option in schema.get("anyOf", ()) if isinstance(schema, Mapping) else ():
        found = resolve(document, option)
        if isinstance(found, Mapping) and found.get("type") != "null":
            return found
    return schema if isinstance(schema, Mapping) else {}
