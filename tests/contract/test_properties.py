"""Schemathesis finds nothing: every phase and check, over a socket, in both profiles, and every operation succeeds."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar
from unittest import mock

import pytest
from hypothesis.strategies import SearchStrategy

from mockserver.contract import Contract, Profile
from mockserver.replay.cases import Settings
from mockserver.replay.exemptions import exemptions
from mockserver.replay.identifiers import Finder
from mockserver.replay.properties import Findings, explore
from mockserver.replay.script import Answer
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address

TENANTS = {"project_id": "1", "organization_id": "01890000-0000-7000-8000-000000000001"}
KEYS = {
    Profile.DOCUMENTED: "phx_mock_all_access",
    Profile.OBSERVED: "phx_mock_session",
}  # there, keys are often refused
NEVER = {
    "warehouse_saved_queries_create": 201,  # a view that is there already is changed instead, which is a 200
    "feature_flags_enrich_usage_dashboard_create": 400,  # only a flag with enriched analytics is
    "organizations_feature_flags_copy_flags_create": 400,  # the flag must be in another project
    "dashboards_sharing_passwords_create": 400,  # only what asks for a password has some
    "dashboards_sharing_passwords_destroy": 404,
    "dashboards_collaborators_create": 400,  # only a restricted dashboard has some
    "dashboards_collaborators_destroy": 404,
    "uploaded_media_create": 400,  # what is generated is no image
    **dict.fromkeys(  # the one that a list tells first belongs to all projects, and staff alone change it
        ("data_color_themes_update", "data_color_themes_partial_update", "data_color_themes_destroy"), 403
    ),
    "groups_delete_property_create": 400,  # generated ones name no group that has the property
    "file_system_count_create": 400,  # only what lies in a folder is counted
    "dashboard_templates_create": 403,  # only staff may, and the same below
    "dashboard_templates_update": 403,
    "dashboard_templates_partial_update": 403,
    "dashboard_templates_destroy": 403,
    **dict.fromkeys(  # no list tells which tiles there are
        (
            "dashboards_move_tile_partial_update",
            "dashboards_move_tile_create",
            "dashboards_copy_tile_create",
            "dashboards_reorder_tiles_create",
            "dashboards_update_text_tile_create",
            "dashboards_delete_tile_create",
        ),
        404,
    ),
    "web_analytics_overview_retrieve": 403,  # for those alone whom PostHog has let in, and the same below
    "web_analytics_breakdown_retrieve": 403,
    "web_analytics_trend_retrieve": 403,
    "users_two_factor_validate_create": 400,  # nobody guesses a code of the second factor
    "users_validate_2fa_create": 400,
    "users_two_factor_backup_codes_create": 400,
    "users_cancel_email_change_request_partial_update": 400,  # no mail leaves, so no address waits to be confirmed
    "users_update": 400,  # it asks for a password, and so for the one before
}
REFUSED = {
    Profile.DOCUMENTED: {
        **NEVER, "users_destroy": 401,
        "subscriptions_create": 400,  # generated ones send nothing, or what is not there
        "subscriptions_update": 400,
    },
    Profile.OBSERVED: {
        **NEVER, "users_destroy": 409, "dashboards_move_tile_partial_update": 400,
        **dict.fromkeys(  # no plugin configs are made any more (recorded)
            ("Pipelinedestinationconfigs_createOrUpdate", "Pipelinefrontendappsconfigs_createOrUpdate"), 400
        ),
    },
}  # fmt: skip
IS_DEEP = os.environ.get("TEST_DEPTH") == "deep"
SETTINGS = Settings(examples=20, most_coverage=100) if IS_DEEP else Settings(examples=6, most_coverage=25)
"""How many requests an operation gets: in `make deep`, and in the suite."""
Found = tuple[Profile, dict[str, Findings]]


@pytest.fixture(scope="class")
def found(request: pytest.FixtureRequest, contract: Contract) -> Iterator[Found]:
    profile: Profile = request.cls.profile
    app = create_app(profile=profile, freeze_time="2026-01-15T12:00:00Z", contract=contract)
    world = app.extensions["mockserver"].default
    server = Server(app, free_address("127.0.0.1", 0)).start()
    url, key = server.address.url, KEYS[profile]

    def ask(method: str, path: str, body: Any) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        sent = urllib.request.Request(url + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(sent) as response:
                return Answer(response.status, {}, response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, {}, error.read())

    identifiers = Finder(contract, TENANTS, ask, may_create=True).identifiers(contract.described)
    world.settle()
    try:
        with trusted_strategies():
            found = explore(
                contract, profile, base_url=url, api_key=key, parameters=TENANTS, identifiers=identifiers,
                settings=SETTINGS, before=world.reset,
            )  # fmt: skip
        yield profile, found
    finally:
        server.stop()


def trusted_strategies() -> AbstractContextManager[Any]:
    """Let Hypothesis take the strategies that schemathesis makes as they are, except in `make deep`.

    It judges each one's arguments before it draws, a sixth of all the time. What is drawn is the same.
    """
    return nullcontext() if IS_DEEP else mock.patch.object(SearchStrategy, "validate", lambda strategy: None)


class Held:
    """A profile held to its checks; a class each, so that the two are worked on side by side."""

    profile: ClassVar[Profile]

    def test_no_check_fails(self, found: Found) -> None:
        failures = [
            f"{label}\n  {title}\n  {text}" for label, of in found[1].items() for title, text in of.failures.items()
        ]
        assert not failures, "\n\n".join(failures)

    def test_every_operation_succeeds(self, found: Found, contract: Contract) -> None:
        profile, findings = found
        operations = [operation for operation in contract.described if operation.exists_in(profile)]
        missed = {}
        for operation in operations:
            label = f"{operation.method.upper()} {operation.path}"
            expected = REFUSED[profile].get(operation.id, operation.successes[profile].status)
            if expected not in findings[label].statuses:
                missed[label] = dict(findings[label].statuses)
        assert missed == {}


class TestDocumented(Held):
    profile = Profile.DOCUMENTED


class TestObserved(Held):
    profile = Profile.OBSERVED


def test_every_exemption_has_a_reason_and_is_about_an_operation(contract: Contract) -> None:
    labels = [f"{operation.method.upper()} {operation.path}" for operation in contract.described]
    for exemption in exemptions(contract, Profile.DOCUMENTED):
        assert len(exemption.reason) > 20
        assert any(re.fullmatch(exemption.operations, label) for label in labels), exemption
