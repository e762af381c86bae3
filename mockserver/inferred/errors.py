"""What can be wrong with documents together, and with what their reader says of them."""

from __future__ import annotations


class Clash(Exception):
    """A document's operation is another's already, or its name is; the message names both."""


class OverrideError(Exception):
    """A correction that names nothing, or says what cannot be said; the message begins with its place."""
