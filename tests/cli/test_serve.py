from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import time
import urllib.request

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.serving.server import Server

COMMAND = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--scenario", "empty"]


@pytest.fixture
def serve(tmp_path):
    """Start the command with some options; return its URL."""
    started = []

    def start(*options: str) -> str:
        file = tmp_path / "url"
        process = subprocess.Popen(
            [*COMMAND, "--url-file", str(file), *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        deadline = time.monotonic() + 30
        while not file.exists() or not file.read_text():
            assert process.poll() is None and time.monotonic() < deadline, process.stdout.read()
            time.sleep(0.02)
        return file.read_text().strip()

    start.processes = started
    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
        process.stdout.close()


def ask(url: str, **headers: str):
    for attempt in range(100):
        try:
            context = ssl._create_unverified_context() if url.startswith("https") else None
            request = urllib.request.Request(url, headers=headers)
            return urllib.request.urlopen(request, timeout=10, context=context)
        except urllib.error.HTTPError as error:
            return error
        except OSError:
            if attempt == 99:
                raise
            time.sleep(0.05)
    return None


def test_server_answers_and_ends_cleanly(serve) -> None:
    url = serve("--latency", "1-2")
    with ask(f"{url}/__admin/health", Origin="http://localhost:3000") as answer:
        assert json.load(answer)["status"] == "ok"
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    process = serve.processes[0]
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0


def test_server_signs_a_certificate_of_its_own(serve) -> None:
    pytest.importorskip("cryptography")
    url = serve("--https", "--cors", "off")
    assert url.startswith("https://")
    with ask(f"{url}/__admin/health", Origin="http://localhost:3000") as answer:
        assert answer.status == 200
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("options", "statuses"), [((), (200, 404)), (("--admin-token", "s3cret"), (200, 401))])
def test_control_plane_beyond_loopback_asks_for_its_token(serve, options, statuses) -> None:
    url = serve("--host", "0.0.0.0", *options)
    with ask(f"{url}/__admin/worlds") as answer:
        assert answer.status == statuses[1]
    if options:
        with ask(f"{url}/__admin/worlds", Authorization="Bearer s3cret") as answer:
            assert answer.status == statuses[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--latency", "soon"], "not a latency"),
        (["--cors", "example.com"], "not an origin"),
        (["--trusted-proxy", "proxy.test"], "not a proxy"),
        (["--certificate", "{file}"], "go together"),
        (["--certificate", "{file}", "--private-key", "{file}"], "no certificate with its key"),
        (["--certificate", "{file}", "--private-key", "{encrypted}"], "without its passphrase"),
        (["--freeze-time", "yesterday"], "not a time: 'yesterday'; write ISO 8601"),
        (["--url-file", "{file}/url"], "--url-file"),
        (["--host", "256.1.1.1"], "cannot listen"),
        (["--scenario", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(options, words, tmp_path) -> None:
    file = tmp_path / "bad.pem"
    file.write_text("no certificate")
    encrypted = tmp_path / "key.pem"
    encrypted.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    given = [option.format(file=file, encrypted=encrypted) for option in options]
    result = CliRunner().invoke(main, ["serve", "--port", "0", *given])
    assert result.exit_code == 2
    assert words in result.output
    assert result.stderr.count("\n") == 1


def test_scenario_without_a_key_says_how_to_get_one(monkeypatch) -> None:
    monkeypatch.setattr(Server, "run", lambda self: None)
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--scenario", "blank"])
    assert result.exit_code == 0
    assert "no api key" in result.output and "/__admin/worlds/default/load" in result.output


def test_large_scenario_shows_how_far_it_is(monkeypatch) -> None:
    from mockserver.cli import serve as command

    shown = []
    bar = command._Bar()
    with bar as show:
        show("persons", 1, 10)
        monkeypatch.setattr(bar._progress, "update", lambda task, **about: shown.append(about))
        show("persons", 5, 10)
    assert shown == [{"completed": 5, "total": 10}]
    assert bar._progress.finished is False
