"""Documents that are none, or are broken somewhere: a line with the place, or put up with; never a crash."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.diff.errors import UnreadableDocument
from mockserver.inferred.compiled import compile_document
from mockserver.inferred.published import Published
from mockserver.inferred.reading import Source
from tests.inferred.conftest import DOCUMENTS

GARDEN = DOCUMENTS / "garden.yaml"
JUNK: list[Any] = [None, 3, True, "text", "", [], {}, [None], {"$ref": 7}, {"$ref": "#/nowhere"}, {"type": []}, -1.5]
BROKEN = 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "no OpenAPI document"),
        ("openapi: 3.0.0\ninfo: {title: x}", "no `paths`"),
        ('{"openapi": "3.0.0"', "that can be read"),
        ("", "no OpenAPI document"),
    ],
)
def test_file_that_is_no_document_is_told_in_a_line(tmp_path, text, said):
    file = tmp_path / "given.yaml"
    file.write_text(text)
    result = CliRunner().invoke(main, ["serve", "--openapi", str(file)])
    assert result.exit_code == 2 and said in result.output and str(file) in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_paths_that_clash_are_told_with_both_documents(tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(GARDEN.read_text())
    result = CliRunner().invoke(main, ["serve", "--openapi", str(GARDEN), "--openapi", str(other)])
    assert result.exit_code == 2 and len(result.output.strip().splitlines()) == 1
    assert "GET /api/projects/{project_id}/beds is an operation of garden already" in result.output


def places(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value of a document."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*way, key)
        yield from places(value, (*way, key))


def test_document_that_is_broken_anywhere_is_put_up_with_or_refused():
    document = json.loads(json.dumps(yaml.safe_load(GARDEN.read_text()), default=str))
    ways, dice = list(places(document)), random.Random(1)
    for number in range(BROKEN):
        broken = copy.deepcopy(document)
        *around, key = ways[dice.randrange(len(ways))]
        node = broken
        for step in around:
            node = node[step]
        node[key] = junk = dice.choice(JUNK)
        place = f"{'.'.join(map(str, [*around, key]))} is {junk!r}"
        try:
            published = Published(compile_document(Source.given(f"broken-{number}", broken)), [])
            routes = [published.route(shape) for shape in published.ids]
            assert all(route.endpoints for route in routes), place
        except UnreadableDocument:
            pass
        except Exception as error:
            raise AssertionError(place) from error
