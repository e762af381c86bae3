"""The wire to a server: whose key a request shows, and what of the machine's settings it is sent by."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from mockserver.replay.wire import Adapter, Limits, open_session


@pytest.mark.parametrize("url", ["https://posthog.test", "http://127.0.0.1:8000"])
def test_key_that_a_request_shows_is_sent_whatever_netrc_has(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "netrc"
    file.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(file))
    session = open_session(Adapter("real", Limits()), url)
    sent = session.prepare_request(requests.Request("GET", f"{url}/", headers={"Authorization": "Bearer phx_own"}))
    assert sent.headers["Authorization"] == "Bearer phx_own"


def test_proxies_of_the_environment_are_for_other_machines() -> None:
    trusts = {
        url: open_session(Adapter("any", Limits()), url).trust_env for url in ("http://127.0.0.1:1", "http://b.test")
    }
    assert trusts == {"http://127.0.0.1:1": False, "http://b.test": True}
