"""Every script of the contract holds against the fake, in each profile that it is about."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from mockserver.contract import Contract, Profile
from mockserver.replay.script import Answer, Script, read_scripts, run

ROLES = {
    "all_access": "phx_mock_all_access",
    "read_only": "phx_mock_read_only",
    "session": "phx_mock_session",
    "admin": "phx_mock_admin",
    "member": "phx_mock_member",
    "outsider": "phx_mock_outsider",
    "unknown": "phx_mock_unknown",
}
CONTRACT = Contract.read()
SCRIPTS = read_scripts(CONTRACT)
CASES = [
    pytest.param(script, profile, id=f"{script.family}: {script.name} [{profile}]")
    for script in SCRIPTS
    for profile in Profile
    if script.holds_in(profile)
]


class Fake:
    """The fake as a target, in this process."""

    def __init__(self, app: Flask, profile: Profile) -> None:
        self.client = app.test_client()
        self.profile = profile
        self.ids = {"project_id": 1, "organization_id": "01890000-0000-7000-8000-000000000001"}

    def send(self, role: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        sent = dict(headers)
        if role != "none":
            sent.setdefault("Authorization", f"Bearer {ROLES[role]}")
        response = self.client.open(url, method=method, headers=sent, data=body)
        return Answer(response.status_code, dict(response.headers), response.get_data())


@pytest.mark.parametrize(("script", "profile"), CASES)
def test_script_holds(script: Script, profile: Profile, apps) -> None:
    app = apps(profile.value)
    try:
        problems = [str(outcome) for outcome in run(script, Fake(app, profile), CONTRACT) if outcome.problems]
    finally:
        app.extensions["mockserver"].default.reset()
    assert not problems, "\n".join(problems)


def test_every_script_cites_its_evidence() -> None:
    assert [script.name for script in SCRIPTS if not script.source] == []
