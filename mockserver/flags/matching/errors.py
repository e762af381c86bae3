"""What can be wrong with a filter of properties, or with the value that it is held against."""

from __future__ import annotations


class CannotMatch(Exception):
    """A value cannot be compared as the operator asks; for the flag's condition it is no match."""


class Unreadable(Exception):
    """A filter cannot be read at all, such as one whose operator nobody knows; its flag cannot be evaluated."""
