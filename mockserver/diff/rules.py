"""What a change is called and how bad it is: the names and levels of oasdiff, which other tools and people know.

A change is seen from a client that was written for the contract (the base) and meets a server that is as the other
document says (the revision). What it sends must still be accepted; what it gets must not hold anything new to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a change is; all but `INFO` break clients, or may."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def is_breaking(self) -> bool:
        """Whether a client may notice."""
        return self is not Level.INFO


class Way(StrEnum):
    """Which way a schema's values travel."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True)
class Change:
    """One thing that the other document says otherwise."""

    id: str
    """The rule of oasdiff's that finds it: `response-property-type-changed`."""
    level: Level
    method: str
    path: str
    place: str
    """Where in the operation: `query limit`, `request $.content`, `200 $.results[].id`; nothing for all of it."""
    text: str

    @property
    def label(self) -> str:
        """Method and path, as the contract writes them."""
        return f"{self.method} {self.path}"


NARROWED = {Way.REQUEST: Level.ERROR, Way.RESPONSE: Level.INFO}
"""Fewer values than before: a request may be refused that was not, an answer holds nothing new."""
WIDENED = {Way.REQUEST: Level.INFO, Way.RESPONSE: Level.ERROR}
"""More values than before: the reverse."""

LEVELS = {
    "api-path-removed-without-deprecation": Level.ERROR,
    "api-path-removed-with-deprecation": Level.INFO,
    "api-removed-without-deprecation": Level.ERROR,
    "api-removed-with-deprecation": Level.INFO,
    "endpoint-added": Level.INFO,
    "endpoint-deprecated": Level.INFO,
    "endpoint-reactivated": Level.INFO,
    "api-security-added": Level.INFO,
    "api-security-removed": Level.ERROR,
    "api-security-scope-added": Level.ERROR,
    "api-security-scope-removed": Level.INFO,
    "request-parameter-removed": Level.WARNING,
    "new-required-request-parameter": Level.ERROR,
    "new-optional-request-parameter": Level.INFO,
    "request-parameter-became-required": Level.ERROR,
    "request-parameter-became-optional": Level.INFO,
    "request-body-added-required": Level.ERROR,
    "request-body-added-optional": Level.INFO,
    "request-body-removed": Level.WARNING,
    "request-body-became-required": Level.ERROR,
    "request-body-became-optional": Level.INFO,
    "request-body-media-type-added": Level.INFO,
    "request-body-media-type-removed": Level.ERROR,
    "request-property-removed": Level.WARNING,
    "new-required-request-property": Level.ERROR,
    "new-required-request-property-with-default": Level.ERROR,
    "new-optional-request-property": Level.INFO,
    "request-property-became-required": Level.ERROR,
    "request-property-became-required-with-default": Level.ERROR,
    "request-property-became-optional": Level.INFO,
    "response-success-status-added": Level.INFO,
    "response-success-status-removed": Level.ERROR,
    "response-non-success-status-added": Level.INFO,
    "response-non-success-status-removed": Level.INFO,
    "response-media-type-added": Level.INFO,
    "response-media-type-removed": Level.ERROR,
    "required-response-header-removed": Level.ERROR,
    "optional-response-header-removed": Level.INFO,
    "response-header-added": Level.INFO,
    "response-required-property-removed": Level.ERROR,
    "response-optional-property-removed": Level.INFO,
    "response-required-property-added": Level.INFO,
    "response-optional-property-added": Level.INFO,
    "response-property-became-optional": Level.ERROR,
    "response-property-became-required": Level.INFO,
}
"""Rules whose level does not follow from values becoming fewer or more."""

BOUNDS = {
    "maximum": ("max", True),
    "minimum": ("min", False),
    "exclusiveMaximum": ("exclusive-max", True),
    "exclusiveMinimum": ("exclusive-min", False),
    "maxLength": ("max-length", True),
    "minLength": ("min-length", False),
    "maxItems": ("max-items", True),
    "minItems": ("min-items", False),
    "maxProperties": ("max-properties", True),
    "minProperties": ("min-properties", False),
}
"""Keywords that bound values: the word that rules know each by, and whether it bounds them from above."""
