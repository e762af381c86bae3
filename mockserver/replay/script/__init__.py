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

from mockserver.contract import Contract, Operation, Profile
from mockserver.contract.locations import CONTRACTS
from mockserver.replay.dates.expecting import expectations
from mockserver.replay.script.keeping import pick, substitute
from mockserver.replay.script.requesting import request_of
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

    @property
    def refusal(self) -> str:
        """Status, code and detail of an answer that is no success; empty for one that is."""
        if self.status < 400:
            return ""
        body = self.json
        if not isinstance(body, Mapping):
            return str(self.status)
        return f"{self.status} {body.get('code')}: {body.get('detail') or body.get('error')}"


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
    role: str = ""
    """Whose key was sent."""
    request: str = ""
    """Method, address and body."""
    cross_origin: bool = False
    """Whether it was asked as a page of another origin asks."""

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
    script: Script,
    target: Target,
    contract: Contract,
    accepts: Sequence[Profile] | None = None,
    *,
    exactly: bool = False,
) -> Iterator[Outcome]:
    """Run a script against a target, and yield how each step went; it ends at the first that cannot be sent.

    An answer is as expected when it is in one of the profiles that are accepted: the target's own unless others are.
    With `exactly` each step is sent with the key that it names, whatever servers of the target's date refuse.
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
        named = spec.get("as") or script.role
        role = named if exactly else whose(named, operation, target.profile)
        answer = target.send(role, operation.method.upper(), url, headers, body)
        expect = spec.get("expect") or {}
        said = said_in(spec)
        takes_key = role in ("session", "none", "unknown") or not refused_by_date(operation, target.profile)
        expects = {p: _dated(contract, operation, expect, said, answer.status, p) if takes_key else {} for p in accepts}
        problems = min((_judge(expected, answer, profile) for profile, expected in expects.items()), key=len)
        for name, place in (spec.get("keep") or {}).items():
            value = pick(answer.json, place)
            if value is None:
                problems.append(f"nothing at {place} to keep as {name}")
            else:
                kept[name] = value
        request = f"{operation.method.upper()} {url} {(body or b'').decode('utf-8', 'replace')}".strip()
        yield Outcome(script, step, number, answer, problems, role, request, "Origin" in headers)


def whose(role: str, operation: Operation, profile: Profile) -> str:
    """Return whose key stands for a role: a session's, where servers of the profile's date took no other yet."""
    return "session" if role == "all_access" and refused_by_date(operation, profile) else role


def refused_by_date(operation: Operation, profile: Profile) -> bool:
    """Return whether servers of the profile's date take no key for what they take one for now."""
    return operation.refuses_keys_in(profile) and not operation.refuses_keys


def said_in(spec: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the parameters and fields that a step sends."""
    parts = (spec.get(name) for name in ("query", "body", "form"))
    return frozenset(str(name) for part in parts if isinstance(part, Mapping) for name in part)


def _dated(
    contract: Contract, operation: Operation, expect: Mapping[str, Any], said: frozenset[str], status: int,
    profile: Profile,
) -> Mapping[str, Any]:  # fmt: skip
    """Return what is expected of servers of a profile's date: nothing where they pass over what the step is about.

    Scripts are written for the profiles without a date.
    """
    if profile in list(Profile):
        return expect
    unread = operation.unread[profile]
    if said & (unread.parameters | unread.fields):
        return {}
    if "body" not in expect:
        return expect
    body = _of_profile(expect["body"], profile, "body")
    return {**expect, "body": expectations(contract).of(operation, profile, status, body)}


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
