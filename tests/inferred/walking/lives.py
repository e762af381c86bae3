"""The life of a record: made, looked for, changed, removed, and looked for again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.inferred.walking.client import TRIES, Client
from tests.inferred.walking.described import PARAMETER, Described, Operation
from tests.inferred.walking.keys import Keys, rows_of
from tests.inferred.walking.report import Stuck
from tests.inferred.walking.wire import Answer

MOST_PAGES = 30
NOTHING = object()
TITLES = ("name", "title", "description")


@dataclass(frozen=True)
class Offered:
    """What a document offers of one collection."""

    create: Operation
    item: str
    """Path of a record."""
    get: Operation | None
    listing: Operation | None
    change: Operation | None
    delete: Operation | None

    @classmethod
    def of(cls, document: Described, create: Operation, item: str) -> Offered:
        """Return what is offered beside create, without what is there to be refused and lists that tell nothing."""
        listing, delete = document.get("get", create.path), document.get("delete", item)
        changes = [document.get(method, item) for method in ("patch", "put", "post")]
        return cls(
            create, item, document.get("get", item), listing if listing is not None and listing.tells else None,
            next((each for each in changes if each is not None), None),
            delete if delete is not None and delete.is_offered else None,
        )  # fmt: skip

    @property
    def count(self) -> int:
        """How much is offered beside create."""
        return sum(each is not None for each in (self.get, self.listing, self.change, self.delete))


class Life:
    """The life of one record of a collection."""

    def __init__(self, client: Client, keys: Keys, offered: Offered) -> None:
        self._client = client
        self._keys = keys
        self._shapes = client.document.shapes
        self._offered = offered
        self._parameter = PARAMETER.findall(offered.item)[-1]
        self._around = keys.filled(offered.create.path, fresh=False)

    def follow(self) -> None:
        """Make the record, look for it, change it, remove it, and look for it again. Raises: Stuck."""
        record, sent = self._create()
        key, path = self._name(record)
        self._expect(key, path, {name: value for name, value in sent.items() if record.get(name, NOTHING) == value})
        if self._offered.change is not None:
            self._expect(key, path, self._change(self._offered.change, path, record))
        if self._remove(path, record):
            self._expect_gone(key, path)

    def _name(self, record: Mapping[str, Any]) -> tuple[str, str]:
        """Return what a new record is named by, and its path. Raises: Stuck."""
        around = self._around.rstrip("/") + "/"
        key = self._keys.key_in(self._offered.create.path.rstrip("/") + "/", around, record, self._parameter)
        if key is None:
            raise Stuck(f"what was made tells no {self._parameter}: {json.dumps(record)[:120]}")
        return key, around + quote(key, safe="@") + ("/" if self._offered.item.endswith("/") else "")

    def _remove(self, path: str, record: Mapping[str, Any]) -> bool:
        """Remove the record, or mark it as deleted, and return whether there is a way to."""
        change, delete = self._offered.change, self._offered.delete
        if delete is not None:
            self._client.judge(delete, self._client.request(delete, path))
        elif change is not None and "deleted" in record and "deleted" in self._shapes.of(change.body).properties:
            self._client.judge(change, self._client.request(change, path, {**self._required(change), "deleted": True}))
        else:
            return False
        return True

    def _expect_gone(self, key: str, path: str) -> None:
        get, listing = self._offered.get, self._offered.listing
        if get is not None:
            again = self._client.request(get, path)
            is_marked = isinstance(again.body, dict) and again.body.get("deleted") is True
            if again.status not in (404, 410) and not (is_marked and self._offered.delete is None):
                raise Stuck(f"{again.status} for what was deleted")
        if listing is not None and self._find(listing, key) is not None:
            raise Stuck("what was deleted is still listed")

    def _required(self, operation: Operation) -> dict[str, Any]:
        body = self._client.body(operation, whole=False)
        return body if isinstance(body, dict) else {}

    def _create(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what was made, and what was sent for it. Raises: Stuck."""
        create, problem = self._offered.create, ""
        for attempt in range(TRIES):
            body = self._client.creating(create, attempt, self._around)
            if attempt and body is None:
                break
            answer = self._client.request(create, self._around, body)
            try:
                self._client.judge(create, answer)
            except Stuck as stuck:
                problem = problem or f"create: {stuck}"
            else:
                sent = body if isinstance(body, dict) else {}
                return answer.body if isinstance(answer.body, dict) else sent, sent
        raise Stuck(problem)

    def _change(self, change: Operation, path: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Change one field that is shown, and return it as it must be from now on; some fields are set but once."""
        shape = self._shapes.of(change.body)
        fields = [name for name in shape.properties if name in record and self._is_plain(shape.properties[name])]
        fields.sort(key=lambda name: TITLES.index(name) if name in TITLES else len(TITLES))
        stays = ""
        for name in fields or [None]:
            sent = self._client.body(change, whole=change.method == "put") or {}
            place = f"change{self._client.fresh()}"
            changed = {name: self._client.drawer.draw(shape.properties[name], name, place=place)} if name else {}
            answer = self._client.request(change, path, {**sent, **changed} if isinstance(sent, dict) else sent)
            if answer.status >= 400 and change.method != "put":
                answer = self._client.request(change, path, changed)
            self._client.judge(change, answer)
            shown = answer.body if isinstance(answer.body, dict) else {}
            if name is None or name not in shown or shown[name] == changed[name]:
                return changed
            stays = f"{name} was changed to {changed[name]!r} and is {shown[name]!r}"
        raise Stuck(stays)

    def _is_plain(self, schema: Any) -> bool:
        """Return whether a field is text that nothing is known of, which a server has to keep as it was sent."""
        shape = self._shapes.of(schema)
        special = shape.words.keys() & {"format", "enum", "readOnly", "writeOnly"}
        return shape.kind == "string" and not special and not shape.options

    def _expect(self, key: str, path: str, fields: Mapping[str, Any]) -> None:
        """Expect the record under its path and in the list, with fields as they are given. Raises: Stuck."""
        get, listing = self._offered.get, self._offered.listing
        if get is not None:
            answer = self._client.request(get, path)
            self._client.judge(get, answer)
            self._compare(answer.body, fields, "get")
        if listing is not None:
            found = self._find(listing, key)
            if found is None:
                raise Stuck("what was made is not listed")
            self._compare(found, fields, "list")

    def _compare(self, shown: Any, fields: Mapping[str, Any], where: str) -> None:
        for name, value in fields.items():
            if isinstance(shown, dict) and name in shown and shown[name] != value:
                raise Stuck(f"{where}: {name} is {str(shown[name])[:80]!r}, not {str(value)[:80]!r}")

    def _find(self, listing: Operation, key: str) -> Any:
        """Return a record's row of a list, whichever page it is on."""
        query: dict[str, Any] = {}
        before = listing.path.rstrip("/") + "/"
        for _ in range(MOST_PAGES):
            answer = self._client.request(listing, self._around, query=query)
            self._client.judge(listing, answer)
            rows = rows_of(answer)
            for row in rows:
                if isinstance(row, dict) and self._keys.key_of(row, before, self._parameter) == key:
                    return row
            following = self._next(listing, answer, query, rows)
            if following is None or not rows:
                return None
            query = following
        return None

    def _next(
        self, listing: Operation, answer: Answer, query: Mapping[str, Any], rows: list[Any]
    ) -> dict[str, Any] | None:  # fmt: skip
        """Return the query of the next page, in whichever way the document pages; nothing on the last one."""
        names = {each["name"] for each in listing.parameters if each.get("in") == "query"}
        body = answer.body if isinstance(answer.body, dict) else {}
        link = body.get("next")
        if isinstance(link, str) and "?" in link:
            return dict(parse_qsl(urlsplit(link).query))
        token = body.get("nextPageToken")
        if token and "pageToken" in names:
            return {**query, "pageToken": token}
        if body.get("has_more") and "starting_after" in names and rows:
            return {**query, "starting_after": self._keys.key_of(rows[-1], listing.path + "/", self._parameter)}
        if isinstance(answer.body, list) and "page" in names and rows:
            return {**query, "page": int(query.get("page", 1)) + 1}
        return None
