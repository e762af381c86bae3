"""What the capture service refuses, in its own words: plain text, and not PostHog's envelope."""

from __future__ import annotations


class CaptureError(Exception):
    """A capture request that cannot be taken; answered in plain text."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class NothingLeft(Exception):
    """A request all of whose events are of a kind that is dropped unseen; answered as if they had been taken."""


def undecodable(problem: str) -> CaptureError:
    """Return the refusal of a body whose packing cannot be opened."""
    return CaptureError(f"failed to decode request: {problem}")


def unparsable(problem: str) -> CaptureError:
    """Return the refusal of a body that is not JSON, or not JSON of events."""
    return CaptureError(f"failed to parse request: {problem}")


def too_big(problem: str) -> CaptureError:
    """Return the refusal of a body, or of an event, that is larger than a limit."""
    return CaptureError(f"maximum event size exceeded: {problem}", 413)
