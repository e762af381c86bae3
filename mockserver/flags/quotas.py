"""Quotas: what of PostHog a project may still use. A world's projects say so themselves, in `quota_limited`."""

from __future__ import annotations

from mockserver.store import Record

FLAGS, EVENTS, RECORDINGS = "feature_flags", "events", "recordings"


def is_limited(project: Record, resource: str = FLAGS) -> bool:
    """Return whether the quota of a resource is used up: of requests for flags, of events, of recordings."""
    return resource in (project.get("quota_limited") or ())
