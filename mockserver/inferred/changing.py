"""What an action changes, by its name: `archive` sets `archived`, `cancel` a status, whatever it is sent its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.inferred.naming import words_of
from mockserver.inferred.shapes import Shapes

ON = ("enabled", "active", "is_active", "is_enabled")
FLAGS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "activate": (ON, True), "deactivate": (ON, False), "enable": (ON, True), "disable": (ON, False),
    "pause": (("paused", "is_paused"), True), "unpause": (("paused", "is_paused"), False),
    "resume": (("paused", "is_paused"), False), "delete": (("deleted", "is_deleted"), True),
    "restore": (("deleted", "is_deleted", "archived", "is_archived"), False), "undelete": (("deleted",), False),
    "reopen": (("closed", "resolved", "completed"), False),
}  # fmt: skip
"""Actions whose flag is not called as they are."""
STATUSES = ("status", "state", "stage", "phase")
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "run": ("running", "started", "in_progress", "active", "queued", "pending"),
    "start": ("running", "started", "in_progress", "active", "queued", "pending"),
    "launch": ("running", "launched", "active", "started"), "resume": ("running", "active", "in_progress", "open"),
    "restart": ("running", "started", "active"), "retry": ("pending", "queued", "retrying", "running", "starting"),
    "unpause": ("active", "running"), "reopen": ("reopened", "open", "active"), "restore": ("active", "open"),
    "unarchive": ("active", "open"), "complete": ("completed", "complete", "done", "succeeded", "finished", "closed"),
    "finish": ("finished", "completed", "done"), "end": ("ended", "completed", "complete", "finished", "stopped"),
    "capture": ("captured", "succeeded", "paid"), "pay": ("paid", "succeeded"), "confirm": ("confirmed", "succeeded"),
    "send": ("sent", "sending", "queued", "delivered"), "cancel": ("cancelled", "canceled"),
    "terminate": ("terminated", "cancelled"), "stop": ("stopped", "ended", "inactive"), "void": ("void", "voided"),
    "publish": ("published", "live", "active"), "unpublish": ("draft", "unpublished"), "deactivate": ("inactive",),
    "activate": ("active",), "enable": ("enabled", "active"), "disable": ("disabled", "inactive"),
    "submit": ("submitted", "pending", "in_review"), "approve": ("approved", "accepted"), "fail": ("failed",),
    "reject": ("rejected", "declined"), "finalize": ("finalized", "open"), "suspend": ("suspended", "inactive"),
}  # fmt: skip
"""Statuses that actions lead to, the likeliest first; others are looked for by the action's own name."""
COPIES = frozenset({"duplicate", "copy", "clone", "fork"})


def changes(
    shapes: Shapes, record: Mapping[str, Any], schema: Any, verb: str, sent: Mapping[str, Any], now: str
) -> dict[str, Any]:
    """Return the fields of a record that an action changes, and to what.

    `schema` is the record's; `sent` what was accepted of the body, of which whatever names a field is put there; `now`
    the world's time, for fields that tell when it happened.
    """
    properties = shapes.of(schema).properties
    found = {name: value for name, value in sent.items() if name in properties}
    word = next(iter(words_of(verb)), "")
    undone = word.startswith("un") and word not in ("unlink",)
    plain = word.removeprefix("un") if undone else word
    for name, prop in properties.items():
        if name in found:
            continue
        spelled = "_".join(words_of(name))
        kind = shapes.of(prop).kind
        if kind == "boolean" and spelled in FLAGS.get(word, ((), False))[0]:
            found[name] = FLAGS[word][1]
        elif kind == "boolean" and spelled.removeprefix("is_") in _participles(plain):
            found[name] = not undone
        elif spelled.removesuffix("_at") in _participles(plain) and spelled.endswith("_at"):
            if not undone:
                found[name] = now
            elif shapes.of(prop).nullable:
                found[name] = None
        elif spelled in STATUSES:
            status = _status(shapes.of(prop).words.get("enum") or (), word)
            if status is not None:
                found[name] = status
    return {name: value for name, value in found.items() if record.get(name) != value}


def is_copy(verb: str) -> bool:
    """Return whether an action makes another record like the one that it is asked of."""
    return next(iter(words_of(verb)), "") in COPIES


def is_removal(verb: str) -> bool:
    """Return whether an action on several records removes them."""
    words = set(words_of(verb))
    return bool(words & {"delete", "remove", "destroy"}) and "bulk" in words


def _status(values: Any, word: str) -> Any:
    known = {str(value).lower().replace(" ", "_").replace("-", "_"): value for value in values if value is not None}
    for candidate in (*OUTCOMES.get(word, ()), *_participles(word)):
        if candidate in known:
            return known[candidate]
    return None


def _participles(verb: str) -> tuple[str, ...]:
    """Return what is said of that to which something was done: `cancelled` and `canceled`, `archived`, `sent`."""
    return tuple(_spell(verb)) if verb else ()


def _spell(verb: str) -> Iterator[str]:
    if verb.endswith("e"):
        yield f"{verb}d"
    elif verb.endswith("y") and verb[-2:-1] not in "aeiou":
        yield f"{verb[:-1]}ied"
    else:
        yield f"{verb}ed"
        yield f"{verb}{verb[-1]}ed"
    irregular = {"send": "sent", "run": "running", "pay": "paid", "read": "read", "hide": "hidden", "set": "set"}
    if verb in irregular:
        yield irregular[verb]
