import itertools
from functools import cache

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map, Rule

from mockserver import create_app
from mockserver.contract import Contract
from mockserver.resources import RESOURCES
from mockserver.road.binding import Route, bind
from mockserver.road.routing import Table

METHODS = ("GET", "POST", "DELETE")


class Segment(BaseConverter):
    """A segment as the routers of DRF have it."""

    regex = "[^/.]+"


@cache
def served() -> tuple[Flask, list[Route]]:
    contract = Contract.read()
    return create_app(scenario="empty", contract=contract), bind(contract, RESOURCES)


@cache
def tables() -> tuple[Table, Map]:
    """The table, and the rules of Flask that would do the same."""
    app, routes = served()
    table, rules = Table(routes), Map(converters={"segment": Segment})
    for route in routes:
        rule = route.path.replace("{", "<segment:").replace("}", ">") + "/"
        rules.add(Rule(rule, endpoint=route.path, strict_slashes=False))
    for rule in app.url_map.iter_rules():
        table.leave(rule.rule, rule.methods or ())
        rules.add(Rule(rule.rule, endpoint="", methods=rule.methods, strict_slashes=rule.strict_slashes))
    return table, rules


def by_rules(path: str, method: str) -> tuple[str, dict[str, str]] | None:
    try:
        endpoint, values = tables()[1].bind("localhost").match(path, method)
    except HTTPException:
        return None
    return (endpoint, dict(values)) if endpoint else None


def by_table(path: str, method: str) -> tuple[str, dict[str, str]] | None:
    found = tables()[0].find(path, method)
    return (found[0].path, found[1]) if found else None


def paths() -> list[str]:
    """Paths of every template, its parameters written as ids and as words that stand in other templates."""
    app, routes = served()
    templates = [route.path for route in routes]
    templates += [rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()]
    words = itertools.cycle(["7", "@current", "activity", "verify_email", "me", "a b", "ä", "1.5"])
    made = []
    for template in templates:
        for word in itertools.islice(words, 3):
            segments = [word if segment.startswith("{") else segment for segment in template.split("/")]
            made.append("/".join(segments))
    return [*made, "/", "", "/api", "/api/projects/1//", "//api/projects/1/", "/api/projects/1/annotations/1/nothing"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_table_finds_what_rules_of_flask_would_find(slash: str) -> None:
    for path, method in itertools.product(paths(), METHODS):
        asked = path.rstrip("/") + slash if "//" not in path else path
        if "/__admin" not in asked:
            assert by_table(asked, method) == by_rules(asked, method), f"{method} {asked}"
