"""Errors that PostHog answers with, in its one envelope.

    APIError
    ├── ValidationError        400  a value is refused
    ├── ParseError             400  the body cannot be read
    ├── NotAuthenticated       401  no key; 403 where no operation of the contract answers a 401
    ├── AuthenticationFailed   401  an unknown key; 403 likewise
    ├── PaymentRequired        402  a feature that is not paid for
    ├── PermissionDenied       403  scope, tenant or level
    ├── NotFound               404  route, tenant, record or format
    ├── MethodNotAllowed       405
    ├── NotAcceptable          406
    ├── Conflict               409
    ├── UnsupportedMediaType   415
    ├── Throttled              429
    ├── ServerError            500  a mistake of ours, or a state that the real server cannot answer either
    ├── NotModelled            501  an operation whose extra is not installed
    └── Unavailable            503  a database beside us is gone for now

Shape: `{"type", "code", "detail", "attr"}`, in this order, and only the first error of a request.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

RETRY_SECONDS = 5
"""When to ask again, where nobody knows how long what is gone stays away."""


class APIError(Exception):
    """An answer other than the one hoped for; class attributes hold status, type, code and detail."""

    status = 500
    type = "server_error"
    code = "error"
    detail = "A server error occurred."

    def __init__(self, detail: str | None = None, *, code: str | None = None, attr: str | None = None) -> None:
        self.detail = self.detail if detail is None else detail
        self.code = self.code if code is None else code
        self.attr = attr
        super().__init__(self.detail)

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that go with the status."""
        return {}

    @property
    def body(self) -> Any:
        """The envelope; `None` where PostHog sends an empty body."""
        return {"type": self.type, "code": self.code, "detail": self.detail, "attr": self.attr}


class ValidationError(APIError):
    """A value is refused; `attr` names the field, nested names joined by two underscores."""

    status = 400
    type = "validation_error"
    code = "invalid_input"
    detail = "Invalid input."


class SwappedValidationError(ValidationError):
    """A required field of a person's update is missing; PostHog swaps code and detail there.

    Source: recorded answers to `PATCH persons/{id}` without `properties`.
    """

    def __init__(self, attr: str) -> None:
        super().__init__("required", code="This field is required.", attr=attr)

    @property
    def body(self) -> Any:
        return {"attr": self.attr, "code": self.code, "detail": self.detail, "type": self.type}


class ParseError(APIError):
    """The body cannot be read."""

    status = 400
    type = "invalid_request"
    code = "parse_error"
    detail = "Malformed request."


class BareError(APIError):
    """A 400 outside the envelope, as a few actions answer: the body is what is given.

    Source: product onboarding (`{"error": …}`) and persons' lifecycle (`{"message": …}`).
    """

    status = 400

    def __init__(self, body: Any, status: int = 400) -> None:
        super().__init__(str(body))
        self.status = status
        self._body = body

    @property
    def body(self) -> Any:
        return self._body


class NotAuthenticated(APIError):
    """No key was given."""

    status = 401
    type = "authentication_error"
    code = "not_authenticated"
    detail = "Authentication credentials were not provided."


class AuthenticationFailed(NotAuthenticated):
    """The key given is not known."""

    code = "authentication_failed"
    detail = "Personal API key found in request Authorization header is invalid."


class PermissionDenied(APIError):
    """The key or its owner may not do this."""

    status = 403
    type = "authentication_error"
    code = "permission_denied"
    detail = "You do not have permission to perform this action."


class NotFound(APIError):
    """There is nothing there, or it is somebody else's."""

    status = 404
    type = "invalid_request"
    code = "not_found"
    detail = "Not found."


class BareNotFound(NotFound):
    """A 404 with an empty body, as the activity of an unknown cohort answers."""

    @property
    def body(self) -> Any:
        return None


class MethodNotAllowed(APIError):
    """The path does not answer this method."""

    status = 405
    type = "invalid_request"
    code = "method_not_allowed"

    @classmethod
    def of(cls, method: str) -> MethodNotAllowed:
        """Return the error that names the method."""
        return cls(f'Method "{method}" not allowed.')


class HardDeleteRefused(MethodNotAllowed):
    """A record that is only ever marked as deleted; the body is empty."""

    @property
    def body(self) -> Any:
        return None


class NotAcceptable(APIError):
    """None of the media types asked for is on offer."""

    status = 406
    type = "invalid_request"
    code = "not_acceptable"
    detail = "Could not satisfy the request Accept header."


class Conflict(APIError):
    """Two records may not be alike in this."""

    status = 409
    code = "conflict"


class UnsupportedMediaType(APIError):
    """The body is of a media type that is not read."""

    status = 415
    type = "invalid_request"
    code = "unsupported_media_type"

    @classmethod
    def of(cls, media_type: str) -> UnsupportedMediaType:
        """Return the error that names the media type."""
        return cls(f'Unsupported media type "{media_type}" in request.')


class Throttled(APIError):
    """Too many requests by one key; `wait_seconds` until the next one is let in."""

    status = 429
    type = "throttled_error"
    code = "throttled"

    def __init__(self, wait_seconds: float) -> None:
        self.wait_seconds = math.ceil(wait_seconds)
        unit = "second" if self.wait_seconds == 1 else "seconds"
        super().__init__(f"Request was throttled. Expected available in {self.wait_seconds} {unit}.")

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.wait_seconds)}


class ServerError(APIError):
    """A mistake of ours, or a state that the real server cannot answer either."""


class ContractViolation(ServerError):
    """An answer that the contract does not allow, caught as it left."""

    code = "contract_violation"


class NotModelled(APIError):
    """An operation that this installation cannot answer; the detail says what is missing."""

    status = 501
    code = "not_modelled"


class Unavailable(APIError):
    """A database beside us is gone for now: asking again later may do. Kinds of it say which, by code and detail."""

    status = 503

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(RETRY_SECONDS)}


class PaymentRequired(APIError):
    """A feature that the organization has not paid for."""

    status = 402
    code = "payment_required"
    detail = "This feature is part of the premium PostHog offering."


class QuotaExceeded(PaymentRequired):
    """More was asked for than the organization's quota holds."""

    type = "quota_limited"
    detail = "You have exceeded your feature flag request quota"


def of_status(status: int, wait_seconds: float = 1) -> APIError:
    """Return the error that PostHog answers with this status, in its usual words."""
    if status == Throttled.status:
        return Throttled(wait_seconds)
    if status == MethodNotAllowed.status:
        return MethodNotAllowed("Method not allowed.")
    kinds = {kind.status: kind for kind in (PaymentRequired, *_COMMON)}
    error = kinds[status]() if status in kinds else ServerError() if status >= 500 else ParseError()
    error.status = status
    return error


_COMMON = (
    ValidationError, NotAuthenticated, PermissionDenied, NotFound, NotAcceptable, Conflict, UnsupportedMediaType,
)  # fmt: skip
