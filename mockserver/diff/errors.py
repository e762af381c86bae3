"""What can be wrong with a document."""

from __future__ import annotations


class UnreadableDocument(Exception):
    """A document cannot be had, or is none; the message says which, and what to do."""
