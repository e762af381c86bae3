"""The report as one page of HTML that needs nothing beside it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import jinja2

from mockserver.replay.report.data import to_data
from mockserver.replay.report.model import Report

TEMPLATE = Path(__file__).with_name("page.html.j2")


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def to_html(report: Report) -> str:
    """Return a report as a page to read and to filter."""
    return _template().render(to_data(report)).encode("utf-8", "replace").decode()
