"""The control plane's own contract: its routes, and what their bodies and parameters must be like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mockserver.caching import cached
from mockserver.contract import METHODS, Document, follow
from mockserver.contract.locations import CONTRACTS
from mockserver.errors import ParseError, ValidationError


@dataclass(frozen=True)
class Control:
    """One call of the control plane."""

    id: str
    method: str
    path: str
    status: int
    is_open: bool
    document: Document = field(repr=False)
    spec: Document = field(repr=False)

    @property
    def takes_body(self) -> bool:
        """Whether the call reads a body."""
        return "requestBody" in self.spec

    def check_body(self, body: Any) -> Mapping[str, Any]:
        """Return the body. Raises: ValidationError for what does not fit, naming the field."""
        if not isinstance(body, dict):
            raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
        try:
            error = min(self._validator.iter_errors(body), key=_depth, default=None)
        except UnicodeEncodeError:
            raise ParseError("JSON parse error - a text holds half of a surrogate pair") from None
        if error is not None:
            raise _refusal(error)
        return body

    @cached_property
    def _validator(self) -> Any:
        import jsonschema_rs

        schema = self.spec["requestBody"]["content"]["application/json"]["schema"]
        return jsonschema_rs.Draft202012Validator({**schema, "components": self.document["components"]})

    def read_query(self, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the parameters that the call knows. Raises: ValidationError."""
        given: dict[str, Any] = {}
        for parameter in self.spec.get("parameters", []):
            name, schema = parameter["name"], parameter["schema"]
            if name.endswith("*"):  # any that begins like it
                given.update((other, query[other]) for other in query if other.startswith(name[:-1]))
            if parameter["in"] != "query" or query.get(name) in (None, ""):
                continue
            given[name] = _number(name, query[name], schema) if schema["type"] == "integer" else query[name]
        return given


def _number(name: str, text: str, schema: Document) -> int:
    try:
        number = int(text) if len(text) < 20 else None
    except ValueError:
        number = None
    if number is None:
        raise ValidationError("A valid integer is required.", attr=name)
    if number < schema.get("minimum", number):
        least = schema["minimum"]
        raise ValidationError(f"Ensure this value is greater than or equal to {least}.", code="min_value", attr=name)
    return number


def _depth(error: Any) -> int:
    """Rank the errors of one body: a field that is wrong tells more than an object that is, for that reason."""
    return -len(error.instance_path)


def _refusal(error: Any) -> ValidationError:
    place = [str(part) for part in error.instance_path]
    kind = error.kind.name
    if kind == "required":
        place.append(error.kind.property)
        return ValidationError("This field is required.", code="required", attr="__".join(place))
    if kind == "additionalProperties":
        return ValidationError("There is no such field.", attr="__".join([*place, *error.kind.unexpected[:1]]))
    if kind == "enum":
        known = ", ".join(str(choice) for choice in error.kind.options if choice is not None)
        text = f'"{str(error.instance)[:100]}" is not a valid choice; known: {known}.'
        return ValidationError(text, code="invalid_choice", attr="__".join(place))
    return ValidationError(_words(error, kind), attr="__".join(place) or None)


def _words(error: Any, kind: str) -> str:
    if kind == "anyOf":
        names = [branch[0].kind.property for branch in error.kind.context]
        return f"Give at least one of {', '.join(names)}."
    message = str(error.message)
    return message if len(message) <= 200 else message[:197] + "…"


def read_document() -> Document:
    """Return the control plane's contract."""
    file = CONTRACTS / "admin.yaml"
    document: Document = cached("admin", [file], lambda: _read(file))
    return document


def _read(file: Path) -> Any:
    import yaml  # late: what was read before is kept

    return yaml.load(file.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def controls(document: Document) -> Iterator[Control]:
    """Yield every call that the contract lists."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                spec = item[method]
                status = min(int(status) for status in spec["responses"] if status.isdigit())
                is_open = spec.get("security") == [{}]
                parameters = [*item.get("parameters", []), *spec.get("parameters", [])]
                resolved = [follow(document, p["$ref"]) if "$ref" in p else p for p in parameters]
                spec = {**spec, "parameters": resolved}
                yield Control(spec["operationId"], method.upper(), path, status, is_open, document, spec)
