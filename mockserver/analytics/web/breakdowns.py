"""What visits are told apart by in the table of web analytics.

Source: the `hogql` of recorded answers, and the values of the 2025-11 document.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node
from mockserver.analytics.web.sessions import WebSessions

NONE = "(none)"
PAGE, INITIAL_PAGE, LANGUAGE, FRUSTRATION = "Page", "InitialPage", "Language", "FrustrationMetrics"
SESSION_PATHS = {INITIAL_PAGE: "session.$entry_pathname", "ExitPage": "session.$end_pathname"}
EVENT_PATHS = {PAGE: "events.properties.$pathname", FRUSTRATION: "events.properties.$pathname"}
PREVIOUS_PAGE = "events.properties.$prev_pageview_pathname"
REFERRER = "events.properties.$referrer"
VALUES: Mapping[str, str] = {
    "ExitClick": "session.$last_external_click_url",
    "ScreenName": "events.properties.$screen_name",
    "InitialChannelType": "session.$channel_type",
    "InitialReferringDomain": "session.$entry_referring_domain",
    "InitialUTMSource": "session.$entry_utm_source",
    "InitialUTMCampaign": "session.$entry_utm_campaign",
    "InitialUTMMedium": "session.$entry_utm_medium",
    "InitialUTMTerm": "session.$entry_utm_term",
    "InitialUTMContent": "session.$entry_utm_content",
    "InitialUTMSourceMediumCampaign": (
        f"concatWithSeparator(' / ', coalesce(session.$entry_utm_source, session.$entry_referring_domain, '{NONE}'),"
        f" coalesce(session.$entry_utm_medium, '{NONE}'), coalesce(session.$entry_utm_campaign, '{NONE}'))"
    ),
    "Browser": "properties.$browser",
    "OS": "properties.$os",
    "Viewport": "(properties.$viewport_width, properties.$viewport_height)",
    "DeviceType": "properties.$device_type",
    "Country": "properties.$geoip_country_code",
    "Region": "(properties.$geoip_country_code, properties.$geoip_subdivision_1_code,"
    " properties.$geoip_subdivision_1_name)",
    "City": "(properties.$geoip_country_code, properties.$geoip_city_name)",
    "Timezone": "(0 - toFloat(properties.$timezone_offset)) / 60",
    LANGUAGE: "properties.$browser_language",
}
TOLD_ALWAYS = ("InitialUTMSource", "InitialUTMCampaign", "InitialUTMMedium", "InitialUTMTerm", "InitialUTMContent")
"""Breakdowns that have a row for those who lack the value."""


def value_of(web: WebSessions) -> Node:
    """Return HogQL for an event's value. Raises: QueryError for a breakdown that is not here."""
    name = web.query["breakdownBy"]
    if path := SESSION_PATHS.get(name) or EVENT_PATHS.get(name):
        return web.path(expression(path))
    if name == "PreviousPage":
        # Within a page that loads others itself, from a page of the same site, or from another site.
        return expression(
            f"multiIf(isNotNull({PREVIOUS_PAGE}), {{previous}},"
            f" domain(events.properties.$current_url) = domain({REFERRER}), {{same_site}}, {REFERRER})",
            previous=web.path(expression(PREVIOUS_PAGE)),
            same_site=web.path(expression(f"path({REFERRER})")),
        )
    if name not in VALUES:
        raise QueryError(f"Unsupported breakdown: {name}")
    return expression(VALUES[name])


def entry_path(web: WebSessions) -> Node:
    """Return HogQL for the page that a session began with."""
    return web.path(expression(SESSION_PATHS[INITIAL_PAGE]))


def is_told(name: str) -> Node:
    """Return what holds of the rows that are told, of their `breakdown_value`."""
    match name:
        case "Region" | "City":
            return expression("breakdown_value.2 is not null")
        case "Viewport":
            return expression(
                "breakdown_value.1 is not null and breakdown_value.2 is not null"
                " and toString(breakdown_value.1) != '0' and toString(breakdown_value.2) != '0'"
            )
        case "InitialChannelType":
            return expression("breakdown_value is not null and breakdown_value != ''")
    return expression("true" if name in TOLD_ALWAYS else "breakdown_value is not null")
