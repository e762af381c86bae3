"""The pages of the console, and how they and their files are answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, abort, send_from_directory
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mockserver.version import __version__

HERE = Path(__file__).parent
STATIC = HERE / "static"
ROOT = "/__admin/console"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""Scripts, styles and requests are this server's own, and no form is sent but by a script."""


@dataclass(frozen=True)
class Page:
    """A page of the console: its path below `/__admin/console`, its title, and under what heading it is listed."""

    name: str
    title: str
    group: str

    @property
    def path(self) -> str:
        """Where a browser finds it."""
        return f"{ROOT}/{self.name}"


PAGES = (
    Page("requests", "Requests", "Traffic"),
    Page("faults", "Faults and stubs", "Traffic"),
    Page("coverage", "Coverage", "Traffic"),
    Page("worlds", "Worlds", "World"),
    Page("records", "Records", "World"),
    Page("events", "Events", "World"),
    Page("flags", "Flags", "World"),
    Page("query", "Query", "World"),
)
"""Every page, in the order of the navigation; the first is the console's own."""


def answer_page(name: str) -> Response:
    """Return a page by its name, the first one for none; a 404 in the envelope for a name that no page has."""
    page = next((page for page in PAGES if page.name == name), None) if name else PAGES[0]
    if page is None:
        abort(404)
    return framed(f"{page.name}.html", page=page)


def framed(template: str, policy: dict[str, str] | None = None, **values: Any) -> Response:
    """Return a template filled, under the console's Content-Security-Policy with the directives of `policy` put in."""
    known = {"pages": PAGES, "groups": _groups(), "root": ROOT, "version": __version__}
    text = _templates().get_template(template).render(**known, **values)
    response = Response(text, content_type="text/html; charset=utf-8")
    directives = {**POLICY, **(policy or {})}
    response.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in directives.items())
    response.headers["Cache-Control"] = "no-store"
    return guarded(response)


def answer_file(name: str) -> Response:
    """Return a script, a style or an image of the console; a 404 in the envelope for none of that name."""
    return guarded(send_from_directory(STATIC, name, max_age=0))


def _groups() -> list[tuple[str, list[Page]]]:
    """Return the headings of the navigation, each with its pages."""
    headings = dict.fromkeys(page.group for page in PAGES)
    return [(heading, [page for page in PAGES if page.group == heading]) for heading in headings]


def guarded(response: Response) -> Response:
    """Return an answer that a browser takes for nothing but what it says it is, and tells nobody of."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
