"""Identifiers of what exists on a server: of something made, else of something listed, else a likely one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from tests.inferred.walking.client import TRIES, Client
from tests.inferred.walking.described import PARAMETER, Operation
from tests.inferred.walking.wire import Answer

KNOWN = {
    "project_id": "1",
    "environment_id": "1",
    "team_id": "1",
    "organization_id": "01890000-0000-7000-8000-000000000001",
}
"""Path parameters of which the world has one from the start."""
ROWS = ("results", "data", "items", "records", "entries", "values", "objects")
KEYS = ("id", "uuid", "key", "slug", "short_id", "name", "number", "code", "token")


class Keys:
    """Fills the paths of a document."""

    def __init__(self, client: Client, known: Mapping[str, str] = KNOWN) -> None:
        self._client = client
        self._document = client.document
        self._known = known
        self._found: dict[tuple[str, str], str] = {}
        self._named: dict[str, str] = {}
        """By which field the records of a collection are named, as far as reading one has shown."""

    def filled(self, template: str, *, fresh: bool) -> str:
        """Return a path with identifiers of what exists; with one of its own for the last, where it is `fresh`."""
        filled, places = "", list(PARAMETER.finditer(template))
        end = 0
        for place in places:
            before = template[end : place.start()]
            filled += before
            name = place[1]
            if name in self._known and place is places[0]:
                filled += quote(self._known[name], safe="@")
            else:
                alone = fresh and place is places[-1]
                filled += quote(self._identifier(template[: place.start()], filled, name, fresh=alone), safe="@")
            end = place.end()
        return filled + template[end:]

    def identifiers(self, path: str) -> dict[str, str]:
        """Return what the parameters of a path may be: identifiers of what exists, as they are written in it."""
        filled = self.filled(path, fresh=False)
        found = re.fullmatch(re.sub(r"\\{[^{}/]+?\\}", "([^/]+)", re.escape(path)), filled)
        return dict(zip(PARAMETER.findall(path), map(unquote, found.groups()), strict=True)) if found else {}

    def _identifier(self, before: str, filled: str, parameter: str, *, fresh: bool) -> str:
        """Return an identifier of what lies under a path: of something made, else listed, else a likely one."""
        known = self._found.get((before, filled))
        if known is not None and not fresh:
            return known
        found = self._made(before, filled, parameter) or self._listed(before, filled, parameter)
        if found is None:
            place = f"{before}{self._client.fresh()}"
            found = str(self._client.drawer.draw(self._schema(before, parameter), parameter, place=place))
            self._put(before, filled, found)
        if not fresh or known is None:
            self._found[before, filled] = found
        return found

    def ordered(self, operation: Operation, path: Mapping[str, Any]) -> Iterator[Any]:
        """Yield a hint's values in the order of the document's path, whatever it calls its parameters."""
        others = iter([value for name, value in path.items() if name not in KNOWN])
        for name in PARAMETER.findall(operation.path):
            yield self._known[name] if name in self._known else next(others, "")

    def _schema(self, before: str, parameter: str) -> Any:
        """Return the schema of a parameter that stands at the end of a path."""
        around = [each for each in self._document.operations if each.path.startswith(f"{before}{{{parameter}}}")]
        named = [spec for each in around for spec in each.parameters if spec.get("name") == parameter]
        return next((spec.get("schema", {}) for spec in named if spec.get("in") == "path"), {})

    def _put(self, before: str, filled: str, key: str) -> None:
        """Make a record under a key of one's own, where the document has that."""
        for put in self._document.items(before):
            if put.method == "post" or (put.method == "put" and "201" in put.responses):
                ending = "/" if put.path.endswith("/") else ""
                self._client.request(put, filled + quote(key, safe="@") + ending, self._client.body(put, whole=True))

    def _made(self, before: str, filled: str, parameter: str) -> str | None:
        create = self._document.collection("post", before)
        if create is None:
            return None
        path = filled if create.path == before else filled.rstrip("/")
        for attempt in range(TRIES):
            body = self._client.creating(create, attempt, path)
            answer = self._client.request(create, path, body)
            if answer.status < 300:
                made = answer.body if isinstance(answer.body, dict) else {}
                return self.key_in(before, filled, {**(body if isinstance(body, dict) else {}), **made}, parameter)
        return None

    def _listed(self, before: str, filled: str, parameter: str) -> str | None:
        listing = self._document.collection("get", before)
        if listing is None:
            return None
        rows = rows_of(self._client.request(listing, filled if listing.path == before else filled.rstrip("/")))
        return self.key_in(before, filled, rows[0], parameter) if rows and isinstance(rows[0], dict) else None

    def key_in(self, before: str, filled: str, record: Mapping[str, Any], parameter: str) -> str | None:
        """Return what a path may name a record by; where one can be read, the name by which it is."""
        get = next((o for o in self._document.items(before.rstrip("/") + "/") if o.method == "get"), None)
        likely = self._keys_of(record, parameter)
        if get is None or before in self._named:
            return self.key_of(record, before, parameter)
        for name, key in likely:
            path = filled.rstrip("/") + "/" + quote(key, safe="@") + ("/" if get.path.endswith("/") else "")
            if self._client.request(get, path).status < 300:
                self._named[before] = name
                return key
        return likely[0][1] if likely else None

    def _keys_of(self, record: Mapping[str, Any], parameter: str) -> list[tuple[str, str]]:
        """Return the fields that a path may name a record by, each with its value, the likeliest first."""
        around, _, inner = parameter.partition("__")
        if inner and isinstance(record.get(around), dict):
            return [("", key) for _, key in self._keys_of(record[around], inner)]
        words = parameter.split("_")
        names = dict.fromkeys([parameter, *("_".join(words[start:]) for start in range(len(words))), *KEYS])
        found = [(name, record.get(name)) for name in names]
        return [(name, str(value)) for name, value in found if isinstance(value, (str, int)) and value != ""]

    def key_of(self, record: Mapping[str, Any], before: str, parameter: str) -> str | None:
        name = self._named.get(before)
        if name and record.get(name) is not None:
            return str(record[name])
        return next((key for _, key in self._keys_of(record, parameter)), None)


def rows_of(answer: Answer) -> list[Any]:
    """Return the rows of a list, in whichever envelope."""
    body = answer.body
    if isinstance(body, dict):
        body = next((body[name] for name in ROWS if isinstance(body.get(name), list)), None)
    return body if isinstance(body, list) else []
