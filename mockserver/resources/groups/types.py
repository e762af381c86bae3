"""Types of groups: what they are called, what their lists show, and the dashboard of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import BareError, NotFound, ValidationError
from mockserver.request.call import Call
from mockserver.request.tenancy import integer
from mockserver.resources import tiles
from mockserver.resources.making.insights import add_insight
from mockserver.resources.resource import Record, Resource

INDEX, COLUMNS = "group_type_index", "default_columns"
NAMES = ("name_singular", "name_plural")
LONGEST_NAME = 400
UNKNOWN = "Group type not found"


class GroupTypes(Resource):
    """The types of groups that a project's events told of; at most five. Source: recorded answers."""

    family = "groups_types"
    table = "group_types"
    component = "GroupType"
    title = "Groups Types"
    tells_fields = False

    def list(self, call: Call) -> Any:
        """Return every type, by its index."""
        kinds = call.table(self.table).find(**self.tenant_key(call))
        return [self.show(kind, call) for kind in sorted(kinds, key=lambda kind: kind[INDEX])]

    def update_metadata(self, call: Call) -> Any:
        """Call types by other names, and return all of them. Raises: ValidationError, NotFound."""
        rows = call.body
        if not isinstance(rows, list):
            raise ValidationError("Expected a list of items.", code="not_a_list")
        told = [(self._of(call, _row(row)), _names(row)) for row in rows]
        for kind, names in told:
            call.table(self.table).update(kind, names)
        return self.list(call)

    def set_default_columns(self, call: Call) -> Any:
        """Choose what lists of a type show. Raises: NotFound, ValidationError."""
        body = _row(call.body)
        kind = self._of(call, body)
        if COLUMNS not in body:
            raise ValidationError("This field is required.", code="required", attr=COLUMNS)
        columns = body[COLUMNS]
        if columns is not None and not (isinstance(columns, list) and all(isinstance(each, str) for each in columns)):
            raise ValidationError("Expected a list of texts.", code="not_a_list", attr=COLUMNS)
        return self.show(call.table(self.table).update(kind, {COLUMNS: columns}), call)

    def create_detail_dashboard(self, call: Call) -> Any:
        """Make the dashboard that tells of a group of a type. Raises: NotFound, BareError where there is one."""
        kind = self._of(call, _row(call.body))
        if kind.get("detail_dashboard"):
            raise BareError({"detail": "Dashboard already exists for this group type."})
        made = {"detail_dashboard": make_dashboard(call, kind)}
        return self.show(call.table(self.table).update(kind, made), call)

    def destroy(self, call: Call) -> Any:  # type: ignore[override]
        """Remove a type; its groups stay. Raises: NotFound."""
        number = integer(call.path[INDEX])
        call.table(self.table).delete(self._of(call, {INDEX: number}))

    def _of(self, call: Call, body: Mapping[str, Any]) -> Record:
        """Return the type that a body names by its index. Raises: NotFound, ValidationError."""
        if INDEX not in body:
            raise ValidationError("This field is required.", code="required", attr=INDEX)
        kind = call.table(self.table).first(group_type_index=body[INDEX], **self.tenant_key(call))
        if kind is None:
            raise NotFound(UNKNOWN)
        return kind


def make_dashboard(call: Call, kind: Record) -> int:
    """Make the dashboard of a type of groups with its insights, and return its id."""
    singular = kind.get("name_singular") or kind["group_type"]
    made = tiles.new_dashboard(
        call, name=f"Template dashboard for {singular} overview", creation_mode="template",
        description=f"What the page of each {singular} shows: its insights tell of that one alone.",
    )  # fmt: skip
    number: int = made["id"]
    for name, query in _insights(kind[INDEX]).items():
        insight = add_insight(call, {"name": name, "query": query})
        tiles.add(call, number, insight=insight["id"])
    return number


def _insights(index: int) -> dict[str, Any]:
    """Return the queries of a type's dashboard, by the names of its insights."""
    every = {"kind": "EventsNode", "event": None, "name": "All events", "math": "total"}
    active = {**every, "math": "unique_group", "math_group_type_index": index}

    def trend(series: Mapping[str, Any], interval: str, since: str, **more: Any) -> dict[str, Any]:
        source = {
            "kind": "TrendsQuery", "series": [series], "interval": interval, "dateRange": {"date_from": since}, **more,
        }  # fmt: skip
        return {"kind": "InsightVizNode", "source": source}

    return {
        "Events": trend(every, "day", "-30d", breakdownFilter={"breakdown": "event", "breakdown_type": "hogql"}),
        "Active by the week": trend(active, "week", "-90d"),
        "Active by the month": trend(active, "month", "-180d"),
    }


def _row(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise ValidationError("Expected an object.", code="invalid")
    return row


def _names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names that a row gives. Raises: ValidationError."""
    names: dict[str, Any] = {}
    for name in NAMES:
        if name not in row:
            continue
        value = row[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, (str, int, float))):
            raise ValidationError("Not a valid string.", code="invalid", attr=name)
        text = None if value is None else str(value).strip()
        if text is not None and len(text) > LONGEST_NAME:
            detail = f"Ensure this field has no more than {LONGEST_NAME} characters."
            raise ValidationError(detail, code="max_length", attr=name)
        if text == "":
            raise ValidationError("This field may not be blank.", code="blank", attr=name)
        names[name] = text
    return names
