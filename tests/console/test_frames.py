"""The frames of the console and their files, as any client gets them: no data, a strict policy, nothing else."""

from __future__ import annotations

import re

import pytest

from mockserver.console import PAGES
from mockserver.console.pages import ROOT, STATIC
from mockserver.contract import Contract
from mockserver.serving.app import create_app

MOST_BYTES = 200_000
EXTERNAL = re.compile(r"""(?:src|href)=["'](?!/__admin/|/["']|\{|#|data:)[^"']*["']|https?://(?!www\.w3\.org)[\w.-]+""")
INLINE = re.compile(r"""<script(?![^>]*\ssrc=)|<style|\s(?:style|on[a-z]+)=["']""")


@pytest.fixture(scope="module")
def client(contract: Contract):
    return create_app(scenario="blank", admin_token="s3cret", contract=contract).test_client()


@pytest.mark.parametrize("name", ["", *(page.name for page in PAGES)])
def test_frame_holds_no_data_and_asks_nobody_else(client, name) -> None:
    answer = client.get(f"{ROOT}/{name}")
    text = answer.get_data(as_text=True)
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert EXTERNAL.findall(text) == [] and INLINE.findall(text) == []
    for path in re.findall(r'(?:src|href)="(/__admin/console/static/[^"]+)"', text):
        with client.get(path) as found:
            assert (found.status_code, found.headers["X-Content-Type-Options"]) == (200, "nosniff"), path


def test_console_is_light() -> None:
    assert sum(path.stat().st_size for path in STATIC.iterdir()) < MOST_BYTES


@pytest.mark.parametrize("path", ["nothing", "static/nothing.js", "static/../pages.py", "static/%2e%2e/pages.py"])
def test_what_is_not_there_is_said_in_the_envelope(client, path) -> None:
    answer = client.get(f"{ROOT}/{path}")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_console_goes_with_the_control_plane(contract: Contract) -> None:
    client = create_app(scenario="blank", admin=False, contract=contract).test_client()
    assert client.get(ROOT).status_code == 404


def test_console_is_guarded_as_the_control_plane_is(client) -> None:
    assert client.get(ROOT, headers={"Host": "evil.example"}).status_code == 403
