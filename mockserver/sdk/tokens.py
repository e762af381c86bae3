"""Whose request it is: the world and the project that a project token names."""

from __future__ import annotations

from flask import Request

from mockserver.errors import AuthenticationFailed
from mockserver.store import Record
from mockserver.traffic.interception import enter
from mockserver.world.worlds import World, Worlds


class UnknownToken(AuthenticationFailed):
    """A project token that no world knows."""

    code = "invalid_api_key"
    detail = "Project API key invalid. You can find your project API key in your PostHog project settings."


class UnknownProjectKey(AuthenticationFailed):
    """A project token that no world knows, as Django's own views say it."""

    code = "invalid_api_key"
    detail = "Project API key invalid. You can find your project API key in PostHog project settings."


def named_by(worlds: Worlds, token: str) -> tuple[World, Record] | None:
    """Return the world and project that a token names, if one knows it."""
    world = worlds.owner(token)
    project = world.view().table("projects").first(api_token=token) if world else None
    return (world, project) if world is not None and project is not None else None


def find_project(worlds: Worlds, request: Request, token: str) -> tuple[World, Record]:
    """Return the world and project that a token names; the request is that world's. Raises: UnknownToken."""
    found = named_by(worlds, token)
    if found is None:
        raise UnknownToken
    enter(request, found[0])
    return found
