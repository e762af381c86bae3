"""Scripts: ordered requests with what each must answer, written to hold against any server.

A script names operations, not paths; the ids of the target's project and organization are filled in, and what one step
keeps, later ones use:

    - name: a deleted annotation is hidden
      source: recorded answers
      steps:
        - {call: annotations_create, body: {content: Launch}, expect: {status: 201}, keep: {id: $.id}}
        - {call: annotations_retrieve, path: {id: $id}, expect: {status: 404, body: {code: not_found}}}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml

from mockserver.contract import Contract, Profile
from mockserver.contract.locations import CONTRACTS
from mockserver.replay.keeping import pick, substitute
from mockserver.replay.requesting import request_of
from mockserver.validation.matching import mismatches

SCRIPTS = CONTRACTS / "scripts"
STEP_KEYS = frozenset(
    {"call", "as", "path", "query", "body", "form", "multipart", "raw", "content_type", "headers", "expect", "keep"}
)


class ScriptError(Exception):
    """A script cannot be read; the message names file, script and step."""


@dataclass(frozen=True)
class Step:
    """One request of a script, and what it must answer."""

    call: str
    spec: Mapping[str, Any] = field(repr=False)

    @property
    def expect(self) -> Mapping[str, Any]:
        """What the answer must be like."""
        return self.spec.get("expect") or {}


@dataclass(frozen=True)
class Script:
    """Ordered requests that hold together."""

    name: str
    family: str
    steps: tuple[Step, ...]
    role: str = "all_access"
    profile: Profile | None = None
    source: str = ""

    def holds_in(self, profile: Profile) -> bool:
        """Return whether the script is about this profile."""
        return self.profile is None or self.profile is profile.undated


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, or as text where it is none; None when empty."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body.decode("utf-8", "replace")


class Target(Protocol):
    """A server that scripts are run against."""

    @property
    def profile(self) -> Profile:
        """Which of the contract's answers it gives."""

    @property
    def ids(self) -> Mapping[str, Any]:
        """The project and organization to work in, and whatever else steps may name from the start."""

    def send(self, role: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send one request with the key of a role."""


@dataclass
class Outcome:
    """How one step went."""

    script: Script
    step: Step
    number: int
    answer: Answer | None
    problems: list[str]

    def __str__(self) -> str:
        status = f" answered {self.answer.status}" if self.answer else ""
        return f"{self.script.name!r}, step {self.number} ({self.step.call}){status}: " + "; ".join(self.problems)


def read_scripts(contract: Contract, folder: Path = SCRIPTS) -> list[Script]:
    """Return every script of a folder, a file a family. Raises: ScriptError."""
    known = {operation.id for operation in contract.operations}
    scripts: list[Script] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            entries = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or []
        except yaml.YAMLError as error:
            raise ScriptError(f"{path}: {error}") from None
        scripts.extend(_read(entry, path, known) for entry in entries)
    return scripts


def _read(entry: Any, path: Path, known: set[str]) -> Script:
    if not isinstance(entry, dict) or not entry.get("name") or not entry.get("steps"):
        raise ScriptError(f"{path}: a script needs a name and steps: {entry!r:.80}")
    for number, step in enumerate(entry["steps"], 1):
        where = f"{path}: {entry['name']!r}, step {number}"
        if step.get("call") not in known:
            raise ScriptError(f"{where}: there is no operation {step.get('call')!r}")
        strange = set(step) - STEP_KEYS
        if strange:
            raise ScriptError(f"{where}: unknown {', '.join(sorted(strange))}")
    return Script(
        name=entry["name"],
        family=path.stem,
        steps=tuple(Step(step["call"], step) for step in entry["steps"]),
        role=entry.get("as", "all_access"),
        profile=Profile(entry["profile"]) if entry.get("profile") else None,
        source=str(entry.get("source", "")),
    )


def run(
    script: Script, target: Target, contract: Contract, accepts: Sequence[Profile] | None = None
) -> Iterator[Outcome]:
    """Run a script against a target, and yield how each step went; it ends at the first that cannot be sent.

    An answer is as expected when it is in one of the profiles that are accepted: the target's own unless others are.
    """
    accepts = [profile for profile in accepts or (target.profile,) if script.holds_in(profile)] or [target.profile]
    operations = {operation.id: operation for operation in contract.operations}
    kept: dict[str, Any] = dict(target.ids)
    for number, step in enumerate(script.steps, 1):
        try:
            spec = substitute(dict(step.spec), kept)
        except KeyError as missing:
            yield Outcome(script, step, number, None, [f"nothing was kept as {missing}"])
            return
        operation = operations[step.call]
        url, headers, body = request_of(operation, spec, kept)
        answer = target.send(spec.get("as") or script.role, operation.method.upper(), url, headers, body)
        problems = min((_judge(spec.get("expect") or {}, answer, profile) for profile in accepts), key=len)
        for name, place in (spec.get("keep") or {}).items():
            value = pick(answer.json, place)
            if value is None:
                problems.append(f"nothing at {place} to keep as {name}")
            else:
                kept[name] = value
        yield Outcome(script, step, number, answer, problems)


def _judge(expect: Mapping[str, Any], answer: Answer, profile: Profile) -> list[str]:
    problems = []
    status = _of_profile(expect.get("status"), profile, "status")
    allowed = status if isinstance(status, list) else [status]
    if status is not None and answer.status not in allowed:
        problems.append(
            f"expected status {status}, got {answer.status}: {answer.body[:300].decode('utf-8', 'replace')}"
        )
    elif "body" in expect:
        problems += mismatches(_of_profile(expect["body"], profile, "body"), answer.json)
    headers = {key.lower(): value for key, value in answer.headers.items()}
    for name, value in (expect.get("headers") or {}).items():
        problems += mismatches(value, headers.get(str(name).lower()), f"header {name}")
    return problems


def _of_profile(value: Any, profile: Profile, what: str) -> Any:
    """Return what is expected in a profile, where the two differ: `{documented: …, observed: …}`."""
    if isinstance(value, Mapping) and value and set(value) <= set(Profile):
        return value.get(profile.undated)
    return value
