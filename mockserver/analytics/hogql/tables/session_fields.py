"""Sessions: each field of one is told from the session's events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockserver.analytics.hogql.tables.channel_rules import Rule
from mockserver.analytics.hogql.tables.channels import Arrival, channel_type
from mockserver.analytics.hogql.tables.schema import Computed, Plain, TableField
from mockserver.analytics.hogql.types import Kind, Type


def _event_property(name: str) -> str:
    return f"JSONExtractString(properties, '{name}')"


def _first(sql: str) -> str:
    return f"nullIf(nullIf(argMin({sql}, timestamp), 'null'), '')"


def _last(sql: str) -> str:
    return f"nullIf(nullIf(argMax({sql}, timestamp), 'null'), '')"


CAMPAIGN = ("utm_source", "utm_campaign", "utm_medium", "utm_term", "utm_content", "gclid", "gad_source", "gclsrc",
            "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "twclid", "li_fat_id", "mc_cid", "igshid", "ttclid",
            "_kx", "irclid")  # fmt: skip


def _of_a_session(field: Computed) -> Computed:
    """Return a field that is empty for events outside of any session, as columns of a table joined in vain are."""
    return replace(field, expression=f"if(empty(session_id), '', {field.expression})")


def sessions_fields(rules: tuple[Rule, ...] = ()) -> dict[str, TableField]:
    """Return the fields of sessions, each told from the session's events, and channels by a project's rules too."""
    url = _event_property("$current_url")
    entry, end = _first(url), _last(url)
    pageviews, screens = "countIf(event = '$pageview')", "countIf(event = '$screen')"
    autocaptures = "countIf(event = '$autocapture')"
    duration = "dateDiff('second', min(timestamp), max(timestamp))"
    # Other names of fields, and what JSON cannot hold: there to be asked for, and no part of `*`.
    older: Mapping[str, bool] = {"is_starred": False, "is_listed": True}
    text, count = Type(Kind.STRING), Type(Kind.INTEGER)
    fields: dict[str, TableField] = {
        "id": Plain(text, "`$session_id`", **older),
        "session_id": Plain(text, "`$session_id`"),
        "session_id_v7": Plain(count, "reinterpretAsUInt128(toUUIDOrZero(`$session_id`))", **older),
        "team_id": Plain(count, "{team_id}", is_starred=False),
        "distinct_id": Plain(text, _last("distinct_id")),
        "$start_timestamp": Plain(Type(Kind.DATETIME), "min(toTimeZone(timestamp, {timezone}))"),
        "$end_timestamp": Plain(Type(Kind.DATETIME), "max(toTimeZone(timestamp, {timezone}))"),
        "$urls": Plain(Type(Kind.ARRAY), f"arrayDistinct(groupArrayIf({url}, {url} != ''))"),
        "$num_uniq_urls": Plain(count, f"uniqIf({url}, {url} != '')"),
        "$entry_current_url": Plain(text, entry),
        "$entry_pathname": Plain(text, f"path({entry})"),
        "$entry_hostname": Plain(text, f"domain({entry})"),
        "$end_current_url": Plain(text, end),
        "$end_pathname": Plain(text, f"path({end})"),
        "$end_hostname": Plain(text, f"domain({end})"),
        "$entry_referring_domain": Plain(text, _first(_event_property("$referring_domain"))),
    }
    for name in CAMPAIGN:
        fields[f"$entry_{name}"] = Plain(text, _first(_event_property(name)))
    return fields | {
        "$pageview_count": Plain(count, pageviews),
        "$autocapture_count": Plain(count, autocaptures),
        "$screen_count": Plain(count, screens),
        "$channel_type": _of_a_session(channel_type(Arrival.of_session(), rules)),
        "$session_duration": Plain(count, duration),
        "duration": Plain(count, duration, **older),
        "$is_bounce": Plain(
            Type(Kind.BOOLEAN),
            f"if({pageviews} = 0, NULL, not({pageviews} > 1 OR {autocaptures} > 0 OR {duration} >= 10))",
        ),
        "$last_external_click_url": Plain(text, _last(_event_property("$external_click_url"))),
        "$page_screen_autocapture_count_up_to": Plain(
            count, "uniqUpToIf(1)(uuid, event IN ('$pageview', '$screen', '$autocapture'))", is_listed=False
        ),
        "$exit_current_url": Plain(text, end, **older),
        "$exit_pathname": Plain(text, f"path({end})", **older),
        "$vitals_lcp": Plain(Type(Kind.FLOAT), f"toFloat64OrNull({_first(_event_property('$web_vitals_LCP_value'))})"),
    }
