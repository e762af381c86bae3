"""Two documents compared: which operations each has, and what each says of those that both have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mockserver.diff.rules import LEVELS, Change, Level, Way
from mockserver.diff.schemas import Found, Schemas
from mockserver.diff.shapes import Node, Shapes, walk

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
UNHEEDED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI says are not described as parameters."""
Key = tuple[str, str]


@dataclass(frozen=True)
class Described:
    """An operation as a document describes it."""

    method: str
    path: str
    spec: Node
    item: Node


@dataclass
class Comparison:
    """What one document says otherwise than another."""

    changes: list[Change] = field(default_factory=list)
    compared: int = 0
    """How many operations both have."""
    notes: list[str] = field(default_factory=list)

    @property
    def breaking(self) -> list[Change]:
        """The changes that break clients, or may."""
        return [change for change in self.changes if change.level.is_breaking]


def compare(base: Node, revision: Node) -> Comparison:
    """Return what a document, the revision, says otherwise than the base; operations are matched by path and method.

    Paths are the same whatever they call their parameters and whether or not they end in a slash.
    """
    ours, theirs = operations_of(base), operations_of(revision)
    shapes = Shapes(base), Shapes(revision)
    found = Comparison()
    paths = {path for path, _ in theirs}
    for key, operation in ours.items():
        if key not in theirs:
            found.changes.append(_removed(operation, key[0] in paths))
            continue
        found.compared += 1
        seen: set[Change] = set()
        for change in _Pair(operation, theirs[key], base, revision, *shapes).changes():
            if change not in seen:
                seen.add(change)
                found.changes.append(change)
    for key, operation in theirs.items():
        if key not in ours:
            found.changes.append(_change("endpoint-added", operation))
    for name, each in zip(("contract", "other document"), shapes, strict=True):
        found.notes += [f"the {name} refers to {reference}, which is not in it" for reference in each.unfollowed]
    return found


def operations_of(document: Node) -> dict[Key, Described]:
    """Return the operations of a document by path, as `normalized`, and method."""
    prefix = _prefix(document)
    shapes = Shapes(document)
    found: dict[Key, Described] = {}
    for path, node in walk(document.get("paths")):
        item = shapes.resolve(node)
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                full = prefix + path
                found.setdefault((normalized(full), method), Described(method.upper(), full, item[method], item))
    return found


def normalized(path: str) -> str:
    """Return a path without the names of its parameters and its last slash."""
    return re.sub(r"{[^{}]*}", "{}", path).rstrip("/") or "/"


def _prefix(document: Node) -> str:
    """Return the path that a document's server has, which all of its own follow."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, Mapping) else None
    return urlsplit(url).path.rstrip("/") if isinstance(url, str) and "{" not in url else ""


def _removed(operation: Described, path_is_left: bool) -> Change:
    with_deprecation = "with" if operation.spec.get("deprecated") is True else "without"
    return _change(f"api-{'' if path_is_left else 'path-'}removed-{with_deprecation}-deprecation", operation)


def _change(rule: str, operation: Described, place: str = "", text: str = "", level: Level | None = None) -> Change:
    return Change(rule, level or LEVELS[rule], operation.method, operation.path, place, text)


@dataclass
class _Pair:
    """One operation in both documents."""

    ours: Described
    theirs: Described
    base: Node
    revision: Node
    ours_shapes: Shapes
    theirs_shapes: Shapes

    def changes(self) -> Iterator[Change]:
        """Yield everything that changed."""
        was, now = (each.spec.get("deprecated") is True for each in (self.ours, self.theirs))
        if was != now:
            yield self._of("endpoint-deprecated" if now else "endpoint-reactivated")
        yield from self._security()
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()

    def _of(self, rule: str, place: str = "", text: str = "") -> Change:
        return _change(rule, self.ours, place, text)

    def _schemas(self, way: Way) -> Schemas:
        return Schemas(self.ours_shapes, self.theirs_shapes, way)

    def _told(self, found: Iterator[Found], place: str) -> Iterator[Change]:
        for rule, level, where, text in found:
            yield _change(rule, self.ours, f"{place} {where}".strip(), text, level)

    # Who may ask

    def _security(self) -> Iterator[Change]:
        before, after = _schemes(self.ours, self.base), _schemes(self.theirs, self.revision)
        for scheme in before:
            if scheme not in after:
                yield self._of("api-security-removed", "security", scheme)
        for scheme in after:
            if scheme not in before:
                yield self._of("api-security-added", "security", scheme)
                continue
            for scope in after[scheme]:
                if scope not in before[scheme]:
                    yield self._of("api-security-scope-added", "security", scope)
            for scope in before[scheme]:
                if scope not in after[scheme]:
                    yield self._of("api-security-scope-removed", "security", scope)

    # What is asked

    def _parameters(self) -> Iterator[Change]:
        before, after = self._listed(self.ours, self.ours_shapes), self._listed(self.theirs, self.theirs_shapes)
        for key, (name, node) in before.items():
            if key not in after:
                yield self._of("request-parameter-removed", f"{key[0]} {name}")
                continue
            was, now = node.get("required") is True, after[key][1].get("required") is True
            if was != now and key[0] != "path":
                rule = f"request-parameter-became-{'required' if now else 'optional'}"
                yield self._of(rule, f"{key[0]} {name}")
            left, right = _schema(node), _schema(after[key][1])
            if left is not None and right is not None:
                found = self._schemas(Way.REQUEST).compare(left, right, "", "request-parameter")
                yield from self._told(found, f"{key[0]} {name}")
        for key, (name, node) in after.items():
            if key not in before:
                necessity = "required" if node.get("required") is True else "optional"
                yield self._of(f"new-{necessity}-request-parameter", f"{key[0]} {name}")

    def _listed(self, operation: Described, shapes: Shapes) -> dict[Key, tuple[str, Node]]:
        """Return the parameters of an operation; those of the path by their number there, whatever they are called."""
        numbers = {name: str(number) for number, name in enumerate(re.findall(r"{([^{}]*)}", operation.path))}
        found: dict[Key, tuple[str, Node]] = {}
        for source in (operation.item, operation.spec):
            listed = source.get("parameters")
            for node in map(shapes.resolve, listed if isinstance(listed, list) else ()):
                name, place = str(node.get("name")), str(node.get("in"))
                if place == "header" and name.lower() in UNHEEDED_HEADERS:
                    continue
                found[place, numbers.get(name, name) if place == "path" else name] = (name, node)
        return found

    def _body(self) -> Iterator[Change]:
        before = self.ours_shapes.resolve(self.ours.spec.get("requestBody"))
        after = self.theirs_shapes.resolve(self.theirs.spec.get("requestBody"))
        if not before.get("content") or not after.get("content"):
            if after.get("content"):
                yield self._of(f"request-body-added-{'required' if after.get('required') is True else 'optional'}")
            elif before.get("content"):
                yield self._of("request-body-removed")
            return
        was, now = before.get("required") is True, after.get("required") is True
        if was != now:
            yield self._of(f"request-body-became-{'required' if now else 'optional'}")
        yield from self._content(before, after, "request", "request-body", Way.REQUEST)

    # What is answered

    def _responses(self) -> Iterator[Change]:
        before, after = dict(walk(self.ours.spec.get("responses"))), dict(walk(self.theirs.spec.get("responses")))
        for status in before:
            if status not in after:
                yield self._of(f"response-{_success(status)}-status-removed", "", status)
        for status in after:
            if status not in before:
                yield self._of(f"response-{_success(status)}-status-added", "", status)
        for status in before:
            if status in after:
                left, right = self.ours_shapes.resolve(before[status]), self.theirs_shapes.resolve(after[status])
                yield from self._headers(left, right, status)
                yield from self._content(left, right, status, "response-body", Way.RESPONSE)

    def _headers(self, before: Node, after: Node, status: str) -> Iterator[Change]:
        ours = {name.lower(): self.ours_shapes.resolve(node) for name, node in walk(before.get("headers"))}
        theirs = {name.lower() for name, _ in walk(after.get("headers"))}
        for name, node in ours.items():
            if name not in theirs:
                necessity = "required" if node.get("required") is True else "optional"
                yield self._of(f"{necessity}-response-header-removed", status, name)
        for name in sorted(theirs - ours.keys()):
            yield self._of("response-header-added", status, name)

    def _content(self, before: Node, after: Node, place: str, subject: str, way: Way) -> Iterator[Change]:
        ours, theirs = dict(walk(before.get("content"))), dict(walk(after.get("content")))
        rule = "request-body-media-type" if way is Way.REQUEST else "response-media-type"
        for media_type in ours:
            if media_type not in theirs:
                yield self._of(f"{rule}-removed", place, media_type)
        for media_type in theirs:
            if media_type not in ours:
                yield self._of(f"{rule}-added", place, media_type)
        for media_type in ours:
            left, right = _schema(ours[media_type]), _schema(theirs.get(media_type))
            if left is not None and right is not None:
                yield from self._told(self._schemas(way).compare(left, right, "$", subject), place)


def _schema(node: Any) -> Any:
    return node.get("schema") if isinstance(node, Mapping) else None


def _success(status: str) -> str:
    return "success" if status[:1] == "2" else "non-success"


def _schemes(operation: Described, document: Node) -> dict[str, list[str]]:
    """Return the scopes that each kind of key needs for an operation; kinds, since each document names them anew."""
    requirements = operation.spec.get("security", document.get("security"))
    components = document.get("components")
    known = dict(walk(components.get("securitySchemes"))) if isinstance(components, Mapping) else {}
    found: dict[str, list[str]] = {}
    for requirement in requirements if isinstance(requirements, list) else ():
        for name, scopes in walk(requirement):
            node = known.get(name)
            kind = " ".join(str(node[key]) for key in ("type", "scheme", "in") if key in node) if node else name
            kept = found.setdefault(kind, [])
            kept += [str(scope) for scope in scopes if str(scope) not in kept] if isinstance(scopes, list) else []
    return found
