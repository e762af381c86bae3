"""Quotas: whether a project may still ask for flags. A world's projects say so themselves, in `quota_limited`."""

from __future__ import annotations

from mockserver.store import Record

FLAGS = "feature_flags"


def is_limited(project: Record) -> bool:
    """Return whether the quota of requests for flags is used up."""
    return FLAGS in (project.get("quota_limited") or ())
