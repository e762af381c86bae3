"""Schemathesis, set up for one server: the document it reads, its settings, and the way its requests take.

This is the one module that imports schemathesis; it takes long to import, so others import this one when they need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import schemathesis
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport

from mockserver.contract import METHODS, Contract, Document, Profile, view
from mockserver.replay.cases import Choice, Settings

SAFE = frozenset({"get", "head", "options"})
FIXED = {"query.format": "json"}
"""Parameters with one value in every request: an error under CSV has no body that could be judged."""


class Way(RequestsTransport):
    """Requests as schemathesis sends them, over a connection of ours, the server put back between groups of them."""

    def __init__(self, prepare: Callable[[requests.Session], None] | None, before: Callable[[], None] | None) -> None:
        super().__init__()
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self._prepare = prepare
        self._before = before
        self._group: tuple[str, str] | None = None

    def send(self, case: Any, *, session: requests.Session | None = None, **kwargs: Any) -> Any:
        """Send a case; the first of a phase and operation finds the server as it was at the start."""
        if self._before is not None and case.meta is not None:
            phase = str(case.meta.phase.name)
            group = (phase, "" if phase == "stateful" else case.operation.label)
            if group != self._group:
                self._group = group
                self._before()
        session = session or requests.Session()
        if self._prepare is not None:
            self._prepare(session)
        kwargs["max_redirects"] = 0
        return super().send(case, session=session, **kwargs)


def load(
    contract: Contract,
    profile: Profile,
    base_url: str,
    api_key: str,
    settings: Settings,
    choice: Choice,
    parameters: Mapping[str, Any],
    *,
    prepare: Callable[[requests.Session], None] | None = None,
    before: Callable[[], None] | None = None,
    permits: Callable[[str, str], bool] | None = None,
) -> Any:
    """Return the contract as schemathesis reads it.

    `prepare` is given each session before it is used; `before` is called before each group of requests; requests whose
    method and path are not permitted are dropped.
    """
    config = SchemathesisConfig.from_dict(_config(base_url, api_key, settings, parameters))
    document: Document = view(contract.whole, profile)
    document["servers"] = [{"url": base_url}]
    if settings.read_only:
        document["paths"] = {path: _reading(item) for path, item in document["paths"].items()}
        document["paths"] = {path: item for path, item in document["paths"].items() if set(item) & SAFE}
    schema: Any = schemathesis.openapi.from_dict(document, config=config)
    if settings.only:
        schema = schema.include(name_regex=settings.only)
    _set_up(schema, Way(prepare, before), choice)
    schema.hook("map_case")(_placing(choice))
    if permits is not None:
        schema.hook("filter_case")(_permitting(permits))
    return schema


def events(schema: Any) -> Iterator[tuple[str, Any]]:
    """Run every phase and yield what happens, each with the name of its kind."""
    with _seed_alone():
        stream = from_schema(schema).execute()
        try:
            for event in stream:
                yield type(event).__name__, event
        finally:
            stream.stop()


@contextmanager
def _seed_alone() -> Iterator[None]:
    """Keep Hypothesis from drawing constants out of whichever modules are loaded: one seed, the same requests anywhere.

    It has no setting for that; where a version of it has another way inside, nothing is changed.
    """
    name = "_get_local_constants"
    found = getattr(providers, name, None)
    if found is None:
        yield
        return
    none = Constants()
    providers.CONSTANTS_CACHE.cache.clear()
    setattr(providers, name, lambda: none)
    try:
        yield
    finally:
        setattr(providers, name, found)
        providers.CONSTANTS_CACHE.cache.clear()


def _placing(choice: Choice) -> Callable[[Any, Any], Any]:
    def place(context: Any, case: Any) -> Any:
        return choice.place(case)

    return place


def _permitting(permits: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def filter_case(context: Any, case: Any) -> bool:
        return permits(str(case.method).upper(), str(case.formatted_path))

    return filter_case


def _set_up(schema: Any, way: Way, choice: Choice) -> None:
    """Give a schema our way of sending and our choice of coverage cases, neither of which it has a setting for."""

    class Bounded(type(schema)):  # type: ignore[misc]
        @property
        def transport(self) -> Way:
            return way

        def iter_coverage_cases(self, operation: Any, **options: Any) -> Iterator[Any]:
            return choice.bound(operation.label, super().iter_coverage_cases(operation, **options))

    schema.__class__ = Bounded


def _reading(item: Document) -> Document:
    """Return what of a path only reads: a GET may write, whatever HTTP says of it."""
    return {
        key: value for key, value in item.items() if key not in METHODS or (key in SAFE and not value.get("x-writes"))
    }


def _config(base_url: str, api_key: str, settings: Settings, parameters: Mapping[str, Any]) -> dict[str, Any]:
    learned = {"extra-data-sources": {"responses": settings.learns}}
    phases: dict[str, dict[str, Any]] = {
        "examples": {**learned},
        "coverage": {**learned},
        "fuzzing": {**learned, "error-feedback": {"enabled": settings.learns}},
        "stateful": {"max-steps": settings.max_steps},
    }
    for name, options in phases.items():
        options["enabled"] = name in settings.phases and not (
            name == "stateful" and (settings.read_only or not settings.learns)
        )
    if settings.read_only:
        phases["coverage"]["unexpected-methods"] = []
    return {
        "seed": settings.seed,
        "base-url": base_url,
        "headers": {"Authorization": f"Bearer {api_key}"},
        "continue-on-failure": True,
        "workers": settings.workers,
        "request-timeout": settings.timeout_seconds,
        "max-redirects": 0,
        "parameters": {**FIXED, **parameters},
        "generation": {
            "max-examples": settings.examples,
            "no-shrink": True,
            "deterministic": True,
            "database": "none",
        },
        "phases": phases,
    }
