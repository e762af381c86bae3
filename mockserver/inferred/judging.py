"""Bodies judged by the schemas of a document, as DRF would judge them: with its words, its codes and its leniency."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import marshmallow

from mockserver.errors import ValidationError
from mockserver.inferred.fitting import fits_text
from mockserver.inferred.shapes import ANYTHING, Shape, Shapes, kind_of
from mockserver.patterns import compiled
from mockserver.validation import fields
from mockserver.validation.fields import Detail, Field, refuse
from mockserver.validation.schemas import Schema, first_problem

ITSELF = "non_field_errors"
SLUGS = frozenset({"^[-a-zA-Z0-9_]+$", "^[a-zA-Z0-9_-]+$", "^[-\\w]+$"})
DECIMALS = re.compile(r"\\d\{0,(\d+)\}(?:.*\\d\{0,(\d+)\})?")
"""How a decimal's places are written by the program that writes PostHog's document."""
MOST_DIGITS, MOST_PLACES = 60, 20


class Clock(fields.TimeOfDay):
    """A time of the day as DRF takes it, or with a zone, as JSON Schema's format has it, which is kept."""

    ZONE = re.compile(r"(.+?)(?:[Zz]|[+-]\d\d:\d\d)")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        zoned = self.ZONE.fullmatch(value.strip()) if isinstance(value, str) else None
        told: str = super()._deserialize(zoned[1] if zoned else value, attr, data, **kwargs)
        return str(value).strip() if zoned else told


class Judge:
    """Judges values by the schemas of one document; what it has made of a schema is kept."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._schemas: dict[int, tuple[Any, Schema]] = {}
        self._fields: dict[int, tuple[Any, Field]] = {}

    def judge(self, schema: Any, body: Any, *, partial: bool = False, is_form: bool = False) -> Any:
        """Return what is accepted of a body: values converted, without what a client may not write or nobody knows.

        What is left out stays out; `partial` asks for nothing.

        Raises: ValidationError with the first problem, in the order of the schema's fields.
        """
        shape = self._shapes.of(schema)
        if shape.kind == "object" and shape.properties and not shape.options:
            model = self.model(schema)
            accepted = model.judge(body, lambda table, key: True, partial=partial, is_form=is_form)
            return {**_others(shape, body), **accepted}
        try:
            return self._whole(schema).deserialize(body, None, body, partial=partial)
        except marshmallow.ValidationError as error:
            messages = error.messages
            detail, attr = first_problem(messages if isinstance(messages, Mapping) else {"_schema": messages})
            attr = None if attr == ITSELF else attr
            raise ValidationError(str(detail), code=getattr(detail, "code", None), attr=attr) from None

    def model(self, schema: Any) -> Schema:
        """Return an object's writable properties as a schema that judges."""
        known = self._schemas.get(id(schema))
        if known is None:
            shape = self._shapes.of(schema)
            members: dict[str, Any] = {
                name: self.field(prop, required=name in shape.required)
                for name, prop in shape.properties.items()
                if not self._shapes.is_read_only(prop)
            }
            made: type[Schema] = type("Body", (Schema,), members)
            known = self._schemas[id(schema)] = (schema, made())
        return known[1]

    def field(self, schema: Any, *, required: bool = False) -> Field:
        """Return what judges one value; it is asked for when it is `required` and nothing stands in for it."""
        shape = self._shapes.of(schema)
        options: dict[str, Any] = {
            "allow_none": shape.nullable,
            "required": required and "default" not in shape.words,
        }
        return self._typed(schema, shape, options)

    def kind(self, schema: Any) -> str | None:
        """Return the type that values of a schema have."""
        return self._shapes.of(schema).kind

    def _whole(self, schema: Any) -> Field:
        known = self._fields.get(id(schema))
        if known is None:
            known = self._fields[id(schema)] = (schema, self.field(schema, required=True))
        return known[1]

    def _typed(self, schema: Any, shape: Shape, options: dict[str, Any]) -> Field:
        words = shape.words
        if shape.options:
            return Union(self, shape.options, words.get("discriminator"), **options)
        if "enum" in words:
            return fields.Choice(words["enum"], **options)
        if len(shape.types) > 1:
            several = tuple({**words, "type": kind} for kind in shape.types)
            return Union(self, several, None, **options)
        match shape.kind:
            case "string":
                return _text(words, options)
            case "boolean":
                return fields.Boolean(**options)
            case "integer":
                return Whole(words, **options)
            case "number":
                return Fraction(words, **options)
            case "array":
                return self._list(words, options)
            case "object" if shape.properties:
                return Nested(self, schema, shape, **options)
            case "object":
                return Mapped(self, shape, **options)
        return fields.Json(**options)

    def _list(self, words: Mapping[str, Any], options: dict[str, Any]) -> Field:
        inner = self.field(words.get("items", ANYTHING), required=True)
        length = {"min_length": words.get("minItems", 0), "max_length": words.get("maxItems")}
        many = Many if isinstance(inner, Nested) else fields.Items
        return many(inner, **length, **options)


def _others(shape: Shape, body: Any) -> dict[str, Any]:
    """Return the keys of a body that its schema does not list and takes all the same, because it says so."""
    if not isinstance(body, Mapping) or not shape.words.get("additionalProperties"):
        return {}
    return {key: value for key, value in body.items() if key not in shape.properties}


def _text(words: Mapping[str, Any], options: dict[str, Any]) -> Field:
    # A serializer's text may not be blank where it must be given; where it may be, nobody has to give it.
    shortest = max(words.get("minLength", 0), int(options["required"]))
    length = {"min_length": shortest, "max_length": words.get("maxLength")}
    pattern = str(words.get("pattern", ""))
    match words.get("format"):
        case "date-time":
            return fields.Timestamp(**options)
        case "date":
            return fields.Date(**options)
        case "time":
            return Clock(**options)
        case "uuid":
            return fields.Uuid(**options)
        case "email":
            return fields.Email(**{**length, "min_length": max(shortest, 1)}, **options)
        case "uri" | "url":
            return fields.Url(**length, **options)
        case "decimal":
            return _decimal(pattern, words, options)
    if pattern in SLUGS:
        return fields.Slug(**length, **options)
    return Matching(words, **length, **options)


def _decimal(pattern: str, words: Mapping[str, Any], options: dict[str, Any]) -> Field:
    found = DECIMALS.search(pattern)
    whole, places = (int(found[1]), int(found[2] or 0)) if found else (MOST_DIGITS - MOST_PLACES, MOST_PLACES)
    bounds = {"minimum": words.get("minimum"), "maximum": words.get("maximum")}
    return Decimal(places=places, digits=whole + places, is_fixed=bool(found), **bounds, **options)


class Matching(fields.Text):
    """Text of a pattern or a format that Django has no field of its own for."""

    def __init__(self, words: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._pattern = compiled(str(words["pattern"])) if "pattern" in words else None
        self._format = {"format": words["format"]} if "format" in words else {}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if (self._pattern and not self._pattern.finds(text)) or not fits_text(self._format, text):
            refuse("This value does not match the required pattern.")
        return text


class Decimal(fields.DecimalText):
    """A decimal number as text; as it was written, where the document does not fix its places."""

    def __init__(self, *, is_fixed: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._is_fixed = is_fixed

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        return text if self._is_fixed else str(value).strip()


class Whole(fields.Integer):
    """A whole number within a document's bounds."""

    def __init__(self, words: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(minimum=words.get("minimum"), maximum=words.get("maximum"), **kwargs)
        self._words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        number = super()._deserialize(value, attr, data, **kwargs)
        _refuse_beside(number, self._words)
        return number


class Fraction(fields.Number):
    """A number within a document's bounds; a whole one stays whole."""

    def __init__(self, words: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(minimum=words.get("minimum"), maximum=words.get("maximum"), **kwargs)
        self._words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        number = super()._deserialize(value, attr, data, **kwargs)
        _refuse_beside(number, self._words)
        return value if isinstance(value, int) and not isinstance(value, bool) else number


def _refuse_beside(number: float, words: Mapping[str, Any]) -> None:
    """Refuse a number that lies on a bound, or beside the steps; Django has words for these alone."""
    if "exclusiveMinimum" in words and number <= words["exclusiveMinimum"]:
        refuse(f"Ensure this value is greater than {words['exclusiveMinimum']}.", "min_value")
    if "exclusiveMaximum" in words and number >= words["exclusiveMaximum"]:
        refuse(f"Ensure this value is less than {words['exclusiveMaximum']}.", "max_value")
    step = words.get("multipleOf")
    if step and abs(number / step - round(number / step)) > 1e-9:
        refuse(f"Ensure this value is a multiple of step size {step}.", "step_size")


class Nested(fields.Object):
    """An object in a body, judged by its own fields."""

    def __init__(self, judge: Judge, schema: Any, shape: Shape, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._judge, self._schema, self._shape = judge, schema, shape

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):  # a form's, that is no JSON, too
            message = Detail(f"Invalid data. Expected a dictionary, but got {type(value).__name__}.")
            raise marshmallow.ValidationError({ITSELF: [message]})
        model = self._judge.model(self._schema)  # made when it is needed: an object may hold others of its kind
        known = {name: value[name] for name in model.load_fields if name in value}
        others = _others(self._shape, value)
        fields.refuse_unstorable(others)
        # DRF asks nested objects for nothing where the whole body is a part of a record.
        loaded: dict[str, Any] = model.load(known, partial=bool(kwargs.get("partial")))
        return {**others, **loaded}


class Many(fields.Items):
    """A list of objects; that it is none is told of the list itself."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except marshmallow.ValidationError as error:
            messages = error.messages
            raise marshmallow.ValidationError(
                messages if isinstance(messages, Mapping) else {ITSELF: messages}
            ) from None


class Mapped(fields.Object):
    """An object of any keys, its values judged where the document says what they are."""

    def __init__(self, judge: Judge, shape: Shape, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._judge, self._others = judge, shape.others
        self._inner: Field | None = None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        accepted = super()._deserialize(value, attr, data, **kwargs)
        if not isinstance(self._others, Mapping) or not self._others:
            return accepted
        inner = self._inner = self._inner or self._judge.field(self._others, required=True)
        judged = {}
        for key, item in accepted.items():
            try:
                judged[key] = inner.deserialize(item, attr, data, **kwargs)
            except marshmallow.ValidationError as error:
                raise marshmallow.ValidationError({key: error.messages}) from None
        return judged


class Union(Field):
    """A value of one of several schemas: the first that takes it, those of its own type before the others."""

    def __init__(self, judge: Judge, options: Sequence[Any], discriminator: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._judge, self._options = judge, options
        self._tag = discriminator if isinstance(discriminator, Mapping) else {}
        self._made: list[tuple[str | None, Field]] | None = None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        first: marshmallow.ValidationError | None = None
        for field in self._fields_for(value):
            try:
                return field.deserialize(value, attr, data, **kwargs)
            except marshmallow.ValidationError as error:
                first = first or error
        if first is None:
            fields.refuse_unstorable(value)
            return value
        raise first

    def _fields_for(self, value: Any) -> list[Field]:
        if self._made is None:
            shapes = [self._judge.kind(option) for option in self._options]
            self._made = [
                (kind, self._judge.field(option, required=True))
                for kind, option in zip(shapes, self._options, strict=True)
            ]
        kind = kind_of(value)
        tagged = self._tagged(value)
        if tagged is not None:
            return [self._made[tagged][1]]
        own = {kind, "number"} if kind == "integer" else {kind}
        return [field for _, field in sorted(self._made, key=lambda made: made[0] not in own)]

    def _tagged(self, value: Any) -> int | None:
        """Return which option a value names by its tag, if it does."""
        if not isinstance(value, Mapping) or not self._tag:
            return None
        name = str(value.get(str(self._tag.get("propertyName"))))
        target = (self._tag.get("mapping") or {}).get(name, f"#/components/schemas/{name}")
        references = [option.get("$ref") if isinstance(option, Mapping) else None for option in self._options]
        return references.index(target) if target in references else None
