"""What PostHog has a name for: events and properties that it sends itself, and what it calls them.

Source: PostHog's taxonomy of 2025 and 2026, of which these are the names.
"""

from __future__ import annotations

NAMED_EVENTS = frozenset({
    "All events", "Application Backgrounded", "Application Became Active", "Application Installed",
    "Application Opened", "Application Updated", "Deep Link Opened", "Survey dismissed", "Survey sent", "Survey shown",
    "$$client_ingestion_warning", "$ai_embedding", "$ai_feedback", "$ai_generation", "$ai_metric", "$ai_span",
    "$ai_trace", "$autocapture", "$bot_pageview", "$capture_metrics", "$copy_autocapture", "$create_alias",
    "$csp_violation", "$dead_click", "$delete_group_property", "$exception", "$experiment_started",
    "$feature_enrollment_update", "$feature_flag_called", "$feature_interaction", "$feature_view", "$groupidentify",
    "$heatmap", "$http_log", "$identify", "$merge_dangerously", "$opt_in", "$pageleave", "$pageview", "$rageclick",
    "$screen", "$set", "$survey_dismissed", "$survey_response", "$web_vitals",
})  # fmt: skip
"""Events that the taxonomy has a name for."""

CAMPAIGN = (
    "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "gclid", "gad_source", "gclsrc", "dclid",
    "gbraid", "wbraid", "fbclid", "msclkid", "twclid", "li_fat_id", "mc_cid", "igshid", "ttclid", "rdt_cid", "epik",
    "qclid", "sccid", "irclid", "_kx",
)  # fmt: skip
"""What addresses carry of the advertisement that somebody came by."""
PLAIN_PROPERTIES = frozenset({"distinct_id", "token", *CAMPAIGN})
"""Properties of events that the taxonomy knows although their names do not begin with `$`."""

ALWAYS_LEFT_OUT = frozenset({
    "distinct_id", "$set", "$set_once", "$initial_referrer", "$initial_referring_domain", "$groups", "$group_type",
    "$group_key", "$group_set", *(f"$group_{index}" for index in range(5)),
    *(f"$session_entry_{name}" for name in ("url", "host", "pathname", "referrer", "referring_domain")),
    *(f"$session_entry_{name}" for name in ("search_engine", "ph_keyword", *CAMPAIGN)),
})  # fmt: skip
"""Properties of events that no list shows: what ingestion adds, and what is no property of the event."""

VIRTUAL_PERSON_PROPERTIES = {
    "$virt_initial_channel_type": "String", "$virt_initial_referring_domain_type": "String",
    "$virt_revenue": "Numeric", "$virt_revenue_last_30_days": "Numeric",
}  # fmt: skip
"""Properties of persons that PostHog works out, and their types."""

_LABELS = {
    "$ip": "IP address", "$os": "OS", "$os_version": "OS version", "$lib": "Library", "$lib_version": "Library version",
    "$current_url": "Current URL", "$pathname": "Path name", "$referrer": "Referrer URL", "$host": "Host",
    "$session_id": "Session ID", "$window_id": "Window ID", "$device_id": "Device ID", "$user_id": "User ID",
    "$insert_id": "Insert ID", "$anon_distinct_id": "Anon distinct ID", "distinct_id": "Distinct ID",
    "$raw_user_agent": "Raw user agent", "$browser_language": "Browser language", "$el_text": "Element text",
    "$event_type": "Event type", "$feature_flag": "Feature flag", "$feature_flag_response": "Feature flag response",
    "$active_feature_flags": "Active feature flags", "$sent_at": "Sent at", "$screen_name": "Screen name",
    "$geoip_city_name": "City name", "$geoip_country_name": "Country name", "$geoip_country_code": "Country code",
    "$geoip_continent_name": "Continent name", "$geoip_continent_code": "Continent code",
    "$geoip_postal_code": "Postal code", "$geoip_latitude": "Latitude", "$geoip_longitude": "Longitude",
    "$geoip_time_zone": "Timezone", "$geoip_subdivision_1_name": "Subdivision 1 name",
    "$geoip_subdivision_1_code": "Subdivision 1 code", "$timestamp": "Timestamp", "utm_source": "UTM source",
    "utm_medium": "UTM medium", "utm_campaign": "UTM campaign", "utm_content": "UTM content",
    "utm_term": "UTM term", "token": "Token", "$exception_types": "Exception type",
}  # fmt: skip


def label(name: str) -> str:
    """Return what PostHog calls a property of events; nothing for one that it does not know."""
    if name in _LABELS:
        return _LABELS[name]
    if name.startswith("$") and not name.startswith("$feature/"):
        return name.removeprefix("$").replace("_", " ").capitalize()
    return name if name in PLAIN_PROPERTIES else ""
