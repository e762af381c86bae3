"""Flags as they are told: keys, values by key, payloads too, or everything with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockserver.flags.evaluating import Outcome
from mockserver.flags.evaluation import Flag
from mockserver.flags.projects import Project
from mockserver.flags.secrets import REDACTED, ciphertext
from mockserver.flags.verdicts import Reason, Verdict

OF_DJANGO = ("id", "payload", "version", "description")
"""What is told beside a flag's value, in the order in which Django tells it."""


@dataclass(frozen=True)
class Telling:
    """What an evaluation came to, of which project's flags; `seed` makes ciphers of the payloads kept secret.

    Without one they are blacked out, and payloads that are nothing are left out, as Django does.
    """

    outcome: Outcome
    project: Project
    seed: int | None = None

    @cached_property
    def payloads(self) -> dict[str, Any]:
        """The payloads of the flags that are on, by key."""
        told = {key: self._payload(key, verdict) for key, verdict in self.outcome.verdicts.items() if verdict.enabled}
        return {
            key: payload for key, payload in told.items() if payload or (payload is not None and self.seed is not None)
        }

    def _payload(self, key: str, verdict: Verdict) -> Any:
        flag = self.project.flags[key].record
        if verdict.payload is None or not flag.get("has_encrypted_payloads"):
            return verdict.payload
        if self.seed is None:
            return REDACTED
        return ciphertext(self.seed, flag["id"], verdict.variant or "true", verdict.payload)

    @property
    def values(self) -> dict[str, bool | str]:
        """What each flag is, by key."""
        return {key: verdict.value for key, verdict in self.outcome.verdicts.items()}

    @property
    def details(self) -> dict[str, Any]:
        """All that is told of each flag, by key."""
        flags, payloads = self.project.flags, self.payloads
        return {key: _detail(flags[key], verdict, payloads.get(key)) for key, verdict in self.outcome.verdicts.items()}

    def for_flags(self, version: int) -> dict[str, Any]:
        """Return flags in a form of `/flags`: values and payloads, and from version 2 on everything."""
        failed = {"errorsWhileComputingFlags": self.outcome.failed}
        if version >= 2:
            return {**failed, "flags": self.details}
        return {**failed, "featureFlags": self.values, "featureFlagPayloads": self.payloads}

    def for_decide(self, version: int) -> dict[str, Any]:
        """Return flags in a form of `/decide`: keys, then values by key, then payloads too, and at last everything."""
        failed = {"errorsWhileComputingFlags": self.outcome.failed}
        if version >= 4:
            return {"flags": {key: _as_django(detail) for key, detail in self.details.items()}, **failed}
        if version == 3:
            return {"featureFlags": self.values, **failed, "featureFlagPayloads": self.payloads}
        values = {key: value for key, value in self.values.items() if value is not False}
        return {"featureFlags": values if version == 2 else list(values)}


def _detail(flag: Flag, verdict: Verdict, payload: Any) -> dict[str, Any]:
    """Return all that is told of one flag; newer services say as well that it could not be computed."""
    failed = verdict.reason is Reason.MISSING_COHORT
    tells = flag.rules.tells_failures or not failed
    reason: dict[str, Any] = {"code": verdict.reason.value, "condition_index": verdict.index}
    if tells:
        reason["description"] = verdict.description
    record = flag.record
    metadata = {"id": record["id"], "version": record["version"], "description": None, "payload": payload}
    return {
        "key": flag.key, "enabled": verdict.enabled, "variant": verdict.variant if verdict.enabled else None,
        **({"failed": True} if failed and tells else {}), "reason": reason, "metadata": metadata,
    }  # fmt: skip


def _as_django(detail: dict[str, Any]) -> dict[str, Any]:
    return {**detail, "metadata": {name: detail["metadata"][name] for name in OF_DJANGO}}
