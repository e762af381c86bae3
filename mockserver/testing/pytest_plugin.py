"""The pytest plugin: a server for the whole run, and a world of its own for each test.

    def test_annotation_is_made(posthog):
        make_annotation(posthog.url, posthog.api_key, posthog.project_id)      # the code under test
        posthog.assert_called("annotations_create", body={"content": "Launch"})

Everything heavy is imported when a fixture first needs it: a run that uses none of them pays for nothing.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator, Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.collecting import paused

if TYPE_CHECKING:
    import httpx

    from mockserver.testing.worlds import PostHog, PostHogServer

OPTIONS = ("scenario", "profile", "seed", "freeze_time")
WISHES = (*OPTIONS, "flags")
WORLD = pytest.StashKey["PostHog"]()
"""Where a test keeps its world for the report on it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's ini options."""
    parser.addini("posthog_scenario", "scenario of the worlds: blank, empty, demo, large, or a file", default="demo")
    parser.addini(
        "posthog_profile", "documented (as the pages say), observed (as servers do), or observed@2025-08 (at a date)",
        default="documented",
    )  # fmt: skip
    parser.addini("posthog_seed", "seed of everything that is made up", default="0")
    parser.addini(
        "posthog_openapi", "OpenAPI documents: what they have beyond the contract is answered from them",
        type="linelist", default=[],
    )  # fmt: skip
    parser.addini("posthog_overrides", "files that correct what is inferred of them", type="linelist", default=[])
    parser.addini("posthog_freeze_time", "moment at which the worlds' clocks stand still (ISO 8601)", default="")


class AsTheyAre:
    """Finds our modules as they are: pytest would read each of hundreds, to rewrite the assertions in it. Most are
    imported when a request first needs them, so this stands for the whole run."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where a module of ours is."""
        return PathFinder.find_spec(name, path, target) if name.startswith("mockserver.") else None


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin's marker."""
    finder = AsTheyAre()
    sys.meta_path.insert(0, finder)
    config.add_cleanup(lambda: sys.meta_path.remove(finder))
    config.addinivalue_line(
        "markers", "posthog(scenario, profile, seed, freeze_time, flags): what the world of a test is made of"
    )


def _settings(config: pytest.Config) -> dict[str, Any]:
    settings: dict[str, Any] = {name: config.getini(f"posthog_{name}") or None for name in OPTIONS}
    try:
        settings["seed"] = int(settings["seed"] or 0)
    except ValueError:
        raise pytest.fail.Exception(f"posthog_seed is not a number: {settings['seed']!r}", pytrace=False) from None
    for name in ("openapi", "overrides"):
        listed: list[str] = config.getini(f"posthog_{name}")
        settings[name] = [given if "://" in given else str(config.rootpath / given) for given in listed]
    return settings


def _wishes(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return what the markers of a test say, the closest last."""
    wishes: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("posthog"))):
        unknown = [*map(repr, marker.args), *sorted(marker.kwargs.keys() - set(WISHES))]
        if unknown:
            said = f"@pytest.mark.posthog takes {', '.join(WISHES)} by name, not {', '.join(unknown)}"
            pytest.fail(said, pytrace=False)
        flags = {**wishes.get("flags", {}), **marker.kwargs.get("flags", {})}
        wishes.update(marker.kwargs)
        wishes["flags"] = flags
    return wishes


@pytest.fixture(scope="session")
def _posthog_host(pytestconfig: pytest.Config) -> Iterator[PostHogServer]:
    with paused():
        from mockserver.diff.errors import UnreadableDocument
        from mockserver.inferred.errors import Clash, OverrideError
        from mockserver.seeding.finding import ScenarioError
        from mockserver.testing.worlds import PostHogServer

    try:
        host = PostHogServer(**_settings(pytestconfig))
    except (Clash, OverrideError, ScenarioError, UnreadableDocument, ValueError) as error:
        raise pytest.fail.Exception(f"the options of the worlds (posthog_…): {error}", pytrace=False) from None
    # What is there now stays until the run ends: to go through it once more when nothing is left to be done takes
    # longer than the start.
    gc.freeze()
    with host as server:
        yield server


@pytest.fixture(scope="session")
def posthog_server(_posthog_host: PostHogServer) -> PostHogServer:
    """The fake, listening at a socket for the whole run; one for each worker of pytest-xdist."""
    return _posthog_host.listen()


@pytest.fixture
def _posthog_world(request: pytest.FixtureRequest, _posthog_host: PostHogServer) -> Iterator[PostHog]:
    from mockserver.testing.client import ControlError

    wishes = _wishes(request)
    flags = wishes.pop("flags", {})
    try:
        world = _posthog_host.create_world(**wishes)
        for key, value in flags.items():
            world.flag(key, enabled=value is not False, variant=value if isinstance(value, str) else None)
    except ControlError as error:
        raise pytest.fail.Exception(f"@pytest.mark.posthog: {error}", pytrace=False) from None
    request.node.stash[WORLD] = world
    yield world
    world.close()


@pytest.fixture
def posthog(posthog_server: PostHogServer, _posthog_world: PostHog) -> PostHog:
    """A world of the test's own, behind a real socket."""
    return _posthog_world


@pytest.fixture
def posthog_client(_posthog_world: PostHog) -> Iterator[httpx.Client]:
    """A client of the test's world with its key, in this process and without a socket."""
    with _posthog_world.open_client(in_process=True) as client:
        yield client


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Show the requests that a failed test made."""
    outcome = yield
    report = outcome.get_result()
    world = item.stash.get(WORLD, None)
    if world is not None and report.when == "call" and report.failed:
        report.sections.append(("PostHog requests", world.describe_requests()))
