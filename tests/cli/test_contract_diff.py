"""`mockserver contract diff`: what it prints, how it ends, and what it says of documents that are none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.contract import Contract, Profile, view

Answer = Callable[[BaseHTTPRequestHandler], None]


def diff(*arguments: str, exit_code: int = 0, **environment: str) -> str:
    result = CliRunner().invoke(main, ["contract", "diff", *map(str, arguments)], env=environment)
    assert result.exit_code == exit_code, result.output
    return result.output


@pytest.fixture
def own(contract: Contract, tmp_path):
    """The contract's own document on file, changed."""

    def write(change: Callable[[dict], object] = lambda document: None):
        document = json.loads(json.dumps(view(contract.document, Profile.DOCUMENTED)))
        change(document)
        path = tmp_path / "other.json"
        path.write_text(json.dumps(document))
        return path

    return write


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve one answer, whatever is asked."""
    servers = []

    def start(body: bytes = b"", status: int = 200, **headers: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.seen.append((self.path, self.headers.get("Authorization")))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None: ...

        server = HTTPServer(("127.0.0.1", 0), Handler)
        server.seen = []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        start.seen = server.seen
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def without_search(document: dict) -> None:
    parameters = document["paths"]["/api/projects/{project_id}/annotations"]["get"]["parameters"]
    parameters[:] = [each for each in parameters if each.get("name") != "search"]


def with_another_path(document: dict) -> None:
    document["paths"]["/api/new"] = {"get": {"responses": {}}}


def test_contract_is_no_other_than_itself(own) -> None:
    assert diff(own(), "--fail-on", "any").splitlines() == [
        "93 operations in both, 0 only in the contract, 0 only in the other (--added lists them)",
        "0 breaking changes (0 errors, 0 warnings), 0 other changes",
    ]


@pytest.mark.parametrize(
    ("change", "fail_on", "exit_code"),
    [
        (without_search, None, 0), (without_search, "breaking", 1), (without_search, "any", 1),
        (with_another_path, "breaking", 0), (with_another_path, "any", 1),
    ],
)  # fmt: skip
def test_exit_code_says_what_was_asked_for(own, change, fail_on, exit_code) -> None:
    diff(own(change), *(["--fail-on", fail_on] if fail_on else []), exit_code=exit_code)


def test_text_tells_each_change_under_its_operation(own) -> None:
    lines = diff(own(without_search)).splitlines()
    assert lines[0] == "GET /api/projects/{project_id}/annotations"
    assert lines[1].split() == ["warning", "request-parameter-removed", "query", "search"]
    assert "GET /api/new" in diff(own(with_another_path), "--added")
    assert "GET /api/new" not in diff(own(with_another_path))
    assert "annotations" not in diff(own(without_search), "--only", "cohorts")


def test_json_has_a_form_of_its_own(own) -> None:
    data = json.loads(diff(own(without_search), "--format", "json"))
    assert data["format"] == 1 and data["base"]["profile"] == "documented" and data["summary"]["breaking"] == 1
    assert data["changes"] == [
        {
            "id": "request-parameter-removed", "level": "warning", "breaking": True, "method": "GET",
            "path": "/api/projects/{project_id}/annotations", "place": "query search", "text": "",
        }
    ]  # fmt: skip


def test_profiles_differ_where_the_contract_says_so(own) -> None:
    told = diff(own(), "--profile", "observed")
    assert "DELETE /api/projects/{project_id}/persons/{id}" in told
    assert "response-success-status-removed" in told


def test_address_stands_for_the_schema_that_is_served_there(serve, own) -> None:
    url = serve(own().read_bytes(), **{"Content-Type": "application/vnd.oai.openapi"})
    assert "93 operations in both" in diff(url, "--api-key-env", "KEY", KEY="phx_secret")
    assert serve.seen == [("/api/schema/", "Bearer phx_secret")]
    yaml_url = serve(yaml.safe_dump(json.loads(own().read_text())).encode())
    assert "93 operations in both" in diff(f"{yaml_url}/openapi.yaml")
    assert serve.seen == [("/openapi.yaml", None)]


@pytest.mark.parametrize(
    ("body", "status", "headers", "words"),
    [
        (b"<!DOCTYPE html><p>Sign in", 200, {}, "HTML page"),
        (b"", 401, {}, "name a key with --api-key-env"),
        (b"", 302, {"Location": "https://elsewhere.example/"}, "redirects to https://elsewhere.example/"),
        (b"", 500, {}, "answers 500"),
        (b"{", 200, {}, "neither JSON nor YAML"),
        (b"a: [", 200, {}, "neither JSON nor YAML"),
        (b"[" * 100_000, 200, {}, "neither JSON nor YAML"),
        (b"{" + b'"a":{' * 100_000, 200, {}, "neither JSON nor YAML"),
        (b"[]", 200, {}, "no object"),
        (b"\xff\xfe\x00", 200, {}, "neither JSON nor YAML"),
        (b'{"swagger": "2.0"}', 200, {}, "version 2.0"),
        (b'{"info": {}}', 200, {}, "no OpenAPI document"),
        (b'{"openapi": "3.1.0", "paths": 3}', 200, {}, "it has no `paths`"),
    ],
)
def test_what_is_no_document_is_said_in_a_line(serve, body, status, headers, words) -> None:
    told = diff(serve(body, status, **headers), exit_code=2)
    assert words in told and told.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.yaml"], "No such file"),
        (["http://127.0.0.1:1"], "cannot be reached"),
        (["https://127.0.0.1:1/x"], "cannot be reached"),
        (["http://[::1"], "check the address"),
        (["other.yaml", "--api-key-env", "NO_SUCH_KEY"], "the environment has no NO_SUCH_KEY"),
        (["other.yaml", "--only", "("], "--only"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(arguments, words) -> None:
    told = diff(*arguments, exit_code=2)
    assert words in told and told.count("\n") == 1


def test_document_that_does_not_end_is_left(serve, monkeypatch) -> None:
    monkeypatch.setattr("mockserver.diff.reading.MOST_BYTES", 1024)
    assert "does not end" in diff(serve(b" " * 5000), exit_code=2)
