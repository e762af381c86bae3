"""Properties: schemathesis against one server, every phase and every check.

The document judged is one profile's view of the contract. Most requests go to identifiers that exist on the server.
Checks that are off for an operation say why (`exemptions`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mockserver.contract import Contract, Profile
from mockserver.replay.cases import PHASES, Choice, Identifiers, Settings
from mockserver.replay.exemptions import Exemption, exemptions
from mockserver.replay.script import Answer
from mockserver.replay.wire import SERVER_ERRORS

if TYPE_CHECKING:
    from requests import Session

__all__ = ["PHASES", "Exchange", "Findings", "Settings", "describe", "explore"]

LONGEST_FAILURE = 3000
NOT_A_SERVER_ERROR = "not_a_server_error"
"""The check that a server which fails does not pass."""


@dataclass
class Findings:
    """What one operation showed over all phases."""

    label: str
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    """By check and title, the failure with the smallest request: its message, then that as curl."""
    counts: Counter[str] = field(default_factory=Counter)
    """How often each kind of failure was seen."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """What the server answered, by kind of failure."""
    refusals: Counter[str] = field(default_factory=Counter)
    """What was answered where it was no success."""
    seconds: list[float] = field(default_factory=list)
    """How long each answer took."""
    left_out: int = 0
    """How many cases of the coverage phase were not sent, to keep it short."""

    def fail(self, kind: str, text: str, answer: Answer | None = None) -> None:
        """Enter a failure; of those of a kind the shortest is kept."""
        self.counts[kind] += 1
        if kind not in self.failures or len(text) < len(self.failures[kind]):
            self.failures[kind] = text
            if answer is not None:
                self.answers[kind] = answer

    @property
    def reached(self) -> bool:
        """Whether some request had a success."""
        return any(200 <= status < 300 for status in self.statuses)


@dataclass(frozen=True)
class Exchange:
    """One generated request and what it was answered."""

    label: str
    phase: str
    number: int
    """Counted within the phase and the operation."""
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    answer: Answer

    @property
    def request(self) -> str:
        """Method, address and body."""
        return f"{self.method} {self.url} {(self.body or b'').decode('utf-8', 'replace')}".strip()


def explore(
    contract: Contract,
    profile: Profile,
    *,
    base_url: str,
    api_key: str,
    parameters: Mapping[str, Any],
    identifiers: Identifiers | None = None,
    allowed: tuple[Exemption, ...] | None = None,
    settings: Settings | None = None,
    before: Callable[[], None] | None = None,
    prepare: Callable[[Session], None] | None = None,
    permits: Callable[[str, str], bool] | None = None,
    note: Callable[[Exchange], None] | None = None,
    advance: Callable[[str, str], None] | None = None,
    found: dict[str, Findings] | None = None,
) -> dict[str, Findings]:
    """Send generated requests to a server and return what each operation showed, by its label (`GET /path`).

    `parameters` have one value in every request (`project_id`), `identifiers` several for an operation. `before` is
    called before each group of requests, to put the server back to where it started; `prepare` is given each session
    before it is used; `permits` says of a method and path whether it may be sent; `note` is told of each generated
    request, `advance` of each operation done in a phase. What is found is added to `found`, which is therefore good for
    something when Ctrl-C ends it: KeyboardInterrupt goes on.
    """
    from mockserver.replay import engine

    settings = settings or Settings()
    allowed = exemptions(contract, profile) if allowed is None else allowed
    choice = Choice(identifiers or {}, settings.most_coverage)
    schema = engine.load(
        contract, profile, base_url, api_key, settings, choice, parameters,
        prepare=prepare, before=before, permits=permits,
    )  # fmt: skip
    found = {} if found is None else found
    for name, event in engine.events(schema):
        if name == "ScenarioFinished":
            _note(found, event, allowed, note)
            if advance is not None:
                advance(str(event.phase.value), event.label or "")
        elif name in ("NonFatalError", "FatalError"):
            _note_error(found, event, allowed)
        elif name == "Interrupted":
            raise KeyboardInterrupt
    for label, number in choice.left_out.items():
        found.setdefault(label, Findings(label)).left_out = number
    return found


def _note(
    found: dict[str, Findings], event: Any, allowed: tuple[Exemption, ...], note: Callable[[Exchange], None] | None
) -> None:
    recorder = event.recorder
    number = 0
    for case_id, node in recorder.cases.items():
        label = node.value.operation.label
        findings = found.setdefault(label, Findings(label))
        interaction = recorder.interactions.get(case_id)
        if interaction is not None and interaction.response is not None:
            if node.value.method.upper() == label.partition(" ")[0]:
                findings.statuses[interaction.response.status_code] += 1
                findings.seconds.append(interaction.response.elapsed)
                answer = _answer(interaction.response)
                if answer is not None and answer.refusal and interaction.response.status_code != 401:
                    findings.refusals[answer.refusal] += 1
            if note is not None and node.parent_id is None:  # not what a check asked beside
                number += 1
                note(_exchange(label, str(event.phase.value), number, interaction))
        for check in recorder.checks.get(case_id, ()):
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            answer = _answer(recorder.find_response(case_id=failure.case_id or case_id))
            answered = describe(answer)
            media_type = node.value.media_type or ""
            sent = check.failure_info.code_sample
            if any(e.covers(check.name, label, failure.title, answered, media_type, sent) for e in allowed):
                continue
            if answer is not None and answer.status in SERVER_ERRORS and check.name != NOT_A_SERVER_ERROR:
                continue  # what else is wrong with it says nothing more
            key = f"{check.name}: {failure.title}"
            text = "\n".join(filter(None, [failure.message, answered, sent]))
            findings.fail(key, text[:LONGEST_FAILURE], answer)


def _answer(response: Any) -> Answer | None:
    """Return what was answered; without its body where that was so long that only its beginning was kept."""
    if response is None:
        return None
    body = b"" if response.is_truncated else response.content
    return Answer(response.status_code, {k: v[0] for k, v in response.headers.items()}, body)


def describe(answer: Answer | None) -> str:
    """Return the error that a request was answered with, as exemptions name it: `code: detail`."""
    if answer is None or not isinstance(answer.json, Mapping):
        return ""
    return f"{answer.json.get('code')}: {answer.json.get('detail') or answer.json.get('error')}"


def _exchange(label: str, phase: str, number: int, interaction: Any) -> Exchange:
    request, response = interaction.request, interaction.response
    parts = urlsplit(request.uri)
    url = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = {name: values[0] for name, values in request.headers.items()}
    answer = _answer(response) or Answer(0, {}, b"")
    return Exchange(label, phase, number, request.method, url, headers, request.body, answer)


def _note_error(found: dict[str, Findings], event: Any, allowed: tuple[Exemption, ...]) -> None:
    label = getattr(event, "label", None) or "schema"
    error = getattr(event, "info", None) or getattr(event, "exception", event)
    title = f"{getattr(error, 'title', type(error).__name__)}: {getattr(error, 'message', error)}"
    if any(exemption.covers("error", label, title) for exemption in allowed):
        return
    found.setdefault(label, Findings(label)).fail(f"error: {title}"[:200], str(error)[:LONGEST_FAILURE])
