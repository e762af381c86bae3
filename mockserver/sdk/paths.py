"""The paths beside the API that SDKs and browsers ask, and what each is answered with."""

from __future__ import annotations

from typing import NamedTuple

BATCHES = ("batch", "i/v0/ai/batch")
SINGLES = ("capture", "e", "i/v0/e", "track", "engage")
RECORDING = "s"
SHARED = ("shared", "shared_dashboard", "embedded")
READING = ("GET", "HEAD")


class Asked(NamedTuple):
    """A path that SDKs ask, the name of its answer, and its methods."""

    path: str
    answer: str
    methods: tuple[str, ...]
    has_slash: bool = True
    """Whether it is answered with a slash at its end, too."""
    is_rest: bool = False
    """Whether servers answer it as their REST API, and say which methods there are."""


PATHS = (
    *(Asked(path, "events", ("GET", "POST")) for path in (*BATCHES, *SINGLES)),
    Asked(RECORDING, "recording", ("GET", "POST")),
    *(Asked(path, "batch", ("POST",)) for path in ("i/v1/analytics/events", "i/v1/ai/events")),
    *(
        Asked(f"{prefix}v1/{signal}", "telemetry", ("POST",))
        for prefix in ("i/", "")
        for signal in ("logs", "traces", "metrics")
    ),
    Asked("i/v0/ai", "event in parts", ("POST",)),
    *(Asked(path, "spans", ("POST",)) for path in ("i/v0/ai/otel", "i/v0/ai/otel/v1/traces")),
    Asked("i/v0/ai/otel/v1/logs", "not modelled", ("POST",)),
    *(Asked(path, "flags", ("GET", "POST")) for path in ("flags", "decide")),
    Asked("array/<token>/config", "config", READING, is_rest=True),
    Asked("array/<token>/config.js", "config script", READING, is_rest=True),
    Asked("array/<token>/array.js", "array", READING, is_rest=True),
    Asked("flags/definitions", "definitions", ("GET",)),
    Asked("api/early_access_features", "features", ("GET", "POST")),
    Asked("api/surveys", "surveys", ("GET",)),
    Asked("static/<path:name>", "script", READING, has_slash=False),
    Asked("_health", "health", READING),
    Asked("_preflight", "preflight", READING),
    Asked("robots.txt", "robots", READING, has_slash=False),
    Asked("report", "report", ("GET", "POST")),
    Asked("_livez", "livez", READING, has_slash=False),
    Asked("_readyz", "readyz", READING, has_slash=False),
)
