"""A document brought to one form: what operations are made of in one place, prose left out, oddities told.

Documents in the wild break the rules of OpenAPI in small ways. Whatever still has a meaning is put up with, and told
once with its place; what has none is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mockserver.contract import METHODS
from mockserver.inferred.reading import Components, Node, Oddity
from mockserver.inferred.tidying.oddities import Oddities
from mockserver.inferred.tidying.schemas import Schemas, as_list, as_map

PARAMETER = re.compile(r"{([^{}/]+)}")
STATUS = re.compile(r"[1-5](?:\d\d|XX)", re.IGNORECASE)
FROM_PATHS = "paths."


@dataclass
class Tidied:
    """A document in one form."""

    title: str
    version: str
    base: str
    """The path that its first server adds before its own; nothing, mostly."""
    operations: list[dict[str, Any]]
    schemas: dict[str, Any]
    schemes: dict[str, Any]
    """How requests may show who they are from."""
    oddities: list[Oddity] = field(default_factory=list)


def tidy(document: Node) -> Tidied:
    """Return a document in one form."""
    return _Tidier(document).tidied()


class _Tidier:
    """Goes through a document once."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._components = Components(document)
        self._oddities = Oddities()
        self._tell = self._oddities.tell
        self._schemas = Schemas(self._components, self._oddities)
        self._ids: set[str] = set()

    def tidied(self) -> Tidied:
        """Return what the document says."""
        info = as_map(self._document.get("info"))
        components = as_map(self._document.get("components"))
        schemas = {
            str(name): self._schemas.tidied(schema, f"components.schemas.{name}")
            for name, schema in as_map(components.get("schemas")).items()
        }
        operations = list(self._operations())
        schemes = {
            str(n): dict(self._components.resolve(s)) for n, s in as_map(components.get("securitySchemes")).items()
        }
        return Tidied(
            str(info.get("title", "")), str(info.get("version", "")), self._base(), operations, schemas, schemes,
            self._oddities.found,
        )  # fmt: skip

    def _base(self) -> str:
        servers = self._document.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else None
        address = str(as_map(first).get("url", ""))
        for name, variable in as_map(as_map(first).get("variables")).items():
            address = address.replace(f"{{{name}}}", str(as_map(variable).get("default", "")))
        try:
            return urlsplit(address).path.rstrip("/")
        except ValueError:
            self._tell("servers.0.url", f"{address!r} is no address; paths are served as they are written")
            return ""

    # Paths

    def _operations(self) -> Iterator[dict[str, Any]]:
        templates: dict[tuple[str, str], str] = {}
        default = self._document.get("security")
        for written, raw in as_map(self._document.get("paths")).items():
            path, place = str(written), f"{FROM_PATHS}{written}"
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                self._tell(place, "a path begins with a slash; it is served with one")
                path = f"/{path}"
            item = self._components.resolve(raw)
            for method in METHODS:
                spec = item.get(method)
                if spec is None:
                    continue
                if not isinstance(spec, Mapping):
                    self._tell(f"{place}.{method}", "an operation is an object; this one is left out")
                    continue
                template = PARAMETER.sub("{}", path.rstrip("/"))
                if (template, method) in templates:
                    self._tell(f"{place}.{method}", f"{templates[template, method]} is the same path; it answers")
                    continue
                templates[template, method] = path
                yield self._operation(path, method, spec, item, default, f"{place}.{method}")

    def _operation(
        self, path: str, method: str, spec: Node, item: Node, default: Any, place: str
    ) -> dict[str, Any]:  # fmt: skip
        parameters = self._parameters(path, [*as_list(item.get("parameters")), *as_list(spec.get("parameters"))], place)
        return {
            "operationId": self._id(spec, method, path, place),
            "method": method,
            "path": path,
            "parameters": parameters,
            "requestBody": self._body(spec.get("requestBody"), place),
            "responses": self._responses(spec.get("responses"), place),
            "security": spec.get("security", default),
        }

    def _id(self, spec: Node, method: str, path: str, place: str) -> str:
        words = re.findall(r"\w+", path)
        given = spec.get("operationId")
        name = given if isinstance(given, str) and given else "_".join([*words, method])
        if not given:
            self._tell(place, f"it has no operationId; it is called {name}", "no operationId")
        unique, number = name, 1
        while unique in self._ids:
            number += 1
            unique = f"{name}_{number}"
        if unique != name:
            self._tell(place, f"another operation is called {name}; this one is called {unique}", "operationId twice")
        self._ids.add(unique)
        return unique

    def _parameters(self, path: str, listed: list[Any], place: str) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        names = PARAMETER.findall(path)
        for number, raw in enumerate(listed):
            parameter, where = self._components.resolve(raw), f"{place}.parameters.{number}"
            name, kind = parameter.get("name"), parameter.get("in")
            if not isinstance(name, str) or kind not in ("path", "query", "header", "cookie"):
                self._tell(where, "a parameter has a name and says where it is; this one is left out")
                continue
            if kind == "path" and name not in names:
                self._tell(where, f"the path has no {{{name}}}; the parameter is left out", "no such part of the path")
                continue
            media: Any = next(iter(as_map(parameter.get("content")).values()), {})
            schema = parameter.get("schema", as_map(media).get("schema", {"type": "string"}))
            kept = {key: parameter[key] for key in ("explode", "style") if key in parameter}
            found[kind, name] = {
                "name": name, "in": kind, "required": parameter.get("required") is True or kind == "path",
                "schema": self._schemas.tidied(schema, f"{where}.schema"), **kept,
            }  # fmt: skip
        for name in names:
            if ("path", name) not in found:
                self._tell(place, f"{{{name}}} is not among its parameters; it is text", "undeclared part of the path")
                found["path", name] = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        return list(found.values())

    def _body(self, raw: Any, place: str) -> dict[str, Any]:
        body = self._components.resolve(raw)
        content = self._content(body.get("content"), f"{place}.requestBody")
        return {"required": body.get("required") is True, "content": content} if content else {}

    def _content(self, raw: Any, place: str) -> dict[str, Any]:
        return {
            str(kind): {"schema": self._schemas.tidied(as_map(media).get("schema", {}), f"{place}.{kind}")}
            for kind, media in as_map(raw).items()
        }

    def _responses(self, raw: Any, place: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        otherwise: Any = None
        for written, response in as_map(raw).items():
            status = str(written)
            resolved = self._components.resolve(response)
            content = self._content(resolved.get("content"), f"{place}.responses.{status}")
            entry = {"content": content} if content else {}
            if status == "default":
                otherwise = entry
            elif not STATUS.fullmatch(status):
                if not status.startswith("x-"):
                    self._tell(f"{place}.responses.{status}", "that is no status; it is left out")
            else:
                found.setdefault(status.upper().replace("XX", "00"), entry)
        if not any(status < "4" for status in found):
            if otherwise is not None and not found:
                found["200"] = otherwise
            elif not found:
                self._tell(place, "it tells of no answer; it answers 200 and nothing", "no responses")
                found["200"] = {}
        return found
