"""What may be asked of a server: which scripts only read, and which cannot be run on it, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract import Operation, Profile
from mockserver.replay.care.guard import Care
from mockserver.replay.script import Script, whose
from mockserver.replay.targets import Target


def is_open(target: Target) -> bool:
    """Return whether anything may be done in the project of a target: it is a mock's, or was made for this."""
    guard = target.adapter.guard
    return target.is_ours or (isinstance(guard, Care) and guard.own_project is not None)


def only_reads(script: Script, operations: Mapping[str, Operation]) -> bool:
    """Return whether no step of a script writes; operations are given by id."""
    return not any(operations[step.call].writes for step in script.steps)


def reason_to_skip(script: Script, target: Target, operations: Mapping[str, Operation]) -> str | None:
    """Return why a script cannot be run on a target, or is not about it, if so; operations are given by id."""
    if script.profile is Profile.DOCUMENTED and not target.is_ours and target.profile.is_observed:
        return f"it is about what the pages say, and {target.name} is a server"
    if not any(script.holds_in(profile) for profile in target.accepts):
        return f"it is about profile {script.profile}, and {target.name} is {target.profile}"
    gone = [step.call for step in script.steps if not operations[step.call].exists_in(target.profile)]
    if gone:
        return f"{target.name} is {target.profile}, which has no {gone[0]}"
    asked = [(step.spec.get("as") or script.role, operations[step.call]) for step in script.steps]
    roles = {script.role, *(whose(role, operation, target.profile) for role, operation in asked)}
    if not any(operation.refuses_keys or operation.refuses_keys_in(target.profile) for _, operation in asked):
        roles -= {"session"}  # a key of full access stands in for it
    lacking = sorted(role for role in roles if not target.has(role))
    if lacking:
        return f"there is no key of role {lacking[0]!r} for {target.name}; --api-key-env {lacking[0]}=NAME gives one"
    guard = target.adapter.guard
    if isinstance(guard, Care) and not guard.may_run([operations[step.call] for step in script.steps]):
        return f"it writes, and {target.name} is not to be written to"
    return None
