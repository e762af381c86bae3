"""Persons found by a text: in their email, or by an identifier."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mockserver.listing.comparing import json_text, like
from mockserver.resources.resource import Record


def search_persons(records: Sequence[Record], text: str) -> Sequence[Record]:
    """Return the persons whose email holds the text, in whatever case, or who have it as a distinct id or UUID.

    The text is a pattern of SQL's LIKE, as servers do not escape it: `%` stands for anything, `_` for one character.
    """
    pattern = re.compile(like(text), re.IGNORECASE | re.DOTALL)

    def matches(record: Record) -> bool:
        email = (record["properties"] or {}).get("email") or ""
        named = text in record["distinct_ids"] or text == record["uuid"]
        return named or pattern.search(email if isinstance(email, str) else json_text(email)) is not None

    return [record for record in records if matches(record)]
