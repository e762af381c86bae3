"""A document brought to one form: what operations are made of in one place, prose left out, oddities told.

Documents in the wild break the rules of OpenAPI in small ways. Whatever still has a meaning is put up with, and told
once with its place; what has none is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mockserver.contract import METHODS
from mockserver.inferred.reading import COMPONENT, Components, Node, Oddity

PROSE = frozenset({"description", "summary", "externalDocs", "tags", "x-codeSamples", "xml"})
TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
KEPT_EXAMPLE = (str, int, float, bool)
MOST_ODDITIES_OF_A_KIND = 20
PARAMETER = re.compile(r"{([^{}/]+)}")
STATUS = re.compile(r"[1-5](?:\d\d|XX)", re.IGNORECASE)
SCHEMA_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMAS = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")
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
        self._oddities: list[Oddity] = []
        self._told: dict[str, int] = {}
        self._unfollowed: set[str] = set()
        self._ids: set[str] = set()

    def tidied(self) -> Tidied:
        """Return what the document says."""
        info = _map(self._document.get("info"))
        components = _map(self._document.get("components"))
        schemas = {
            str(name): self._schema(schema, f"components.schemas.{name}")
            for name, schema in _map(components.get("schemas")).items()
        }
        operations = list(self._operations())
        schemes = {
            str(n): dict(self._components.resolve(s)) for n, s in _map(components.get("securitySchemes")).items()
        }
        return Tidied(
            str(info.get("title", "")), str(info.get("version", "")), self._base(), operations, schemas, schemes,
            self._oddities,
        )  # fmt: skip

    def _tell(self, place: str, text: str, kind: str | None = None) -> None:
        """Tell an oddity; of one kind, no more than anybody would read."""
        kind = kind or text
        told = self._told[kind] = self._told.get(kind, 0) + 1
        if told <= MOST_ODDITIES_OF_A_KIND:
            self._oddities.append(Oddity(place, text))
        elif told == MOST_ODDITIES_OF_A_KIND + 1:
            self._oddities.append(Oddity(place, f"{text} (and more places like it)"))

    def _base(self) -> str:
        servers = self._document.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else None
        address = str(_map(first).get("url", ""))
        for name, variable in _map(_map(first).get("variables")).items():
            address = address.replace(f"{{{name}}}", str(_map(variable).get("default", "")))
        try:
            return urlsplit(address).path.rstrip("/")
        except ValueError:
            self._tell("servers.0.url", f"{address!r} is no address; paths are served as they are written")
            return ""

    # Paths

    def _operations(self) -> Iterator[dict[str, Any]]:
        templates: dict[tuple[str, str], str] = {}
        default = self._document.get("security")
        for written, raw in _map(self._document.get("paths")).items():
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
        parameters = self._parameters(path, [*_list(item.get("parameters")), *_list(spec.get("parameters"))], place)
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
            media: Any = next(iter(_map(parameter.get("content")).values()), {})
            schema = parameter.get("schema", _map(media).get("schema", {"type": "string"}))
            kept = {key: parameter[key] for key in ("explode", "style") if key in parameter}
            found[kind, name] = {
                "name": name, "in": kind, "required": parameter.get("required") is True or kind == "path",
                "schema": self._schema(schema, f"{where}.schema"), **kept,
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
            str(kind): {"schema": self._schema(_map(media).get("schema", {}), f"{place}.{kind}")}
            for kind, media in _map(raw).items()
        }

    def _responses(self, raw: Any, place: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        otherwise: Any = None
        for written, response in _map(raw).items():
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

    # Schemas

    def _schema(self, node: Any, place: str) -> Any:
        """Return a schema without its prose; what in it means nothing is left out, and told."""
        if isinstance(node, bool):
            return {} if node else {"enum": []}
        if not isinstance(node, Mapping):
            self._tell(place, f"a schema is an object, not {type(node).__name__}; anything fits", "no schema")
            return {}
        if "$ref" in node:
            return self._reference(node, place)
        kept = {key: value for key, value in node.items() if key not in PROSE and not self._is_useless(key, value)}
        for word in SCHEMA_MAPS:
            if word in kept:
                kept[word] = {
                    str(name): self._schema(part, f"{place}.{word}.{name}") for name, part in _map(kept[word]).items()
                }
        for word in SCHEMA_LISTS:
            if word in kept:
                kept[word] = [self._schema(p, f"{place}.{word}.{n}") for n, p in enumerate(_list(kept[word]))]
                if not kept[word]:
                    del kept[word]
        for word in SCHEMAS:
            if isinstance(kept.get(word), Mapping):
                kept[word] = self._schema(kept[word], f"{place}.{word}")
        self._examine(kept, place)
        return kept

    def _is_useless(self, key: str, value: Any) -> bool:
        return key in ("example", "examples") and not isinstance(value, KEPT_EXAMPLE)

    def _reference(self, node: Node, place: str) -> dict[str, Any]:
        beside = {key: value for key, value in node.items() if key != "$ref" and key not in PROSE}
        reference = node["$ref"]
        if isinstance(reference, str) and isinstance(self._components.follow(reference), (Mapping, bool)):
            if reference.startswith(COMPONENT):
                return {"$ref": reference, **beside}
            return {**self._elsewhere(reference, place), **beside}
        if str(reference) not in self._unfollowed:
            self._unfollowed.add(str(reference))
            self._tell(place, f"{reference} leads nowhere in the document; anything fits", str(reference))
        return beside

    def _elsewhere(self, reference: str, place: str) -> dict[str, Any]:
        """Return a schema that a reference finds outside the components; one that leads back to itself allows all."""
        if len(place) > 2000 or place.count(reference) > 1:
            return {}
        found: dict[str, Any] = self._schema(self._components.follow(reference), f"{place}.{reference}")
        return found

    def _examine(self, schema: dict[str, Any], place: str) -> None:
        types = schema.get("type")
        listed = types if isinstance(types, list) else [] if types is None else [types]
        kinds = [kind for kind in listed if isinstance(kind, str) and kind in TYPES]
        unknown = [kind for kind in listed if kind not in kinds]
        if unknown:
            if unknown == ["file"]:
                schema["type"] = "string"
            elif kinds:
                schema["type"] = kinds
            else:
                del schema["type"]
            self._tell(f"{place}.type", f"{unknown[0]!r} is no type of JSON Schema; it is not held to it", "no type")
        pattern = schema.get("pattern")
        if pattern is not None and not _compiles(pattern):
            del schema["pattern"]
            self._tell(f"{place}.pattern", f"{pattern!r} cannot be read; it is not held to it", "no pattern")
        for word in ("enum", "required"):
            if word in schema and not isinstance(schema[word], list):
                if not (word == "required" and isinstance(schema[word], bool)):
                    self._tell(f"{place}.{word}", "a list is expected; it is left out")
                del schema[word]
        for word, fits in EXPECTED.items():
            if word in schema and not fits(schema[word]):
                self._tell(f"{place}.{word}", f"{schema[word]!r} says nothing here; it is left out", f"odd {word}")
                del schema[word]
        if any(not isinstance(name, str) for name in schema.get("required", ())):
            schema["required"] = [name for name in schema["required"] if isinstance(name, str)]
            self._tell(f"{place}.required", "names are text; what is none is left out")
        names, properties = schema.get("required", ()), schema.get("properties")
        if properties and not any(word in schema for word in SCHEMA_LISTS):
            missing = [name for name in names if name not in properties]
            if missing and schema.get("additionalProperties") is False:
                schema["required"] = [name for name in names if name in properties]
                text = (
                    f"{', '.join(map(str, missing))} is required and not among its properties; nobody is asked for it"
                )
                self._tell(f"{place}.required", text, "required and not there")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_bound(value: Any) -> bool:
    """Return whether a value bounds numbers: one itself, or OpenAPI 3.0's flag beside one."""
    return isinstance(value, bool) or _is_number(value)


def _is_size(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_step(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_schema(value: Any) -> bool:
    return isinstance(value, (Mapping, bool))


def _is_discriminator(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("propertyName"), str):
        return False
    mapping = value.get("mapping") or {}
    return isinstance(mapping, Mapping) and all(isinstance(each, str) for each in mapping.values())


EXPECTED: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _is_bound),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _is_size
    ),
    "multipleOf": _is_step,
    "items": _is_schema,
    "additionalProperties": _is_schema,
    "not": _is_schema,
    "discriminator": _is_discriminator,
    "pattern": lambda value: isinstance(value, str),
    "format": lambda value: isinstance(value, str),
}  # fmt: skip
"""Words of a schema, and what they must be to say something."""


def _compiles(pattern: Any) -> bool:
    try:
        re.compile(str(pattern))
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _map(value: Any) -> Node:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
