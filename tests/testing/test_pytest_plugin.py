from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

INI = """
[pytest]
posthog_scenario = empty
posthog_freeze_time = 2026-01-15T12:00:00Z
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run pytest over a test module: in this process, or in one of its own beside other plugins.

    Plugins are named one by one, since those installed here take seconds to load.
    """

    def run(source: str, *plugins: str, ini: str = INI, options: tuple[str, ...] = ()) -> pytest.RunResult:
        pytester.makeini(ini)
        pytester.makepyfile(source)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        named = [word for plugin in ("mockserver.testing.pytest_plugin", *plugins) for word in ("-p", plugin)]
        start = pytester.runpytest_subprocess if plugins else pytester.runpytest_inprocess
        return start("-p", "no:cacheprovider", *named, *options)

    return run


def test_plugin_is_found_by_pytest() -> None:
    named = {point.name: point.value for point in entry_points(group="pytest11")}
    assert named["posthog_mockserver"] == "mockserver.testing.pytest_plugin"


def test_world_is_the_tests_own(run) -> None:
    result = run("""
        import pytest

        @pytest.mark.parametrize("turn", range(3))
        def test_world(posthog, turn):
            path = f"/api/projects/{posthog.project_id}/annotations/"
            assert posthog.http.get(path).json()["count"] == 0
            assert posthog.http.post(path, json={"content": "x"}).status_code == 201
            assert posthog.url.startswith("http://127.0.0.1:")
            assert posthog.api_key.startswith("phx_") and posthog.project_token.startswith("phc_")
            assert posthog.organization_id == "01890000-0000-7000-8000-000000000001"
            posthog.assert_called("annotations_create", times=1, body={"content": "x"}, status=201)
            assert [request["method"] for request in posthog.requests] == ["GET", "POST"]
    """)
    result.assert_outcomes(passed=3)


def test_client_needs_no_socket(run) -> None:
    result = run("""
        import socket

        def test_client(posthog_client, monkeypatch):
            monkeypatch.setattr(socket, "socket", None)
            assert posthog_client.get("/api/projects/@current/").json()["id"] == 1
            assert posthog_client.get("/api/nowhere/").status_code == 404

        def test_same_world(posthog, posthog_client):
            posthog_client.post("/api/projects/1/annotations/", json={"content": "x"})
            assert posthog.http.get("/api/projects/1/annotations/").json()["count"] == 1
    """)
    result.assert_outcomes(passed=2)


def test_marker_and_options_choose_the_world(run) -> None:
    source = """
        import pytest

        pytestmark = pytest.mark.posthog(seed=5)

        def test_module(posthog):
            assert (posthog.seed, posthog.profile) == (5, "observed")

        @pytest.mark.posthog(profile="documented", scenario="blank", freeze_time="2026-02-01T00:00:00Z")
        def test_closest(posthog):
            assert (posthog.seed, posthog.profile, posthog.api_key) == (5, "documented", None)
            assert posthog.now == "2026-02-01T00:00:00Z"
    """
    run(source, ini=INI + "posthog_profile = observed\nposthog_seed = 3\n").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("posthog(colour='blue')", "takes scenario, profile, seed, freeze_time, flags by name, not colour"),
        ("posthog('demo')", "not 'demo'"),
        ("posthog(scenario='atlantis')", "no scenario 'atlantis'"),
        ("posthog(profile='seen')", "'seen' is no profile: documented, observed, or observed at a date"),
        ("posthog(freeze_time='soon')", "@pytest.mark.posthog: 400: *ISO 8601*freeze_time"),
    ],
)
def test_mistaken_marker_is_told(run, marker, words) -> None:
    result = run(f"""
        import pytest

        @pytest.mark.{marker}
        def test_never(posthog):
            pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{words}*"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
    result.stdout.no_fnmatch_line("*During handling*")


@pytest.mark.parametrize(
    ("ini", "words"),
    [
        ("posthog_seed = many", "posthog_seed is not a number: 'many'"),
        ("posthog_profile = seen", "'seen' is no profile: documented, observed, or observed at a date"),
        ("posthog_scenario = atlantis", "no scenario 'atlantis'"),
        ("posthog_freeze_time = soon", "not a time: 'soon'; write ISO 8601"),
    ],
)
def test_mistaken_option_is_told(run, ini, words) -> None:
    result = run("def test_never(posthog): pass", ini=f"[pytest]\n{ini}\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{words}*"])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
    result.stdout.no_fnmatch_line("*During handling*")


def test_mistaken_call_shows_the_tests_own_line(run) -> None:
    result = run("""
        def test_load(posthog):
            posthog.load(personz=[])

        def test_called(posthog):
            posthog.assert_called("annotation_list")
    """)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*there is no table 'personz'; known: *", "*Did you mean annotations_list?*"])
    result.stdout.no_fnmatch_line("*client.py*")


def test_world_can_be_filled_and_made_to_fail(run) -> None:
    result = run("""
        def test_fill(posthog):
            assert posthog.load(persons=[{"distinct_ids": ["ann"], "properties": {"plan": "paid"}}]) == {"persons": 1}
            posthog.capture("signed up", "ann", {"plan": "free"})
            posthog.assert_captured("signed up", distinct_id="ann", properties={"plan": "free"}, times=1)
            assert posthog.captured[0]["event"] == "signed up"

        def test_fail(posthog):
            posthog.fail("annotations_list", status=503, times=1)
            path = "/api/projects/1/annotations/"
            assert [posthog.http.get(path).status_code for _ in range(2)] == [503, 200]

        def test_stub(posthog):
            body = {"count": 7, "next": None, "previous": None, "results": []}
            posthog.stub("annotations_list", body=body)
            assert posthog.http.get("/api/projects/1/annotations/").json() == body

        def test_clock(posthog):
            posthog.freeze("2026-03-01T00:00:00Z")
            made = posthog.http.post("/api/projects/1/annotations/", json={"content": "x"}).json()
            assert made["created_at"] == "2026-03-01T00:00:00Z"
    """)
    result.assert_outcomes(passed=4)


def test_what_an_sdk_sends_from_its_own_thread_is_waited_for(run) -> None:
    pytest.importorskip("posthog")
    result = run("""
        from posthog import Posthog

        def test_sdk(posthog):
            client = Posthog(posthog.project_token, host=posthog.url, flush_at=1)
            client.capture("opened", distinct_id="ada", properties={"page": 7})
            client.capture(
                "$feature_flag_called", distinct_id="ada",
                properties={"$feature_flag": "beta", "$feature_flag_response": True},
            )
            posthog.assert_captured("opened", properties={"page": 7}, times=1, within=20)
            posthog.assert_flag_called("beta", value=True, distinct_id="ada", within=20)
            posthog.assert_called(method="POST", path="/batch", headers={"content-type": "<text>"}, within=20)
            assert [event["distinct_id"] for event in posthog.events("opened", page=7)] == ["ada"]
            client.shutdown()
    """)
    result.assert_outcomes(passed=1)


def test_flags_are_set_in_a_line(run) -> None:
    pytest.importorskip("posthog")
    result = run("""
        import pytest
        from posthog import Posthog

        @pytest.mark.posthog(flags={"new-checkout": True, "old-banner": False, "button": "blue"})
        def test_marked(posthog):
            client = Posthog(posthog.project_token, host=posthog.url)
            assert client.feature_enabled("new-checkout", "ada")
            assert not client.feature_enabled("old-banner", "ada")
            assert client.get_feature_flag("button", "ada") == "blue"
            posthog.flag("new-checkout", enabled=False)
            assert not client.feature_enabled("new-checkout", "ada")
            posthog.flag("beta", only={"email": "…@acme.test"})
            assert client.feature_enabled("beta", "ada", person_properties={"email": "ada@acme.test"})
            client.shutdown()
            posthog.assert_flag_called("button", value="blue", distinct_id="ada", within=20)
    """)
    result.assert_outcomes(passed=1)


def test_failed_test_shows_its_requests(run) -> None:
    result = run("""
        def test_fails(posthog):
            posthog.http.post("/api/projects/1/annotations/?a=1", json={"content": 5, "scope": "galaxy"})
            assert False

        def test_passes(posthog):
            posthog.http.get("/api/projects/1/cohorts/")
    """)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*PostHog requests*",
            "400 POST /api/projects/1/annotations/[?]a=1  (annotations_create)",
            '    body: {"content":5,"scope":"galaxy"}',
            '    answer: {*"invalid_choice"*}',
        ]
    )
    assert "cohorts" not in result.stdout.str()


def test_failed_expectations_say_what_came_close(run) -> None:
    result = run("""
        def test_called(posthog):
            posthog.http.post("/api/projects/1/annotations/", json={"content": "Lunch"})
            posthog.assert_called("annotations_create", body={"content": "Launch"})

        def test_captured(posthog):
            posthog.capture("signed up", "ann", {"plan": "free"})
            posthog.assert_captured("signed up", properties={"plan": "paid"})
    """)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: 0 requests were made with body *expected at least 1*",
            "*close: POST /api/projects/1/annotations/: body.content: expected 'Launch', got 'Lunch'*",
            "*AssertionError: 0 such events 'signed up' arrived; expected at least 1*",
            "*close: ann: event.properties.plan: expected 'paid', got 'free'*",
        ]
    )


@pytest.mark.parametrize(
    ("plugins", "options"),
    [
        (("xdist.plugin",), ("-n", "2")),
        (("pytest_randomly",), ()),
    ],
)
def test_worlds_in_parallel_and_in_any_order(run, plugins, options) -> None:
    source = """
        import pytest

        @pytest.mark.parametrize("turn", range(12))
        def test_alone(posthog, turn):
            path = "/api/projects/1/annotations/"
            made = posthog.http.post(path, json={"content": str(turn)}).json()
            assert (made["id"], made["created_at"]) == (1, "2026-01-15T12:00:00Z")
            assert posthog.http.get(path).json()["count"] == 1
    """
    run(source, *plugins, options=options).assert_outcomes(passed=12)


def test_plugin_costs_nothing_where_it_is_not_used() -> None:
    program = """
        import sys, pytest, mockserver.testing.pytest_plugin
        heavy = {"flask", "httpx", "marshmallow", "yaml", "faker", "mockserver.serving", "mockserver.testing.worlds"}
        print(sorted(heavy & sys.modules.keys()))
    """
    lines = "\n".join(line.strip() for line in program.strip().splitlines())
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_documents_are_named_in_the_ini(run, pytester) -> None:
    pytester.makefile(
        ".yaml",
        garden="""
        openapi: 3.1.0
        info: {title: Garden, version: '1'}
        paths:
          /beds:
            post:
              requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Bed'}}}}
              responses: {'201': {content: {application/json: {schema: {$ref: '#/components/schemas/Bed'}}}}}
          /beds/{id}:
            get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Bed'}}}}}}
        components:
          schemas:
            Bed: {type: object, properties: {id: {type: integer, readOnly: true}, name: {type: string}}}
        """,
    )
    source = """
    def test_bed(posthog_client, _posthog_world):
        bed = posthog_client.post("/beds", json={"name": "Roses"}).json()
        assert posthog_client.get(f"/beds/{bed['id']}").json() == {"id": 1, "name": "Roses"}
        _posthog_world.load(beds=[{"id": 9, "name": "Mint"}])
        assert posthog_client.get("/beds/9").json()["name"] == "Mint"
    """
    run(source, ini=f"{INI}posthog_openapi = garden.yaml\n").assert_outcomes(passed=1)
    refused = run(source, ini=f"{INI}posthog_openapi = nowhere.yaml\n")
    refused.stdout.fnmatch_lines(["*the options of the worlds*nowhere.yaml: No such file*"])
