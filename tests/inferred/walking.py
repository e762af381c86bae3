"""Walk a whole OpenAPI document over HTTP: every operation a valid request, every collection its whole life.

    python -m tests.inferred.walking posthog.yaml
    python -m tests.inferred.walking posthog.yaml --url http://127.0.0.1:8010 --key phx_mock_session

The walk knows nothing of how a server answers from a document: it reads the document by itself, and judges answers with
another validator. It prints what held, and each exception with what was answered. Where a family is modelled that asks
for more than its schema, the body is our contract's example; there the status counts, and schemas that describe another
answer are told apart, since `mockserver contract diff` is what holds two documents against each other.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import requests
import yaml

from mockserver import create_app
from mockserver.inferred.drawing import Drawer
from mockserver.inferred.reading import Components
from mockserver.inferred.shapes import Shapes
from mockserver.replay.script import Answer as ReplayAnswer
from mockserver.serving.server import Server, free_address
from tests.inferred.hints import Hint, Hints
from tests.inferred.referee import Referee

METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"{([^{}/]+)}")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
KEY = "phx_mock_session"
KNOWN = {
    "project_id": "1",
    "environment_id": "1",
    "team_id": "1",
    "organization_id": "01890000-0000-7000-8000-000000000001",
}
"""Path parameters of which the world has one from the start."""
ROWS = ("results", "data", "items", "records", "entries", "values", "objects")
KEYS = ("id", "uuid", "key", "slug", "short_id", "name", "number", "code", "token")
MOST_PAGES = 30
TRIES = 3
MODELLED = "modelled"
TITLES = ("name", "title", "description")


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @cached_property
    def body(self) -> Any:
        """Its JSON; nothing where it has none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def source(self) -> str:
        """Whether a family answered, or the document alone."""
        return self.headers.get("X-Mockserver-Source", MODELLED)


Send = Callable[[str, str, Any, str | None], Answer]
"""Sends a method, a path with its query, a body and its media type."""


@dataclass
class Operation:
    """One operation of the document, its references followed."""

    method: str
    path: str
    id: str
    parameters: list[Mapping[str, Any]]
    media: str | None
    body: Any
    responses: Mapping[str, Any]
    base: str

    @property
    def successes(self) -> list[str]:
        """The statuses that stand for success, as the document writes them; where it has none, all that it has."""
        return [status for status in self.responses if status[0] in "23"] or list(self.responses)

    @property
    def is_offered(self) -> bool:
        """Whether it does anything: some are there to say that they are not allowed."""
        return not self.responses or any(status[0] in "23" for status in self.responses)

    @property
    def tells(self) -> bool:
        """Whether the document says what it answers."""
        return any("schema" in m for s in self.successes for m in self.responses[s].get("content", {}).values())

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass
class Report:
    """What held, and what did not."""

    operations: int = 0
    answered: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    """Collections that offer all of create, get, list, change and delete."""
    parts: int = 0
    """Collections that offer some of them beside create."""
    held: int = 0
    """Collections of both kinds of which all that they offer held."""
    differing: set[str] = field(default_factory=set)
    """Modelled operations that answer otherwise than the document describes."""
    exceptions: list[str] = field(default_factory=list)
    life_exceptions: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the report, a line each."""
        yield from sorted(f"operation  {line}" for line in self.exceptions)
        yield from sorted(f"collection {line}" for line in self.life_exceptions)
        yield from sorted(f"differs    {line}" for line in self.differing)
        sources = ", ".join(f"{count} {source}" for source, count in sorted(self.sources.items()))
        yield f"{self.answered} of {self.operations} operations answer with their documented success ({sources})"
        yield (
            f"{self.held} of {self.lives + self.parts} collections keep what is written; {self.lives} of them offer "
            "create, get, list, change and delete"
        )


class Stuck(Exception):
    """What was answered is not what had to be; the message says what."""


class Walker:
    """Walks one document against one server."""

    def __init__(self, document: dict[str, Any], send: Send, known: Mapping[str, str] = KNOWN) -> None:
        self._components = Components(document)
        self._shapes = Shapes(self._components.resolve)
        self._drawer = Drawer(self._shapes, 7, NOW)
        self._referee = Referee(document)
        self._send, self._known = send, known
        self.operations = list(self._read(document))
        self._by_path = {(operation.method, operation.path): operation for operation in self.operations}
        self._found: dict[tuple[str, str], str] = {}
        self._named: dict[str, str] = {}
        """By which field the records of a collection are named, as far as reading one has shown."""
        self._drawn = 0
        self.report = Report(operations=len(self.operations))

    def walk(self) -> Report:
        """Walk every operation and every collection."""
        for path in dict.fromkeys(operation.path for operation in self.operations):
            item = self._item_of(path)
            if item and ("post", path) in self._by_path:
                self._live(path, item)
        for operation in sorted(self.operations, key=lambda each: each.method == "delete"):
            self._try(operation)  # what removes something comes last: there may be no other
        return self.report

    @cached_property
    def _hints(self) -> Hints:
        return Hints(self._ask, {"project_id": 1, "organization_id": KNOWN["organization_id"]})

    # The document

    def _read(self, document: Mapping[str, Any]) -> Iterator[Operation]:
        servers = document.get("servers") or [{}]
        base = urlsplit(servers[0].get("url", "")).path.rstrip("/")
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(base, path, method, item)

    def _operation(self, base: str, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        spec, resolve = item[method], self._components.resolve
        listed = [resolve(each) for each in (*item.get("parameters", ()), *spec.get("parameters", ()))]
        parameters = {(each.get("name"), each.get("in")): each for each in listed}
        content = resolve(spec.get("requestBody") or {}).get("content", {})
        media = next((kind for kind in content if "json" in kind), next(iter(content), None))
        body = content[media].get("schema") if media else None
        responses = {str(status): resolve(each) for status, each in (spec.get("responses") or {}).items()}
        return Operation(
            method, path, str(spec.get("operationId")), [*parameters.values()], media, body, responses, base
        )  # fmt: skip

    def _item_of(self, path: str) -> str | None:
        """Return the path of a collection's items, if it has some."""
        found = re.compile(re.escape(path.rstrip("/")) + r"/{[^{}/]+}/?")
        return next((each.path for each in self.operations if found.fullmatch(each.path)), None)

    # Requests

    def _request(
        self, operation: Operation, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Answer:  # fmt: skip
        asked = {
            each["name"]: self._drawer.draw(each.get("schema", {}), each["name"])
            for each in operation.parameters
            if each.get("in") == "query" and each.get("required")
        }
        asked.update(query or {})
        address = operation.base + path + (f"?{urlencode(asked, doseq=True)}" if asked else "")
        return self._send(operation.method.upper(), address, body, operation.media if body is not None else None)

    def _body(self, operation: Operation, *, whole: bool) -> Any:
        """Return a valid body, different each time; `whole` with what may be left out, too."""
        if operation.body is None:
            return None
        self._drawn += 1
        name = PARAMETER.sub("", operation.path).strip("/").rpartition("/")[2]
        drawn = self._drawer.draw(operation.body, name, place=str(self._drawn), for_request=True)
        if whole or not isinstance(drawn, dict):
            return drawn
        required = self._shapes.of(operation.body).required
        return {name: value for name, value in drawn.items() if name in required}

    def _ask(self, method: str, path: str, body: Any) -> ReplayAnswer:
        """Send what the hints are made of."""
        answer = self._send(method, path, body, "application/json" if body is not None else None)
        return ReplayAnswer(answer.status, answer.headers, answer.text.encode())

    def _judge(self, operation: Operation, answer: Answer) -> None:
        """Hold an answer to what the document says. Raises: Stuck."""
        status = str(answer.status)
        documented = operation.responses
        spec = documented.get(status) or documented.get(f"{status[0]}XX") or documented.get("default") or {}
        fine = status in operation.successes if documented else answer.status < 300
        if status < "3" and not fine and answer.source == MODELLED:
            self.report.differing.add(f"{operation}: {status}, documented {', '.join(operation.successes)}")
            return
        if not fine and not (status < "3" and "2XX" in operation.successes):
            raise Stuck(f"{status}, documented {', '.join(operation.successes) or 'nothing'}: {answer.text[:200]}")
        try:
            self._judge_body(spec.get("content", {}), answer)
        except Stuck as stuck:
            if answer.source != MODELLED:
                raise
            self.report.differing.add(f"{operation}: {stuck}")

    def _judge_body(self, content: Mapping[str, Any], answer: Answer) -> None:
        schema = next((media.get("schema") for kind, media in content.items() if "json" in kind), None)
        if answer.status == 204 and answer.text:
            raise Stuck("204 with a body")
        if schema is None or answer.status == 204:
            return
        if answer.body is None and answer.text != "null":
            raise Stuck(f"{answer.status} without JSON: {answer.text[:80]!r}")
        problem = next(iter(self._referee.validator(schema).iter_errors(answer.body)), None)
        if problem is not None:
            place = "/".join(str(part) for part in problem.instance_path)
            raise Stuck(f"{answer.status}, at {place or 'the whole'}: {problem.message[:200]}")

    # Every operation

    def _try(self, operation: Operation) -> None:
        problem = source = ""
        for attempt in range(TRIES):
            try:
                answer = self._attempt(operation, attempt)
                if answer is None:
                    break
                source = answer.source
                self._judge(operation, answer)
            except Stuck as stuck:
                problem = str(stuck) if source == MODELLED else problem or str(stuck)
            else:
                self.report.answered += 1
                self.report.sources[source] += 1
                return
        self.report.exceptions.append(f"{operation} ({source or 'not asked'}): {problem}")

    def _attempt(self, operation: Operation, attempt: int) -> Answer | None:
        """Send an operation all that its schema has, then what it asks for, then what our contract has for it."""
        if attempt < TRIES - 1:
            path = self._filled(operation.path, fresh=bool(attempt) or operation.method != "get")
            return self._request(operation, path, self._body(operation, whole=not attempt))
        hint = self._hints.of(operation.method, operation.path)
        if hint is None:
            return None
        if hint.path:
            values = self._ordered(operation, hint.path)
            path = PARAMETER.sub(lambda found: quote(str(next(values)), safe="@"), operation.path)
        else:
            path = self._filled(operation.path, fresh=True)
        self._prepare(hint, path)
        return self._request(operation, path, hint.body, hint.query)

    def _prepare(self, hint: Hint, path: str) -> None:
        """Change the record that a path lies in, where a hint says so."""
        if hint.before is not None:
            self._ask("PATCH", path.rstrip("/").rpartition("/")[0] + "/", hint.before)

    def _ordered(self, operation: Operation, path: Mapping[str, Any]) -> Iterator[Any]:
        """Yield a hint's values in the order of the document's path, whatever it calls its parameters."""
        others = iter([value for name, value in path.items() if name not in KNOWN])
        for name in PARAMETER.findall(operation.path):
            yield self._known[name] if name in self._known else next(others, "")

    def _filled(self, template: str, *, fresh: bool) -> str:
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
        filled = self._filled(path, fresh=False)
        found = re.fullmatch(re.sub(r"\\{[^{}/]+?\\}", "([^/]+)", re.escape(path)), filled)
        return dict(zip(PARAMETER.findall(path), map(unquote, found.groups()), strict=True)) if found else {}

    def _identifier(self, before: str, filled: str, parameter: str, *, fresh: bool) -> str:
        """Return an identifier of what lies under a path: of something made, else listed, else a likely one."""
        known = self._found.get((before, filled))
        if known is not None and not fresh:
            return known
        found = self._made(before, filled, parameter) or self._listed(before, filled, parameter)
        if found is None:
            schema = next(
                (each.get("schema", {}) for o in self.operations if o.path.startswith(f"{before}{{{parameter}}}")
                 for each in o.parameters if each.get("name") == parameter and each.get("in") == "path"),
                {},
            )  # fmt: skip
            self._drawn += 1
            found = str(self._drawer.draw(schema, parameter, place=f"{before}{self._drawn}"))
            self._put(before, filled, found)
        if not fresh or known is None:
            self._found[before, filled] = found
        return found

    def _put(self, before: str, filled: str, key: str) -> None:
        """Make a record under a key of one's own, where the document has that."""
        found = re.compile(re.escape(before) + r"{[^{}/]+}/?")
        for put in self.operations:
            if found.fullmatch(put.path) and (put.method == "post" or (put.method == "put" and "201" in put.responses)):
                ending = "/" if put.path.endswith("/") else ""
                self._request(put, filled + quote(key, safe="@") + ending, self._body(put, whole=True))

    def _collection(self, method: str, before: str) -> Operation | None:
        return self._by_path.get((method, before)) or self._by_path.get((method, before.rstrip("/")))

    def _made(self, before: str, filled: str, parameter: str) -> str | None:
        create = self._collection("post", before)
        if create is None:
            return None
        path = filled if create.path == before else filled.rstrip("/")
        for attempt in range(TRIES):
            body = self._creating(create, attempt, path)
            answer = self._request(create, path, body)
            if answer.status < 300:
                made = answer.body if isinstance(answer.body, dict) else {}
                return self._key_in(before, filled, {**(body if isinstance(body, dict) else {}), **made}, parameter)
        return None

    def _creating(self, create: Operation, attempt: int, path: str) -> Any:
        """Return a body that makes a record."""
        if attempt < TRIES - 1:
            return self._body(create, whole=not attempt)
        hint = self._hints.of(create.method, create.path)
        body = hint.body if hint else None
        if hint:
            self._prepare(hint, path)
        if not isinstance(body, dict):
            return body
        self._drawn += 1  # no two records may have the same name
        own = {name: f"{body[name]}_{self._drawn}" for name in ("name", "key") if isinstance(body.get(name), str)}
        return {**body, **own}

    def _listed(self, before: str, filled: str, parameter: str) -> str | None:
        listing = self._collection("get", before)
        if listing is None:
            return None
        rows = self._rows(self._request(listing, filled if listing.path == before else filled.rstrip("/")))
        return self._key_in(before, filled, rows[0], parameter) if rows and isinstance(rows[0], dict) else None

    def _key_in(self, before: str, filled: str, record: Mapping[str, Any], parameter: str) -> str | None:
        """Return what a path may name a record by; where one can be read, the name by which it is."""
        found = re.compile(re.escape(before.rstrip("/")) + r"/{[^{}/]+}/?")
        get = next((o for o in self.operations if o.method == "get" and found.fullmatch(o.path)), None)
        likely = self._keys_of(record, parameter)
        if get is None or before in self._named:
            return self._key_of(record, before, parameter)
        for name, key in likely:
            path = filled.rstrip("/") + "/" + quote(key, safe="@") + ("/" if get.path.endswith("/") else "")
            if self._request(get, path).status < 300:
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

    def _key_of(self, record: Mapping[str, Any], before: str, parameter: str) -> str | None:
        name = self._named.get(before)
        if name and record.get(name) is not None:
            return str(record[name])
        return next((key for _, key in self._keys_of(record, parameter)), None)

    def _rows(self, answer: Answer) -> list[Any]:
        body = answer.body
        if isinstance(body, dict):
            body = next((body[name] for name in ROWS if isinstance(body.get(name), list)), None)
        return body if isinstance(body, list) else []

    # The life of a record

    def _live(self, path: str, item: str) -> None:
        """Make a record of a collection, look for it, change it, remove it, and look for it again."""
        create, get, listing, delete = (
            self._by_path.get(each)
            for each in (("post", path), ("get", item), ("get", path), ("delete", item))
        )  # fmt: skip
        if delete is not None and not delete.is_offered:
            delete = None
        if listing is not None and not listing.tells:
            listing = None
        change = next((self._by_path[m, item] for m in ("patch", "put", "post") if (m, item) in self._by_path), None)
        offered = [each for each in (get, listing, change, delete) if each is not None]
        assert create is not None
        if not offered:
            return
        if len(offered) == 4:
            self.report.lives += 1
        else:
            self.report.parts += 1
        try:
            self._follow_life(create, get, listing, change, delete, item)
        except Stuck as stuck:
            self.report.life_exceptions.append(f"{path}: {stuck}")
        else:
            self.report.held += 1

    def _follow_life(
        self, create: Operation, get: Operation | None, listing: Operation | None, change: Operation | None,
        delete: Operation | None, item: str,
    ) -> None:  # fmt: skip
        parameter = PARAMETER.findall(item)[-1]
        around = self._filled(create.path, fresh=False)
        record, sent = self._create(create, around)
        before = create.path.rstrip("/") + "/"
        key = self._key_in(before, around.rstrip("/") + "/", record, parameter)
        if key is None:
            raise Stuck(f"what was made tells no {parameter}: {json.dumps(record)[:120]}")
        path = around.rstrip("/") + "/" + quote(key, safe="@") + ("/" if item.endswith("/") else "")
        kept = {name: value for name, value in sent.items() if name in record and record[name] == value}
        if get is not None:
            self._expect(get, path, kept)
        if listing is not None:
            self._expect_listed(listing, around, parameter, key, kept)
        if change is not None:
            changed = self._change(change, path, record)
            if get is not None:
                self._expect(get, path, changed)
            if listing is not None:
                self._expect_listed(listing, around, parameter, key, changed)
        if delete is not None:
            self._judge(delete, self._request(delete, path))
        elif change is not None and "deleted" in record and "deleted" in self._shapes.of(change.body).properties:
            self._judge(change, self._request(change, path, {**self._required(change), "deleted": True}))
        else:
            return
        if get is not None:
            again = self._request(get, path)
            is_marked = isinstance(again.body, dict) and again.body.get("deleted") is True
            if again.status not in (404, 410) and not (is_marked and delete is None):
                raise Stuck(f"{again.status} for what was deleted")
        if listing is not None and self._find(listing, around, parameter, key) is not None:
            raise Stuck("what was deleted is still listed")

    def _required(self, operation: Operation) -> dict[str, Any]:
        body = self._body(operation, whole=False)
        return body if isinstance(body, dict) else {}

    def _create(self, create: Operation, around: str) -> tuple[dict[str, Any], dict[str, Any]]:
        problem = ""
        for attempt in range(TRIES):
            body = self._creating(create, attempt, around)
            if attempt and body is None:
                break
            answer = self._request(create, around, body)
            try:
                self._judge(create, answer)
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
            sent = self._body(change, whole=change.method == "put") or {}
            self._drawn += 1
            place = f"change{self._drawn}"
            changed = {name: self._drawer.draw(shape.properties[name], name, place=place)} if name else {}
            answer = self._request(change, path, {**sent, **changed} if isinstance(sent, dict) else sent)
            if answer.status >= 400 and change.method != "put":
                answer = self._request(change, path, changed)
            self._judge(change, answer)
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

    def _expect(self, get: Operation, path: str, fields: Mapping[str, Any]) -> None:
        answer = self._request(get, path)
        self._judge(get, answer)
        self._compare(answer.body, fields, "get")

    def _compare(self, shown: Any, fields: Mapping[str, Any], where: str) -> None:
        for name, value in fields.items():
            if isinstance(shown, dict) and name in shown and shown[name] != value:
                raise Stuck(f"{where}: {name} is {str(shown[name])[:80]!r}, not {str(value)[:80]!r}")

    def _expect_listed(
        self, listing: Operation, around: str, parameter: str, key: str, fields: Mapping[str, Any]
    ) -> None:  # fmt: skip
        found = self._find(listing, around, parameter, key)
        if found is None:
            raise Stuck("what was made is not listed")
        self._compare(found, fields, "list")

    def _find(self, listing: Operation, around: str, parameter: str, key: str) -> Any:
        """Return a record's row of a list, whichever page it is on."""
        query: dict[str, Any] = {}
        for _ in range(MOST_PAGES):
            answer = self._request(listing, around, query=query)
            self._judge(listing, answer)
            rows = self._rows(answer)
            for row in rows:
                if isinstance(row, dict) and self._key_of(row, listing.path.rstrip("/") + "/", parameter) == key:
                    return row
            following = self._next(listing, answer, query, rows, parameter)
            if following is None or not rows:
                return None
            query = following
        return None

    def _next(
        self, listing: Operation, answer: Answer, query: Mapping[str, Any], rows: list[Any], parameter: str
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
            return {**query, "starting_after": self._key_of(rows[-1], listing.path + "/", parameter)}
        if isinstance(answer.body, list) and "page" in names and rows:
            return {**query, "page": int(query.get("page", 1)) + 1}
        return None


def over_http(url: str, key: str) -> Send:
    """Return what sends requests to an address."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    session.trust_env = False

    def send(method: str, path: str, body: Any, media: str | None) -> Answer:
        told = _encoded(body, media)
        answer = session.request(method, url.rstrip("/") + path, timeout=60, allow_redirects=False, **told)
        return Answer(answer.status_code, answer.headers, answer.text)

    return send


def in_process(app: Any, key: str) -> Send:
    """Return what asks an application without a socket."""
    client = app.test_client()

    def send(method: str, path: str, body: Any, media: str | None) -> Answer:
        told = _encoded(body, media)
        if "files" in told:
            files = {name: (BytesIO(content), called) for name, (called, content) in told["files"].items()}
            told = {"data": {**told["data"], **files}, "content_type": "multipart/form-data"}
        elif "headers" in told:
            told = {"data": told["data"], "content_type": told["headers"]["Content-Type"]}
        answer = client.open(path, method=method, headers={"Authorization": f"Bearer {key}"}, **told)
        return Answer(answer.status_code, answer.headers, answer.get_data(as_text=True))

    return send


@contextmanager
def serving(document: Path) -> Iterator[str]:
    """Serve a document at a free address of this machine, each answer held to it."""
    server = Server(create_app(openapi=[str(document)], strict=True), free_address("127.0.0.1", 0)).start()
    try:
        yield server.address.url
    finally:
        server.stop()


def _encoded(body: Any, media: str | None) -> dict[str, Any]:
    """Return a body as requests and Flask's client take it."""
    if body is None or media is None:
        return {}
    if "multipart" in media:
        fields = body if isinstance(body, dict) else {}
        files = {name: ("file.txt", str(value).encode()) for name, value in fields.items() if name == "file"}
        text = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in fields.items()
            if name not in files and value is not None
        }
        return {"data": text, "files": files}
    if "form" in media:
        return {"data": urlencode(body, doseq=True), "headers": {"Content-Type": media}}
    if "json" in media:
        return {"data": json.dumps(body), "headers": {"Content-Type": "application/json"}}
    return {"data": body if isinstance(body, str) else json.dumps(body), "headers": {"Content-Type": media}}


def read(path: Path) -> dict[str, Any]:
    """Return a document; times in it stay text."""
    text = path.read_text()
    if path.suffix == ".json":
        loaded: dict[str, Any] = json.loads(text)
        return loaded
    plain: dict[str, Any] = json.loads(json.dumps(yaml.load(text, Loader=yaml.CSafeLoader), default=str))
    return plain


def main() -> int:
    """Walk a document, print what held, and return whether there were more exceptions than are allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("document", type=Path)
    parser.add_argument("--url", help="a server that answers; without it one is started for the walk")
    parser.add_argument("--key", default=KEY, help=f"the key to show ({KEY})")
    parser.add_argument("--allowed", type=int, default=0, help="how many exceptions there may be")
    options = parser.parse_args()
    with serving(options.document) if options.url is None else nullcontext(options.url) as url:
        report = Walker(read(options.document), over_http(url, options.key)).walk()
    print(*report.lines(), sep="\n")
    return int(len(report.exceptions) + len(report.life_exceptions) > options.allowed)


if __name__ == "__main__":
    sys.exit(main())
