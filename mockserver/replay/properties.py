"""Properties: schemathesis against one server, every phase and every check.

The document judged is one profile's view of the contract. Requests go to identifiers that exist: `parameters` names
them, for all operations or for one (`"GET /api/…": {"id": 3}`). Checks that are off for an operation say why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockserver.contract import Contract, Document, Profile, view

if TYPE_CHECKING:
    from schemathesis.schemas import BaseSchema

PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True)
class Exemption:
    """A check that is switched off, for operations whose label matches, with its reason."""

    check: str
    reason: str
    operations: str = ".*"

    def covers(self, check: str, label: str) -> bool:
        """Return whether a check of an operation is switched off by this."""
        return check == self.check and re.fullmatch(self.operations, label) is not None


@dataclass
class Findings:
    """What one operation showed over all phases."""

    label: str
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    """The first failure of each kind: check and title, then message and the request as curl."""

    @property
    def reached(self) -> bool:
        """Whether some request had a success."""
        return any(200 <= status < 300 for status in self.statuses)


@dataclass(frozen=True)
class Settings:
    """How thoroughly to look."""

    examples: int = 20
    seed: int = 1
    phases: tuple[str, ...] = PHASES
    only: str | None = None
    workers: int = 1
    max_steps: int = 4


def explore(
    contract: Contract,
    profile: Profile,
    *,
    application: Any = None,
    base_url: str | None = None,
    api_key: str,
    parameters: Mapping[str, Any],
    exemptions: tuple[Exemption, ...] = (),
    settings: Settings | None = None,
    before: Callable[[], None] | None = None,
) -> dict[str, Findings]:
    """Send generated requests to a server and return what each operation showed, by its label (`GET /path`).

    The server is a WSGI `application` in this process or listens at `base_url`. `before` is called before each group
    of requests, to put the server back to where it started.
    """
    settings = settings or Settings()
    schema = load(contract, profile, api_key, parameters, settings, application, base_url)
    found: dict[str, Findings] = {}
    for event in _events(schema):
        name = type(event).__name__
        if name == "ScenarioStarted" and before is not None:
            before()
        elif name == "ScenarioFinished":
            _note(found, event, exemptions)
        elif name in ("NonFatalError", "FatalError"):
            _note_error(found, event)
    return found


def load(
    contract: Contract, profile: Profile, api_key: str, parameters: Mapping[str, Any], settings: Settings,
    application: Any = None, base_url: str | None = None,
) -> BaseSchema:  # fmt: skip
    """Return the contract as schemathesis reads it, set up for one server."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    general = {name: value for name, value in parameters.items() if not isinstance(value, Mapping)}
    single = {label: values for label, values in parameters.items() if isinstance(values, Mapping)}
    config = SchemathesisConfig.from_dict(
        {
            "seed": settings.seed,
            "headers": {"Authorization": f"Bearer {api_key}"},
            "continue-on-failure": True,
            **({"base-url": base_url} if base_url else {}),
            "workers": settings.workers,
            "parameters": general,
            "generation": {
                "max-examples": settings.examples,
                "no-shrink": True,
                "deterministic": True,
                "database": "none",
            },
            "phases": {
                **{phase: {"enabled": phase in settings.phases} for phase in PHASES},
                "stateful": {"enabled": "stateful" in settings.phases, "max-steps": settings.max_steps},
            },
            "operations": [{"include-name": label, "parameters": dict(values)} for label, values in single.items()],
        }
    )
    document: Document = view(contract.document, profile)
    document["servers"] = [{"url": base_url or "http://localhost"}]
    schema: BaseSchema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = application
    if settings.only:
        schema = schema.include(name_regex=settings.only)
    return schema


def _events(schema: Any) -> Iterator[Any]:
    from schemathesis.engine import from_schema

    yield from from_schema(schema).execute()


def _note(found: dict[str, Findings], event: Any, exemptions: tuple[Exemption, ...]) -> None:
    recorder = event.recorder
    for case_id, node in recorder.cases.items():
        label = node.value.operation.label
        findings = found.setdefault(label, Findings(label))
        interaction = recorder.interactions.get(case_id)
        if interaction is not None and interaction.response is not None:
            findings.statuses[interaction.response.status_code] += 1
        for check in recorder.checks.get(case_id, ()):
            if check.failure_info is None or any(exemption.covers(check.name, label) for exemption in exemptions):
                continue
            failure = check.failure_info.failure
            key = f"{check.name}: {failure.title}"
            findings.failures.setdefault(key, f"{failure.message}\n{check.failure_info.code_sample}"[:3000])


def _note_error(found: dict[str, Findings], event: Any) -> None:
    label = getattr(event, "label", None) or "schema"
    error = getattr(event, "info", None) or getattr(event, "exception", event)
    found.setdefault(label, Findings(label)).failures.setdefault(f"error: {error}"[:200], str(error))
