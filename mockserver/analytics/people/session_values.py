"""What properties sessions have, and the values that those have most. Source: recorded answers, PostHog's sources."""

from __future__ import annotations

from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import constant, field
from mockserver.analytics.hogql.tables.schema import Computed, Plain
from mockserver.analytics.hogql.tables.session_fields import sessions_fields
from mockserver.analytics.hogql.types import Kind
from mockserver.analytics.inquiries import Inquiry
from mockserver.request.call import Call

MOST_VALUES = 20
KINDS = {
    Kind.STRING: "String",
    Kind.INTEGER: "Numeric",
    Kind.FLOAT: "Numeric",
    Kind.DATETIME: "DateTime",
    Kind.BOOLEAN: "Boolean",
}
DURATION = "$session_duration"
UNTOLD = ("$num_uniq_urls", "$page_screen_autocapture_count_up_to", "$exit_current_url", "$exit_pathname")
CHANNELS = (
    "Cross Network", "Paid Search", "Paid Social", "Paid Video", "Paid Shopping", "Paid Unknown", "Direct",
    "Organic Search", "Organic Social", "Organic Video", "Organic Shopping", "Push", "SMS", "Audio", "Email",
    "Referral", "Affiliate", "Unknown",
)  # fmt: skip


def session_properties() -> dict[str, str]:
    """Return the properties that servers tell of, each with its type."""
    told = {
        name: KINDS[item.type.kind]
        for name, item in sessions_fields().items()
        if isinstance(item, (Plain, Computed)) and item.type.kind in KINDS and name[0] == "$" and name not in UNTOLD
    }
    return {**told, DURATION: "Duration"}


def session_values(call: Call, key: str, text: str | None) -> list[str]:
    """Return the values of a property that a text stands in; of numbers and times none, of channels all there are."""
    kind, inquiry = session_properties()[key], Inquiry.of(call, {})
    if key == "$channel_type":
        own = [rule.channel for rule in inquiry.database.rules]
        return [*dict.fromkeys([*own, *(name for name in CHANNELS if (text or "").lower() in name.lower())])]
    if kind == "Boolean":
        return ["1", "0"]
    if kind != "String":
        return []
    found = inquiry.run(
        select(
            "SELECT {value} AS value, count() AS sessions FROM sessions WHERE value != '' AND value ILIKE {pattern}"
            f" GROUP BY value ORDER BY sessions DESC, value LIMIT {MOST_VALUES}",
            value=field(key),
            pattern=constant(f"%{text or ''}%"),
        )
    )
    return [value for value, _ in found.rows]
