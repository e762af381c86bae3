from __future__ import annotations

import asyncio

import pytest

from mockserver.serving.app import create_app
from mockserver.testing.client import ControlPlane, in_process
from mockserver.testing.patching import patch_httpx, patch_requests

requests = pytest.importorskip("requests")
httpx = pytest.importorskip("httpx")

CLOUD = "https://us.posthog.com"
KEY = {"Authorization": "Bearer phx_mock_all_access"}
NOTES = f"{CLOUD}/api/projects/1/annotations/"


@pytest.fixture(scope="module")
def app(contract):
    return create_app(scenario="empty", contract=contract)


@pytest.fixture
def world(app):
    world = ControlPlane(transport=in_process(app)).world()
    yield world
    world.reset()


@pytest.fixture
def patched(app, world):
    with patch_requests(app):
        yield


def test_what_is_written_is_read_again(patched) -> None:
    made = requests.post(NOTES, json={"content": "Launch ü", "scope": "project"}, headers=KEY)
    assert made.status_code == 201
    found = requests.get(NOTES, params={"search": "launch ü"}, headers=KEY).json()
    assert [note["content"] for note in found["results"]] == ["Launch ü"]


def test_pages_lead_to_the_address_that_was_asked(patched) -> None:
    for number in range(2):
        requests.post(NOTES, json={"content": str(number)}, headers=KEY)
    first = requests.get(NOTES, params={"limit": 1}, headers=KEY).json()
    assert first["next"].startswith(f"{CLOUD}/api/projects/1/annotations/?limit=1")
    assert len(requests.get(first["next"], headers=KEY).json()["results"]) == 1


@pytest.mark.parametrize("body", [b'{"content": "x"}', '{"content": "x"}', iter([b'{"content"', b': "x"}'])])
def test_bodies_of_any_kind_arrive(patched, body) -> None:
    answer = requests.post(NOTES, data=body, headers={**KEY, "Content-Type": "application/json"})
    assert answer.json()["content"] == "x"


def test_files_arrive(patched) -> None:
    answer = requests.post(
        f"{CLOUD}/api/projects/1/cohorts/", data={"name": "By hand", "is_static": "true"},
        files={"csv": ("ids.csv", "user_1\n")}, headers=KEY,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text


def test_faults_are_felt(patched, world) -> None:
    world.fail("annotations_list", drop=True, times=1)
    with pytest.raises(requests.ConnectionError):
        requests.get(NOTES, headers=KEY)
    world.fail("annotations_list", status=503, times=1)
    assert requests.get(NOTES, headers=KEY).status_code == 503
    assert requests.get(NOTES, headers=KEY).ok


def test_other_addresses_go_on_their_way(patched) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:9/", timeout=2)


def test_nothing_stays_behind(app) -> None:
    ordinary = requests.adapters.HTTPAdapter.send

    @patch_requests(app, "https://posthog.example.com:8443/")
    def ask() -> int:
        return requests.get("https://posthog.example.com:8443/_health").status_code

    assert ask() == 200
    assert requests.adapters.HTTPAdapter.send is ordinary


@pytest.fixture
def patched_httpx(app, world):
    with patch_httpx(app):
        yield


def test_httpx_is_answered(patched_httpx) -> None:
    with httpx.Client(headers=KEY) as client:
        assert client.post(NOTES, json={"content": "Launch ü", "scope": "project"}).status_code == 201
        found = client.get(NOTES, params={"search": "launch ü"}).json()
    assert [note["content"] for note in found["results"]] == ["Launch ü"]


def test_httpx_is_answered_in_an_event_loop(patched_httpx) -> None:
    async def chunks():
        yield b'{"content"'
        yield b': "x"}'

    async def ask() -> list[int]:
        async with httpx.AsyncClient(headers=KEY) as client:
            made = await client.post(NOTES, content=chunks(), headers={"Content-Type": "application/json"})
            return [made.status_code, (await client.get(NOTES)).json()["count"]]

    assert asyncio.run(ask()) == [201, 1]


def test_httpx_feels_faults(patched_httpx, world) -> None:
    world.fail("annotations_list", drop=True, times=1)
    with pytest.raises(httpx.TransportError):
        httpx.get(NOTES, headers=KEY)
    assert httpx.get(NOTES, headers=KEY).status_code == 200


def test_httpx_asks_other_addresses_itself(patched_httpx) -> None:
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9/", timeout=2)


def test_httpx_is_as_it_was_afterwards(app) -> None:
    ordinary = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request
    with patch_httpx(app, "https://posthog.example.com"):
        assert httpx.get("https://posthog.example.com/_health").status_code == 200
    assert (httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request) == ordinary
