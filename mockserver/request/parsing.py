"""Bodies: JSON, forms and multipart, read as Django REST framework reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any

import orjson
from flask import Request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequestKeyError, RequestEntityTooLarge
from werkzeug.utils import cached_property

from mockserver.errors import ParseError, UnsupportedMediaType

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MEDIA_TYPES = (JSON, FORM, MULTIPART)
MAX_BODY_BYTES = 20 * 1024 * 1024
MAX_DEPTH = 200  # deeper than any client writes, and what every encoder here can still write out

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')


class LastWins(ImmutableMultiDict[str, str]):
    """Parameters of which the last counts when one is given twice, as in Django's QueryDict."""

    def __getitem__(self, key: str) -> str:
        values = self.getlist(key)
        if not values:
            raise BadRequestKeyError(key)
        return values[-1]

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]
        """Return the last value of a parameter; the default for one that is absent or not of the type."""
        if type is not None:
            return super().get(key, default, type)
        values = dict.get(self, key)
        return values[-1] if values else default

    def to_dict(self, flat: bool = True) -> dict[str, Any]:
        """Return the last value of each parameter, or all of them in lists."""
        return {key: values[-1] if flat else values for key, values in self.lists() if values}


NO_PARAMETERS = LastWins()


class Whole(BytesIO):
    """A body that was read to its end, and is not too large."""


class DjangoRequest(Request):
    """A request whose query and form are read as Django reads them."""

    parameter_storage_class = LastWins
    max_content_length = MAX_BODY_BYTES

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The query's parameters; most requests that write have none."""
        return super().args if self.query_string else NO_PARAMETERS

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body, its length watched where it is not here yet."""
        given: IO[bytes] = self.environ["wsgi.input"]
        return given if isinstance(given, Whole) else super().stream


@dataclass(frozen=True)
class Body:
    """What a request carried: the parsed value, whether it came as a form, and its files."""

    value: Any = None
    is_form: bool = False
    files: dict[str, FileStorage] = field(default_factory=dict)


def has_body(environ: Mapping[str, Any]) -> bool:
    """Return whether a WSGI environment's request carries anything, in one piece or in chunks."""
    return bool(environ.get("CONTENT_LENGTH", "").strip("0")) or "HTTP_TRANSFER_ENCODING" in environ


def read_body(request: Request, media_types: tuple[str, ...] = MEDIA_TYPES) -> Body:
    """Return what the request carries; an empty body is an empty object.

    Raises: UnsupportedMediaType for a media type not among those given, ParseError for a body that cannot be read.
    """
    declared = request.environ.get("CONTENT_TYPE", "")
    if not has_body(request.environ):
        return Body({})
    media_type = declared.partition(";")[0].strip().lower()
    if media_type not in media_types:
        raise UnsupportedMediaType.of(declared or "application/octet-stream")
    try:
        if media_type == JSON:
            return Body(read_json(request.get_data()))
        form = [(name, value) for name, value in request.form.items(multi=True) if name is not None]
        files = {name: file for name, file in request.files.to_dict().items() if name is not None}
        return Body(LastWins(form), True, files)  # parts without a name are passed over, as Django does
    except RequestEntityTooLarge:
        raise ParseError(f"Request body exceeded {MAX_BODY_BYTES} bytes.") from None


def read_json(raw: bytes) -> Any:
    """Return the value that JSON text spells, as leniently as Python reads it (NaN, numbers of any size).

    Raises: ParseError, with Python's own words for what is wrong.
    """
    if not raw.strip():
        return {}
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _depth(raw) > MAX_DEPTH:
        raise ParseError("JSON parse error - maximum recursion depth exceeded while decoding a JSON object")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ParseError(f"JSON parse error - {error}") from None
    except (ValueError, RecursionError) as error:
        raise ParseError(f"JSON parse error - {error}") from None


def _depth(raw: bytes) -> int:
    deepest = depth = 0
    for found in _BRACKETS.finditer(raw):
        mark = found[0][:1]
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest
