"""How a visit's channel is told from where it came.

Source: PostHog's page on channel types, which says in what order the rules are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.analytics.hogql.tables.schema import STRING, Computed
from mockserver.analytics.hogql.types import Kind, Type

PAID = "'cpc', 'cpm', 'cpv', 'cpa', 'ppc', 'retargeting'"


@dataclass(frozen=True)
class Arrival:
    """Where a visit came from, each part as HogQL that is null where nothing is told."""

    source: str
    medium: str
    campaign: str
    domain: str
    gad_source: str
    gclid: str
    fbclid: str

    @classmethod
    def at(cls, prefix: str) -> Arrival:
        """Return what fields tell whose names begin alike."""
        names = ("utm_source", "utm_medium", "utm_campaign", "referring_domain", "gad_source", "gclid", "fbclid")
        return cls(*(f"{prefix}{name}" for name in names))


def referring_domain_type(arrival: Arrival) -> Computed:
    """Return the field for the kind of site that led here; `$direct` where none did."""
    text = "if({domain} = '$direct', '$direct', hogql_lookupDomainType({domain}))"
    return Computed(text, Type(Kind.STRING), parts=(("domain", f"toString({arrival.domain})"),))


def channel_type(arrival: Arrival) -> Computed:
    """Return the field for a visit's channel."""
    return Computed(CHANNEL, STRING, parts=tuple(_parts(arrival)))


CHANNEL = """
    multiIf(
        match({campaign}, 'cross-network'), 'Cross Network',
        {is_paid}, {paid},
        {domain} = '$direct' AND {medium} IS NULL AND NOT {has_fbclid}
            AND ({source} IS NULL OR {source} IN ('(direct)', 'direct', '$direct')), 'Direct',
        {organic}
    )
"""


def _parts(arrival: Arrival) -> Iterator[tuple[str, str]]:
    for name in ("source", "medium", "campaign", "gad_source", "gclid", "fbclid"):
        # Empty text, and a null that was kept as text, tell nothing.
        yield f"{name}_text", f"nullIf(nullIf(toString({getattr(arrival, name)}), ''), 'null')"
    for name in ("source", "medium", "campaign"):
        yield name, f"lower({{{name}_text}})"
    yield "domain", f"toString({arrival.domain})"
    yield "has_fbclid", "isNotNull({fbclid_text})"
    yield "is_video", "match({campaign}, '^(.*video.*)$')"
    yield "is_shopping", "match({campaign}, '^(.*(([^a-df-z]|^)shop|shopping).*)$')"
    yield (
        "is_paid",
        (
            f"{{medium}} IN ({PAID}) OR startsWith({{medium}}, 'paid') OR isNotNull({{gclid_text}})"
            " OR isNotNull({gad_source_text})"
        ),
    )
    yield (
        "otherwise_paid",
        (
            "multiIf({gad_source_text} = '1', 'Paid Search', {is_video}, 'Paid Video', {has_fbclid}, 'Paid Social',"
            " 'Paid Unknown')"
        ),
    )
    yield (
        "otherwise_organic",
        (
            "multiIf({is_video}, 'Organic Video', match({medium}, 'push$'), 'Push', {has_fbclid}, 'Organic Social',"
            " {domain} = '$direct', 'Direct', {domain} IS NOT NULL, 'Referral', 'Unknown')"
        ),
    )
    # A known site as source comes first, then a campaign of shopping, a known medium, a known site that led here.
    for how in ("Paid", "Organic"):
        yield (
            how.lower(),
            (
                f"coalesce(hogql_lookup{how}SourceType({{source}}), if({{is_shopping}}, '{how} Shopping', NULL),"
                f" hogql_lookup{how}MediumType({{medium}}), hogql_lookup{how}SourceType({{domain}}),"
                f" {{otherwise_{how.lower()}}})"
            ),
        )
