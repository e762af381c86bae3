"""Variables of insights: what stands in braces in a query, and is given from outside."""

from __future__ import annotations

from typing import Any

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.resources.behaviours import Unsorted
from mockserver.resources.resource import Record

TAKEN = "Variable with name already exists"


class InsightVariables(Unsorted):
    """The variables of a project; a query calls one by the name that followed from its own when it was made."""

    family = "insight_variables"
    table = "insight_variables"
    component = "InsightVariable"
    title = "Insight Variable"

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        code_name = code_name_of(data["name"])
        if call.table(self.table).first(code_name=code_name, **self.tenant_key(call)) is not None:
            raise ValidationError(TAKEN)
        return super().perform_create(call, {**data, "code_name": code_name})

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"created_by": call.user["id"], "created_at": call.now()}


def code_name_of(name: str) -> str:
    """Return what queries call a variable: its name in lower case, of letters, digits and underscores alone."""
    kept = "".join(c for c in name if c.isalnum() or c in " _")
    return kept.replace(" ", "_").lower()
