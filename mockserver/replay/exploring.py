"""Generated requests: each target explored by schemathesis, and what two answered to the same requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mockserver.contract import Contract, Operation
from mockserver.replay.alignment import Alignment
from mockserver.replay.cases import Identifiers, Settings
from mockserver.replay.causes import Cause, Explainer, Explanation
from mockserver.replay.deviations import of_one_date
from mockserver.replay.exemptions import Exemption, exemptions
from mockserver.replay.judging import Judge
from mockserver.replay.properties import Exchange, Findings, describe, explore
from mockserver.replay.report.differences import Differences
from mockserver.replay.report.model import Failure, Report
from mockserver.replay.script import Answer
from mockserver.replay.sharing import Sharing
from mockserver.replay.targets import Target
from mockserver.replay.wire import SAFE, SERVER_ERRORS, explain

PART_NAME = re.compile(r'^Content-Disposition: form-data; name="([^"]*)"', re.MULTILINE)
ANYTHING = Exemption("[a-z_]+", "Requests made from another profile's document say nothing of this one's checks.")
Progress = Callable[[str, int, int], None]
"""Told of a stage, how far it is, and how far it goes."""


@dataclass
class Exploration:
    """The part of a replay that generates its requests; what it finds is entered in the report."""

    contract: Contract
    targets: Sequence[Target]
    settings: Settings
    generated: frozenset[str]
    report: Report
    differences: Differences
    explainer: Explainer
    sharing: Sharing
    progress: Progress

    @cached_property
    def _by_label(self) -> dict[str, Operation]:
        return _by_label(self.contract)

    def run(self, identifiers: Sequence[Identifiers]) -> None:
        """Explore each target in turn; two are compared request by request."""
        comparing = len(self.targets) > 1
        foreign = any(not target.is_ours for target in self.targets)
        settings = replace(
            self.settings,
            learns=not comparing and self.settings.learns,
            read_only=self.settings.read_only or foreign,
            only=self._only(),
        )
        seen: list[dict[tuple[str, str, int], Exchange]] = []
        for target, known in zip(self.targets, identifiers, strict=True):
            exchanges: dict[tuple[str, str, int], Exchange] = {}
            self._explore(target, known, settings, exchanges if comparing else None)
            seen.append(exchanges)
        if comparing:
            self._compare_exchanges(seen[0], seen[1])

    def _only(self) -> str | None:
        """Return a pattern that finds exactly the operations that have a row, unless all of them have one."""
        if not self.settings.only and not self.generated:
            return None
        wanted = [r for r in self.report.described if not self.generated or r.operation.id in self.generated]
        return "|".join(f"^{re.escape(row.label)}$" for row in wanted) or "^$"

    def _explore(
        self, target: Target, known: Identifiers, settings: Settings,
        exchanges: dict[tuple[str, str, int], Exchange] | None,
    ) -> None:  # fmt: skip
        done = 0
        total = len(self.report.described) * len([p for p in settings.phases if p != "stateful"])

        def advance(phase: str, label: str) -> None:
            nonlocal done
            done += 1
            if target.adapter.lost is not None:
                raise explain(target.name, target.url, target.adapter.lost)
            self.progress(f"properties, {target.name}, {phase}", min(done, total), total)

        def note(exchange: Exchange) -> None:
            if exchanges is not None:
                exchanges[exchange.label, exchange.phase, exchange.number] = exchange

        guard = target.adapter.guard
        findings: dict[str, Findings] = {}
        profile = self.targets[0].profile  # one document for both, so that both get the same requests
        judged_apart = profile is not target.profile
        try:
            explore(
                self.contract, profile, base_url=target.url, api_key=target.key,
                parameters={name: value for name, value in target.ids.items() if not name.startswith("foreign")},
                identifiers=known, settings=settings, prepare=target.open_session,
                before=None if self.sharing.is_shared else target.reset,  # reading may write, and is not put back there
                permits=(lambda method, path: guard.refusal(method, path) is None) if guard else None,
                note=note, advance=advance, found=findings, allowed=(ANYTHING,) if judged_apart else None,
            )  # fmt: skip
            if judged_apart:
                self._judge(target, findings, exchanges or {})
        finally:
            self._merge(target, findings)
        target.ask("GET", "/api/users/@me/")  # one that went away is noticed here

    def _judge(
        self, target: Target, findings: dict[str, Findings], exchanges: Mapping[tuple[str, str, int], Exchange]
    ) -> None:
        """Judge the answers of a target by its own profile, where the requests were made from the other's."""
        judge, allowed = Judge(self.contract, target.profile), exemptions(self.contract, target.profile)
        for exchange in exchanges.values():
            operation = self._by_label[exchange.label]
            if exchange.method.lower() != operation.method:
                continue
            found = judge.problem(operation, exchange.answer)
            if found and not any(e.covers(found[0], exchange.label, answer=describe(exchange.answer)) for e in allowed):
                text = f"{found[1]}\n{exchange.method} {exchange.url}"
                findings[exchange.label].fail(f"{found[0]}: {found[1][:80]}", text, exchange.answer)

    def _merge(self, target: Target, findings: Mapping[str, Findings]) -> None:
        """Enter what generated requests found of a target."""
        for label, found in findings.items():
            operation = self._by_label.get(label)
            row = self.report.rows.get(operation.id) if operation else None
            if row is None:
                problems = [f"{title}: {text}" for title, text in found.failures.items()]
                self.report.notes += [f"{target.name}, {label}: {problem[:300]}" for problem in problems]
                continue
            showing = row.showings[target.name]
            showing.statuses.update(found.statuses)
            showing.seconds += found.seconds
            showing.refusals.update({target.redactor.text(text): number for text, number in found.refusals.items()})
            showing.left_out += found.left_out
            self.report.cases += sum(found.statuses.values())
            for title, text in found.failures.items():
                check, _, what = title.partition(": ")
                text = target.redactor.text(text)
                why = self._explained(target, row.operation, found.answers.get(title))
                lines = text.strip().splitlines()
                request = lines[-1] if lines and lines[-1].startswith("curl ") else ""
                count = found.counts.get(title, 1)
                showing.fail(Failure(check, what, text, explanation=why, request=request, count=count))

    def _explained(self, target: Target, operation: Operation, answer: Answer | None) -> Explanation | None:
        if answer is None:
            return None
        if answer.status in SERVER_ERRORS:
            return Explanation(Cause.SERVER, f"{target.name} answers {answer.status}")
        return self.explainer.answer(target, operation, answer, "none")

    def _compare_exchanges(
        self, left: dict[tuple[str, str, int], Exchange], right: dict[tuple[str, str, int], Exchange]
    ) -> None:
        alignments: dict[tuple[str, str], Alignment] = {}
        for key, ours in left.items():
            theirs = right.get(key)
            path = ours.label.partition(" ")[2]  # coverage also tries methods that the operation does not have
            operation = self._by_label.get(f"{ours.method} {path}") or self._by_label[ours.label]
            exactly = self.sharing.determines(operation)
            if theirs is None or not _is_same_request(ours, theirs, exactly=exactly):
                self.report.unaligned += 1
                continue
            alike, unheld = self.sharing.alike, self.sharing.unheld(operation)
            alignment = alignments.setdefault(
                key[:2], Alignment(exactly, alike=alike, counts_alike=alike, unheld=unheld)
            )
            where = f"{ours.phase}, request {ours.number}: {ours.method} {ours.url[:200]}"
            answers, requests = (ours.answer, theirs.answer), (ours.request, theirs.request)
            pairs = zip(self.targets, answers, strict=True)
            if any(answer.status in SERVER_ERRORS and not target.is_ours for target, answer in pairs):
                continue  # its own failure, told as that
            profiles = [target.profile for target in self.targets]
            apart = of_one_date(self.contract, operation, profiles, _said(ours), _json(ours))
            for difference in alignment.differences(*answers):
                why = self.explainer.difference(operation, difference, requests, answers, self.targets[0].role)
                self.differences.enter(
                    operation.id, difference, where, (), apart, request=ours.request, explanation=why
                )
            if ours.method not in SAFE and len({answer.status < 300 for answer in answers}) > 1:
                alignment.twins = False  # one wrote what the other refused, which was told: two histories from here on
        self.report.unaligned += len(right.keys() - left.keys())


def _by_label(contract: Contract) -> dict[str, Operation]:
    """Return the operations by method and path, under each mount that they are served at."""
    found: dict[str, Operation] = {}
    for operation in contract.operations:
        for mount in contract.families[operation.family].mounts:
            path = "/".join(filter(None, (mount, operation.relative)))
            found.setdefault(f"{operation.method.upper()} {path}", operation)
    return found | {f"{operation.method.upper()} {operation.path}": operation for operation in contract.operations}


def _is_same_request(left: Exchange, right: Exchange, *, exactly: bool) -> bool:
    if left.method != right.method:
        return False
    if exactly:
        return left.url == right.url and _body(left) == _body(right)
    return left.url.partition("?")[2] == right.url.partition("?")[2]


def _said(exchange: Exchange) -> set[str]:
    """Return the names of the parameters and fields that a request sends."""
    said = {name for name, _ in parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)}
    text = (exchange.body or b"").decode("utf-8", "replace")
    match _content_type(exchange).partition(";")[0]:
        case "application/x-www-form-urlencoded":
            return said | {name for name, _ in parse_qsl(text, keep_blank_values=True)}
        case "multipart/form-data":
            return said | set(PART_NAME.findall(text))
    body = _json(exchange)
    return said | ({str(name) for name in body} if isinstance(body, Mapping) else set())


def _json(exchange: Exchange) -> Any:
    """Return what a request's body says as JSON; nothing of one that is none."""
    try:
        return json.loads((exchange.body or b"null").decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _body(exchange: Exchange) -> bytes | None:
    """Return a request's body; the boundaries of a form's parts are drawn anew for each."""
    boundary = _content_type(exchange).partition("boundary=")[2].encode()
    return exchange.body.replace(boundary, b"boundary") if exchange.body and boundary else exchange.body


def _content_type(exchange: Exchange) -> str:
    return next((value for name, value in exchange.headers.items() if name.lower() == "content-type"), "")
