"""What is asked of flags beside themselves: how they stand, what they are called, how their use is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import NotFound
from mockserver.request.call import Answer, Call
from mockserver.resources.feature_flags import standing, usage
from mockserver.resources.resource import Record, Resource
from mockserver.world import entropy

NO_ENRICHMENT = "No enriched analytics available for this feature flag"
NO_DASHBOARD = "Usage dashboard not found"


class FlagInquiries(Resource):
    """Actions of flags that change no flag."""

    def status(self, call: Call) -> Any:
        """Return how a flag stands, and why; of one that is not there too, with 404."""
        try:
            record = Resource.get_record(self, call, call.path["id"])
        except NotFound:
            return Answer({"status": "unknown", "reason": "Flag could not be found"}, 404)
        state, reason = standing.reason(record, entropy.now(call.state))
        return {"status": state, "reason": reason}

    def bulk_keys(self, call: Call) -> Any:
        """Return the keys of flags by their ids; what is no id is told."""
        given = call.body.get("ids") if isinstance(call.body, Mapping) else None
        asked = given if isinstance(given, list) else []
        if not asked:
            return {"keys": {}}
        numbers = [int(str(item)) for item in asked if str(item).isascii() and str(item).isdecimal()]
        wrong = [str(item) for item in asked if not (str(item).isascii() and str(item).isdecimal())]
        if not numbers:
            return Answer({"error": "Invalid flag IDs provided"}, 400)
        flags = call.table(self.table).find(**self.tenant_key(call))
        keys = {str(flag["id"]): flag["key"] for flag in flags if flag["id"] in numbers}
        warning = {"warning": f"Invalid flag IDs ignored: {', '.join(wrong)}"} if wrong else {}
        return {"keys": keys, **warning}

    def dashboard(self, call: Call, record: Record) -> Any:
        """Make the dashboard of a flag's usage anew; the flag shows the newest. Source: a recorded answer."""
        number = usage.make_dashboard(call, record["key"])
        call.table(self.table).update(record, {"usage_dashboard": number})
        return {"success": True}

    def enrich_usage_dashboard(self, call: Call, record: Record) -> Any:
        """Add what enriched analytics tell to the dashboard of a flag's usage; refused where nothing is told."""
        if call.table("dashboards").get(record.get("usage_dashboard")) is None:
            return Answer({"success": False, "error": NO_DASHBOARD}, 400)
        if not record.get("has_enriched_analytics"):
            return Answer({"success": False, "error": NO_ENRICHMENT}, 400)
        usage.enrich(call, record)
        return {"success": True}
