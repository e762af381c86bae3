"""Whole documents walked: of other styles than PostHog's, and one with the oddities of documents in the wild."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mockserver import create_app
from tests.inferred.conftest import DOCUMENTS
from tests.inferred.walking import Walker
from tests.inferred.walking.described import read
from tests.inferred.walking.wire import KEY, in_process

NAMES = ("payments.yaml", "tracker.yaml", "mail.json", "oddities.yaml")
LIVES = {"payments.yaml": (1, 2), "tracker.yaml": (3, 0), "mail.json": (2, 0), "oddities.yaml": (2, 0)}
"""Collections with the whole life of a record, and with a part of it."""
GIVEN = os.environ.get("WALK_DOCUMENT")
ENOUGH = 0.97
"""The share of a published document that answers: what modelled families ask for beside it is not in it."""


@pytest.fixture(scope="module")
def app():
    documents = [str(DOCUMENTS / name) for name in NAMES]
    return create_app(scenario="empty", freeze_time="2026-01-15T12:00:00Z", strict=True, openapi=documents)


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_answers_and_collections_keep_what_is_written(app, name):
    report = Walker(read(DOCUMENTS / name), in_process(app, "phx_mock_all_access")).walk()
    assert not report.exceptions and not report.life_exceptions, "\n".join(report.lines())
    assert (report.lives, report.parts) == LIVES[name]
    assert report.sources == {"inferred": report.operations}


@pytest.mark.skipif(not GIVEN, reason="WALK_DOCUMENT names no document")
def test_a_given_document_answers_from_itself():
    path = Path(str(GIVEN))
    report = Walker(read(path), in_process(create_app(openapi=[str(path)], strict=True), KEY)).walk()
    print(*report.lines(), sep="\n")
    assert not [line for line in report.exceptions if "(inferred)" in line]
    assert report.answered >= ENOUGH * report.operations
