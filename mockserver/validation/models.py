"""Components of the contract as models: a value is judged as pydantic judges it, and every problem is told.

Query bodies are the one place where the servers do not judge as DRF does. What a problem says, and where, is public: a
client that prints it prints the place, the message, and what was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from mockserver.contract import Contract, Document, Profile, component_name, enum_values
from mockserver.errors import ParseError

DOCUMENTATION = "https://errors.pydantic.dev/2.10/v"
MOST_PROBLEMS = 1000  # a long list of wrong items may hold millions
LONGEST_REPRESENTATION = 50
MOST_DIGITS = 4300
TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE = frozenset({"0", "false", "f", "no", "n", "off"})
LONE = re.compile("[\ud800-\udfff]")
LABELS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a value: where, what, pydantic's name for it, and what was given there."""

    place: Place
    message: str
    kind: str
    given: Any

    def __str__(self) -> str:
        where = ".".join(str(part) for part in self.place) + "\n" if self.place else ""
        given = f"input_value={shortened(repr(self.given))}, input_type={type(self.given).__name__}"
        advice = f"    For further information visit {DOCUMENTATION}/{self.kind}"
        return f"{where}  {self.message} [type={self.kind}, {given}]\n{advice}"


class Model:
    """A component, by which values are judged as a profile's servers judge them."""

    def __init__(self, contract: Contract, component: str, profile: Profile = Profile.DOCUMENTED) -> None:
        self._contract = contract
        self._profile = profile
        self.component = component

    def judge(self, value: Any, *, called: str | None = None, said_before: str = "JSON parse error - ") -> None:
        """Refuse a value that does not fit. Raises: ParseError, which tells every problem of what is `called` so."""
        schema = {"$ref": f"#/components/schemas/{self.component}"}
        found = list(islice(self.problems(schema, value, ()), MOST_PROBLEMS))
        if found:
            errors = "validation error" if len(found) == 1 else "validation errors"
            title = f"{len(found)} {errors} for {called or self._type_name(schema)}"
            raise ParseError(said_before + "\n".join([title, *map(str, found)]))

    def read(self, value: Any) -> Any:
        """Return a value that fits, text that stands for a number or a truth value made one, constants filled in.

        Raises: ParseError.
        """
        self.judge(value)
        return self._converted({"$ref": f"#/components/schemas/{self.component}"}, value)

    def _converted(self, schema: Document, value: Any) -> Any:
        shape = self._contract.resolve(schema)
        options = shape.get("anyOf") or _options(shape)
        if options:
            return self._as_option([option for option in options if option.get("type") != "null"], value)
        if "discriminator" in shape and isinstance(value, Mapping):
            target = shape["discriminator"]["mapping"].get(value.get(shape["discriminator"]["propertyName"]))
            return self._converted({"$ref": target}, value) if target else value
        if isinstance(value, Mapping):
            known, others = shape.get("properties", {}), shape.get("additionalProperties")
            others = dict(others) if isinstance(others, Mapping) else {}
            said = {key: self._converted(known.get(key, others), item) for key, item in value.items()}
            return {**_constants(shape, value), **said}
        if isinstance(value, list):
            return [self._converted(shape.get("items") or {}, item) for item in value]
        return _as_type(shape, value)

    def _as_option(self, options: list[Document], value: Any) -> Any:
        """Return a value as the first option that it fits; where there are several, what is plain stays as it is."""
        if len(options) > 1 and not isinstance(value, (Mapping, list)):
            return value
        for option in options:
            if len(options) == 1 or next(self.problems(option, value, ()), None) is None:
                return self._converted(option, value)
        return value

    def problems(self, schema: Document, value: Any, place: Place) -> Iterator[Problem]:
        """Yield what is wrong with a value, in the order of the schema's fields."""
        shape = self._contract.resolve(schema)
        options = shape.get("anyOf") or _options(shape)
        if options:
            if value is None and any(self._takes_null(option) for option in options):
                return
            real = [option for option in options if option.get("type") != "null"]
            if len(real) > 1:
                yield from self._of_union(real, value, place)
            elif real:
                yield from self.problems(real[0], value, place)
        elif "discriminator" in shape:
            yield from self._of_kind(shape, value, place)
        elif "properties" in shape or shape.get("additionalProperties") is False:
            name = shape.get("title") or component_name(schema) or ""
            yield from self._of_model(name, shape, value, place)
        else:
            yield from self._of_value(shape, value, place)

    def _takes_null(self, option: Document) -> bool:
        shape = self._contract.resolve(option)
        return shape.get("type") == "null" or any(self._takes_null(inner) for inner in shape.get("anyOf", ()))

    def _of_union(self, options: list[Document], value: Any, place: Place) -> Iterator[Problem]:
        """Yield the problems that each option has with a value, unless one of them has none."""
        found = []
        for option in options:
            problems = self.problems(option, value, (*place, *self._label(option)))
            first = next(problems, None)
            if first is None:
                return
            found.append(chain([first], problems))
        yield from chain.from_iterable(found)

    def _label(self, option: Document) -> Place:
        """Return what a union calls an option in the place of a problem; a union inside it has labels of its own."""
        shape = self._contract.resolve(option)
        return () if "anyOf" in shape else (self._type_name(option),)

    def _type_name(self, schema: Document) -> str:
        shape = self._contract.resolve(schema)
        name = shape.get("title") or component_name(schema)
        if shape.get("type") == "array":
            items = self._contract.resolve(shape.get("items") or {})
            inner = items.get("anyOf") or _options(items) or [shape.get("items") or {}]
            names = ",".join(self._type_name(option) for option in inner)
            return f"list[union[{names}]]" if len(inner) > 1 else f"list[{names}]"
        if "const" in shape:
            return f"literal[{shape['const']!r}]"
        if "enum" in shape:
            return f"str-enum[{name}]"
        return name or LABELS.get(str(shape.get("type")), "dict[str,any]")

    def _of_kind(self, shape: Document, value: Any, place: Place) -> Iterator[Problem]:
        """Yield the problems of an object whose fields depend on one of them."""
        tag = shape["discriminator"]["propertyName"]
        if not isinstance(value, Mapping):
            message = "Input should be a valid dictionary or object to extract fields from"
            yield Problem(place, message, "model_attributes_type", value)
            return
        if tag not in value:
            message = f"Unable to extract tag using discriminator '{tag}'"
            yield Problem(place, message, "union_tag_not_found", value)
            return
        known = enum_values(shape["properties"][tag], self._profile)
        if value[tag] not in known:
            expected = ", ".join(f"'{name}'" for name in known)
            message = (
                f"Input tag '{value[tag]}' found using '{tag}' does not match any of the expected tags: {expected}"
            )
            yield Problem(place, message, "union_tag_invalid", value)
            return
        target = shape["discriminator"]["mapping"].get(value[tag])
        if target:
            yield from self.problems({"$ref": target}, value, (*place, value[tag]))

    def _of_model(self, name: str, shape: Document, value: Any, place: Place) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield Problem(place, f"Input should be a valid dictionary or instance of {name}", "model_type", value)
            return
        properties = shape.get("properties", {})
        required = shape.get("required", ())
        for field, schema in properties.items():
            if field in value:
                yield from self.problems(schema, value[field], (*place, field))
            elif field in required and "const" not in schema:  # a constant is its own default
                yield Problem((*place, field), "Field required", "missing", value)
        if shape.get("additionalProperties") is False:
            for field, extra in value.items():
                if field not in properties:
                    yield Problem((*place, field), "Extra inputs are not permitted", "extra_forbidden", extra)

    def _of_value(self, shape: Document, value: Any, place: Place) -> Iterator[Problem]:
        types = shape.get("type", [])
        kinds = [types] if isinstance(types, str) else types
        if value is None and (not kinds or "null" in kinds):
            return
        if "const" in shape or "enum" in shape:
            yield from self._of_choice(shape, value, place)
            return
        match next((kind for kind in kinds if kind != "null"), None):
            case "string":
                yield from _of_text(shape, value, place)
            case "boolean":
                yield from _of_boolean(value, place)
            case "integer":
                yield from _of_integer(value, place)
            case "number":
                yield from _of_number(value, place)
            case "array":
                yield from self._of_list(shape, value, place)
            case "object":
                yield from self._of_dictionary(shape, value, place)

    def _of_choice(self, shape: Document, value: Any, place: Place) -> Iterator[Problem]:
        choices = [shape["const"]] if "const" in shape else enum_values(shape, self._profile)
        if isinstance(value, str) and value in choices:
            return
        quoted = [f"'{choice}'" for choice in choices if choice is not None]
        listed = " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
        yield Problem(place, f"Input should be {listed}", "literal_error" if "const" in shape else "enum", value)

    def _of_list(self, shape: Document, value: Any, place: Place) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(place, "Input should be a valid list", "list_type", value)
            return
        fewest, longest = shape.get("minItems", 0), shape.get("maxItems")
        if len(value) < fewest:
            message = f"List should have at least {_items(fewest)} after validation, not {len(value)}"
            yield Problem(place, message, "too_short", value)
        elif longest is not None and len(value) > longest:
            message = f"List should have at most {_items(longest)} after validation, not {len(value)}"
            yield Problem(place, message, "too_long", value)
        elif "items" in shape:
            for number, item in enumerate(value):
                yield from self.problems(shape["items"], item, (*place, number))

    def _of_dictionary(self, shape: Document, value: Any, place: Place) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield Problem(place, "Input should be a valid dictionary", "dict_type", value)
            return
        inner = shape.get("additionalProperties")
        if isinstance(inner, Mapping):
            for key, item in value.items():
                yield from self.problems(dict(inner), item, (*place, key))


def _constants(shape: Document, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constants that an object has to have and does not: each is its own default."""
    properties = shape.get("properties", {})
    missing = [name for name in shape.get("required", ()) if name not in value]
    return {name: properties[name]["const"] for name in missing if "const" in (properties.get(name) or {})}


def _items(number: int) -> str:
    return f"{number} item{'' if number == 1 else 's'}"


def _as_type(shape: Document, value: Any) -> Any:
    """Return a value that fits as the type that it is of."""
    types = shape.get("type", [])
    kind = next((name for name in ([types] if isinstance(types, str) else types) if name != "null"), None)
    if value is None or kind not in ("integer", "number", "boolean"):
        return value
    if kind == "boolean":
        return value.lower() in TRUE if isinstance(value, str) else bool(value)
    if kind == "integer":
        return int(value.split(".")[0]) if isinstance(value, str) else int(value)
    return float(value) if isinstance(value, str) else value


def _options(shape: Document) -> list[Document]:
    """Return a schema of several types as one schema for each of them."""
    types = shape.get("type")
    if not isinstance(types, list) or len([kind for kind in types if kind != "null"]) < 2:
        return []
    return [{"type": kind} for kind in types]


def _of_text(shape: Document, value: Any, place: Place) -> Iterator[Problem]:
    longest = shape.get("maxLength")
    if not isinstance(value, str):
        yield Problem(place, "Input should be a valid string", "string_type", value)
    elif not value.isascii() and LONE.search(value):
        message = "Input should be a valid string, unable to parse raw data as a unicode string"
        yield Problem(place, message, "string_unicode", value)
    elif longest is not None and len(value) > longest:
        yield Problem(place, f"String should have at most {longest} characters", "string_too_long", value)


def _of_boolean(value: Any, place: Place) -> Iterator[Problem]:
    if isinstance(value, bool) or (isinstance(value, (int, float)) and value in (0, 1)):
        return
    if isinstance(value, str) and value.lower() in TRUE | FALSE:
        return
    if isinstance(value, (str, int)):
        yield Problem(place, "Input should be a valid boolean, unable to interpret input", "bool_parsing", value)
    else:
        yield Problem(place, "Input should be a valid boolean", "bool_type", value)


def _of_integer(value: Any, place: Place) -> Iterator[Problem]:
    if isinstance(value, int):
        return
    if isinstance(value, str):
        if not re.fullmatch(r"\s*[+-]?\d+(_\d+)*(\.0*)?\s*", value):
            message = "Input should be a valid integer, unable to parse string as an integer"
            yield Problem(place, message, "int_parsing", value)
        elif len(value) > MOST_DIGITS:
            message = "Unable to parse input string as an integer, exceeded maximum size"
            yield Problem(place, message, "int_parsing_size", value)
    elif isinstance(value, float):
        if not value.is_integer():
            message = "Input should be a valid integer, got a number with a fractional part"
            yield Problem(place, message, "int_from_float", value)
    else:
        yield Problem(place, "Input should be a valid integer", "int_type", value)


def _of_number(value: Any, place: Place) -> Iterator[Problem]:
    if isinstance(value, (int, float)):
        return
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            message = "Input should be a valid number, unable to parse string as a number"
            yield Problem(place, message, "float_parsing", value)
    else:
        yield Problem(place, "Input should be a valid number", "float_type", value)


def shortened(text: str) -> str:
    """Return a representation as pydantic prints it: of a long one, its beginning and its end."""
    if len(text) <= LONGEST_REPRESENTATION:
        return text
    half = LONGEST_REPRESENTATION // 2
    return f"{text[:half]}...{text[1 - half :]}"
