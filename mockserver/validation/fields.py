"""Fields that judge and convert a value as Django REST framework does, with its messages and codes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, NoReturn
from uuid import UUID

import marshmallow
from marshmallow import fields

from mockserver.validation import FALSE, TRUE
from mockserver.world.entropy import timestamp

Lookup = Callable[[str, Any], bool]
# Tells whether a table has a record with this id that the caller may refer to; set while a body is being loaded.
lookup: ContextVar[Lookup] = ContextVar("lookup")

INTEGER = re.compile(r"\s*[+-]?\d+(\.0*)?\s*")
MAX_DIGITS = 1000
SMALLEST, LARGEST = -(2**63), 2**63 - 1


class Detail(str):
    """A message that knows its code."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, message: str, code: str = "invalid_input") -> Detail:
        detail = super().__new__(cls, message)
        detail.code = code
        return detail


def refuse(message: str, code: str = "invalid_input") -> NoReturn:
    """Raise the error that a field reports."""
    raise marshmallow.ValidationError(Detail(message, code))


class Field(fields.Field[Any]):
    """A field with DRF's own messages for what every field refuses."""

    codes: ClassVar[Mapping[str, str]] = {"required": "required", "null": "null"}
    default_error_messages = {
        "required": "This field is required.",
        "null": "This field may not be null.",
    }

    def make_error(self, key: str, **kwargs: Any) -> marshmallow.ValidationError:
        message = str(self.error_messages[key]).format(**kwargs)
        return marshmallow.ValidationError(Detail(message, self.codes.get(key, "invalid_input")))

    def _validate(self, value: Any) -> None:
        if self.validators:  # marshmallow makes one of them at each value, of none too
            super()._validate(value)


class Text(Field):
    """Text, trimmed at both ends; numbers become text."""

    def __init__(self, *, min_length: int = 0, max_length: int | None = None, trim: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_length, self.max_length, self.trim = min_length, max_length, trim

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            refuse("Not a valid string.")
        text = str(value)
        if self.trim:
            text = text.strip()
        if not text and self.min_length:
            refuse("This field may not be blank.", "blank")
        refuse_unstorable(text)
        if self.max_length is not None and len(text) > self.max_length:
            refuse(f"Ensure this field has no more than {self.max_length} characters.", "max_length")
        if len(text) < self.min_length:
            refuse(f"Ensure this field has at least {self.min_length} characters.", "min_length")
        return text


class Email(Text):
    """An e-mail address."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
            refuse("Enter a valid email address.")
        return text


class Slug(Text):
    """A name as it stands in an address."""

    SHAPE = re.compile(r"[-a-zA-Z0-9_]+")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not self.SHAPE.fullmatch(text):
            refuse("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.")
        return text


class Url(Text):
    """An address as Django takes it: of the web or of FTP, with a host; nothing, where nothing is allowed."""

    SHAPE = (
        r"(?:https?|ftps?)://(?:[^\s:@/]+(?::[^\s:@/]*)?@)?"
        r"(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]"
        r"|(?:[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?\.)+[a-z\u00a1-\uffff-]{2,63}\.?)"
        r"(?::\d{1,5})?(?:[/?#]\S*)?"
    )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not re.fullmatch(self.SHAPE, text, re.IGNORECASE):  # compiled when one is judged: it takes long
            refuse("Enter a valid URL.")
        return text


class Choice(Field):
    """One of a few values."""

    def __init__(self, choices: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = {str(choice): choice for choice in choices if choice is not None}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, (dict, list)) or str(value) not in self.choices:
            refuse(f'"{_printable(value)}" is not a valid choice.', "invalid_choice")
        return self.choices[str(value)]


class Boolean(Field):
    """True or false, in every spelling that DRF takes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if isinstance(value, bool):
            return value
        text = str(value) if isinstance(value, (str, int, float)) else ""
        if isinstance(value, float) and value in (0.0, 1.0):
            text = str(int(value))
        if text.strip() in TRUE:
            return True
        if text.strip() in FALSE:
            return False
        refuse("Must be a valid boolean.")


class Integer(Field):
    """A whole number, as a number or as text."""

    def __init__(self, *, minimum: int | None = None, maximum: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and len(value) > MAX_DIGITS:
            refuse("String value too large.", "max_string_length")
        text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
        if isinstance(value, float) and value.is_integer():
            text = str(int(value))
        if not INTEGER.fullmatch(text):
            refuse("A valid integer is required.")
        number = int(text.strip().partition(".")[0])
        refuse_out_of_range(number, self.minimum, self.maximum)
        if not SMALLEST <= number <= LARGEST:  # the database has no room for it
            refuse("A valid integer is required.")
        return number


class DecimalText(Field):
    """A decimal number, returned as text with fixed places."""

    def __init__(self, *, places: int, digits: int, minimum: Any = None, maximum: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places, self.digits, self.minimum, self.maximum = places, digits, minimum, maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(value).strip()
        if len(text) > MAX_DIGITS:
            refuse("String value too large.", "max_string_length")
        try:
            number = Decimal(text)
        except InvalidOperation:
            refuse("A valid number is required.")
        if isinstance(value, (bool, dict, list)) or not number.is_finite():
            refuse("A valid number is required.")
        self._refuse_precision(number)
        refuse_out_of_range(number, self.minimum, self.maximum)
        return f"{number:.{self.places}f}"

    def _refuse_precision(self, number: Decimal) -> None:
        """Refuse more digits than the database keeps, which DRF counts before it looks at the limits."""
        _, digits, exponent = number.as_tuple()
        decimals = max(-int(exponent), 0)
        whole = max(len(digits) + int(exponent), 0)
        if whole + decimals > self.digits:
            refuse(f"Ensure that there are no more than {self.digits} digits in total.", "max_digits")
        if decimals > self.places:
            refuse(f"Ensure that there are no more than {self.places} decimal places.", "max_decimal_places")
        most = self.digits - self.places
        if whole > most:
            refuse(f"Ensure that there are no more than {most} digits before the decimal point.", "max_whole_digits")


class Number(Field):
    """A number with a fraction."""

    def __init__(self, *, minimum: Any = None, maximum: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            refuse("A valid number is required.")
        if not math.isfinite(number):
            refuse("A valid number is required.")
        refuse_out_of_range(number, self.minimum, self.maximum)
        return number


class Timestamp(Field):
    """A time; a bare date is its midnight, a time without zone is UTC. Kept as PostHog prints it."""

    FORMATS = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]"
    SHAPE = re.compile(
        r"(?P<date>\d{4}-\d{1,2}-\d{1,2})"
        r"(?:[T ](?P<time>\d{1,2}:\d{1,2}(?::\d{1,2}(?:[.,]\d{1,6}\d{0,6})?)?)\s*(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?"
    )

    USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    """What most clients write, and Python reads as it is."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        moment = self.read(value) if isinstance(value, str) else None
        if moment is None:
            refuse(f"Datetime has wrong format. Use one of these formats instead: {self.FORMATS}.")
        return timestamp(moment)

    @classmethod
    def read(cls, text: str) -> datetime | None:
        """Return the time that text spells in any form that Django takes, or nothing."""
        if cls.USUAL.fullmatch(text):
            return _moment(text)
        found = cls.SHAPE.fullmatch(text.strip())
        if not found:
            return None
        date = "-".join(part.zfill(2) for part in found["date"].split("-"))
        clock = ":".join(part.zfill(2) for part in (found["time"] or "00:00").split(":"))
        clock = re.sub(r"[.,](\d{1,6})\d*$", lambda m: "." + m[1].ljust(6, "0"), clock)
        zone = (found["zone"] or "Z").replace("Z", "+00:00")
        zone = zone if len(zone) > 3 else zone + ":00"
        return _moment(f"{date}T{clock}{zone}")


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class Date(Field):
    """A day."""

    SHAPE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        moment = Timestamp.read(value) if isinstance(value, str) and self.SHAPE.fullmatch(value) else None
        if moment is None:
            refuse("Date has wrong format. Use one of these formats instead: YYYY-MM-DD.")
        return moment.date().isoformat()


class TimeOfDay(Field):
    """A time of the day, kept to the second."""

    SHAPE = re.compile(r"([01]?\d|2[0-3]):([0-5]?\d)(?::([0-5]?\d)(?:\.\d{1,6})?)?")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        found = self.SHAPE.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            refuse("Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]].")
        return ":".join((part or "0").zfill(2) for part in found.groups())


class Uuid(Field):
    """A UUID, kept in its hyphenated lower-case form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            if isinstance(value, int):
                return str(UUID(int=value))
            if isinstance(value, str):
                return str(UUID(value))
        except ValueError:
            pass
        refuse("Must be a valid UUID.")


class Reference(Field):
    """The id of a record of another table."""

    def __init__(self, table: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = table

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            refuse(f"Incorrect type. Expected pk value, received {type(value).__name__}.", "incorrect_type")
        key = self.key(value)
        if not lookup.get()(self.table, key):
            refuse(f'Invalid pk "{_printable(value)}" - object does not exist.', "does_not_exist")
        return key

    def key(self, value: float | str) -> Any:
        """Return the number that a value spells; what follows its point is dropped."""
        if isinstance(value, float) and math.isfinite(value):
            return int(value)
        text = str(value).strip()
        if not re.fullmatch(rf"[+-]?\d{{1,{MAX_DIGITS}}}", text):
            refuse(f"Incorrect type. Expected pk value, received {type(value).__name__}.", "incorrect_type")
        return int(text)


class UuidReference(Reference):
    """The UUID of a record of another table."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, (list, dict)):
            refuse(f"“{_printable(value)}” is not a valid UUID.")
        return super()._deserialize(value, attr, data, **kwargs)

    def key(self, value: float | str) -> Any:
        """Return the UUID that a value spells; a whole number is one, too."""
        try:
            return str(UUID(int=value) if isinstance(value, int) else UUID(str(value)))
        except ValueError:
            refuse(f"“{_printable(value)}” is not a valid UUID.")


NOT_JSON = object()
"""Stands for a form's value that should be JSON text and is not."""


class Json(Field):
    """Any JSON; in a form it is written as JSON text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value is NOT_JSON:
            refuse("Value must be valid JSON.")
        refuse_unstorable(value)
        return value


class Items(Field):
    """A list, each item judged by itself."""

    def __init__(
        self, inner: Field, *, min_length: int = 0, max_length: int | None = None, **kwargs: Any
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.inner = inner
        self.min_length, self.max_length = min_length, max_length

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            refuse(f'Expected a list of items but got type "{type(value).__name__}".', "not_a_list")
        if len(value) < self.min_length:
            refuse(f"Ensure this field has at least {self.min_length} elements.", "min_length")
        if self.max_length is not None and len(value) > self.max_length:
            refuse(f"Ensure this field has no more than {self.max_length} elements.", "max_length")
        items = []
        for index, item in enumerate(value):
            try:
                items.append(self.inner.deserialize(item, attr, data, **kwargs))
            except marshmallow.ValidationError as error:
                raise marshmallow.ValidationError({index: error.messages}) from None
        return items


class References(Items):
    """The ids of records of another table; the error of one is told of the whole list, as DRF tells it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except marshmallow.ValidationError as error:
            messages = error.messages
            first = next(iter(messages.values())) if isinstance(messages, dict) else messages
            raise marshmallow.ValidationError(first) from None


class Object(Field):
    """A JSON object; in a form it is written as JSON text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if value is NOT_JSON:
            refuse("Value must be valid JSON.")
        if not isinstance(value, dict):
            refuse(f'Expected a dictionary of items but got type "{type(value).__name__}".', "not_a_dict")
        refuse_unstorable(value)
        return value


def refuse_out_of_range(number: Any, minimum: Any, maximum: Any) -> None:
    """Refuse a number outside its limits."""
    if maximum is not None and number > maximum:
        refuse(f"Ensure this value is less than or equal to {maximum}.", "max_value")
    if minimum is not None and number < minimum:
        refuse(f"Ensure this value is greater than or equal to {minimum}.", "min_value")


def refuse_unstorable(value: Any) -> None:
    """Refuse text that PostgreSQL cannot keep, wherever in a value it stands: NUL and lone surrogates."""
    if isinstance(value, str):
        if "\x00" in value:
            refuse("Null characters are not allowed.", "null_characters_not_allowed")
        if not value.isascii():
            lone = next((character for character in value if "\ud800" <= character <= "\udfff"), None)
            if lone:
                message = f"Surrogate characters are not allowed: U+{ord(lone):X}."
                refuse(message, "surrogate_characters_not_allowed")
    elif isinstance(value, list):
        for item in value:
            refuse_unstorable(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            refuse_unstorable(key)
            refuse_unstorable(item)


def _printable(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode("utf-8")
