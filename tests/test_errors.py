"""Errors: their one shape, and what they say of themselves."""

from __future__ import annotations

import pytest

from mockserver.errors import Conflict, MethodNotAllowed, NotFound, PaymentRequired, PermissionDenied, Throttled


@pytest.mark.parametrize(
    ("seconds", "shown", "detail"),
    [
        (59, "59", "Request was throttled. Expected available in 59 seconds."),
        (0.2, "1", "Request was throttled. Expected available in 1 second."),
    ],
)
def test_throttling_counts_whole_seconds(seconds: float, shown: str, detail: str) -> None:
    error = Throttled(seconds)
    assert (error.status, error.headers["Retry-After"]) == (429, shown)
    assert error.body == {"type": "throttled_error", "code": "throttled", "detail": detail, "attr": None}


@pytest.mark.parametrize(
    ("error", "status", "kind", "code"),
    [
        (PaymentRequired(), 402, "server_error", "payment_required"),
        (PermissionDenied(), 403, "authentication_error", "permission_denied"),
        (NotFound(), 404, "invalid_request", "not_found"),
        (MethodNotAllowed.of("PUT"), 405, "invalid_request", "method_not_allowed"),
        (Conflict("taken"), 409, "server_error", "conflict"),
    ],
)
def test_envelope_has_four_keys_in_order(error, status: int, kind: str, code: str) -> None:
    assert (error.status, error.type, error.code) == (status, kind, code)
    assert list(error.body) == ["type", "code", "detail", "attr"]
