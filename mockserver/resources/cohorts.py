"""Cohorts."""

from __future__ import annotations

from typing import Any

from mockserver.call import Call
from mockserver.errors import NotModelled
from mockserver.resource import Resource


class Cohorts(Resource):
    """Cohorts."""

    family = "cohorts"
    table = "cohorts"
    component = "Cohort"

    def activity(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def add_persons_to_static_cohort(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def calculation_history(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def duplicate_as_static_cohort(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def persons(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")

    def remove_person_from_static_cohort(self, call: Call) -> Any:
        """Not modelled yet."""
        raise NotModelled("Not modelled.")
