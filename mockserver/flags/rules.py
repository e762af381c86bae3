"""The engines that evaluate flags, and the rules in which they differ beside how they match properties."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mockserver.contract import Profile
from mockserver.flags.matching.service import State


@dataclass(frozen=True)
class Rules:
    """What an engine does its own way.

    `state` is the flags service's; without one it is Django, which answered `/decide` until late 2025.
    """

    state: State | None
    mixes_groups: bool
    """Whether a condition set may be of another kind of groups than its flag; else whoever is in none of the flag's
    groups is asked nothing."""
    knows_enrollment: bool
    """Whether a flag may say itself that it is one of early access, rather than by a super condition."""
    knows_runtimes: bool
    """Whether flags are left out that are for another runtime, or for other contexts, than those of whoever asks."""
    tells_failures: bool
    """Whether a flag that could not be computed says so."""
    overrides_first: bool
    """Whether condition sets that give a variant are looked at before the others; else all in the order written."""
    index_of_nothing: int | None
    """The condition that is named where there is none, or where a holdout decided."""
    needs_dependencies: bool
    """Whether a flag is left out whose dependency is off for everybody or gone; else it is false, and says so."""
    answers_needs: bool
    """Whether flags that only others depend on are told as well."""
    nests_cohorts: bool
    """Whether cohorts inside of cohorts are judged where they stand; of old all had to hold, negated or not."""
    assumes_anonymous: bool
    """Whether who was anonymous is hashed so for flags that promise continuity, before anything is remembered."""

    @property
    def is_django(self) -> bool:
        """Whether this is Django's engine."""
        return self.state is None


SINCE = "2026-01"
"""The month from which on servers are taken to evaluate flags as those of September 2026 do, which were read."""


def is_of_2025(profile: Profile) -> bool:
    """Return whether a profile's servers evaluate flags as in August 2025; the pages, silent on it, do as of now."""
    return profile.date is not None and profile.date < SINCE


DJANGO = Rules(
    state=None,
    mixes_groups=False,
    knows_enrollment=False,
    knows_runtimes=False,
    tells_failures=False,
    overrides_first=True,
    index_of_nothing=0,
    needs_dependencies=True,
    answers_needs=False,
    nests_cohorts=True,
    assumes_anonymous=False,
)
SERVICE_OF_2025 = replace(
    DJANGO, state=State.AUGUST_2025, index_of_nothing=None, answers_needs=True, nests_cohorts=False
)  # fmt: skip
SERVICE_OF_2026 = Rules(
    state=State.SEPTEMBER_2026,
    mixes_groups=True,
    knows_enrollment=True,
    knows_runtimes=True,
    tells_failures=True,
    overrides_first=False,
    index_of_nothing=None,
    needs_dependencies=False,
    answers_needs=False,
    nests_cohorts=True,
    assumes_anonymous=True,
)
