"""Who a flag is evaluated for: an identifier, groups, and what is known of them beside what the asker says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Properties = Mapping[str, Any]
PERSON = None
"""The index of persons, beside those of the types of group."""


CAMPAIGN = (
    "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "gclid", "gad_source", "gclsrc", "dclid",
    "gbraid", "wbraid", "fbclid", "msclkid", "twclid", "li_fat_id", "mc_cid", "igshid", "ttclid", "rdt_cid", "epik",
    "qclid", "sccid", "irclid", "_kx",
)  # fmt: skip
FIRST_SEEN = (
    "$app_build", "$app_name", "$app_namespace", "$app_version", "$browser", "$browser_version", "$device_type",
    "$current_url", "$pathname", "$os", "$os_name", "$os_version", "$referrer", "$referring_domain", "$screen_height",
    "$screen_width", "$viewport_height", "$viewport_width", "$raw_user_agent",
)  # fmt: skip
INITIALS = tuple((name, f"$initial_{name.removeprefix('$')}") for name in (*FIRST_SEEN, *CAMPAIGN))
"""Properties, and where a person's first value of each is kept."""


def _belongs_nowhere(cohort_id: int) -> bool:
    return False


@dataclass
class Subject:
    """One person, and the groups that they act for.

    `given` properties win over `stored` ones, each by the index of a group type and of `PERSON`; nothing is stored of
    somebody unknown. `hash_keys` holds what flags with continuity remember this person by, `decided` the values of
    flags that others may depend on, and `is_member` tells of a cohort whether the person was put into it.
    `query_fails` where Django's one query for what is stored cannot be made; where `fills_initials`, the first value of
    a property that nobody kept is the one that it has.
    """

    distinct_id: str
    now: datetime
    given: Mapping[int | None, Properties] = field(default_factory=dict)
    stored: Mapping[int | None, Properties | None] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)
    hash_keys: Mapping[str, str] = field(default_factory=dict)
    anonymous_id: str | None = None
    is_member: Callable[[int], bool] = _belongs_nowhere
    decided: dict[int, bool | str] = field(default_factory=dict)
    query_fails: bool = False
    fills_initials: bool = False
    _merged: dict[int | None, Properties] = field(default_factory=dict)

    def properties(self, index: int | None) -> Properties:
        """Return all that is known of the person or of their group."""
        merged = self._merged.get(index)
        if merged is None:
            merged = self._merged[index] = self._merge(index)
        return merged

    def _merge(self, index: int | None) -> Properties:
        merged = {**(self.stored.get(index) or {}), **self.given_of(index)}
        if self.fills_initials and index is PERSON:
            for name, initial in INITIALS:
                if name in merged and initial not in merged:
                    merged[initial] = merged[name]
        return merged

    def given_of(self, index: int | None) -> Properties:
        """Return what the asker says of the person or of their group; their identifier always is."""
        own = ("distinct_id", self.distinct_id) if index is PERSON else ("$group_key", self.groups.get(index))
        given = self.given.get(index)
        return {own[0]: own[1], **given} if given else {own[0]: own[1]}
