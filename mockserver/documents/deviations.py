"""Where PostHog's pages and PostHog's servers differ, from the contract that carries both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mockserver.contract import Contract, Document, Operation, Profile, dates, follow, for_profile, view
from mockserver.documents.markdown import code, table

Views = dict[Profile, Document]
NONE = "–"
MOST_VALUES = 8
REFUSED = """In profile `observed`, a personal API key with scopes is refused (403) by these, as PostHog's servers do
where they know no scope to ask for; in `documented` it is not."""
UNKNOWN = """PostHog's documentation is generated, and where the generator knows no type it writes one all the same. No
server sends it, so both profiles send the value as it is."""
DATED = """Servers have these from one date on, or have them no more; `observed` stands at 2025-12, `observed@2025-08`
at another. A month is that of the first evidence: what it tells of may be a little older."""
UNSHOWN = """The servers have them, so both profiles answer them; the bundled contract does not promise them."""


def differences() -> str:
    """Return everything that the two profiles answer differently, and what pages do not show at all."""
    contract = Contract.read()
    views = {profile: view(contract.whole, profile) for profile in Profile}
    heads = ("Operation", "`documented`", "`observed`")
    unkept = [f"- {_named(operation)}" for operation in contract.described if operation.refuses_keys]
    served = {f"- {_named(operation)}" for operation in contract.operations if not operation.described}
    return "\n\n".join([
        "## Answers", table(heads, _answers(contract, views)),
        "## Bodies of requests", table(heads, _bodies(contract)),
        "## Fields", table(("Component, field", "`documented`", "`observed`"), _fields(contract)),
        "## Types that the pages do not know", UNKNOWN,
        table(("Component, field", "on the pages", "in both profiles"), _types(contract)),
        "## By date", DATED, table(("What", "Since", "Until"), _dated(contract)),
        "## Keys that servers refuse", REFUSED, "\n".join(sorted(unkept)),
        "## Operations that no page shows", UNSHOWN, "\n".join(sorted(served)),
    ])  # fmt: skip


def _named(operation: Operation) -> str:
    return code(f"{operation.method.upper()} {operation.path}")


def _answers(contract: Contract, views: Views) -> Iterator[tuple[str, str, str]]:
    for operation in contract.described:
        if not all(operation.exists_in(profile) for profile in Profile):
            there = ["answered" if operation.exists_in(profile) else "no such operation" for profile in Profile]
            yield _named(operation), there[0], there[1]
            continue
        found = {profile: _responses(views[profile], operation) for profile in Profile}
        one, other = found.values()
        changed = [status for status in sorted({*one, *other}) if one.get(status) != other.get(status)]
        if changed:
            yield _named(operation), _said(one, changed), _said(other, changed)


def _responses(document: Document, operation: Operation) -> dict[str, Document]:
    spec = document["paths"][operation.path][operation.method.lower()]
    return {status: _resolved(document, response) for status, response in spec["responses"].items()}


def _said(responses: dict[str, Document], statuses: list[str]) -> str:
    told = [f"{code(status)} {_response(responses[status])}" for status in statuses if status in responses]
    return "; ".join(told) or NONE


def _response(response: Document) -> str:
    schema = next((media.get("schema") for media in response.get("content", {}).values()), None)
    body = f" ({_kind(schema)})" if schema else ""
    return f"{str(response.get('description', '')).strip().rstrip('.')}{body}"


def _bodies(contract: Contract) -> Iterator[tuple[str, str, str]]:
    for operation in contract.described:
        spec = contract.whole["paths"][operation.path][operation.method.lower()]
        if "requestBody" not in spec:
            continue
        body = _resolved(contract.document, spec["requestBody"])
        if "x-observed" in body:
            yield _named(operation), _body(for_profile(body, Profile.DOCUMENTED)), _body(body["x-observed"])


def _body(body: Document) -> str:
    told = {f"{code(media)}: {_kind(content.get('schema', {}))}" for media, content in body.get("content", {}).items()}
    return "; ".join(sorted(told)) or NONE


def _fields(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Yield the properties that differ between the profiles."""
    marked = _marked(contract, "x-observed", "x-profile", "x-since", "x-until")
    shown = ((named, _shown(field, Profile.DOCUMENTED), _shown(field, Profile.OBSERVED)) for named, field in marked)
    return _shared((named, one, other) for named, one, other in shown if one != other)


def _types(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Yield the properties whose type is not the one on the pages."""
    marked = _marked(contract, "x-page-type")
    return _shared((named, field["x-page-type"], _kind(field)) for named, field in marked)


def _marked(contract: Contract, *words: str) -> Iterator[tuple[tuple[str, str], Document]]:
    """Yield component, name and schema of the properties that carry one of these words of our own."""
    for component, schema in contract.components.items():
        for name, field in schema.get("properties", {}).items():
            if not component.startswith("Patched") and isinstance(field, dict) and not field.keys().isdisjoint(words):
                yield (component, name), field


def _shared(told: Iterable[tuple[tuple[str, str], str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield rows of properties; components that share one share its row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for (component, name), one, other in told:
        rows.setdefault((name, one, other), []).append(component)
    for (name, one, other), components in rows.items():
        yield f"{', '.join(components)}: {code(name)}", one, other


def _shown(field: Document, profile: Profile) -> str:
    """Return in a few words what a profile shows of a field."""
    seen: Any = for_profile(field, profile) if profile.has(field) else False
    if seen is False:
        return "left out"
    text = _kind(seen)
    if "enum" in seen and len(seen["enum"]) <= MOST_VALUES:
        text += f", one of {', '.join(str(value) for value in seen['enum'])}"
    return f"{text}, never shown" if seen.get("writeOnly") else text


def _dated(contract: Contract) -> Iterator[tuple[str, str, str]]:
    """Yield what came or went at a date, with the first evidence of it."""
    for mark in sorted(dates.marks(contract), key=lambda mark: (mark.since or mark.until or "", str(mark))):
        yield code(str(mark)), mark.since or NONE, mark.until or NONE


def _resolved(document: Document, node: Document) -> Document:
    found: Document = follow(document, node["$ref"]) if "$ref" in node else node
    return found


def _kind(schema: Any) -> str:
    """Return in a few words what a schema lets through."""
    if not isinstance(schema, dict):
        return "anything"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_kind(one) for one in schema[several])
    named = schema.get("type", "anything")
    text = " or ".join(named) if isinstance(named, list) else str(named)
    if "items" in schema:
        text = text.replace("array", f"array of {_kind(schema['items'])}")
    elif schema.get("properties"):
        text += f" of {', '.join(schema['properties'])}"
    return f"{text} ({schema['format']})" if "format" in schema else text
