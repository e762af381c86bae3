"""An export of traces as it is sent: protobuf, or the JSON that stands for it."""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from mockserver.capture.refusals import undecodable, unparsable
from mockserver.capture.syntax import read_strictly

PROTOBUF, JSON = "application/x-protobuf", "application/json"
DEEPEST = 100
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Attributes = dict[str, Any]


@dataclass
class Happening:
    """What happened in a span: its name, and attributes."""

    name: str = ""
    attributes: Attributes = field(default_factory=dict)


@dataclass
class Span:
    """One span, with what its export says of the process and of the library that made it. Times are nanoseconds."""

    trace_id: str = ""
    span_id: str = ""
    parent_id: str = ""
    name: str = ""
    start: int = 0
    end: int = 0
    attributes: Attributes = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)
    status: int = 0
    message: str = ""
    resource: Attributes = field(default_factory=dict)
    scope_version: str = ""


class _Malformed(Exception):
    """Bytes that are no message, and why."""


def read_request(body: bytes, content_type: str) -> list[Span]:
    """Return the spans of an export. Raises: CaptureError."""
    if content_type.startswith(PROTOBUF):
        try:
            return list(_spans(body))
        except (_Malformed, UnicodeDecodeError, RecursionError) as problem:
            raise unparsable(f"Invalid protobuf: failed to decode Protobuf message: {problem}") from None
    if content_type.startswith(JSON):
        value = read_strictly(body)
        try:
            return list(_spans_of_json(value))
        except (TypeError, ValueError, AttributeError, RecursionError):
            raise unparsable("Invalid OTLP trace format: a field is of another type than OpenTelemetry's") from None
    raise undecodable("Content-Type must be application/x-protobuf or application/json")


# Protobuf


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if place >= len(raw) or shift > 63:
            raise _Malformed("invalid varint")
        byte = raw[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, place
        shift += 7


def _fields(raw: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the fields of a message, each with its number. Raises: _Malformed."""
    place = 0
    while place < len(raw):
        key, place = _varint(raw, place)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise _Malformed("invalid tag value: 0")
        if kind == VARINT:
            value, place = _varint(raw, place)
            yield number, value
            continue
        if kind == BYTES:
            size, place = _varint(raw, place)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise _Malformed(f"invalid wire type value: {kind}")
        if place + size > len(raw):
            raise _Malformed("buffer underflow")
        yield number, raw[place : place + size]
        place += size


def _spans(raw: bytes) -> Iterator[Span]:
    for _, group in _of(raw, 1):
        resource: Attributes = {}
        for _, inside in _of(group, 1):
            resource |= _attributes(inside, 1)
        for _, scope in _of(group, 2):
            version = "".join(_text(text) for _, about in _of(scope, 1) for _, text in _of(about, 2))
            for _, span in _of(scope, 2):
                read = _span(span)
                read.resource, read.scope_version = resource, version
                yield read


def _of(raw: bytes, number: int) -> Iterator[tuple[int, bytes]]:
    for found, value in _fields(raw):
        if found == number:
            yield found, _bytes(value)


def _span(raw: bytes) -> Span:
    span = Span(attributes=_attributes(raw, 9))
    for number, value in _fields(raw):
        match number:
            case 1:
                span.trace_id = _bytes(value).hex()
            case 2:
                span.span_id = _bytes(value).hex()
            case 4:
                span.parent_id = _bytes(value).hex()
            case 5:
                span.name = _text(value)
            case 7:
                span.start = int.from_bytes(_bytes(value), "little")
            case 8:
                span.end = int.from_bytes(_bytes(value), "little")
            case 11:
                happening = Happening(attributes=_attributes(_bytes(value), 3))
                happening.name = "".join(_text(text) for _, text in _of(_bytes(value), 2))
                span.happenings.append(happening)
            case 15:
                for inner, status in _fields(_bytes(value)):
                    if inner == 2:
                        span.message = _text(status)
                    elif inner == 3 and isinstance(status, int):
                        span.status = status
    return span


def _attributes(raw: bytes, number: int, depth: int = 0) -> Attributes:
    """Return the keys with their values that a message has under a number; those without a value are left out."""
    found: Attributes = {}
    for _, pair in _of(raw, number):
        key, value = "", None
        for inner, part in _fields(pair):
            if inner == 1:
                key = _text(part)
            elif inner == 2:
                value = list(_values(_bytes(part), depth))
        if value:
            found[key] = value[-1]
    return found


def _values(raw: bytes, depth: int) -> Iterator[Any]:
    if depth > DEEPEST:
        raise _Malformed("recursion limit reached")
    for number, value in _fields(raw):
        match number:
            case 1:
                yield _text(value)
            case 2:
                yield bool(value)
            case 3 if isinstance(value, int):
                yield value - 2**64 if value >= 2**63 else value
            case 4 if isinstance(value, bytes) and len(value) == 8:
                yield _finite(struct.unpack("<d", value)[0])
            case 5:
                yield [item for _, one in _of(_bytes(value), 1) for item in list(_values(one, depth + 1))[-1:]]
            case 6:
                yield _attributes(_bytes(value), 1, depth + 1)
            case 7:
                yield _bytes(value).hex()


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise _Malformed("invalid wire type: Varint (expected LengthDelimited)")
    return value


def _text(value: Any) -> str:
    return _bytes(value).decode("utf-8")


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


# JSON


def _spans_of_json(value: Any) -> Iterator[Span]:
    for group in _list(_object(value), "resourceSpans"):
        resource = _attributes_of_json(_list(_object(group.get("resource") or {}), "attributes"))
        for scope in _list(_object(group), "scopeSpans"):
            version = _text_of_json(_object(scope.get("scope") or {}), "version")
            for span in _list(_object(scope), "spans"):
                yield _span_of_json(_object(span), resource, version)


def _span_of_json(given: Mapping[str, Any], resource: Attributes, version: str) -> Span:
    status = _object(given.get("status") or {})
    return Span(
        trace_id=_hex(given, "traceId"),
        span_id=_hex(given, "spanId"),
        parent_id=_hex(given, "parentSpanId"),
        name=_text_of_json(given, "name"),
        start=int(given.get("startTimeUnixNano") or 0),
        end=int(given.get("endTimeUnixNano") or 0),
        attributes=_attributes_of_json(_list(given, "attributes")),
        happenings=[
            Happening(_text_of_json(happening, "name"), _attributes_of_json(_list(happening, "attributes")))
            for happening in _list(given, "events")
        ],
        status={"STATUS_CODE_ERROR": 2, "STATUS_CODE_OK": 1}.get(str(status.get("code")), 0) or _whole(status, "code"),
        message=_text_of_json(status, "message"),
        resource=resource,
        scope_version=version,
    )


def _attributes_of_json(pairs: list[Any]) -> Attributes:
    found: Attributes = {}
    for pair in pairs:
        value = _object(pair).get("value")
        told = _value_of_json(_object(value)) if value is not None else _NOTHING
        if told is not _NOTHING:
            found[_text_of_json(pair, "key")] = told
    return found


_NOTHING = object()


def _value_of_json(given: Mapping[str, Any]) -> Any:
    for name, value in given.items():
        if value is None:
            continue
        match name:
            case "stringValue" | "boolValue":
                if not isinstance(value, str if name == "stringValue" else bool):
                    _refuse()
                return value
            case "intValue":
                return int(value)
            case "doubleValue":
                return _finite(float(value))
            case "bytesValue":
                return _from_base64(value)
            case "arrayValue":
                items = [_value_of_json(_object(item)) for item in _list(_object(value), "values")]
                return [item for item in items if item is not _NOTHING]
            case "kvlistValue":
                return _attributes_of_json(_list(_object(value), "values"))
    return _NOTHING


def _refuse() -> NoReturn:
    raise TypeError("another type than OpenTelemetry's")


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _refuse()
    return value


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name)
    if value is not None and not isinstance(value, list):
        _refuse()
    return value or []


def _text_of_json(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        _refuse()
    return value or ""


def _whole(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    return value if isinstance(value, int) else 0


def _hex(given: Mapping[str, Any], name: str) -> str:
    return bytes.fromhex(_text_of_json(given, name)).hex()


def _from_base64(value: Any) -> str:
    try:
        return base64.b64decode(value, validate=True).hex()
    except binascii.Error:
        _refuse()
