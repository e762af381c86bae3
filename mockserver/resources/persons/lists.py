"""Lists of persons: newest first, narrowed by email, distinct id, search and property filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mockserver.analytics import run_query
from mockserver.errors import ValidationError
from mockserver.listing.filtering import DEEPEST, Test, predicate, read_filters
from mockserver.listing.pagination import LARGEST, FullPageOffset, Page
from mockserver.membership.members import membership_context
from mockserver.request.call import Call
from mockserver.resources.actors.searching import search_persons
from mockserver.resources.resource import Record, Resource
from mockserver.store.orders import sort_key
from mockserver.world.tables import NEWEST_PERSONS


class PersonLists(Resource):
    """The list action of persons."""

    pagination = FullPageOffset()
    order = NEWEST_PERSONS
    narrowing = ("distinct_id", "email", "search", "properties")

    def list(self, call: Call) -> Any:
        """Return a page of persons, or every one of them as CSV.

        The pages show a count with each answer; servers add it when `include_total` asks for it.
        """
        if call.query.get("properties"):
            read_filters(call.query["properties"])  # the servers read them before anything else
        limit, offset = self.pagination.window(call)
        if call.format == "csv":
            limit, offset = LARGEST, 0
        rows, count = self.fetcher(call)(offset, limit)
        links = self.pagination.links(call, len(rows))
        if not call.is_observed:
            return Page(rows, {"count": count, **links, "results": ()})
        return Page(rows, {"results": (), **links, **({"count": count} if "include_total" in call.query else {})})

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the persons among whom to look: from an index when a distinct id or an email is named."""
        for name, field in (("distinct_id", "distinct_ids"), ("email", "properties.email")):
            value = call.query.get(name)
            if value:
                found = call.table(self.table).find(**{field: value}, **self.tenant_key(call))
                return sorted(found, key=lambda record: (sort_key(record["created_at"]), record["id"]), reverse=True)
        return super().get_records(call)

    def pages_in_order(self, call: Call) -> bool:
        return not self.is_filtered(call)

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        email, search, properties = (call.query.get(name) for name in ("email", "search", "properties"))
        if email:
            records = [record for record in records if (record["properties"] or {}).get("email") == email]
        if search:
            records = search_persons(records, search)
        if properties:
            accepts = self._property_test(call, properties)
            records = [record for record in records if accepts(record)]
        return records

    def _property_test(self, call: Call, text: str) -> Test:
        """Return the test of a list's filters. Raises: ValidationError."""
        kinds = {"person"} if call.is_observed else {"person", "cohort", "hogql"}
        context = replace(
            membership_context(call.state, call.tenant.project_id), compares_text=True,
            expression=partial(expression_test, call),
        )  # fmt: skip
        return predicate(of_kinds(read_filters(text), kinds), context)


def expression_test(call: Call, text: str) -> Test:
    """Return the test of who meets a HogQL expression. Raises: ValidationError, NotModelled without the extra."""
    filter = {"type": "hogql", "key": text}
    query = {"kind": "ActorsQuery", "select": ["groupArray(id)"], "properties": [filter]}
    found = frozenset(run_query(call, query)["results"][0][0])
    return lambda record: record["uuid"] in found


def of_kinds(filters: Any, kinds: set[str], depth: int = 0) -> Any:
    """Return filters with those of other kinds made ones that everybody meets, as servers do with what is incomplete.

    Source: recorded lists, where a filter without a type, or of events or cohorts, leaves everybody in.
    """
    if depth > DEEPEST:
        raise ValidationError("Property filters are nested too deeply.")
    if isinstance(filters, list):
        return [of_kinds(item, kinds, depth + 1) for item in filters]
    if isinstance(filters, Mapping) and isinstance(filters.get("values"), list):
        return {**filters, "values": of_kinds(filters["values"], kinds, depth + 1)}
    if isinstance(filters, Mapping) and filters.get("type") not in kinds:
        return {}
    return filters
