"""How a visit's channel is told from where it came.

Source: PostHog's page on channel types, which says in what order the rules are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.analytics.hogql.tables.channel_rules import KEYS, Part, Rule, parts_of
from mockserver.analytics.hogql.tables.schema import STRING, Computed
from mockserver.analytics.hogql.types import Kind, Type

TOLD = ("utm_source", "utm_medium", "utm_campaign", "referring_domain", "gad_source", "gclid", "fbclid")
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
    url: str
    pathname: str
    hostname: str

    @classmethod
    def of_session(cls) -> Arrival:
        """Return what a session's fields tell of where it began."""
        return cls(*(f"$entry_{name}" for name in (*TOLD, "current_url", "pathname", "hostname")))

    @classmethod
    def of_person(cls, owner: str = "") -> Arrival:
        """Return what the properties of a person tell of their first visit."""
        told = [f"{owner}properties.$initial_{name}" for name in (*TOLD, "url", "pathname", "hostname")]
        told[-1] = f"domain(toString({told[-1]}))"
        return cls(*told)


def referring_domain_type(arrival: Arrival) -> Computed:
    """Return the field for the kind of site that led here; `$direct` where none did."""
    text = "if({domain} = '$direct', '$direct', hogql_lookupDomainType({domain}))"
    return Computed(text, Type(Kind.STRING), parts=(("domain", f"toString({arrival.domain})"),))


def channel_type(arrival: Arrival, rules: tuple[Rule, ...] = ()) -> Computed:
    """Return the field for a visit's channel: by a project's own rules, where one of them says it."""
    parts: tuple[Part, ...] = tuple(_parts(arrival))
    if not rules:
        return Computed(CHANNEL, STRING, parts=parts)
    told = ((key, f"toString({getattr(arrival, _attribute(key))})") for key in KEYS)
    return Computed("coalesce({own}, {usual})", STRING, parts=(*parts, ("usual", CHANNEL), *told, *parts_of(rules)))


CHANNEL = """
    multiIf(
        match({campaign}, 'cross-network'), 'Cross Network',
        {is_paid}, {paid},
        {domain} = '$direct' AND {medium} IS NULL AND NOT {has_fbclid}
            AND ({source} IS NULL OR {source} IN ('(direct)', 'direct', '$direct')), 'Direct',
        {organic}
    )
"""


def _attribute(key: str) -> str:
    """Return what an arrival calls what a rule calls by a key."""
    return "domain" if key == "referring_domain" else key.removeprefix("utm_")


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
