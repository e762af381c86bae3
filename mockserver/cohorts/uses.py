"""What uses a cohort, and stands in the way of deleting it or of giving it other conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.cohorts.references import first_behavioral
from mockserver.contract import Profile
from mockserver.errors import ValidationError
from mockserver.listing.filtering import cohort_number
from mockserver.store import Record, View

SINCE = "2025-11"
NO_EVENTS = "Behavioral filters cannot be added to cohorts used in feature flags."


def flags_using(view: View, cohort: Record) -> list[Record]:
    """Return the living, active flags of the project whose conditions name a cohort."""
    flags = view.table("feature_flags").find(project_id=cohort["project_id"], deleted=False)
    return [flag for flag in flags if flag["active"] and cohort["id"] in _named(flag["filters"])]


def refuse_deletion(view: View, cohort: Record, profile: Profile) -> None:
    """Refuse to delete a cohort that active flags name, as servers do since late 2025. Raises: ValidationError.

    Source: a recorded deletion of August 2025, which left four flags without their cohort.
    """
    flags = flags_using(view, cohort) if profile.is_dated_within({"x-since": SINCE}) else []
    if flags:
        keys = ", ".join(flag["key"] for flag in flags)
        raise ValidationError(
            f"This cohort is used in {len(flags)} active feature flag(s): {keys}. "
            "Please remove the cohort from these feature flags before deleting it."
        )


def refuse_events(view: View, cohort: Record) -> None:
    """Refuse conditions on events for a cohort that active flags name: they cannot be decided there.

    Raises: ValidationError.
    """
    if first_behavioral(view, cohort) is not None and flags_using(view, cohort):
        raise ValidationError(NO_EVENTS, code="behavioral_cohort_found", attr="filters")


def _named(filters: Any) -> set[int | None]:
    sets = filters.get("groups") if isinstance(filters, Mapping) else None
    return {cohort_number(item.get("value")) for item in _properties(sets) if item.get("type") == "cohort"}


def _properties(sets: Any) -> Iterator[Mapping[str, Any]]:
    for one in sets if isinstance(sets, list) else ():
        properties = one.get("properties") if isinstance(one, Mapping) else None
        yield from (item for item in properties or () if isinstance(item, Mapping))
