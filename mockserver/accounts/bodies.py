"""What requests to sign in or up carry, and which world they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request

from mockserver.errors import ValidationError
from mockserver.request.parsing import read_body
from mockserver.traffic.interception import enter, key_of
from mockserver.world.worlds import World, Worlds


def read(request: Request) -> Mapping[str, Any]:
    """Return a request's fields. Raises: ValidationError, ParseError."""
    value = read_body(request).value
    if not isinstance(value, Mapping):
        raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(value).__name__}.")
    return value


def text(given: Mapping[str, Any], *names: str) -> list[str]:
    """Return fields that are asked for, in their order. Raises: ValidationError for the first that is missing."""
    for name in names:
        if name not in given:
            raise ValidationError("This field is required.", code="required", attr=name)
        value = given[name]
        if value is None:
            raise ValidationError("This field may not be null.", code="null", attr=name)
        if isinstance(value, (dict, list, bool)):
            raise ValidationError("Not a valid string.", attr=name)
        if not str(value).strip():
            raise ValidationError("This field may not be blank.", code="blank", attr=name)
    return [str(given[name]) for name in names]


def world_with(worlds: Worlds, request: Request, table: str, **known: Any) -> World:
    """Return the world that a request is about: its key's, else the first that knows what it names.

    A key that no world has is none: a browser keeps the cookie of a world that is gone. From then on the request is of
    that world: in its journal, under its faults.
    """
    owner = worlds.owner(key_of(request) or "")
    if owner is not None:
        return owner
    others = (world for world in worlds if world is not worlds.default)
    for world in (worlds.default, *others):
        if world.view().table(table).first(**known) is not None:
            if world is not worlds.default:
                enter(request, world)
            return world
    return worlds.default
