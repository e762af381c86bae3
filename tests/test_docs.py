"""Guards: what there is to know is on the pages, and what the pages say is so."""

from __future__ import annotations

import click
import pytest
import yaml

from mockserver.admin.contract import controls, read_document
from mockserver.cli import main
from mockserver.contract.locations import FIXTURES
from mockserver.documents import MARKED, PARTS, refresh
from mockserver.testing.pytest_plugin import OPTIONS
from mockserver.world.tables import TABLES
from tests.docs.blocks import DOCS, ROOT

TEXT = "\n".join(path.read_text() for path in [*sorted(DOCS.glob("*.md")), ROOT / "README.md"])
STALE = "make it anew: python -m mockserver.documents"


def commands() -> list[str]:
    context = click.Context(main)
    names = []
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        names += [f"{name} {child}" for child in getattr(command, "commands", {})] or [name]
    return names


def controlled() -> list[str]:
    return [f"{control.method} {control.path}" for control in controls(read_document())]


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_made_parts_are_current(path) -> None:
    page = path.read_text()
    assert page == refresh(page), STALE


def test_every_made_part_is_on_a_page() -> None:
    assert {name for _, name, _ in MARKED.findall(TEXT)} == set(PARTS)


@pytest.mark.parametrize("command", commands())
def test_every_command_is_told_of(command) -> None:
    assert f"`mockserver {command}`" in TEXT


@pytest.mark.parametrize("route", controlled())
def test_every_route_of_the_control_plane_is_told_of(route) -> None:
    assert f"`{route}`" in TEXT


def test_every_option_of_serve_is_told_of() -> None:
    serve = main.get_command(click.Context(main), "serve")
    assert [name for parameter in serve.params for name in parameter.opts if f"`{name}`" not in TEXT] == []


def test_every_table_and_scenario_is_told_of() -> None:
    loadable = {name for name in yaml.safe_load((FIXTURES / "demo.yaml").read_text()) if name in TABLES}
    scenarios = {path.stem for path in FIXTURES.glob("*.yaml")}
    assert [name for name in sorted(loadable | scenarios) if f"`{name}`" not in TEXT] == []


@pytest.mark.parametrize("name", [*(f"posthog_{option}" for option in OPTIONS), "posthog_client", "posthog_server"])
def test_every_fixture_and_option_of_the_plugin_is_told_of(name) -> None:
    assert name in TEXT


def test_every_page_is_in_the_navigation() -> None:
    listed = (ROOT / "mkdocs.yml").read_text()
    assert [path.name for path in sorted(DOCS.glob("*.md")) if f" {path.name}" not in listed] == []


def test_unknown_part_is_refused() -> None:
    with pytest.raises(KeyError, match="nothing"):
        refresh("<!-- made: nothing -->\n<!-- end -->")
