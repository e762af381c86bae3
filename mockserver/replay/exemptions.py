"""Checks that are switched off, each with its reason.

What a check found is left out of a report only where an exemption covers it: the check, the operation, the title of the
failure, and what the server answered, each a regular expression for all of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mockserver.contract import Contract, Profile

FORMS = r"application/x-www-form-urlencoded|multipart/form-data"


@dataclass(frozen=True)
class Exemption:
    """A check that is switched off, for operations whose label matches, with its reason."""

    check: str
    reason: str
    operations: str = ".*"
    title: str = ".*"
    answer: str = ".*"
    """Of the answers that a check refuses, only these: `code: detail` of the error envelope."""
    media_type: str = ".*"
    """Of the requests, only those with such a body."""
    request: str = ".*"
    """Of the requests, only those that read so as curl."""

    def covers(
        self, check: str, label: str, title: str = "", answer: str = "", media_type: str = "", request: str = ""
    ) -> bool:
        """Return whether what a check found of an operation is switched off by this."""
        pairs = (
            (self.check, check), (self.operations, label), (self.title, title), (self.answer, answer),
            (self.media_type, media_type), (self.request, request),
        )  # fmt: skip
        return all(re.fullmatch(pattern, text, re.DOTALL) for pattern, text in pairs)


EXEMPTIONS: tuple[Exemption, ...] = (
    Exemption(
        "negative_data_rejection",
        "DRF coerces (numbers into text, text into numbers and booleans), ignores nonsense in `limit`, `offset` and "
        "most query parameters, and ignores fields that it does not know; recorded answers accept all of these. What "
        "must be refused stands in the scripts.",
    ),
    Exemption(
        "positive_data_acceptance",
        "A form has neither null nor nested values nor numbers: what the schema allows cannot be written in one.",
        media_type=FORMS,
    ),
    Exemption(
        "positive_data_acceptance",
        "What a body or query refers to must exist, and names must be free; no schema can say so.",
        answer=r"(does_not_exist|unique): .*|invalid_input: Feature Flag with this ID does not exist"
        r"|None: Feature flag to copy does not exist\.|invalid_input: Enter a valid URL\."
        r"|blank: This field may not be blank\."
        r"|invalid_input: (Role does not exist|User does not exist)\b.*"
        r"|invalid_input: User is already .*"
        r"|invalid_input: No valid users to add to cohort.*|invalid_input: The ID provided does not look like a .*"
        r"|invalid_input: You can not scope an access control to both a member and a role\."
        r"|invalid_input: Invalid page\..*|invalid_input: This person has no distinct ids\."
        r"|invalid_input: Linked feature flag .* already has a feature attached to it\."
        r"|invalid_input: (Group-based|Multivariate) feature flags are not supported for Early Access Features\.",
    ),
    Exemption(
        "positive_data_acceptance",
        "Keys of groups must be free, properties that are deleted be there, dashboards not yet (recorded).",
        operations=r"(POST|PUT) /api/projects/{project_id}/groups(_types)?(/.*)?",
        answer=r"invalid_input: (A group with this key already exists|Property '.*' does not exist on this group\.)"
        r"|None: Dashboard already exists for this group type\.",
    ),
    Exemption(
        "positive_data_acceptance",
        "A view is HogQL that can be run, under a name that no table has, changed by who saw its last change.",
        operations=r"(POST|PUT|PATCH) /api/projects/{project_id}/warehouse_saved_queries(/{id})?",
        answer=r"invalid_input: .*|null: .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "What is in a folder can be counted in a folder alone, which is not put into itself (PostHog's sources).",
        operations=r"POST /api/projects/{project_id}/file_system/{id}/(count|move|link)",
        answer=r"None: (Count can only be called on folders|Cannot (move|link) folder into itself)",
    ),
    Exemption(
        "positive_data_acceptance",
        "Only a restricted dashboard has collaborators, and whoever may change it anyhow is none (PostHog's sources).",
        operations=r"POST /api/projects/{project_id}/dashboards/{dashboard_id}/collaborators",
        answer=r"invalid_input: (Cannot add collaborators|Only edit access|User already is).*",
    ),
    Exemption(
        "positive_data_acceptance",
        "Passwords are for what asks for one, and have eight characters or none (PostHog's sources).",
        operations=r"POST /api/projects/{project_id}/dashboards/{dashboard_id}/sharing/passwords",
        answer=r"None: Password protection must be enabled.*|invalid_input: Password must be at least.*",
    ),
    Exemption(
        "positive_data_acceptance",
        "Which tiles and dashboards there are, and what may be put over their queries, no schema can say.",
        operations=r"(GET|POST|PUT|PATCH) /api/projects/{project_id}/dashboards(/.*)?",
        answer=r"invalid_input: (Destination must be|This (insight|text card) is already on|Tile is not a text"
        r"|There is no|Invalid (value|template|JSON)|`use_dashboard` and|Filters must be).*"
        r"|None: (tile_order must contain|Unlisted dashboard with).*",
    ),
    Exemption(
        "positive_data_acceptance",
        "A query is judged by the model of its kind; what is put over it or asked of a list is JSON in a parameter.",
        operations=r"(GET|POST|PUT|PATCH) /api/projects/{project_id}/insights(/{id})?",
        answer=r"parse_error: .*|invalid_input: (Invalid JSON passed in|Dashboard not found|Not a valid string"
        r"|Cannot order by).*|invalid_choice: .*|empty: .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "Only a trend of the project has alerts, of which its own people are told; bounds must be in order.",
        operations=r"(GET|POST|PUT|PATCH) /api/projects/{project_id}/alerts(/{id})?",
        answer=r"invalid_input: (Alerts are not supported|This insight does not|User does not belong|Cannot read the"
        r"|Lower threshold|Bounds must).*|incorrect_type: .*|not_a_dict: .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "Of two variables that queries would call the same, one must have another name.",
        operations=r"(POST|PUT|PATCH) /api/projects/{project_id}/insight_variables(/{id})?",
        answer=r"invalid_input: Variable with name already exists",
    ),
    Exemption(
        "positive_data_acceptance",
        "What a subscription sends, to whom and when is judged together; servers fail on a place that is none.",
        operations=r"(GET|POST|PUT|PATCH) /api/projects/{project_id}/subscriptions(/{id})?",
        answer=r"invalid_input: (Must be a valid UUID|Must be one of|A subscription must|(Insight|Dashboard) sub"
        r"|bysetpos must|Either dashboard or|Select at least|Cannot (select|set)|\d+ invalid insight|Some insights"
        r"|A Slack integration|Subscription schedule).*|min_value: .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "An export is of something, and not a PDF; an upload must be an image (recorded answers).",
        operations=r"POST /api/projects/{project_id}/(exports|uploaded_media)",
        answer=r"invalid_input: (Either dashboard|Export format).*|invalid_image: .*|unsupported_media_type: .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "DRF reads a request without a body as an empty object, of which it then asks for what is required.",
        answer=r"required: .*|This field is required\.: required|invalid_input: The job type must be specified!"
        r"|None: (product_type|new_path) is required|not_a_list: Expected a list of items\.",
    ),
    Exemption(
        "positive_data_acceptance",
        "PostgreSQL stores no NUL characters; the pages' schemas allow them.",
        answer=r"null_characters_not_allowed: .*|invalid_input: .*[Nn]ull (characters|byte).*",
    ),
    Exemption(
        "positive_data_acceptance",
        "The pages show integers without bounds; the servers refuse negative and enormous ones, or fail on them.",
        answer=r"invalid_input: (Query param \w+ must be omitted or an integer!"
        r"|A valid (integer|number) is required\.)",
    ),
    Exemption(
        "positive_data_acceptance",
        "Parameters that are JSON, HogQL, a date, a zone, a field or an entity are text to a schema, and must be read.",
        answer=r"invalid_input: (Properties are unparsable!|Datetime has wrong format.*|An entity .*|Value must be .*"
        r"|Invalid date range: .*|Cannot order by .*|.* is no time\.)"
        r"|invalid_choice: .*|None: Must include specified date",
    ),
    Exemption(
        "positive_data_acceptance",
        "Whether filters, their cohort type and a query make sense together is beyond a schema (recorded answers).",
        operations=r"(POST|PATCH) /api/projects/{project_id}/cohorts(/.*)?",
    ),
    Exemption(
        "positive_data_acceptance",
        "Whether the conditions, variants and payloads of a flag make sense together is beyond a schema.",
        operations=r"(POST|PUT|PATCH) /api/projects/{project_id}/feature_flags(/{id})?",
        answer=r"(invalid_input|invalid_value|invalid_date|cohort_does_not_exist): .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "Groups are JSON in a parameter, and conditions must make sense together.",
        operations=r"(GET|POST) /api/projects/{project_id}/feature_flags/(my_flags|evaluation_reasons"
        r"|user_blast_radius)",
        answer=r"invalid_input: .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "Only a flag that has enriched analytics is enriched (recorded answers).",
        operations=r"POST /api/projects/{project_id}/feature_flags/{id}/enrich_usage_dashboard",
    ),
    Exemption(
        "positive_data_acceptance",
        "Whether the parameters of a list, or what is said of a definition, make sense together is beyond a schema; "
        "later servers refuse a page of nothing.",
        operations=r"(GET|POST|PUT|PATCH) /api/projects/{project_id}/(event|property)_definitions(/{id})?",
        answer=r"invalid_input: (An event|A property) cannot be both hidden and verified|invalid_input: `\w+` .*"
        r"|invalid_input: Event definition with name .* already exists|(not_a_list|min_value): .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "Mistakes in a step are told as Python spells them: blanks alone are no text, and NUL is not stored.",
        operations=r"(POST|PUT|PATCH) /api/projects/{project_id}/actions(/{id})?",
        answer=r"\{.*\}: \{.*\}",
    ),
    Exemption(
        "positive_data_acceptance",
        "Old annotations have a scope that no write accepts any more; one schema serves reading and writing.",
        operations=r"(POST|PATCH) /api/projects/{project_id}/annotations(/{id})?",
        answer=r"invalid_input: (Recording scope is deprecated|Dashboard not found\.)",
    ),
    Exemption(
        "content_type_conformance|response_schema_conformance",
        "Of an unknown cohort or flag servers say nothing in their 404, of an unknown project what they always say.",
        operations=r"GET /api/projects/{project_id}/(cohorts/{id}/activity|feature_flags/{id}/remote_config)",
        answer="",
    ),
    Exemption(
        "use_after_free",
        "Once what is current is gone, something else is current.",
        request=r".*/api/(environments|organizations)/%40current.*",
    ),
    Exemption(
        "missing_required_header",
        "Who gives no key is refused, by some families with a 403 (recorded answers).",
        answer=r"not_authenticated: .*",
    ),
    Exemption(
        "ensure_resource_availability",
        "What is made as deleted is hidden from the start (recorded answers).",
        answer=r"not_found: .*",
        request=r".*\bdeleted\W{1,20}(true|1|on|yes)\b.*",
    ),
    Exemption(
        "ensure_resource_availability",
        "A cohort that was just made is there; the person who is to leave it is not in it.",
        operations=r"PATCH /api/projects/{project_id}/cohorts/{id}/remove_person_from_static_cohort",
        answer=r"not_found: Person .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "An insight's parameters are judged together: steps, windows, breakdowns and entities must make sense.",
        operations=r"(GET|POST) /api/[a-z]+/{project_id}/(persons|insights)/(funnel|funnel/correlation|path|trends?"
        r"|stickiness|retention|lifecycle)",
        answer=r"\w+: .+",
    ),
    Exemption(
        "positive_data_acceptance",
        "A background query that failed is told with the status of its failure (recorded).",
        operations=r"GET /api/environments/{project_id}/query/{id}",
    ),
    Exemption(
        "positive_data_acceptance",
        "Each kind of query is judged by a model of its own, and then by what its text says.",
        operations=r"POST /api/environments/{project_id}/query",
    ),
    Exemption(
        "content_type_conformance|response_schema_conformance",
        "An identifier with a dot names no path at all, whatever an operation's own 404 looks like.",
        answer=r"not_found: Endpoint not found\.",
    ),
    *(
        Exemption(
            check,
            "What is not modelled says so with a 501, which no server of PostHog's gives.",
            answer=r"not_modelled: .*",
        )
        for check in ("not_a_server_error", "status_code_conformance")
    ),
    Exemption(
        "positive_data_acceptance",
        "PostHog makes no plugin configs any more; its servers of late 2025 refuse every one (profile observed).",
        operations=r"POST /api/projects/{project_id}/pipeline_(destination|frontend_apps)_configs",
        answer=r"invalid_input: Plugin creation is no longer possible\..*",
    ),
    Exemption(
        "positive_data_acceptance",
        "Which scopes, projects and organizations there are, and who may do what to whom, is beyond a schema.",
        operations=r"\w+ /api/(personal_api_keys|users|organizations"
        r"|organizations/{organization_id}/(members|invites|domains))(/.*)?",
        answer=r"invalid_input: (Invalid scope: |This endpoint needs an array|Invalid organization UUID|You must be a "
        r"member of all |You can only have 10 |Enter a valid email|Project does not exist on this organization|A user "
        r"with this email|Dashboard must be|Cannot leave the organization|“.*” is not a valid UUID|This password is "
        r"too short|Please enter a valid domain or subdomain name).*|\{.*\}: \{.*\}"
        r"|(verification_required|already_verified|2fa_not_enabled|setup_expired|token_invalid"
        r"|email_change_request_not_found|permission_denied|incorrect_password): .*",
    ),
    Exemption(
        "positive_data_acceptance",
        "What a key is limited to is shown as null of older keys, and null is taken of none.",
        operations=r"(POST|PUT|PATCH) /api/personal_api_keys(/{id})?",
        answer=r"null: This field may not be null\.",
    ),
    Exemption(
        "positive_data_acceptance",
        "Settings stored as JSON are judged beyond their type, and access control is refused (recorded answers).",
        operations=r"(PUT|PATCH) /api/(organizations/{organization_id}/projects|environments)/{id}",
    ),
)


def exemptions(contract: Contract, profile: Profile) -> tuple[Exemption, ...]:
    """Return every exemption: the table above, and what follows from the contract itself."""
    return (*EXEMPTIONS, *_of_unlisted_methods(contract), *_of_strangers(contract), *_of_refusals(contract, profile))


def _of_unlisted_methods(contract: Contract) -> tuple[Exemption, ...]:
    """Return exemptions for paths on which servers have methods that no page shows; the contract keeps them apart."""
    served: dict[str, set[str]] = {}
    for operation in contract.operations:
        for mount in contract.families[operation.family].mounts:
            path = "/".join(filter(None, (mount, operation.relative)))
            served.setdefault(path, set()).update({operation.method, *contract.unmodelled(operation.path)})
    listed: dict[str, set[str]] = {}
    for operation in contract.described:
        listed.setdefault(operation.path, set()).add(operation.method)
    paths = [path for path, methods in listed.items() if served.get(path, methods) - methods]
    pattern = "|".join(re.escape(path) for path in paths)
    reason = "The servers offer methods here that no page shows; they are served, and no part of the promise."
    return tuple(
        Exemption(check, reason, operations=f"[A-Z]+ ({pattern})")
        for check in (("unsupported_method", "allow_header_conformance") if paths else ())
    )


def _of_strangers(contract: Contract) -> tuple[Exemption, ...]:
    """Return exemptions for operations at which servers answer a stranger with 403; the checks know of 401 alone."""
    labels = [
        re.escape(f"{operation.method.upper()} {operation.path}")
        for operation in contract.described
        if operation.stranger_status != 401
    ]
    reason = "What can be asked with a shared token answers who bears nothing with 403 (recorded answers)."
    return tuple(
        Exemption(check, reason, operations="|".join(labels), answer=r"(not_authenticated|authentication_failed): .*")
        for check in (("missing_required_header", "ignored_auth") if labels else ())
    )


def _of_refusals(contract: Contract, profile: Profile) -> tuple[Exemption, ...]:
    """Return exemptions for the operations whose only answer is a refusal: records that are never removed for good."""
    refused = [o for o in contract.described if o.successes[profile].status >= 400]
    pattern = "|".join(re.escape(f"{o.method.upper()} {o.path}") for o in refused)
    reason = "Its documented answer, always, is that the method is not allowed."
    return (Exemption("positive_data_acceptance", reason, operations=pattern),) if refused else ()
