"""Two people who change a flag at once: the second is told, where they touched the same fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import Conflict
from mockserver.request.call import Call
from mockserver.store import Record


def refuse_conflict(call: Call, record: Record, data: Mapping[str, Any]) -> None:
    """Refuse a change made of an older version, of fields that somebody else has changed since.

    The body says which version it was made of (`version`) and what the flag was then (`original_flag`); without both
    nothing is compared. Raises: Conflict.
    """
    original = call.body.get("original_flag") if isinstance(call.body, Mapping) else None
    version = data.get("version")
    if version is None or version == record["version"] or not isinstance(original, Mapping):
        return
    for name, value in data.items():
        if name == "version" or name not in original:
            continue
        stored = record.get(name)
        if value != original[name] and stored != original[name] and value != stored:
            last = call.table("users").get(record.get("last_modified_by"))
            who = last["email"] if last else "another user"
            raise Conflict(
                f"The feature flag was updated by {who} since you started editing it. Please refresh and try again."
            )
