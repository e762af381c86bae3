"""Faults: planned misbehaviour of a world, so that a client can be tested against it.

A fault lives in the world's store as the JSON that the control plane was given, with two counts: `seen`, the requests
that it was about, and `hits`, those that it befell. Several about one request are carried out in the order in which
they were planned: the oldest that still hits counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Response

from mockserver.errors import APIError, of_status
from mockserver.road.rendering import JSON, empty, encode, render_error
from mockserver.store import Transaction
from mockserver.traffic.matching import Match, Subject
from mockserver.world import entropy
from mockserver.world.worlds import World

FAULTS = "faults"
PREFER = "HTTP_PREFER"
LONGEST_WINDOW = 10_000  # moments remembered of one key, for a limit of so many requests


@dataclass(frozen=True)
class Fault:
    """What befalls one request."""

    delay_ms: float = 0
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    truncate: int | None = None
    malformed: bool = False
    id: str | None = None

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Fault:
        """Return the fault that a JSON object spells."""
        return cls(
            spec.get("delay_ms") or 0, spec.get("status"), spec.get("body"), spec.get("headers") or {},
            bool(spec.get("drop")), spec.get("truncate"), bool(spec.get("malformed")),
        )  # fmt: skip

    @property
    def damages(self) -> bool:
        """Whether it lets the request be answered, and spoils the answer."""
        return self.truncate is not None or self.malformed

    def answer(self) -> Response | None:
        """Wait if it delays; return what is answered instead, or nothing when the request goes on its way."""
        if self.delay_ms:
            time.sleep(self.delay_ms / 1000)
        if self.drop:
            return dropped()
        return refusal(self.status, self.body, self.headers) if self.status is not None else None

    def damage(self, response: Response) -> Response:
        """Return the answer spoilt: cut off on its way, or whole and no longer JSON."""
        whole = b"" if response.is_streamed else response.get_data()
        if self.malformed:
            response.set_data(whole[: len(whole) // 2] + b"\x00")
        if self.truncate is not None:
            whole = response.get_data()
            response.headers["Content-Length"] = str(max(len(whole), self.truncate + 1))
            response.response = iter([whole[: self.truncate]])
        return response


def find_fault(world: World, subject: Subject, key: str | None = None) -> Fault | None:
    """Return the fault that befalls a request, and count it."""
    for spec in world.view().value(FAULTS) or []:
        if Match.of(spec["match"]).fits(subject):
            with world.store.transaction() as transaction:
                fault = _strike(world, transaction, spec["id"], key)
            if fault is not None:
                return replace(fault, id=spec["id"])
    return None


def _strike(world: World, transaction: Transaction, id: str, key: str | None) -> Fault | None:
    """Return a fault if it hits this time; whether it does is decided where nobody else counts."""
    faults = transaction.value(FAULTS) or []
    spec = next((fault for fault in faults if fault["id"] == id), None)
    if spec is None or spec["hits"] >= _times(spec):
        return None
    counted = {**spec, "seen": spec["seen"] + 1}
    fault: Fault | None = Fault.of(_planned(spec))
    if not _by_chance(world, counted):
        fault = None
    elif spec.get("rate_limit"):
        counted["windows"], wait = _throttle(spec, key or "", entropy.now(transaction).timestamp())
        fault = _throttled(spec, wait) if wait is not None else None
    counted["hits"] += fault is not None
    transaction.put(FAULTS, [counted if fault["id"] == id else fault for fault in faults])
    return fault


def _times(spec: Mapping[str, Any]) -> float:
    """Return how many requests a fault befalls: as often as it has answers, if it has several."""
    answers, times = spec.get("answers"), spec.get("times")
    if answers is not None:
        return len(answers)
    return math.inf if times is None else int(times)


def _planned(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what befalls the next request: the fault itself, or the next of its answers.

    An answer that is a status below 400 and nothing else is the world's own: the request goes on its way.
    """
    if spec.get("answers") is None:
        return spec
    answer = spec["answers"][spec["hits"]]
    given = answer if isinstance(answer, Mapping) else {"status": answer}
    return {} if given.keys() == {"status"} and given["status"] < 400 else given


def _by_chance(world: World, spec: Mapping[str, Any]) -> bool:
    """Return whether the dice say so: those of the world's seed, thrown anew for each request."""
    probability = spec.get("probability")
    if probability is None:
        return True
    drawn = int.from_bytes(entropy.draw(world.seed, f"fault:{spec['id']}", spec["seen"], 7), "big")
    return bool(drawn < probability * 2**56)


def _throttle(spec: Mapping[str, Any], key: str, now: float) -> tuple[dict[str, list[float]], float | None]:
    """Return the moments at which each key was let in, and how long this one must wait if it is not.

    It counts as DRF's throttles do: over a window that slides, a refused request not counting.
    """
    limit, seconds = spec["rate_limit"]["requests"], spec["rate_limit"]["per_seconds"]
    windows = spec.get("windows") or {}
    moments = [moment for moment in windows.get(key, []) if now - seconds < moment <= now]
    if len(moments) >= limit:
        return {**windows, key: moments}, max(moments[0] + seconds - now, 0.001)
    return {**windows, key: [*moments, now][-LONGEST_WINDOW:]}, None


def _throttled(spec: Mapping[str, Any], wait_seconds: float) -> Fault:
    error = of_status(429, wait_seconds)
    return Fault(
        spec.get("delay_ms") or 0, error.status, spec.get("body") or error.body,
        {**error.headers, **(spec.get("headers") or {})},
    )  # fmt: skip


def refusal(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer of a given status: with the body given, else in the words that PostHog has for it."""
    given = dict(headers or {})
    if body is None:
        response = render_error(_error(status, given)) if status >= 400 else empty(status)
        response.headers.update(given)
        return response
    return written(status, body, given)


def written(status: int, body: Any, headers: Mapping[str, str]) -> Response:
    """Return an answer with a body: JSON, unless it is text that its headers call something else."""
    named = next((value for name, value in headers.items() if name.lower() == "content-type"), JSON)
    content = body if isinstance(body, str) and "json" not in named else encode(body)
    response = Response(content, status, content_type=named)
    response.headers.update(headers)
    return response


def _error(status: int, headers: Mapping[str, str]) -> APIError:
    wait = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
    return of_status(status, float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 10 else 1)


def dropped() -> Response:
    """Return an answer that never comes: the connection ends where its body should begin."""
    response = Response(_broken(), 200, content_type=JSON)
    response.headers["Content-Length"] = "1"
    return response


def _broken() -> Iterator[bytes]:
    yield b""  # the headers must be out, or the server would answer 500 in the place of breaking off
    raise ConnectionAbortedError("dropped by a fault")


def preferred(environ: Mapping[str, Any]) -> Fault | None:
    """Return the fault that a request wishes for itself: `Prefer: code=503` (RFC 7240), an error's status."""
    for preference in environ.get(PREFER, "").split(","):
        name, _, value = preference.partition("=")
        code = value.partition(";")[0].strip().strip('"')
        if name.strip().lower() == "code" and code.isascii() and code.isdigit() and 400 <= int(code[:4]) < 600:
            return Fault(status=int(code), headers={"Preference-Applied": f"code={code}"})
    return None
