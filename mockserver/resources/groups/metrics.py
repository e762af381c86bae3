"""Metrics of a type of groups: which events tell how much one uses, and how that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.errors import NotFound
from mockserver.request.call import Call
from mockserver.request.tenancy import integer
from mockserver.resources.resource import Record, Resource


class GroupMetrics(Resource):
    """Usage metrics of one type of groups; what they count is asked for in queries. Source: PostHog's document."""

    family = "group_metrics"
    table = "group_usage_metrics"
    component = "GroupUsageMetric"
    title = "Group Usage Metric"

    def tenant_key(self, call: Call) -> dict[str, Any]:
        return {**super().tenant_key(call), "group_type_index": self._index(call)}

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the metrics of the type that the path names, in order of creation."""
        return call.table(self.table).find(**self.tenant_key(call))

    def _index(self, call: Call) -> int:
        number = integer(call.path["group_type_index"])
        if number is None:
            raise NotFound
        return number
