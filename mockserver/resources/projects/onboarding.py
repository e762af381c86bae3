"""Product intents: which products a project means to use, and whose onboarding is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import BareError
from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource
from mockserver.validation.schemas import build_schema


class ProductOnboarding(Resource):
    """Projects keep a list of the products that they were set up for."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.onboarding = build_schema(contract, "ProductOnboarding")

    def complete_product_onboarding(self, call: Call, record: Record) -> Record:
        """Note that a product's onboarding is done; the project's other fields stay as they are.

        The pages show a body of those other fields, which names no product: it is let pass, and nothing is noted.

        Raises: BareError without a product, ValidationError.
        """
        if isinstance(call.body, Mapping) and not call.body.get("product_type"):
            if call.body and not call.is_observed and "product_type" not in call.body:  # a body like the pages'
                return record
            raise BareError({"error": "product_type is required"})
        data = self.onboarding.judge(call.body, self.lookup(call), is_form=call.is_form)
        intents = noted(record["product_intents"] or [], data["product_type"], call.now())
        return call.table(self.table).update(record, {"product_intents": intents})


def noted(intents: list[dict[str, Any]], product: str, now: str) -> list[dict[str, Any]]:
    """Return the intents with one product's onboarding done, added at the end if it is new."""
    done = {"onboarding_completed_at": now, "updated_at": now}
    if all(intent["product_type"] != product for intent in intents):
        return [*intents, {"product_type": product, "created_at": now, **done}]
    return [{**intent, **done} if intent["product_type"] == product else intent for intent in intents]
